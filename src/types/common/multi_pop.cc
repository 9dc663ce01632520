#include "types/common/multi_pop.h"

#include <string>

namespace basalt {

namespace {

Result<uint64_t> integer_from(const Call& call, size_t i, int64_t lowest, std::string_view error) {
  const int64_t value = TRY(call.integer(i, error));
  if (value < lowest) return fail(std::string(error));
  return static_cast<uint64_t>(value);
}

}  // namespace

Result<MultiPop> parse_multi_pop(const Call& call, size_t numkeys_at, std::string_view first_end,
                                 std::string_view second_end) {
  MultiPop pop{.first_key = numkeys_at + 1};
  pop.keys = TRY(integer_from(call, numkeys_at, 1, "ERR numkeys should be greater than 0"));
  if (pop.keys >= call.argc() - pop.first_key) return syntax_error();

  size_t i = pop.first_key + pop.keys;
  pop.from_second_end = call.arg_is(i, second_end);
  if (!pop.from_second_end && !call.arg_is(i, first_end)) return syntax_error();
  if (++i == call.argc()) return pop;
  if (i + 1 >= call.argc() || !call.arg_is(i, "COUNT")) return syntax_error();
  pop.count = TRY(integer_from(call, i + 1, 1, "ERR count should be greater than 0"));
  if (i + 2 != call.argc()) return syntax_error();
  return pop;
}

Result<uint64_t> parse_pop_count(const Call& call, size_t i) {
  return integer_from(call, i, 0, "ERR value is out of range, must be positive");
}

}  // namespace basalt
