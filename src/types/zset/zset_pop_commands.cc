#include <algorithm>

#include "types/common/awaited_key.h"
#include "types/common/block_timeout.h"
#include "types/common/multi_pop.h"
#include "types/zset/zset_handlers.h"
#include "types/zset/zset_writer.h"

namespace basalt::zset {
namespace {

/// How elements are popped and replied with.
struct Pop {
  enum class Shape : uint8_t {
    flat,       ///< [member, score, …]
    pairs,      ///< [[member, score], …]
    key_flat,   ///< [key, member, score]
    key_pairs,  ///< [key, [[member, score], …]]
  };
  bool highest = false;
  uint64_t count = 1;
  Shape shape = Shape::flat;
};

void reply_popped(Reply& reply, std::string_view key, const std::vector<ScoredMember>& popped, Pop::Shape shape) {
  const bool pairs = shape == Pop::Shape::pairs || shape == Pop::Shape::key_pairs;
  const auto count = static_cast<int64_t>(popped.size());
  if (shape == Pop::Shape::key_pairs) reply.array(2);
  if (shape == Pop::Shape::key_flat) reply.array(1 + 2 * count);
  if (shape == Pop::Shape::key_flat || shape == Pop::Shape::key_pairs) reply.bulk(key);
  if (shape != Pop::Shape::key_flat) reply.array(pairs ? count : 2 * count);
  for (const auto& [member, score] : popped) {
    if (pairs) reply.array(2);
    reply.bulk(member);
    reply.number(score);
  }
}

/// Pops from the key at argument `i` and replies; false when there is none.
Result<bool> pop_from(Call& call, size_t i, const Pop& pop) {
  const Key key = call.key(i);
  ZsetWriter zset(call.txn, key);
  TRY(zset.open(TRY(find_awaited(call, i, Type::zset))));
  if (!zset.exists()) return false;
  const auto last = static_cast<int64_t>(std::min<uint64_t>(pop.count, zset.size())) - 1;
  if (last < 0) {
    reply_popped(call.reply, key.name, {}, pop.shape);
    return true;
  }
  const auto popped = TRY(zset.take({.range = RankRange{0, last}, .reverse = pop.highest}));
  reply_popped(call.reply, key.name, popped, pop.shape);
  zset.save(pop.highest ? "zpopmax" : "zpopmin");
  return true;
}

/// Pops from the first of `count` keys that is there.
Result<bool> pop_from_first(Call& call, size_t first_key, size_t count, const Pop& pop) {
  for (size_t i = first_key; i < first_key + count; ++i) {
    if (TRY(pop_from(call, i, pop))) return true;
  }
  return false;
}

Result<Outcome> pop_or_wait(Call& call, size_t first_key, size_t keys, const Pop& pop, size_t timeout_at) {
  const int64_t timeout_ms = TRY(parse_block_timeout(call.arg(timeout_at)));
  if (TRY(pop_from_first(call, first_key, keys, pop))) return kDone;
  if (call.may_wait) return Outcome::wait(timeout_ms, Outcome::OnTimeout::null_array);
  call.reply.null_array();
  return kDone;
}

// ZPOPMIN, ZPOPMAX: key [count]
Result<Outcome> pop_one_key(Call& call, bool highest) {
  if (call.argc() > 3) return syntax_error();
  Pop pop{.highest = highest};
  if (call.argc() == 3) {
    pop.count = TRY(parse_pop_count(call, 2));
    if (call.reply.resp3()) pop.shape = Pop::Shape::pairs;
  }
  if (!TRY(pop_from(call, 1, pop))) call.reply.array(0);
  return kDone;
}

// BZPOPMIN, BZPOPMAX: key [key …] timeout
Result<Outcome> blocking_pop(Call& call, bool highest) {
  const Pop pop{.highest = highest, .shape = Pop::Shape::key_flat};
  return pop_or_wait(call, 1, call.argc() - 2, pop, call.argc() - 1);
}

Pop pop_of(const MultiPop& multi) {
  return {.highest = multi.from_second_end, .count = multi.count, .shape = Pop::Shape::key_pairs};
}

}  // namespace

Result<Outcome> zpopmin(Call& call) { return pop_one_key(call, false); }
Result<Outcome> zpopmax(Call& call) { return pop_one_key(call, true); }
Result<Outcome> bzpopmin(Call& call) { return blocking_pop(call, false); }
Result<Outcome> bzpopmax(Call& call) { return blocking_pop(call, true); }

Result<Outcome> zmpop(Call& call) {
  const MultiPop multi = TRY(parse_multi_pop(call, 1, "MIN", "MAX"));
  if (!TRY(pop_from_first(call, multi.first_key, multi.keys, pop_of(multi)))) call.reply.null_array();
  return kDone;
}

Result<Outcome> bzmpop(Call& call) {
  const MultiPop multi = TRY(parse_multi_pop(call, 2, "MIN", "MAX"));
  return pop_or_wait(call, multi.first_key, multi.keys, pop_of(multi), 1);
}

}  // namespace basalt::zset
