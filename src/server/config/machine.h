// What the machine (or the container) offers, for defaults that depend on it.
#pragma once

#include <cstdint>

namespace basalt {

/// Bytes of memory this process may use: the machine's, or its control group's limit if that is less.
uint64_t machine_memory_bytes();
/// Processors this process may run on.
int64_t machine_cores();

}  // namespace basalt
