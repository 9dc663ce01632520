// Listpacks: how Redis since 7.0 keeps small collections.
//
//   listpack := total bytes(4, LE) elements(2, LE; 65535: not known) { entry } 0xff
//   entry    := encoding, string bytes, then the length of both, to be read backwards
//     0xxxxxxx                      an integer from 0 to 127
//     10xxxxxx bytes                a string of up to 63 bytes
//     110xxxxx xxxxxxxx             an integer of 13 bits
//     1110xxxx xxxxxxxx bytes       a string of up to 4095 bytes
//     0xf0 length(4, LE) bytes      a string
//     0xf1 … 0xf4                   an integer of 2, 3, 4, 8 bytes
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "base/result.h"

namespace basalt::rdb {

/// Takes the elements of an encoded collection in order, borrowed for the call; integers as digits.
using ElementVisitor = absl::FunctionRef<Result<void>(std::string_view element)>;

/// Shows every element, having checked every byte up to it; fails with bad_format.
Result<void> walk_listpack(std::string_view bytes, ElementVisitor visit);

/// What an element, or an integer, takes in a listpack; and what one without elements does.
uint64_t listpack_bytes(std::string_view element);
uint64_t listpack_bytes(int64_t integer);
inline constexpr uint64_t kEmptyListpackBytes = 7;

class ListpackBuilder {
 public:
  ListpackBuilder();
  /// Integers are encoded as such, as Redis does.
  void append(std::string_view element);
  void append(int64_t integer);
  /// Once, at the end.
  std::string finish();

 private:
  std::string bytes_;
  uint64_t elements_ = 0;
};

}  // namespace basalt::rdb
