// Strings as arrays of bits: bit 0 is the highest bit of byte 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "command/call.h"

namespace basalt {

/// How many bits of `bytes` are set.
uint64_t count_bits(std::string_view bytes);
/// The place of the first bit of `bytes` that is `bit`.
std::optional<uint64_t> find_bit(std::string_view bytes, bool bit);

/// A bit's offset as SETBIT, GETBIT and BITFIELD read it. For a field of `field_bits` bits "#n" means the n-th
/// field; 0: not allowed.
Result<uint64_t> bit_offset(const Call& call, size_t i, uint32_t field_bits = 0);

}  // namespace basalt
