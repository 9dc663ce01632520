#include <limits>

#include "types/common/block_timeout.h"
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

/// Pops from the key and replies; false when there is no such key.
Result<bool> pop_from(Call& call, Key key, const Pop& pop) {
  ZsetWriter zset(call.txn, key);
  TRY(zset.open());
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
    if (TRY(pop_from(call, call.key(i), pop))) return true;
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
    constexpr std::string_view kNotPositive = "ERR value is out of range, must be positive";
    const int64_t count = TRY(call.integer(2, kNotPositive));
    if (count < 0) return fail(std::string(kNotPositive));
    pop.count = static_cast<uint64_t>(count);
    if (call.reply.resp3()) pop.shape = Pop::Shape::pairs;
  }
  if (!TRY(pop_from(call, call.key(1), pop))) call.reply.array(0);
  return kDone;
}

// BZPOPMIN, BZPOPMAX: key [key …] timeout
Result<Outcome> blocking_pop(Call& call, bool highest) {
  const Pop pop{.highest = highest, .shape = Pop::Shape::key_flat};
  return pop_or_wait(call, 1, call.argc() - 2, pop, call.argc() - 1);
}

struct MultiPop {
  Pop pop;
  size_t first_key;
  size_t keys;
};

// numkeys key [key …] MIN|MAX [COUNT count]
Result<MultiPop> parse_multi_pop(const Call& call, size_t numkeys_at) {
  MultiPop multi{.pop = {.shape = Pop::Shape::key_pairs}, .first_key = numkeys_at + 1};
  constexpr std::string_view kNoKeys = "ERR numkeys should be greater than 0";
  const int64_t keys = TRY(call.integer(numkeys_at, kNoKeys));
  if (keys < 1) return fail(std::string(kNoKeys));
  if (static_cast<uint64_t>(keys) >= call.argc() - multi.first_key) return syntax_error();
  multi.keys = static_cast<size_t>(keys);

  size_t i = multi.first_key + multi.keys;
  multi.pop.highest = call.arg_is(i, "MAX");
  if (!multi.pop.highest && !call.arg_is(i, "MIN")) return syntax_error();
  if (++i == call.argc()) return multi;
  if (i + 1 >= call.argc() || !call.arg_is(i, "COUNT")) return syntax_error();
  constexpr std::string_view kNoCount = "ERR count should be greater than 0";
  const int64_t count = TRY(call.integer(i + 1, kNoCount));
  if (count < 1) return fail(std::string(kNoCount));
  if (i + 2 != call.argc()) return syntax_error();
  multi.pop.count = static_cast<uint64_t>(count);
  return multi;
}

}  // namespace

Result<Outcome> zpopmin(Call& call) { return pop_one_key(call, false); }
Result<Outcome> zpopmax(Call& call) { return pop_one_key(call, true); }
Result<Outcome> bzpopmin(Call& call) { return blocking_pop(call, false); }
Result<Outcome> bzpopmax(Call& call) { return blocking_pop(call, true); }

Result<Outcome> zmpop(Call& call) {
  const auto [pop, first_key, keys] = TRY(parse_multi_pop(call, 1));
  if (!TRY(pop_from_first(call, first_key, keys, pop))) call.reply.null_array();
  return kDone;
}

Result<Outcome> bzmpop(Call& call) {
  const auto [pop, first_key, keys] = TRY(parse_multi_pop(call, 2));
  return pop_or_wait(call, first_key, keys, pop, 1);
}

}  // namespace basalt::zset
