// Packed bodies: a small collection's elements one after the other inside its head.
//
//   body := { length(varint) bytes }
//     list   element …                     in list order
//     set    member …                      packed_intset: decimal integers in ascending order
//     hash   field, field value (head.h) … in insertion order
//     zset   member, score(8) …            in (score, member) order
//
// How many elements there are is the head's `size`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace basalt::layout {

void append_packed(std::string& body, std::string_view element);

/// Walks a body. `next` answers nullopt at the end and for damaged bytes; `damaged` tells which.
class PackedReader {
 public:
  explicit PackedReader(std::string_view body) : rest_(body) {}
  std::optional<std::string_view> next();
  bool damaged() const { return damaged_; }

 private:
  std::string_view rest_;
  bool damaged_ = false;
};

/// All elements at once; nullopt when the bytes are damaged.
std::optional<std::vector<std::string_view>> unpack(std::string_view body);

}  // namespace basalt::layout
