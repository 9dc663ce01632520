#include "base/bytes.h"

#include <algorithm>

namespace basalt {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

}  // namespace

// Seven bits a byte, the lowest first; the top bit says that more follow (LEB128).
void append_varint(std::string& out, uint64_t v) {
  while (v >= 0x80) {
    out.push_back(static_cast<char>(v | 0x80));
    v >>= 7;
  }
  out.push_back(static_cast<char>(v));
}

std::optional<uint64_t> ByteReader::varint() {
  uint64_t v = 0;
  size_t longest = std::min<size_t>(rest_.size(), 10);
  for (size_t i = 0; i < longest; ++i) {
    uint64_t byte = static_cast<uint8_t>(rest_[i]);
    v |= (byte & 0x7f) << (7 * i);
    if (byte & 0x80) continue;
    // The tenth byte holds one bit, and no number has two spellings.
    if ((i == 9 && byte > 1) || (i > 0 && byte == 0)) return std::nullopt;
    rest_.remove_prefix(i + 1);
    return v;
  }
  return std::nullopt;
}

std::optional<std::string> prefix_successor(std::string_view prefix) {
  std::string next(prefix);
  while (!next.empty() && next.back() == '\xff') next.pop_back();
  if (next.empty()) return std::nullopt;
  next.back() = static_cast<char>(static_cast<uint8_t>(next.back()) + 1);
  return next;
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string to_upper(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(), upper);
  return out;
}

}  // namespace basalt
