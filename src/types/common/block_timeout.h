// The timeout of blocking commands.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace basalt {

/// Seconds, possibly with a fraction, as milliseconds rounded up; 0: forever. Redis's errors for what isn't
/// one, or is negative.
Result<int64_t> parse_block_timeout(std::string_view seconds);

}  // namespace basalt
