// ZUNION, ZINTER and ZDIFF, what they store, and ZINTERCARD.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "types/zset/scored_reply.h"
#include "types/zset/zset_builder.h"
#include "types/zset/zset_handlers.h"
#include "types/zset/zset_operations.h"

namespace basalt::zset {
namespace {

enum class Operation : uint8_t { unite, intersect, subtract };

/// What a command's name leaves open.
struct Syntax {
  Operation operation;
  bool stores = false;       ///< destination numkeys …
  bool only_counts = false;  ///< ZINTERCARD
};

struct Query {
  std::vector<ScoredInput> inputs;
  Aggregate aggregate = Aggregate::sum;
  bool with_scores = false;
  uint64_t limit = 0;  ///< ZINTERCARD; 0: none
};

// ---- arguments ----

// numkeys key [key …]
Result<std::vector<ScoredInput>> open_inputs(Call& call, size_t numkeys_at) {
  const int64_t count = TRY(call.integer(numkeys_at));
  if (count < 1) {
    return fail(fmt::format("ERR at least 1 input key is needed for '{}' command", call.spec.name));
  }
  if (static_cast<uint64_t>(count) > call.argc() - numkeys_at - 1) return syntax_error();
  call.txn.freeze();
  std::vector<ScoredInput> inputs;
  for (size_t i = numkeys_at + 1; i <= numkeys_at + static_cast<size_t>(count); ++i) {
    inputs.push_back({TRY(ScoredSource::open(call.txn, call.key(i)))});
  }
  return inputs;
}

Result<Aggregate> parse_aggregate(const Call& call, size_t at) {
  if (call.arg_is(at, "SUM")) return Aggregate::sum;
  if (call.arg_is(at, "MIN")) return Aggregate::min;
  if (call.arg_is(at, "MAX")) return Aggregate::max;
  return syntax_error();
}

Result<uint64_t> parse_limit(const Call& call, size_t at) {
  constexpr std::string_view kNegative = "ERR LIMIT can't be negative";
  const int64_t limit = TRY(call.integer(at, kNegative));
  if (limit < 0) return fail(std::string(kNegative));
  return static_cast<uint64_t>(limit);
}

Result<Query> parse_query(Call& call, const Syntax& syntax) {
  const size_t numkeys_at = syntax.stores ? 2 : 1;
  Query query{.inputs = TRY(open_inputs(call, numkeys_at))};
  const bool combines_scores = syntax.operation != Operation::subtract && !syntax.only_counts;
  for (size_t i = numkeys_at + 1 + query.inputs.size(); i < call.argc(); ++i) {
    const size_t following = call.argc() - i - 1;
    if (combines_scores && following >= query.inputs.size() && call.arg_is(i, "WEIGHTS")) {
      for (ScoredInput& input : query.inputs) input.weight = TRY(call.number(++i, "ERR weight value is not a float"));
    } else if (combines_scores && following >= 1 && call.arg_is(i, "AGGREGATE")) {
      query.aggregate = TRY(parse_aggregate(call, ++i));
    } else if (!syntax.stores && !syntax.only_counts && call.arg_is(i, "WITHSCORES")) {
      query.with_scores = true;
    } else if (syntax.only_counts && following >= 1 && call.arg_is(i, "LIMIT")) {
      query.limit = TRY(parse_limit(call, ++i));
    } else {
      return syntax_error();
    }
  }
  return query;
}

// ---- replies ----

Result<void> combine(Query& query, Operation operation, ScoredVisitor visit) {
  switch (operation) {
    case Operation::unite: return unite(query.inputs, query.aggregate, visit);
    case Operation::intersect: return intersect(query.inputs, query.aggregate, visit);
    case Operation::subtract: break;
  }
  return subtract(query.inputs, visit);
}

Result<Outcome> reply_combined(Call& call, Operation operation) {
  Query query = TRY(parse_query(call, {operation}));
  std::vector<std::pair<std::string, double>> elements;
  TRY(combine(query, operation, [&](const ScoredMember& element) -> Result<bool> {
    elements.emplace_back(element.member, element.score);
    return true;
  }));
  std::sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) {
    return ordered_before({a.first, a.second}, {b.first, b.second});
  });
  ScoredReply reply(call.reply, query.with_scores);
  reply.header(elements.size());
  for (const auto& [member, score] : elements) reply.add({member, score});
  return kDone;
}

Result<Outcome> store_combined(Call& call, Operation operation, std::string_view event) {
  ZsetBuilder target(call.txn, call.key(1));
  {
    Query query = TRY(parse_query(call, {.operation = operation, .stores = true}));
    TRY(combine(query, operation, [&](const ScoredMember& element) -> Result<bool> {
      TRY(target.add(element.member, element.score));
      return true;
    }));
  }
  call.reply.integer(static_cast<int64_t>(TRY(target.save(event))));
  return kDone;
}

}  // namespace

Result<Outcome> zunion(Call& call) { return reply_combined(call, Operation::unite); }
Result<Outcome> zinter(Call& call) { return reply_combined(call, Operation::intersect); }
Result<Outcome> zdiff(Call& call) { return reply_combined(call, Operation::subtract); }
Result<Outcome> zunionstore(Call& call) { return store_combined(call, Operation::unite, "zunionstore"); }
Result<Outcome> zinterstore(Call& call) { return store_combined(call, Operation::intersect, "zinterstore"); }
Result<Outcome> zdiffstore(Call& call) { return store_combined(call, Operation::subtract, "zdiffstore"); }

Result<Outcome> zintercard(Call& call) {
  Query query = TRY(parse_query(call, {.operation = Operation::intersect, .only_counts = true}));
  uint64_t count = 0;
  TRY(intersect(query.inputs, query.aggregate,
                [&](const ScoredMember&) -> Result<bool> { return ++count != query.limit; }));
  call.reply.integer(static_cast<int64_t>(count));
  return kDone;
}

}  // namespace basalt::zset
