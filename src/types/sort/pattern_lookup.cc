#include "types/sort/pattern_lookup.h"

#include <utility>

#include "types/hash/hash.h"
#include "types/string/string_value.h"

namespace basalt {

namespace {

// An expired key whose lock is held is removed on the way, with an event that needs its name until the commit.
Key key_to_find(Call& call, std::string_view name) {
  const Key key{call.db, name};
  return call.txn.holds(key) ? Key{call.db, call.txn.keep(name)} : key;
}

}  // namespace

PatternLookup::PatternLookup(std::string_view pattern) {
  if (pattern == "#") {
    kind_ = Kind::element;
    return;
  }
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return;
  kind_ = Kind::string;
  before_ = pattern.substr(0, star);
  after_ = pattern.substr(star + 1);
  const size_t arrow = after_.find("->");
  if (arrow == std::string_view::npos || arrow + 2 == after_.size()) return;
  kind_ = Kind::field;
  field_ = after_.substr(arrow + 2);
  after_ = after_.substr(0, arrow);
}

Result<std::optional<std::string>> PatternLookup::value(Call& call, std::string_view element) const {
  if (kind_ == Kind::element) return std::string(element);
  if (kind_ == Kind::nothing) return std::nullopt;
  std::string name(before_);
  name.append(element).append(after_);
  const Key key = key_to_find(call, name);
  auto record = TRY(call.txn.find(key));
  if (!record || record->head.type != (kind_ == Kind::field ? Type::hash : Type::string)) return std::nullopt;
  if (kind_ == Kind::string) {
    StringValue value(call.txn, key, *record);
    return std::string(TRY(value.read_all()));
  }
  HashReader hash(call.txn, *std::move(record));
  auto value = TRY(hash.get(field_));
  return value ? std::optional(std::string(value->bytes)) : std::nullopt;
}

}  // namespace basalt
