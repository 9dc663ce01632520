// DUMP and RESTORE: a key's value as bytes, in the format of Redis.
#include <optional>
#include <span>

#include "command/call.h"
#include "types/common/expiry.h"
#include "types/rdb/dump_payload.h"
#include "types/rdb/value_builder.h"
#include "types/rdb/value_writer.h"
#include "types/string/string_value.h"

namespace basalt {

namespace {

Result<Outcome> dump(Call& call) {
  const Key key = call.key(1);
  call.txn.freeze();
  auto record = TRY(call.txn.find(key));
  if (!record) {
    call.reply.null();
    return kDone;
  }
  if (record->head.type == Type::string) TRY(check_inline_bytes(call.txn, record->head.size));
  std::string payload;
  const uint16_t version =
      TRY(rdb::write_value(call.txn, key, *std::move(record), payload, []() -> Result<void> { return {}; }));
  rdb::seal_payload(payload, version);
  call.reply.bulk(payload);
  return kDone;
}

struct RestoreOptions {
  bool replace = false;
  bool absolute_ttl = false;
};

// IDLETIME and FREQ are for a cache that evicts; they are checked, and have no effect.
Result<RestoreOptions> restore_options(const Call& call) {
  RestoreOptions options;
  bool idle = false;
  bool frequency = false;
  for (size_t i = 4; i < call.argc(); ++i) {
    const bool has_value = i + 1 < call.argc();
    if (call.arg_is(i, "replace")) {
      options.replace = true;
    } else if (call.arg_is(i, "absttl")) {
      options.absolute_ttl = true;
    } else if (call.arg_is(i, "idletime") && has_value && !frequency) {
      idle = true;
      if (TRY(call.integer(++i)) < 0) return fail("ERR Invalid IDLETIME value, must be >= 0");
    } else if (call.arg_is(i, "freq") && has_value && !idle) {
      frequency = true;
      const int64_t value = TRY(call.integer(++i));
      if (value < 0 || value > 255) return fail("ERR Invalid FREQ value, must be >= 0 and <= 255");
    } else {
      return syntax_error();
    }
  }
  return options;
}

// 0: the key never expires; nullopt: it already has.
Result<std::optional<int64_t>> expire_time(const Call& call, bool absolute) {
  int64_t ttl_ms = TRY(call.integer(2));
  if (ttl_ms < 0) return fail("ERR Invalid TTL value, must be >= 0");
  if (ttl_ms == 0) return 0;
  const int64_t now_ms = call.txn.now_ms();
  if (!absolute && __builtin_add_overflow(ttl_ms, now_ms, &ttl_ms)) return std::nullopt;  // as Redis's wraps around
  return ttl_ms > now_ms ? std::optional(ttl_ms) : std::nullopt;
}

Result<Outcome> restore(Call& call) {
  const RestoreOptions options = TRY(restore_options(call));
  const Key key = call.key(1);
  auto previous = TRY(call.txn.find(key));
  if (previous && !options.replace) return fail("BUSYKEY Target key name already exists.");
  const auto expire_ms = TRY(expire_time(call, options.absolute_ttl));
  const std::string_view payload = call.arg(3);
  TRY(check_inline_bytes(call.txn, payload.size()));
  if (expire_ms) {
    // Deleted and added anew, not overwritten: so Redis tells those who listen for new keys.
    if (previous) call.txn.erase(key, *previous);
    rdb::ValueBuilder value(call.txn, key);
    TRY(rdb::read_payload(payload, value));
    TRY(value.save(*expire_ms));
    call.txn.touch(key, EventClass::generic, "restore");
  } else {
    rdb::DiscardingSink nothing;
    TRY(rdb::read_payload(payload, nothing));
    if (previous) delete_key(call.txn, key, *previous);
  }
  call.reply.ok();
  return kDone;
}

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"dump", 2, kReadonly, {1, 1, 1}, "RO access", Group::generic, "2.6.0",
     "Return a serialized version of the value stored at the specified key.",
     "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing "
     "the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is "
     "small, so simply O(1).", dump},
    {"restore", -4, kWrite | kDenyOom | kDangerous, {1, 1, 1}, "OW update", Group::generic, "2.6.0",
     "Create a key using the provided serialized value, previously obtained using DUMP.",
     "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of "
     "Redis objects composing the value and M their average size. For small string values the time complexity is thus "
     "O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) "
     "because inserting values into sorted sets is O(log(N)).", restore},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> dump_commands() { return kCommands; }

}  // namespace basalt
