// Redis Cluster's key slots (https://redis.io/docs/reference/cluster-spec/, "Key distribution model").
#pragma once

#include <cstdint>
#include <string_view>

namespace basalt {

inline constexpr uint16_t kSlotCount = 16384;

/// CRC16-XMODEM.
uint16_t crc16(std::string_view bytes);
/// The slot of a key: crc16 mod 16384 of the key, or of its hash tag, the part between the first
/// '{' and the next '}' when that is not empty.
uint16_t key_slot(std::string_view key);

}  // namespace basalt
