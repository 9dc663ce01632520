// LZF (Marc Lehmann's LibLZF), as Redis compresses long strings with it.
//
//   stream  := { literals | match }
//   literals: 000LLLLL, then L + 1 bytes as they are
//   match:    LLLooooo oooooooo, L in 1…6, or 111ooooo LLLLLLLL oooooooo with seven more: L + 2 bytes
//             that stand o + 1 bytes before
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace basalt::rdb {

/// No stream makes more than this many bytes of each of its own.
inline constexpr uint64_t kLzfMaxRatio = 264 / 3 + 1;

/// The `size` bytes that were compressed, into `out`; false when the stream makes anything else.
bool lzf_decompress(std::string_view stream, uint64_t size, std::string& out);

/// nullopt when compressing would not save anything.
std::optional<std::string> lzf_compress(std::string_view bytes);

}  // namespace basalt::rdb
