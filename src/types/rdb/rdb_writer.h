// Writes what serialised values are made of: lengths, strings, numbers. Value by value: value_writer.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

class RdbWriter {
 public:
  /// Appends to `out`.
  explicit RdbWriter(std::string& out) : out_(out) {}

  void type(ValueType type) { byte(static_cast<uint8_t>(type)); }
  void byte(uint8_t byte) { out_.push_back(static_cast<char>(byte)); }
  void raw(std::string_view bytes) { out_.append(bytes); }
  void length(uint64_t length);
  void fixed64(uint64_t value);
  void binary_double(double value);
  /// As an integer or compressed where that is shorter.
  void string(std::string_view bytes);

 private:
  bool integer(std::string_view bytes);
  bool compressed(std::string_view bytes);
  void special(SpecialString kind) { byte(kSpecialString << 6 | static_cast<uint8_t>(kind)); }

  std::string& out_;
};

}  // namespace basalt::rdb
