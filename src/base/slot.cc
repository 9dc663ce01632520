#include "base/slot.h"

#include <array>

namespace basalt {

namespace {

// CRC-16/XMODEM: polynomial x^16 + x^12 + x^5 + 1, highest bit first, initial value 0. Eight bytes at a time, so that
// the look-ups do not wait for each other (Kounavis, Berry: "A Systematic Approach to Building High Performance
// Software-based CRC Generators", 2005): kTables[n][byte] is the CRC of the byte with n zeros behind it.
constexpr size_t kSlice = 8;
using Tables = std::array<std::array<uint16_t, 256>, kSlice>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint16_t crc = static_cast<uint16_t>(byte << 8);
    for (size_t zeros = 0; zeros < kSlice; ++zeros) {
      for (int bit = 0; bit < 8; ++bit) crc = static_cast<uint16_t>(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
      tables[zeros][byte] = crc;
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

}  // namespace

uint16_t crc16(std::string_view bytes) {
  uint16_t crc = 0;
  const auto* byte = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  for (; left >= kSlice; left -= kSlice, byte += kSlice) {
    uint16_t next = kTables[kSlice - 1][byte[0] ^ (crc >> 8)] ^ kTables[kSlice - 2][byte[1] ^ (crc & 0xff)];
    for (size_t i = 2; i < kSlice; ++i) next ^= kTables[kSlice - 1 - i][byte[i]];
    crc = next;
  }
  for (; left != 0; --left, ++byte) crc = static_cast<uint16_t>((crc << 8) ^ kTables[0][(crc >> 8) ^ *byte]);
  return crc;
}

uint16_t key_slot(std::string_view key) {
  size_t open = key.find('{');
  if (open != std::string_view::npos) {
    size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  return crc16(key) % kSlotCount;
}

}  // namespace basalt
