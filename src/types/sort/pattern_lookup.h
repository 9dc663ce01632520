// What SORT's BY and GET patterns mean for an element:
//
//   #            the element itself
//   w_*          the string at the key that the element, put in the place of the first '*', makes
//   h_*->field   the field of the hash there
//   constant     nothing
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "command/call.h"

namespace basalt {

class PatternLookup {
 public:
  explicit PatternLookup(std::string_view pattern);

  /// False: nothing is looked up, whatever the element.
  bool looks_up() const { return kind_ == Kind::string || kind_ == Kind::field; }
  /// The value for an element; nullopt when there is none, or it is of another type. The Txn is frozen.
  Result<std::optional<std::string>> value(Call& call, std::string_view element) const;

 private:
  enum class Kind : uint8_t { element, string, field, nothing };

  Kind kind_ = Kind::nothing;
  std::string_view before_;  // of the key, around the element
  std::string_view after_;
  std::string_view field_;
};

}  // namespace basalt
