#include "types/common/block_timeout.h"

#include <cmath>

#include "base/number.h"

namespace basalt {

Result<int64_t> parse_block_timeout(std::string_view seconds) {
  const auto parsed = parse_long_double(seconds);
  if (!parsed) return fail("ERR timeout is not a float or out of range");
  const long double ms = std::ceil(*parsed * 1000.0L);
  // Redis converts what doesn't fit to the lowest integer, and so calls it negative as well.
  constexpr long double kLimit = 0x1p63L;
  if (ms < 0 || ms >= kLimit) return fail("ERR timeout is negative");
  return static_cast<int64_t>(ms);
}

}  // namespace basalt
