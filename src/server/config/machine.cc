#include "server/config/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace basalt {
namespace {

// The first word of the file, if it is a number ("max" means no limit).
std::optional<uint64_t> read_limit(const char* path) {
  std::ifstream file(path);
  uint64_t limit = 0;
  if (file >> limit) return limit;
  return std::nullopt;
}

}  // namespace

uint64_t machine_memory_bytes() {
  uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
  // Control groups, version 2 and 1, as a container sees its own (kernel.org, admin-guide/cgroup-v2).
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (auto limit = read_limit(path); limit && *limit > 0) bytes = std::min(bytes, *limit);
  }
  return bytes;
}

int64_t machine_cores() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return std::max(1, CPU_COUNT(&cpus));
}

}  // namespace basalt
