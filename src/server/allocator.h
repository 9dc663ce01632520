// What the memory allocator knows and can do. With jemalloc all of it; without, what the process knows.
//
// Thread rules: thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace basalt {

struct AllocatorStats {
  uint64_t allocated = 0;  ///< bytes that the program asked for
  uint64_t active = 0;     ///< in pages that hold any of them
  uint64_t resident = 0;   ///< in pages that the allocator has from the system
};

/// Zeros without jemalloc.
AllocatorStats allocator_stats();
/// Gives pages that hold nothing back to the system. False when the allocator can't.
bool purge_allocator();
/// The allocator's own report, for people; empty when it has none.
std::string allocator_report();
/// Bytes that the program has allocated; without jemalloc what is resident.
uint64_t allocated_bytes();
/// Of the whole process.
uint64_t resident_bytes();
uint64_t peak_resident_bytes();

}  // namespace basalt
