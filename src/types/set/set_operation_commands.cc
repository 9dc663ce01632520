// SINTER, SUNION and SDIFF, what they store, and SINTERCARD.
#include <deque>
#include <vector>

#include "base/number.h"
#include "command/call.h"
#include "types/common/counted_keys.h"
#include "types/set/set_builder.h"
#include "types/set/set_operations.h"

namespace basalt {

namespace {

using Operation = Result<void> (*)(Txn& txn, Sets sets, SetReader::Visitor visit);

// The sets named by arguments [first, end); what is not there is an empty set.
class Sources {
 public:
  Result<void> open(Call& call, size_t first, size_t end) {
    call.txn.freeze();
    for (size_t i = first; i < end; ++i) {
      auto record = TRY(call.txn.find(call.key(i), Type::set));
      sets_.push_back(record ? &readers_.emplace_back(call.txn, *std::move(record)) : nullptr);
    }
    return {};
  }
  Sets sets() const { return sets_; }

 private:
  std::deque<SetReader> readers_;
  std::vector<SetReader*> sets_;
};

template <Operation operation>
Result<Outcome> combine(Call& call) {
  Sources sources;
  TRY(sources.open(call, 1, call.argc()));
  const auto mark = call.reply.open(Reply::Aggregate::set);
  int64_t members = 0;
  TRY(operation(call.txn, sources.sets(), [&](std::string_view member) -> Result<bool> {
    call.reply.bulk(member);
    ++members;
    return true;
  }));
  call.reply.close(mark, members);
  return kDone;
}

Result<Outcome> combine_and_store(Call& call, Operation operation, std::string_view event) {
  const Key destination = call.key(1);
  SetBuilder result(call.txn, destination);
  {
    Sources sources;
    TRY(sources.open(call, 2, call.argc()));
    TRY(operation(call.txn, sources.sets(), [&](std::string_view member) -> Result<bool> {
      TRY(result.add(member));
      return true;
    }));
  }
  auto previous = TRY(call.txn.find(destination));
  const bool replaces = previous.has_value();
  const uint64_t size = TRY(result.save(std::move(previous)));
  if (size > 0) call.txn.touch(destination, EventClass::set, event);
  else if (replaces) call.txn.touch(destination, EventClass::generic, "del");
  call.reply.integer(static_cast<int64_t>(size));
  return kDone;
}

Result<Outcome> sinterstore(Call& call) { return combine_and_store(call, intersect_sets, "sinterstore"); }
Result<Outcome> sunionstore(Call& call) { return combine_and_store(call, unite_sets, "sunionstore"); }
Result<Outcome> sdiffstore(Call& call) { return combine_and_store(call, subtract_sets, "sdiffstore"); }

// ---- SINTERCARD numkeys key … [LIMIT limit] ----

Result<size_t> numkeys_of(const Call& call) {
  const auto count = parse_int64(call.arg(1));
  if (!count || *count < 1) return fail("ERR numkeys should be greater than 0");
  if (static_cast<uint64_t>(*count) > call.argc() - 2) {
    return fail("ERR Number of keys can't be greater than number of args");
  }
  return static_cast<size_t>(*count);
}

Result<int64_t> limit_of(const Call& call, size_t first) {
  int64_t limit = 0;
  for (size_t i = first; i < call.argc(); i += 2) {
    if (i + 1 == call.argc() || !call.arg_is(i, "limit")) return syntax_error();
    const auto value = parse_int64(call.arg(i + 1));
    if (!value || *value < 0) return fail("ERR LIMIT can't be negative");
    limit = *value;
  }
  return limit;
}

Result<Outcome> sintercard(Call& call) {
  const size_t numkeys = TRY(numkeys_of(call));
  const int64_t limit = TRY(limit_of(call, 2 + numkeys));
  Sources sources;
  TRY(sources.open(call, 2, 2 + numkeys));
  int64_t members = 0;
  TRY(intersect_sets(call.txn, sources.sets(), [&](std::string_view) -> Result<bool> {
    ++members;
    return members != limit;
  }));
  call.reply.integer(members);
  return kDone;
}

// ---- the table ----

constexpr KeyPositions kAll{.first = 1, .last = -1, .step = 1};
constexpr std::string_view kIntersection =
    "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.";
constexpr std::string_view kTotal = "O(N) where N is the total number of elements in all given sets.";

const CommandSpec kCommands[] = {
    {"sinter", -2, kReadonly, kAll, "RO access", Group::set, "1.0.0", "Intersect multiple sets", kIntersection,
     combine<intersect_sets>},
    {"sinterstore", -3, kWrite | kDenyOom, kAll, "RW update;RO access", Group::set, "1.0.0",
     "Intersect multiple sets and store the resulting set in a key", kIntersection, sinterstore},
    {"sintercard",
     -3,
     kReadonly | kMovableKeys,
     {.find = find_counted_keys<1>},
     "RO access",
     Group::set,
     "7.0.0",
     "Intersect multiple sets and return the cardinality of the result",
     kIntersection,
     sintercard},
    {"sunion", -2, kReadonly, kAll, "RO access", Group::set, "1.0.0", "Add multiple sets", kTotal, combine<unite_sets>},
    {"sunionstore", -3, kWrite | kDenyOom, kAll, "OW update;RO access", Group::set, "1.0.0",
     "Add multiple sets and store the resulting set in a key", kTotal, sunionstore},
    {"sdiff", -2, kReadonly, kAll, "RO access", Group::set, "1.0.0", "Subtract multiple sets", kTotal,
     combine<subtract_sets>},
    {"sdiffstore", -3, kWrite | kDenyOom, kAll, "OW update;RO access", Group::set, "1.0.0",
     "Subtract multiple sets and store the resulting set in a key", kTotal, sdiffstore},
};

}  // namespace

std::span<const CommandSpec> set_operation_commands() { return kCommands; }

}  // namespace basalt
