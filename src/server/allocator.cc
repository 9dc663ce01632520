#include "server/allocator.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

// jemalloc's, when it is linked (https://jemalloc.net/jemalloc.3.html); null otherwise.
extern "C" {
int mallctl(const char* name, void* old, size_t* old_length, void* value, size_t length) __attribute__((weak));
void malloc_stats_print(void (*write)(void*, const char*), void* opaque, const char* options) __attribute__((weak));
}

namespace basalt {

namespace {

uint64_t read_size(const char* name) {
  size_t value = 0, length = sizeof value;
  return mallctl(name, &value, &length, nullptr, 0) == 0 ? value : 0;
}

}  // namespace

AllocatorStats allocator_stats() {
  if (!mallctl) return {};
  // The figures are those of the last epoch: begin a new one.
  uint64_t epoch = 1;
  mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch);
  return {read_size("stats.allocated"), read_size("stats.active"), read_size("stats.resident")};
}

uint64_t allocated_bytes() { return mallctl ? allocator_stats().allocated : resident_bytes(); }

bool purge_allocator() {
  // 4096 is MALLCTL_ARENAS_ALL.
  if (mallctl) return mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0) == 0;
#ifdef __GLIBC__
  malloc_trim(0);
  return true;
#else
  return false;
#endif
}

std::string allocator_report() {
  std::string report;
  if (malloc_stats_print)
    malloc_stats_print([](void* out, const char* text) { static_cast<std::string*>(out)->append(text); }, &report, "");
  return report;
}

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t peak_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace basalt
