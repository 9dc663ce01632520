// What the tests of layouts share.
#pragma once

#include <string>
#include <string_view>

namespace basalt::layout {

inline std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : bytes) {
    out += kDigits[c >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

}  // namespace basalt::layout
