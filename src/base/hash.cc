#include "base/hash.h"

#include <xxhash.h>

#include <array>
#include <bit>
#include <cstring>

namespace basalt {

namespace {

// CRC-64/Jones: lowest bit first, so the polynomial is written with its bits reversed.
constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;

// kTables[k][b] is the sum of byte b followed by k zero bytes: eight look-ups, which don't wait for
// each other, advance the sum by eight bytes ("slicing by 8", Kounavis and Berry, 2005).
using Tables = std::array<std::array<uint64_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? (crc >> 1) ^ kPolynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      uint64_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

}  // namespace

uint32_t member_hash(std::string_view member) { return static_cast<uint32_t>(XXH64(member.data(), member.size(), 0)); }

uint64_t crc64(uint64_t crc, std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  const char* p = bytes.data();
  const char* end = p + bytes.size();
  for (; end - p >= 8; p += 8) {
    uint64_t word;
    std::memcpy(&word, p, sizeof word);
    word ^= crc;
    crc = 0;
    for (int k = 0; k < 8; ++k) crc ^= kTables[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; p != end; ++p) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint8_t>(*p)) & 0xff];
  return crc;
}

}  // namespace basalt
