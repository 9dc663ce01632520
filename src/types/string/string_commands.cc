// Commands that read a string or change it in place.
#include <algorithm>

#include "command/call.h"
#include "types/string/lcs.h"
#include "types/string/string_value.h"

namespace basalt {
namespace {

Result<Outcome> get(Call& call) {
  StringValue value = TRY(StringValue::open(call.txn, call.key(1)));
  if (value.exists()) TRY(reply_bytes(call.reply, value, 0, value.size()));
  else call.reply.null();
  return kDone;
}

Result<Outcome> mget(Call& call) {
  if (call.argc() > 2) call.txn.freeze();
  call.reply.array(static_cast<int64_t>(call.argc()) - 1);
  for (size_t i = 1; i < call.argc(); ++i) {
    auto record = TRY(call.txn.find(call.key(i)));
    if (record && record->head.type == Type::string) {
      TRY(reply_string(call.reply, call.txn, call.key(i), *record));
    } else {
      call.reply.null();
    }
  }
  return kDone;
}

Result<Outcome> strlen(Call& call) {
  auto record = TRY(call.txn.find(call.key(1), Type::string));
  call.reply.integer(record ? static_cast<int64_t>(record->head.size) : 0);
  return kDone;
}

Result<Outcome> getrange(Call& call) {
  int64_t start = TRY(call.integer(2));
  int64_t end = TRY(call.integer(3));
  StringValue value = TRY(StringValue::open(call.txn, call.key(1)));
  const int64_t size = static_cast<int64_t>(value.size());
  const bool backwards = start < 0 && end < 0 && start > end;
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (backwards || start > end) {
    call.reply.bulk("");
    return kDone;
  }
  TRY(reply_bytes(call.reply, value, static_cast<uint64_t>(start), static_cast<uint64_t>(end - start + 1)));
  return kDone;
}

Result<Outcome> append(Call& call) {
  const Key key = call.key(1);
  StringValue value = TRY(StringValue::open(call.txn, key));
  if (value.exists()) TRY(check_string_size(call.txn, value.size(), call.arg(2).size()));
  TRY(value.write(value.size(), call.arg(2)));
  value.save();
  call.txn.touch(key, EventClass::string, "append");
  call.reply.integer(static_cast<int64_t>(value.size()));
  return kDone;
}

Result<Outcome> setrange(Call& call) {
  const Key key = call.key(1);
  const int64_t offset = TRY(call.integer(2));
  if (offset < 0) return fail("ERR offset is out of range");
  const std::string_view bytes = call.arg(3);
  StringValue value = TRY(StringValue::open(call.txn, key));
  if (!bytes.empty()) {
    TRY(check_string_size(call.txn, static_cast<uint64_t>(offset), bytes.size()));
    TRY(value.write(static_cast<uint64_t>(offset), bytes));
    value.save();
    call.txn.touch(key, EventClass::string, "setrange");
  }
  call.reply.integer(static_cast<int64_t>(value.size()));
  return kDone;
}

constexpr std::string_view kRangeComplexity =
    "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned "
    "length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for "
    "small strings.";

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"get", 2, kReadonly | kFast, {1, 1, 1}, "RO access", Group::string, "1.0.0", "Get the value of a key", "O(1)",
     get},
    {"mget", -2, kReadonly | kFast, {1, -1, 1}, "RO access", Group::string, "1.0.0",
     "Get the values of all the given keys", "O(N) where N is the number of keys to retrieve.", mget},
    {"strlen", 2, kReadonly | kFast, {1, 1, 1}, "RO", Group::string, "2.2.0",
     "Get the length of the value stored in a key", "O(1)", strlen},
    {"getrange", 4, kReadonly, {1, 1, 1}, "RO access", Group::string, "2.4.0",
     "Get a substring of the string stored at a key", kRangeComplexity, getrange},
    {"substr", 4, kReadonly, {1, 1, 1}, "RO access", Group::string, "1.0.0",
     "Get a substring of the string stored at a key", kRangeComplexity, getrange},
    {"append", 3, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW insert", Group::string, "2.0.0",
     "Append a value to a key", "O(1). The value of a short string is written anew, of a long one its last chunk.",
     append},
    {"setrange", 4, kWrite | kDenyOom, {1, 1, 1}, "RW update", Group::string, "2.2.0",
     "Overwrite part of a string at key starting at the specified offset",
     "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so "
     "the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value "
     "argument.",
     setrange},
    {"lcs", -3, kReadonly, {1, 2, 1}, "RO access", Group::string, "7.0.0", "Find longest common substring",
     "O(N*M) where N and M are the lengths of s1 and s2, respectively", lcs_command},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> string_commands() { return kCommands; }

}  // namespace basalt
