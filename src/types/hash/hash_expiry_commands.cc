// The commands on the expiry of hash fields, as Redis 7.4 has them.
#include <algorithm>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "base/number.h"
#include "command/call.h"
#include "types/hash/hash.h"
#include "types/hash/hash_writer.h"

namespace basalt {

namespace {

// What the replies' numbers mean.
constexpr int64_t kNoField = -2;
constexpr int64_t kNoExpiry = -1;
constexpr int64_t kConditionNotMet = 0;
constexpr int64_t kChanged = 1;
constexpr int64_t kDeleted = 2;

// Redis's limit for the time of a field, Unix milliseconds.
constexpr int64_t kMaxExpireMs = (int64_t{1} << 46) - 1;

using Fields = std::span<const std::string_view>;

// "FIELDS count field …" from argument `index` to the end.
Result<Fields> fields_at(const Call& call, size_t index, std::string_view bad_count) {
  if (!call.arg_is(index, "fields")) {
    return fail("ERR Mandatory argument FIELDS is missing or not at the right position");
  }
  const auto count = parse_int64(call.arg(index + 1));
  if (!count || *count < 1) return fail(std::string(bad_count));
  const Fields fields = Fields(call.args).subspan(index + 2);
  if (static_cast<uint64_t>(*count) != fields.size()) {
    return fail("ERR The `numfields` parameter must match the number of arguments");
  }
  return fields;
}

Outcome reply_no_fields(Call& call, Fields fields) {
  call.reply.array(static_cast<int64_t>(fields.size()));
  for (size_t i = 0; i < fields.size(); ++i) call.reply.integer(kNoField);
  return kDone;
}

// ---- HEXPIRE and its kin ----

enum class Unit : uint8_t { seconds, milliseconds };
enum class Base : uint8_t { now, epoch };
enum class Condition : uint8_t { none, nx, xx, gt, lt };

Result<int64_t> expire_ms_of(const Call& call, Unit unit, Base base) {
  int64_t time = TRY(call.integer(2));
  if (time < 0) return fail("ERR invalid expire time, must be >= 0");
  const int64_t base_ms = base == Base::now ? call.txn.now_ms() : 0;
  const int64_t per_unit = unit == Unit::seconds ? 1000 : 1;
  if (time > kMaxExpireMs / per_unit || time * per_unit > kMaxExpireMs - base_ms) {
    return fail(fmt::format("ERR invalid expire time in '{}' command", call.spec.name));
  }
  return base_ms + time * per_unit;
}

Condition condition_at(const Call& call, size_t index) {
  if (call.arg_is(index, "nx")) return Condition::nx;
  if (call.arg_is(index, "xx")) return Condition::xx;
  if (call.arg_is(index, "gt")) return Condition::gt;
  if (call.arg_is(index, "lt")) return Condition::lt;
  return Condition::none;
}

// No expiry counts as one that is infinitely late.
bool is_met(Condition condition, int64_t old_ms, int64_t new_ms) {
  const bool expires = old_ms != 0;
  switch (condition) {
    case Condition::none: return true;
    case Condition::nx: return !expires;
    case Condition::xx: return expires;
    case Condition::gt: return expires && new_ms > old_ms;
    case Condition::lt: return !expires || new_ms < old_ms;
  }
  return false;
}

Result<int64_t> expire_field(const Call& call, HashWriter& hash, std::string_view field, int64_t expire_ms,
                             Condition condition) {
  const auto value = TRY(hash.stored(field));
  if (!value || has_expired(*value, call.txn.now_ms())) return kNoField;
  if (!is_met(condition, value->expire_ms, expire_ms)) return kConditionNotMet;
  if (expire_ms <= call.txn.now_ms()) {
    TRY(hash.erase(field));
    return kDeleted;
  }
  TRY(hash.set_expiry(field, *value, expire_ms));
  return kChanged;
}

template <Unit unit, Base base>
Result<Outcome> hexpire(Call& call) {
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key, Type::hash));
  const int64_t expire_ms = TRY(expire_ms_of(call, unit, base));
  const Condition condition = condition_at(call, 3);
  const Fields fields =
      TRY(fields_at(call, condition == Condition::none ? 3 : 4, "ERR Parameter `numFields` should be greater than 0"));
  if (!record) return reply_no_fields(call, fields);

  HashWriter hash(call.txn, key, std::move(record));
  bool updated = false;
  bool deleted = false;
  call.reply.array(static_cast<int64_t>(fields.size()));
  for (std::string_view field : fields) {
    const int64_t outcome = TRY(expire_field(call, hash, field, expire_ms, condition));
    updated |= outcome == kChanged;
    deleted |= outcome == kDeleted;
    call.reply.integer(outcome);
  }
  TRY(hash.save());
  if (updated || deleted) call.txn.touch(key, EventClass::hash, deleted ? "hdel" : "hexpire");
  if (hash.size() == 0) call.txn.touch(key, EventClass::generic, "del");
  return kDone;
}

