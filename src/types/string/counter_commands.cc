// Strings as numbers.
#include <cmath>
#include <limits>
#include <string>

#include "base/number.h"
#include "command/call.h"
#include "types/string/string_value.h"

namespace basalt {
namespace {

// The string's bytes, or "0" when the key is missing. Redis reads no number from a longer text than `longest`
// bytes, and then neither do we.
Result<std::string_view> number_text(StringValue& value, uint64_t longest) {
  if (!value.exists()) return "0";
  if (value.size() > longest) return "";
  return value.read_all();
}

void replace(Call& call, const StringValue& value, std::string_view text, std::string_view event) {
  const Key key = call.key(1);
  StringValue::replace(call.txn, key, text, value.record());
  call.txn.touch(key, EventClass::string, event);
}

Result<Outcome> add(Call& call, int64_t increment) {
  StringValue value = TRY(StringValue::open(call.txn, call.key(1)));
  auto number = parse_int64(TRY(number_text(value, 20)));
  if (!number) return fail("ERR value is not an integer or out of range");
  if (__builtin_add_overflow(*number, increment, &*number)) {
    return fail("ERR increment or decrement would overflow");
  }
  char digits[21];
  replace(call, value, {digits, format_int64(digits, *number)}, "incrby");
  call.reply.integer(*number);
  return kDone;
}

Result<Outcome> incr(Call& call) { return add(call, 1); }
Result<Outcome> decr(Call& call) { return add(call, -1); }
Result<Outcome> incrby(Call& call) { return add(call, TRY(call.integer(2))); }

Result<Outcome> decrby(Call& call) {
  const int64_t decrement = TRY(call.integer(2));
  if (decrement == std::numeric_limits<int64_t>::min()) return fail("ERR decrement would overflow");
  return add(call, -decrement);
}

Result<Outcome> incrbyfloat(Call& call) {
  StringValue value = TRY(StringValue::open(call.txn, call.key(1)));
  auto number = parse_long_double(TRY(number_text(value, 5 * 1024)));
  auto increment = parse_long_double(call.arg(2));
  if (!number || !increment) return fail("ERR value is not a valid float");
  const long double sum = *number + *increment;
  if (std::isnan(sum) || std::isinf(sum)) return fail("ERR increment would produce NaN or Infinity");
  const std::string text = long_double_to_string(sum);
  replace(call, value, text, "incrbyfloat");
  call.reply.bulk(text);
  return kDone;
}

constexpr uint64_t kFlags = kWrite | kDenyOom | kFast;

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"incr", 2, kFlags, {1, 1, 1}, "RW access update", Group::string, "1.0.0",
     "Increment the integer value of a key by one", "O(1)", incr},
    {"decr", 2, kFlags, {1, 1, 1}, "RW access update", Group::string, "1.0.0",
     "Decrement the integer value of a key by one", "O(1)", decr},
    {"incrby", 3, kFlags, {1, 1, 1}, "RW access update", Group::string, "1.0.0",
     "Increment the integer value of a key by the given amount", "O(1)", incrby},
    {"decrby", 3, kFlags, {1, 1, 1}, "RW access update", Group::string, "1.0.0",
     "Decrement the integer value of a key by the given number", "O(1)", decrby},
    {"incrbyfloat", 3, kFlags, {1, 1, 1}, "RW access update", Group::string, "2.6.0",
     "Increment the float value of a key by the given amount", "O(1)", incrbyfloat},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> string_counter_commands() { return kCommands; }

}  // namespace basalt
