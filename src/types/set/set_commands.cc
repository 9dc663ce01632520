// The commands on one set, and SMOVE. Those that combine sets are in set_operation_commands.cc.
#include <string>
#include <vector>

#include "command/call.h"
#include "types/common/copied_reply.h"
#include "types/common/member_scan.h"
#include "types/common/random_member.h"
#include "types/common/size_reply.h"
#include "types/set/set.h"
#include "types/set/set_writer.h"

namespace basalt {

namespace {

void touch_emptied(Call& call, Key key, const SetWriter& set) {
  if (set.size() == 0) call.txn.touch(key, EventClass::generic, "del");
}

// ---- members by name ----

Result<Outcome> sadd(Call& call) {
  SetWriter set(call.txn, call.key(1), TRY(call.txn.find(call.key(1), Type::set)));
  int64_t added = 0;
  for (size_t i = 2; i < call.argc(); ++i) added += TRY(set.add(call.arg(i)));
  TRY(set.save());
  if (added > 0) call.txn.touch(call.key(1), EventClass::set, "sadd");
  call.reply.integer(added);
  return kDone;
}

Result<Outcome> srem(Call& call) {
  auto record = TRY(call.txn.find(call.key(1), Type::set));
  int64_t removed = 0;
  if (record) {
    SetWriter set(call.txn, call.key(1), std::move(record));
    for (size_t i = 2; i < call.argc(); ++i) removed += TRY(set.erase(call.arg(i)));
    TRY(set.save());
    if (removed > 0) call.txn.touch(call.key(1), EventClass::set, "srem");
    touch_emptied(call, call.key(1), set);
  }
  call.reply.integer(removed);
  return kDone;
}

Result<Outcome> smove(Call& call) {
  const Key from_key = call.key(1);
  const Key to_key = call.key(2);
  const std::string_view member = call.arg(3);
  auto from_record = TRY(call.txn.find(from_key));
  if (!from_record) {
    call.reply.integer(0);
    return kDone;
  }
  auto to_record = TRY(call.txn.find(to_key));
  if (from_record->head.type != Type::set || (to_record && to_record->head.type != Type::set)) return wrong_type();

  SetWriter from(call.txn, from_key, std::move(from_record));
  if (from_key.name == to_key.name) {
    call.reply.integer(TRY(from.contains(member)));
    return kDone;
  }
  SetWriter to(call.txn, to_key, std::move(to_record));
  const bool moved = TRY(from.erase(member));
  if (moved) {
    TRY(from.save());
    call.txn.touch(from_key, EventClass::set, "srem");
    touch_emptied(call, from_key, from);
    const bool added = TRY(to.add(member));
    TRY(to.save());
    if (added) call.txn.touch(to_key, EventClass::set, "sadd");
  }
  call.reply.integer(moved);
  return kDone;
}

Result<Outcome> sismember(Call& call) {
  // The item is read after the head and without a snapshot: whatever happened in between, what it says
  // was true at a moment of this command.
  auto record = TRY(call.txn.find(call.key(1), Type::set));
  bool there = false;
  if (record) there = TRY(SetReader(call.txn, *std::move(record)).contains(call.arg(2)));
  call.reply.integer(there);
  return kDone;
}

Result<Outcome> smismember(Call& call) {
  auto record = TRY(call.txn.find_frozen(call.key(1), Type::set));
  std::optional<SetReader> set;
  if (record) set.emplace(call.txn, *std::move(record));
  call.reply.array(static_cast<int64_t>(call.argc() - 2));
  for (size_t i = 2; i < call.argc(); ++i) {
    const bool there = set && TRY(set->contains(call.arg(i)));
    call.reply.integer(there);
  }
  return kDone;
}

// ---- all members ----

Result<Outcome> smembers(Call& call) {
  const auto mark = call.reply.open(Reply::Aggregate::set);
  int64_t members = 0;
  if (auto record = TRY(call.txn.find_frozen(call.key(1), Type::set))) {
    TRY(SetReader(call.txn, *std::move(record)).walk([&](std::string_view member) -> Result<bool> {
      call.reply.bulk(member);
      ++members;
      return true;
    }));
  }
  call.reply.close(mark, members);
  return kDone;
}

Result<Outcome> sscan(Call& call) {
  const uint64_t cursor = TRY(scan_cursor(call));
  auto record = TRY(call.txn.find_frozen(call.key(1), Type::set));
  ScanReply page(call.reply);
  uint64_t next = 0;
  if (record) {
    const MemberScan scan = TRY(scan_options(call, cursor));
    next = TRY(SetReader(call.txn, *std::move(record)).scan(scan, [&](std::string_view member) -> Result<bool> {
      page.add(member);
      return true;
    }));
  }
  page.finish(next);
  return kDone;
}

// ---- random members ----

Result<Outcome> srandmember(Call& call) {
  if (call.argc() > 3) return syntax_error();
  const bool one = call.argc() == 2;
  const int64_t count = one ? 1 : TRY(random_count(call, 2));
  auto record = TRY(call.txn.find_frozen(call.key(1), Type::set));
  if (!record) {
    if (one) call.reply.null();
    else call.reply.array(0);
    return kDone;
  }
  SetReader set(call.txn, *std::move(record));
  const size_t start = call.reply.size();
  if (!one) call.reply.array(static_cast<int64_t>(random_reply_count(count, set.size())));
  TRY(set.sample(count, [&](Member member) -> Result<void> {
    call.reply.bulk(member.name);
    return check_random_reply(call.reply, start);
  }));
  return kDone;
}

Result<std::vector<std::string>> choose(const SetReader& set, uint64_t count) {
  std::vector<std::string> chosen;
  TRY(set.sample(static_cast<int64_t>(count), [&](Member member) -> Result<void> {
    chosen.emplace_back(member.name);
    return {};
  }));
  return chosen;
}

// When nearly all go, a new set of those that stay is cheaper than erasing the others one by one.
constexpr uint64_t kPoppedPerKept = 5;

Result<std::vector<std::string>> pop_by_rewriting(Call& call, SetReader& set, uint64_t kept_count) {
  const std::vector<std::string> kept = TRY(choose(set, kept_count));
  const absl::flat_hash_set<std::string_view> stays(kept.begin(), kept.end());
  std::vector<std::string> popped;
  TRY(set.walk([&](std::string_view member) -> Result<bool> {
    if (!stays.contains(member)) popped.emplace_back(member);
    return true;
  }));
  Record record = set.release();
  const int64_t expire_ms = record.head.expire_ms;
  SetWriter rest(call.txn, call.key(1), std::move(record), SetWriter::Anew{expire_ms});
  for (const std::string& member : kept) TRY(rest.add(member));
  TRY(rest.save());
  return popped;
}

// Of a spread set: one of the members that were drawn before and are still there, or of those drawn now.
Result<std::string> pop_drawn(Call& call, Record record) {
  Txn& txn = call.txn;
  const auto [object, size] = std::pair(record.head.object, record.head.size);
  SetWriter rest(txn, call.key(1), std::move(record));
  auto member = txn.take_pop_candidate(object);
  while (member && !TRY(rest.erase(*member))) member = txn.take_pop_candidate(object);
  if (!member) {
    RandomMember random(txn, object, size);
    auto hand = TRY(random.handful(txn.next_pop_hash(object)));
    if (hand.members.empty()) hand.members.emplace_back(TRY(random.pick()).name);
    member = txn.keep(hand.members.back());
    hand.members.pop_back();
    txn.keep_pop_candidates(object, std::move(hand));
    if (!TRY(rest.erase(*member))) return damaged_record("a set");
  }
  TRY(rest.save());
  return std::string(*member);
}

Result<std::vector<std::string>> pop_some(Call& call, SetReader& set, uint64_t count) {
  const uint64_t kept_count = set.size() - count;
  if (set.spread() && kept_count <= count / kPoppedPerKept) return pop_by_rewriting(call, set, kept_count);
  if (count == 1 && set.spread()) return std::vector{TRY(pop_drawn(call, set.release()))};
  std::vector<std::string> popped = TRY(choose(set, count));
  SetWriter rest(call.txn, call.key(1), set.release());
  for (const std::string& member : popped) TRY(rest.erase(member));
  TRY(rest.save());
  return popped;
}

// Pops `count` members, at least one; `record` is what find() gave.
Result<std::vector<std::string>> pop(Call& call, Record record, uint64_t count) {
  const Key key = call.key(1);
  SetReader set(call.txn, std::move(record));
  if (count < set.size()) {
    auto popped = TRY(pop_some(call, set, count));
    call.txn.touch(key, EventClass::set, "spop");
    return popped;
  }
  auto popped = TRY(choose(set, set.size()));
  call.txn.erase(key, set.release());
  call.txn.touch(key, EventClass::set, "spop");
  call.txn.touch(key, EventClass::generic, "del");
  return popped;
}

Result<Outcome> spop(Call& call) {
  if (call.argc() > 3) return syntax_error();
  const bool one = call.argc() == 2;
  int64_t count = 1;
  if (!one) {
    constexpr std::string_view kNotPositive = "ERR value is out of range, must be positive";
    count = TRY(call.integer(2, kNotPositive));
    if (count < 0) return fail(std::string(kNotPositive));
  }
  auto record = TRY(call.txn.find(call.key(1), Type::set));
  std::vector<std::string> members;
  if (record && count > 0) members = TRY(pop(call, *std::move(record), static_cast<uint64_t>(count)));
  if (one && members.empty()) {
    call.reply.null();
    return kDone;
  }
  if (!one) call.reply.set(static_cast<int64_t>(members.size()));
  for (const std::string& member : members) call.reply.bulk(member);
  return kDone;
}

// ---- the table ----

constexpr KeyPositions kFirst{.first = 1, .last = 1, .step = 1};
constexpr std::string_view kScanComplexity =
    "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back "
    "to 0. N is the number of elements inside the collection..";

const CommandSpec kCommands[] = {
    {"sadd", -3, kWrite | kDenyOom | kFast, kFirst, "RW insert", Group::set, "1.0.0",
     "Add one or more members to a set",
     "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
     sadd},
    {"srem", -3, kWrite | kFast, kFirst, "RW delete", Group::set, "1.0.0", "Remove one or more members from a set",
     "O(N) where N is the number of members to be removed.", srem},
    {"smove",
     4,
     kWrite | kFast,
     {.first = 1, .last = 2, .step = 1},
     "RW access delete;RW insert",
     Group::set,
     "1.0.0",
     "Move a member from one set to another",
     "O(1)",
     smove},
    {"scard", 2, kReadonly | kFast, kFirst, "RO", Group::set, "1.0.0", "Get the number of members in a set", "O(1)",
     reply_size<Type::set>},
    {"sismember", 3, kReadonly | kFast, kFirst, "RO", Group::set, "1.0.0",
     "Determine if a given value is a member of a set", "O(1)", sismember},
    {"smismember", -3, kReadonly | kFast, kFirst, "RO access", Group::set, "6.2.0",
     "Returns the membership associated with the given elements for a set",
     "O(N) where N is the number of elements being checked for membership", smismember},
    {"smembers", 2, kReadonly, kFirst, "RO access", Group::set, "1.0.0", "Get all the members in a set",
     "O(N) where N is the set cardinality.", copied<smembers>},
    {"sscan", -3, kReadonly, kFirst, "RO access", Group::set, "2.8.0", "Incrementally iterate Set elements",
     kScanComplexity, sscan},
    {"srandmember", -2, kReadonly, kFirst, "RO access", Group::set, "1.0.0",
     "Get one or multiple random members from a set",
     "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.", srandmember},
    {"spop", -2, kWrite | kFast, kFirst, "RW access delete", Group::set, "1.0.0",
     "Remove and return one or multiple random members from a set",
     "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.", spop},
};

}  // namespace

std::span<const CommandSpec> set_commands() { return kCommands; }

}  // namespace basalt
