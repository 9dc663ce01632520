// Times in the names of checkpoints and backups.
#pragma once

#include <cstdint>
#include <string>

namespace basalt {

/// "20261120-141500-007", UTC, of milliseconds since 1970: names of one second apart, all in the order of their times.
std::string utc_stamp(int64_t ms);

}  // namespace basalt
