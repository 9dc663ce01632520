// Random numbers for commands that promise randomness (SPOP, RANDOMKEY, …). Not for secrets.
#pragma once

#include <cstdint>
#include <string>

namespace basalt {

/// Uniform over 64 bits; a generator per thread, seeded from the kernel.
uint64_t random_u64();
/// Uniform in [0, n), n > 0, without modulo bias.
uint64_t random_below(uint64_t n);
/// `bytes` bytes from the kernel, as hexadecimal (run ids, ACL GENPASS). For secrets too.
std::string random_hex(size_t bytes);

}  // namespace basalt
