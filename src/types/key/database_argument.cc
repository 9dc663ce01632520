#include "types/key/database_argument.h"

#include <limits>
#include <string>

#include <fmt/format.h>

#include "base/number.h"

namespace basalt {

Result<int64_t> int_argument(const Call& call, size_t i, std::string_view error) {
  constexpr int64_t kMin = std::numeric_limits<int>::min();
  constexpr int64_t kMax = std::numeric_limits<int>::max();
  auto number = parse_int64(call.arg(i));
  if (number && *number >= kMin && *number <= kMax) return *number;
  if (!error.empty()) return fail(std::string(error));
  if (!number) return fail("ERR value is not an integer or out of range");
  return fail(fmt::format("ERR value is out of range, value must between {} and {}", kMin, kMax));
}

Result<uint16_t> database_argument(const Call& call, size_t i, std::string_view error) {
  return database_number(call, TRY(int_argument(call, i, error)));
}

Result<uint16_t> database_number(const Call& call, int64_t number) {
  if (number < 0 || number >= call.txn.database_count()) return fail("ERR DB index is out of range");
  return static_cast<uint16_t>(number);
}

}  // namespace basalt
