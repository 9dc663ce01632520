// The hashes whose values are on disk or on the wire. They may never change.
#pragma once

#include <cstdint>
#include <string_view>

namespace basalt {

/// 32 bits of xxHash64 (seed 0): places a member of a spread hash, set or zset (DESIGN, `items`).
uint32_t member_hash(std::string_view member);

/// CRC-64/Jones as Redis uses it (src/crc64.c): DUMP payloads and RDB files. `crc` continues a sum.
uint64_t crc64(uint64_t crc, std::string_view bytes);

}  // namespace basalt
