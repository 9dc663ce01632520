// Commands on the time a key has left.
#include <fmt/format.h>

#include "command/call.h"
#include "types/common/expiry.h"

namespace basalt {
namespace {

constexpr TimeUnit kSeconds{.relative = true, .seconds = true};
constexpr TimeUnit kMilliseconds{.relative = true, .seconds = false};
constexpr TimeUnit kUnixSeconds{.relative = false, .seconds = true};
constexpr TimeUnit kUnixMilliseconds{.relative = false, .seconds = false};

struct Conditions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;

  /// Whether the expiry may change from `current_ms` (0: none, which counts as later than any).
  bool allow(int64_t current_ms, int64_t new_ms) const {
    const bool expires = current_ms != 0;
    if (nx && expires) return false;
    if (xx && !expires) return false;
    if (gt && (!expires || new_ms <= current_ms)) return false;
    if (lt && expires && new_ms >= current_ms) return false;
    return true;
  }
};

Result<Conditions> parse_conditions(const Call& call) {
  Conditions conditions;
  for (size_t i = 3; i < call.argc(); ++i) {
    if (call.arg_is(i, "nx")) conditions.nx = true;
    else if (call.arg_is(i, "xx")) conditions.xx = true;
    else if (call.arg_is(i, "gt")) conditions.gt = true;
    else if (call.arg_is(i, "lt")) conditions.lt = true;
    else return fail(fmt::format("ERR Unsupported option {}", call.arg(i)));
  }
  if (conditions.nx && (conditions.xx || conditions.gt || conditions.lt)) {
    return fail("ERR NX and XX, GT or LT options at the same time are not compatible");
  }
  if (conditions.gt && conditions.lt) return fail("ERR GT and LT options at the same time are not compatible");
  return conditions;
}

// A time that has passed already deletes the key.
template <TimeUnit unit>
Result<Outcome> expire(Call& call) {
  const Key key = call.key(1);
  const Conditions conditions = TRY(parse_conditions(call));
  auto expire_ms = unix_ms(TRY(call.integer(2)), unit, call.txn.now_ms());
  if (!expire_ms) return invalid_expire_time(call.spec);
  auto record = TRY(call.txn.find(key));
  if (!record || !conditions.allow(record->head.expire_ms, *expire_ms)) {
    call.reply.integer(0);
    return kDone;
  }
  if (*expire_ms <= call.txn.now_ms()) {
    delete_key(call.txn, key, *record);
  } else {
    set_expiry(call.txn, key, *record, *expire_ms);
    call.txn.touch(key, EventClass::generic, "expire");
  }
  call.reply.integer(1);
  return kDone;
}

// -2: no key; -1: no expiry.
template <TimeUnit unit>
Result<Outcome> ttl(Call& call) {
  auto record = TRY(call.txn.find(call.key(1)));
  if (!record || record->head.expire_ms == 0) {
    call.reply.integer(record ? -1 : -2);
    return kDone;
  }
  const int64_t time_ms = record->head.expire_ms - (unit.relative ? call.txn.now_ms() : 0);
  const int64_t rounded_s = time_ms / 1000 + (time_ms % 1000 >= 500);
  call.reply.integer(unit.seconds ? rounded_s : time_ms);
  return kDone;
}

Result<Outcome> persist(Call& call) {
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key));
  const bool expires = record && record->head.expire_ms != 0;
  if (expires) {
    set_expiry(call.txn, key, *record, 0);
    call.txn.touch(key, EventClass::generic, "persist");
  }
  call.reply.integer(expires);
  return kDone;
}

constexpr uint64_t kWriteFlags = kWrite | kFast;
constexpr uint64_t kReadFlags = kReadonly | kFast;

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"expire", -3, kWriteFlags, {1, 1, 1}, "RW update", Group::generic, "1.0.0",
     "Set a key's time to live in seconds", "O(1)", expire<kSeconds>},
    {"pexpire", -3, kWriteFlags, {1, 1, 1}, "RW update", Group::generic, "2.6.0",
     "Set a key's time to live in milliseconds", "O(1)", expire<kMilliseconds>},
    {"expireat", -3, kWriteFlags, {1, 1, 1}, "RW update", Group::generic, "1.2.0",
     "Set the expiration for a key as a UNIX timestamp", "O(1)", expire<kUnixSeconds>},
    {"pexpireat", -3, kWriteFlags, {1, 1, 1}, "RW update", Group::generic, "2.6.0",
     "Set the expiration for a key as a UNIX timestamp specified in milliseconds", "O(1)",
     expire<kUnixMilliseconds>},
    {"ttl", 2, kReadFlags, {1, 1, 1}, "RO access", Group::generic, "1.0.0",
     "Get the time to live for a key in seconds", "O(1)", ttl<kSeconds>},
    {"pttl", 2, kReadFlags, {1, 1, 1}, "RO access", Group::generic, "2.6.0",
     "Get the time to live for a key in milliseconds", "O(1)", ttl<kMilliseconds>},
    {"expiretime", 2, kReadFlags, {1, 1, 1}, "RO access", Group::generic, "7.0.0",
     "Get the expiration Unix timestamp for a key", "O(1)", ttl<kUnixSeconds>},
    {"pexpiretime", 2, kReadFlags, {1, 1, 1}, "RO access", Group::generic, "7.0.0",
     "Get the expiration Unix timestamp for a key in milliseconds", "O(1)", ttl<kUnixMilliseconds>},
    {"persist", 2, kWriteFlags, {1, 1, 1}, "RW update", Group::generic, "2.2.0", "Remove the expiration from a key",
     "O(1)", persist},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> expire_commands() { return kCommands; }

}  // namespace basalt
