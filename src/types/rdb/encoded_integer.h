// Integers inside Redis's compact encodings: little-endian, and shown to readers as decimal digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/number.h"

namespace basalt::rdb {

/// The little-endian bytes, at most eight, as a number without a sign.
inline uint64_t load_little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  return value;
}

/// The same with a sign.
inline int64_t load_signed(std::string_view bytes) {
  const int unused = 64 - 8 * static_cast<int>(bytes.size());
  return static_cast<int64_t>(load_little_endian(bytes) << unused) >> unused;
}

inline void append_little_endian(std::string& out, uint64_t value, size_t bytes) {
  for (; bytes > 0; --bytes, value >>= 8) out.push_back(static_cast<char>(value));
}

/// An integer's digits, without the heap.
class Digits {
 public:
  explicit Digits(int64_t value) : size_(format_int64(text_, value)) {}
  operator std::string_view() const { return {text_, size_}; }

 private:
  char text_[24];
  size_t size_;
};

}  // namespace basalt::rdb
