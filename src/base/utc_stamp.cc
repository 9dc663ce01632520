#include "base/utc_stamp.h"

#include <fmt/format.h>

#include <ctime>

namespace basalt {

std::string utc_stamp(int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &utc);
  return fmt::format("{}-{:03}", text, ms % 1000);
}

}  // namespace basalt