Result<Outcome> hpersist(Call& call) {
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key, Type::hash));
  const Fields fields = TRY(fields_at(call, 2, "ERR Number of fields must be a positive integer"));
  if (!record) return reply_no_fields(call, fields);

  HashWriter hash(call.txn, key, std::move(record));
  bool changed = false;
  call.reply.array(static_cast<int64_t>(fields.size()));
  for (std::string_view field : fields) {
    const auto value = TRY(hash.stored(field));
    if (!value || has_expired(*value, call.txn.now_ms())) {
      call.reply.integer(kNoField);
    } else if (value->expire_ms == 0) {
      call.reply.integer(kNoExpiry);
    } else {
      TRY(hash.set_expiry(field, *value, 0));
      call.reply.integer(kChanged);
      changed = true;
    }
  }
  TRY(hash.save());
  if (changed) call.txn.touch(key, EventClass::hash, "hpersist");
  return kDone;
}

// ---- HTTL and its kin ----

template <Unit unit, Base base>
Result<Outcome> httl(Call& call) {
  auto record = TRY(call.txn.find_frozen(call.key(1), Type::hash));
  const Fields fields = TRY(fields_at(call, 2, "ERR Number of fields must be a positive integer"));
  if (!record) return reply_no_fields(call, fields);

  HashReader hash(call.txn, *std::move(record));
  const int64_t base_ms = base == Base::now ? call.txn.now_ms() : 0;
  call.reply.array(static_cast<int64_t>(fields.size()));
  for (std::string_view field : fields) {
    const auto value = TRY(hash.get(field));
    if (!value) call.reply.integer(kNoField);
    else if (value->expire_ms == 0) call.reply.integer(kNoExpiry);
    else if (unit == Unit::seconds) call.reply.integer((value->expire_ms - base_ms + 999) / 1000);
    else call.reply.integer(value->expire_ms - base_ms);
  }
  return kDone;
}

// ---- the table ----

constexpr KeyPositions kFirst{.first = 1, .last = 1, .step = 1};
constexpr uint64_t kSets = kWrite | kDenyOom | kFast;
constexpr uint64_t kReads = kReadonly | kFast;
constexpr std::string_view kPerField = "O(N) where N is the number of specified fields";

const CommandSpec kCommands[] = {
    {"hexpire", -6, kSets, kFirst, "RW update", Group::hash, "7.4.0",
     "Set expiry for hash field using relative time to expire (seconds)", kPerField, hexpire<Unit::seconds, Base::now>},
    {"hpexpire", -6, kSets, kFirst, "RW update", Group::hash, "7.4.0",
     "Set expiry for hash field using relative time to expire (milliseconds)", kPerField,
     hexpire<Unit::milliseconds, Base::now>},
    {"hexpireat", -6, kSets, kFirst, "RW update", Group::hash, "7.4.0",
     "Set expiry for hash field using an absolute Unix timestamp (seconds)", kPerField,
     hexpire<Unit::seconds, Base::epoch>},
    {"hpexpireat", -6, kSets, kFirst, "RW update", Group::hash, "7.4.0",
     "Set expiry for hash field using an absolute Unix timestamp (milliseconds)", kPerField,
     hexpire<Unit::milliseconds, Base::epoch>},
    {"httl", -5, kReads, kFirst, "RO access", Group::hash, "7.4.0", "Returns the TTL in seconds of a hash field.",
     kPerField, httl<Unit::seconds, Base::now>},
    {"hpttl", -5, kReads, kFirst, "RO access", Group::hash, "7.4.0", "Returns the TTL in milliseconds of a hash field.",
     kPerField, httl<Unit::milliseconds, Base::now>},
    {"hexpiretime", -5, kReads, kFirst, "RO access", Group::hash, "7.4.0",
     "Returns the expiration time of a hash field as a Unix timestamp, in seconds.", kPerField,
     httl<Unit::seconds, Base::epoch>},
    {"hpexpiretime", -5, kReads, kFirst, "RO access", Group::hash, "7.4.0",
     "Returns the expiration time of a hash field as a Unix timestamp, in msec.", kPerField,
     httl<Unit::milliseconds, Base::epoch>},
    {"hpersist", -5, kWrite | kFast, kFirst, "RW update", Group::hash, "7.4.0",
     "Removes the expiration time for each specified field", kPerField, hpersist},
};

}  // namespace

std::span<const CommandSpec> hash_expiry_commands() { return kCommands; }

}  // namespace basalt
