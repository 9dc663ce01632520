// The commands on hashes, but for those on the expiry of fields (hash_expiry_commands.cc).
#include <cmath>

#include "base/number.h"
#include "command/call.h"
#include "types/common/copied_reply.h"
#include "types/common/member_scan.h"
#include "types/common/random_member.h"
#include "types/common/size_reply.h"
#include "types/hash/hash.h"
#include "types/hash/hash_writer.h"

namespace basalt {

namespace {

// ---- writing ----

Result<void> set_fields(Call& call, HashWriter& hash, int64_t* created) {
  for (size_t i = 2; i < call.argc(); i += 2) *created += TRY(hash.set(call.arg(i), {call.arg(i + 1)}));
  TRY(hash.save());
  call.txn.touch(call.key(1), EventClass::hash, "hset");
  return {};
}

Result<Outcome> hset(Call& call) {
  if (call.argc() % 2 == 1) return wrong_arity(call.spec);
  HashWriter hash(call.txn, call.key(1), TRY(call.txn.find(call.key(1), Type::hash)));
  int64_t created = 0;
  TRY(set_fields(call, hash, &created));
  call.reply.integer(created);
  return kDone;
}

Result<Outcome> hmset(Call& call) {
  if (call.argc() % 2 == 1) return wrong_arity(call.spec);
  HashWriter hash(call.txn, call.key(1), TRY(call.txn.find(call.key(1), Type::hash)));
  int64_t created = 0;
  TRY(set_fields(call, hash, &created));
  call.reply.ok();
  return kDone;
}

Result<Outcome> hsetnx(Call& call) {
  HashWriter hash(call.txn, call.key(1), TRY(call.txn.find(call.key(1), Type::hash)));
  const bool there = TRY(hash.live(call.arg(2))).has_value();
  if (!there) {
    int64_t created = 0;
    TRY(set_fields(call, hash, &created));
  }
  call.reply.integer(there ? 0 : 1);
  return kDone;
}

// Writes a field's new number, which keeps the expiry the field had.
Result<void> set_number(Call& call, HashWriter& hash, const std::optional<layout::FieldValue>& old,
                        std::string_view digits, std::string_view event) {
  TRY(hash.set(call.arg(2), {digits, old ? old->expire_ms : 0}));
  TRY(hash.save());
  call.txn.touch(call.key(1), EventClass::hash, event);
  return {};
}

Result<Outcome> hincrby(Call& call) {
  const int64_t increment = TRY(call.integer(3));
  HashWriter hash(call.txn, call.key(1), TRY(call.txn.find(call.key(1), Type::hash)));
  const auto old = TRY(hash.live(call.arg(2)));
  const auto number = old ? parse_int64(old->bytes) : 0;
  if (!number) return fail("ERR hash value is not an integer");
  int64_t sum = 0;
  if (__builtin_add_overflow(*number, increment, &sum)) return fail("ERR increment or decrement would overflow");
  TRY(set_number(call, hash, old, int64_to_string(sum), "hincrby"));
  call.reply.integer(sum);
  return kDone;
}

Result<Outcome> hincrbyfloat(Call& call) {
  const auto increment = parse_long_double(call.arg(3));
  if (!increment) return fail("ERR value is not a valid float");
  if (std::isinf(*increment)) return fail("ERR value is NaN or Infinity");
  HashWriter hash(call.txn, call.key(1), TRY(call.txn.find(call.key(1), Type::hash)));
  const auto old = TRY(hash.live(call.arg(2)));
  const auto number = old ? parse_long_double(old->bytes) : 0;
  if (!number) return fail("ERR hash value is not a float");
  const long double sum = *number + *increment;
  if (std::isnan(sum) || std::isinf(sum)) return fail("ERR increment would produce NaN or Infinity");
  const std::string digits = long_double_to_string(sum);
  TRY(set_number(call, hash, old, digits, "hincrbyfloat"));
  call.reply.bulk(digits);
  return kDone;
}

Result<Outcome> hdel(Call& call) {
  auto record = TRY(call.txn.find(call.key(1), Type::hash));
  int64_t deleted = 0;
  if (record) {
    HashWriter hash(call.txn, call.key(1), std::move(record));
    for (size_t i = 2; i < call.argc(); ++i) deleted += TRY(hash.erase(call.arg(i)));
    TRY(hash.save());
    if (deleted > 0) call.txn.touch(call.key(1), EventClass::hash, "hdel");
    if (hash.size() == 0) call.txn.touch(call.key(1), EventClass::generic, "del");
  }
  call.reply.integer(deleted);
  return kDone;
}

// ---- one field ----

Result<Outcome> hget(Call& call) {
  // The item is read after the head and without a snapshot: whatever happened in between, what it says
  // was true at a moment of this command.
  auto record = TRY(call.txn.find(call.key(1), Type::hash));
  if (!record) {
    call.reply.null();
    return kDone;
  }
  HashReader hash(call.txn, *std::move(record));
  if (auto value = TRY(hash.get(call.arg(2)))) call.reply.bulk(value->bytes);
  else call.reply.null();
  return kDone;
}

Result<Outcome> hexists(Call& call) {
  auto record = TRY(call.txn.find(call.key(1), Type::hash));
  bool exists = false;
  if (record) exists = TRY(HashReader(call.txn, *std::move(record)).get(call.arg(2))).has_value();
  call.reply.integer(exists);
  return kDone;
}

Result<Outcome> hstrlen(Call& call) {
  auto record = TRY(call.txn.find(call.key(1), Type::hash));
  size_t length = 0;
  if (record) {
    HashReader hash(call.txn, *std::move(record));
    if (auto value = TRY(hash.get(call.arg(2)))) length = value->bytes.size();
  }
  call.reply.integer(static_cast<int64_t>(length));
  return kDone;
}

// ---- several fields ----

Result<Outcome> hmget(Call& call) {
  auto record = TRY(call.txn.find_frozen(call.key(1), Type::hash));
  call.reply.array(static_cast<int64_t>(call.argc() - 2));
  if (!record) {
    for (size_t i = 2; i < call.argc(); ++i) call.reply.null();
    return kDone;
  }
  HashReader hash(call.txn, *std::move(record));
  for (size_t i = 2; i < call.argc(); ++i) {
    if (auto value = TRY(hash.get(call.arg(i)))) call.reply.bulk(value->bytes);
    else call.reply.null();
  }
  return kDone;
}

enum Parts : uint8_t { kNames = 1, kValues = 2, kBoth = 3 };

template <Parts parts>
Result<Outcome> reply_all(Call& call) {
  constexpr auto kind = parts == kBoth ? Reply::Aggregate::map : Reply::Aggregate::array;
  const auto mark = call.reply.open(kind);
  int64_t fields = 0;
  if (auto record = TRY(call.txn.find_frozen(call.key(1), Type::hash))) {
    TRY(HashReader(call.txn, *std::move(record)).walk([&](const Field& field) -> Result<void> {
      if (parts & kNames) call.reply.bulk(field.name);
      if (parts & kValues) call.reply.bulk(field.value.bytes);
      ++fields;
      return {};
    }));
  }
  call.reply.close(mark, fields);
  return kDone;
}

Result<Outcome> hscan(Call& call) {
  const uint64_t cursor = TRY(scan_cursor(call));
  auto record = TRY(call.txn.find_frozen(call.key(1), Type::hash));
  ScanReply page(call.reply);
  uint64_t next = 0;
  if (record) {
    const MemberScan scan = TRY(scan_options(call, cursor));
    next = TRY(HashReader(call.txn, *std::move(record)).scan(scan, [&](const Field& field) -> Result<void> {
      page.add(field.name);
      if (!scan.no_values) page.add(field.value.bytes);
      return {};
    }));
  }
  page.finish(next);
  return kDone;
}

// ---- HRANDFIELD ----

struct RandomFields {
  int64_t count = 0;
  bool with_values = false;
};

Result<RandomFields> random_fields_of(const Call& call) {
  RandomFields wanted{.count = TRY(random_count(call, 2))};
  if (call.argc() > 4 || (call.argc() == 4 && !call.arg_is(3, "withvalues"))) return syntax_error();
  wanted.with_values = call.argc() == 4;
  if (wanted.with_values) TRY(check_paired_count(wanted.count));
  return wanted;
}

Result<void> reply_random_fields(Call& call, const HashReader& hash, RandomFields wanted) {
  Reply& reply = call.reply;
  const bool pairs = wanted.with_values && reply.resp3();
  const size_t start = reply.size();
  const auto mark = reply.open(Reply::Aggregate::array);
  int64_t fields = 0;
  TRY(hash.sample(wanted.count, [&](const Field& field) -> Result<void> {
    if (pairs) reply.array(2);
    reply.bulk(field.name);
    if (wanted.with_values) reply.bulk(field.value.bytes);
    ++fields;
    return check_random_reply(reply, start);
  }));
  reply.close(mark, wanted.with_values && !pairs ? fields * 2 : fields);
  return {};
}

Result<Outcome> hrandfield(Call& call) {
  const bool one = call.argc() == 2;
  const RandomFields wanted = one ? RandomFields{.count = 1} : TRY(random_fields_of(call));
  auto record = TRY(call.txn.find_frozen(call.key(1), Type::hash));
  if (!record) {
    if (one) call.reply.null();
    else call.reply.array(0);
    return kDone;
  }
  HashReader hash(call.txn, *std::move(record));
  if (!one) {
    TRY(reply_random_fields(call, hash, wanted));
    return kDone;
  }
  bool found = false;
  TRY(hash.sample(1, [&](const Field& field) -> Result<void> {
    call.reply.bulk(field.name);
    found = true;
    return {};
  }));
  if (!found) call.reply.null();
  return kDone;
}

// ---- the table ----

constexpr KeyPositions kFirst{.first = 1, .last = 1, .step = 1};
constexpr std::string_view kScanComplexity =
    "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back "
    "to 0. N is the number of elements inside the collection..";

const CommandSpec kCommands[] = {
    {"hset", -4, kWrite | kDenyOom | kFast, kFirst, "RW update", Group::hash, "2.0.0",
     "Set the string value of a hash field",
     "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with "
     "multiple "
     "field/value pairs.",
     hset},
    {"hsetnx", 4, kWrite | kDenyOom | kFast, kFirst, "RW insert", Group::hash, "2.0.0",
     "Set the value of a hash field, only if the field does not exist", "O(1)", hsetnx},
    {"hmset", -4, kWrite | kDenyOom | kFast, kFirst, "RW update", Group::hash, "2.0.0",
     "Set multiple hash fields to multiple values", "O(N) where N is the number of fields being set.", hmset},
    {"hget", 3, kReadonly | kFast, kFirst, "RO access", Group::hash, "2.0.0", "Get the value of a hash field", "O(1)",
     hget},
    {"hmget", -3, kReadonly | kFast, kFirst, "RO access", Group::hash, "2.0.0",
     "Get the values of all the given hash fields", "O(N) where N is the number of fields being requested.", hmget},
    {"hgetall", 2, kReadonly, kFirst, "RO access", Group::hash, "2.0.0", "Get all the fields and values in a hash",
     "O(N) where N is the size of the hash.", copied<reply_all<kBoth>>},
    {"hkeys", 2, kReadonly, kFirst, "RO access", Group::hash, "2.0.0", "Get all the fields in a hash",
     "O(N) where N is the size of the hash.", copied<reply_all<kNames>>},
    {"hvals", 2, kReadonly, kFirst, "RO access", Group::hash, "2.0.0", "Get all the values in a hash",
     "O(N) where N is the size of the hash.", copied<reply_all<kValues>>},
    {"hlen", 2, kReadonly | kFast, kFirst, "RO", Group::hash, "2.0.0", "Get the number of fields in a hash", "O(1)",
     reply_size<Type::hash>},
    {"hstrlen", 3, kReadonly | kFast, kFirst, "RO", Group::hash, "3.2.0", "Get the length of the value of a hash field",
     "O(1)", hstrlen},
    {"hexists", 3, kReadonly | kFast, kFirst, "RO", Group::hash, "2.0.0", "Determine if a hash field exists", "O(1)",
     hexists},
    {"hdel", -3, kWrite | kFast, kFirst, "RW delete", Group::hash, "2.0.0", "Delete one or more hash fields",
     "O(N) where N is the number of fields to be removed.", hdel},
    {"hincrby", 4, kWrite | kDenyOom | kFast, kFirst, "RW access update", Group::hash, "2.0.0",
     "Increment the integer value of a hash field by the given number", "O(1)", hincrby},
    {"hincrbyfloat", 4, kWrite | kDenyOom | kFast, kFirst, "RW access update", Group::hash, "2.6.0",
     "Increment the float value of a hash field by the given amount", "O(1)", hincrbyfloat},
    {"hrandfield", -2, kReadonly, kFirst, "RO access", Group::hash, "6.2.0",
     "Get one or multiple random fields from a hash", "O(N) where N is the number of fields returned", hrandfield},
    {"hscan", -3, kReadonly, kFirst, "RO access", Group::hash, "2.8.0",
     "Incrementally iterate hash fields and associated values", kScanComplexity, hscan},
};

}  // namespace

std::span<const CommandSpec> hash_commands() { return kCommands; }

}  // namespace basalt
