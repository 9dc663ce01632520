#include <algorithm>
#include <cmath>
#include <memory>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "types/zset/scored_reply.h"
#include "types/zset/scored_source.h"
#include "types/zset/zset_handlers.h"
#include "types/zset/zset_writer.h"

namespace basalt::zset {
namespace {

enum class Operation : uint8_t { unite, intersect, subtract };
enum class Aggregate : uint8_t { sum, min, max };

/// What a command's name leaves open.
struct Syntax {
  Operation operation;
  bool stores = false;       ///< destination numkeys …
  bool only_counts = false;  ///< ZINTERCARD
};

struct Input {
  std::unique_ptr<ScoredSource> source;
  double weight = 1;
};

struct Query {
  std::vector<Input> inputs;
  Aggregate aggregate = Aggregate::sum;
  bool with_scores = false;
  uint64_t limit = 0;  ///< ZINTERCARD; 0: none
};

// Found by views, too.
struct MemberHash {
  using is_transparent = void;
  size_t operator()(std::string_view member) const { return std::hash<std::string_view>()(member); }
};
using Scores = absl::flat_hash_map<std::string, double, MemberHash, std::equal_to<>>;

// ---- arguments ----

// numkeys key [key …]
Result<std::vector<Input>> open_inputs(Call& call, size_t numkeys_at) {
  const int64_t count = TRY(call.integer(numkeys_at));
  if (count < 1) {
    return fail(fmt::format("ERR at least 1 input key is needed for '{}' command", call.spec.name));
  }
  if (static_cast<uint64_t>(count) > call.argc() - numkeys_at - 1) return syntax_error();
  call.txn.freeze();
  std::vector<Input> inputs;
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
      for (Input& input : query.inputs) input.weight = TRY(call.number(++i, "ERR weight value is not a float"));
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

// ---- combining ----

// A weight of 0 times an infinite score is none: Redis makes it 0.
double weighted(double score, double weight) {
  const double product = score * weight;
  return std::isnan(product) ? 0 : product;
}

void aggregate_into(double& target, double score, Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::sum:
      target += score;
      if (std::isnan(target)) target = 0;  // inf and -inf
      break;
    case Aggregate::min: target = score < target ? score : target; break;
    case Aggregate::max: target = score > target ? score : target; break;
  }
}

// Floating-point sums depend on the order of their terms; Redis's goes from the smallest input to the largest.
void sort_by_size(std::vector<Input>& inputs) {
  std::stable_sort(inputs.begin(), inputs.end(),
                   [](const Input& a, const Input& b) { return a.source->size() < b.source->size(); });
}

Result<Scores> unite(Query& query) {
  sort_by_size(query.inputs);
  Scores scores;
  for (const Input& input : query.inputs) {
    TRY(input.source->each([&](const ScoredMember& element) -> Result<bool> {
      const double score = weighted(element.score, input.weight);
      const auto [found, is_new] = scores.try_emplace(element.member, score);
      if (!is_new) aggregate_into(found->second, score, query.aggregate);
      return true;
    }));
  }
  return scores;
}

/// Shows each member that all inputs have, with its score.
Result<void> each_common(Query& query, absl::FunctionRef<bool(const ScoredMember&)> visit) {
  sort_by_size(query.inputs);
  const Input& smallest = query.inputs.front();
  return smallest.source->each([&](const ScoredMember& element) -> Result<bool> {
    double score = weighted(element.score, smallest.weight);
    for (size_t i = 1; i < query.inputs.size(); ++i) {
      const auto other = TRY(query.inputs[i].source->score(element.member));
      if (!other) return true;
      aggregate_into(score, *other * query.inputs[i].weight, query.aggregate);
    }
    return visit({element.member, score});
  });
}

Result<Scores> intersect(Query& query) {
  Scores scores;
  TRY(each_common(query, [&](const ScoredMember& element) {
    scores.emplace(element.member, element.score);
    return true;
  }));
  return scores;
}

Result<Scores> subtract(const Query& query) {
  Scores scores;
  TRY(query.inputs.front().source->each([&](const ScoredMember& element) -> Result<bool> {
    scores.emplace(element.member, element.score);
    return true;
  }));
  for (size_t i = 1; i < query.inputs.size() && !scores.empty(); ++i) {
    const ScoredSource& source = *query.inputs[i].source;
    if (source.size() <= scores.size()) {
      TRY(source.each([&](const ScoredMember& element) -> Result<bool> {
        scores.erase(element.member);
        return !scores.empty();
      }));
      continue;
    }
    for (auto it = scores.begin(); it != scores.end();) {
      const auto element = it++;
      if (TRY(source.score(element->first))) scores.erase(element);
    }
  }
  return scores;
}

Result<Scores> combine(Query& query, Operation operation) {
  switch (operation) {
    case Operation::unite: return unite(query);
    case Operation::intersect: return intersect(query);
    case Operation::subtract: break;
  }
  return subtract(query);
}

// ---- replies ----

Result<Outcome> reply_combined(Call& call, Operation operation) {
  Query query = TRY(parse_query(call, {operation}));
  const Scores scores = TRY(combine(query, operation));
  std::vector<ScoredMember> elements;
  elements.reserve(scores.size());
  for (const auto& [member, score] : scores) elements.push_back({member, score});
  std::sort(elements.begin(), elements.end(), ordered_before);
  ScoredReply reply(call.reply, query.with_scores);
  reply.header(elements.size());
  for (const ScoredMember& element : elements) reply.add(element);
  return kDone;
}

Result<Outcome> store_combined(Call& call, Operation operation, std::string_view event) {
  Query query = TRY(parse_query(call, {.operation = operation, .stores = true}));
  const Scores scores = TRY(combine(query, operation));
  ZsetWriter target(call.txn, call.key(1));
  TRY(target.open_replacing());
  for (const auto& [member, score] : scores) target.set(member, score, std::nullopt);
  call.reply.integer(static_cast<int64_t>(target.size()));
  target.save(event);
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
  TRY(each_common(query, [&](const ScoredMember&) { return ++count != query.limit; }));
  call.reply.integer(static_cast<int64_t>(count));
  return kDone;
}

}  // namespace basalt::zset
