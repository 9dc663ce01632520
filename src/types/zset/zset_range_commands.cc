#include "base/bytes.h"
#include "types/zset/scored_reply.h"
#include "types/zset/zset_builder.h"
#include "types/zset/zset_handlers.h"
#include "types/zset/zset_writer.h"

namespace basalt::zset {
namespace {

enum class RangeBy : uint8_t { option, rank, score, lex };
enum class Direction : uint8_t { option, forward, reverse };

/// What the command's name leaves open, and where its arguments begin: source min max [options].
struct RangeSyntax {
  RangeBy by = RangeBy::option;
  Direction direction = Direction::option;
  size_t source_at = 1;
  bool stores = false;
};

struct RangeQuery {
  ZsetWalk walk;
  bool with_scores = false;
};

Result<RankRange> rank_range(const Call& call, size_t start_at) {
  const int64_t start = TRY(call.integer(start_at));
  const int64_t stop = TRY(call.integer(start_at + 1));
  return RankRange{start, stop};
}

Result<ScoreRange> score_range(const Call& call, size_t min_at, size_t max_at) {
  const auto range = parse_score_range(call.arg(min_at), call.arg(max_at));
  if (!range) return fail("ERR min or max is not a float");
  return *range;
}

Result<LexRange> lex_range(const Call& call, size_t min_at, size_t max_at) {
  const auto range = parse_lex_range(call.arg(min_at), call.arg(max_at));
  if (!range) return fail("ERR min or max not valid string range item");
  return *range;
}

// A reverse range by value is given as max, min.
Result<ZsetRange> range_arguments(const Call& call, RangeBy by, bool reverse, size_t at) {
  const size_t min_at = reverse ? at + 1 : at;
  const size_t max_at = reverse ? at : at + 1;
  if (by == RangeBy::score) return TRY(score_range(call, min_at, max_at));
  if (by == RangeBy::lex) return TRY(lex_range(call, min_at, max_at));
  return TRY(rank_range(call, at));
}

Result<RangeQuery> parse_range_query(const Call& call, const RangeSyntax& syntax) {
  RangeQuery query;
  auto [by, direction, source_at, stores] = syntax;
  for (size_t i = source_at + 3; i < call.argc(); ++i) {
    if (!stores && call.arg_is(i, "WITHSCORES")) {
      query.with_scores = true;
    } else if (call.arg_is(i, "LIMIT") && i + 2 < call.argc()) {
      query.walk.offset = TRY(call.integer(++i));
      query.walk.limit = TRY(call.integer(++i));
    } else if (direction == Direction::option && call.arg_is(i, "REV")) {
      direction = Direction::reverse;
    } else if (by == RangeBy::option && call.arg_is(i, "BYLEX")) {
      by = RangeBy::lex;
    } else if (by == RangeBy::option && call.arg_is(i, "BYSCORE")) {
      by = RangeBy::score;
    } else {
      return syntax_error();
    }
  }
  if (by == RangeBy::option) by = RangeBy::rank;
  if (query.walk.limit != -1 && by == RangeBy::rank) {
    return fail("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  }
  if (query.with_scores && by == RangeBy::lex) {
    return fail("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  }
  query.walk.reverse = direction == Direction::reverse;
  query.walk.range = TRY(range_arguments(call, by, query.walk.reverse, source_at + 1));
  return query;
}

Result<Outcome> reply_range(Call& call, RangeBy by, Direction direction) {
  const RangeQuery query = TRY(parse_range_query(call, {by, direction}));
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  ScoredReply reply(call.reply, query.with_scores);
  if (!zset) {
    reply.header(0);
    return kDone;
  }
  const auto* ranks = std::get_if<RankRange>(&query.walk.range);
  if (ranks) reply.header(ranks->resolve(zset->size()).count);
  else reply.open();
  TRY(zset->walk(query.walk, [&](const ScoredMember& element) { return reply.add(element), true; }));
  if (!ranks) reply.close();
  return kDone;
}

Result<Outcome> reply_count(Call& call, const ZsetRange& range) {
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  call.reply.integer(zset ? static_cast<int64_t>(TRY(zset->count(range))) : 0);
  return kDone;
}

Result<Outcome> remove_range(Call& call, const ZsetRange& range, std::string_view event) {
  ZsetWriter zset(call.txn, call.key(1));
  TRY(zset.open());
  call.reply.integer(static_cast<int64_t>(TRY(zset.remove_range(range))));
  zset.save(event);
  return kDone;
}

}  // namespace

Result<Outcome> zrange(Call& call) { return reply_range(call, RangeBy::option, Direction::option); }
Result<Outcome> zrevrange(Call& call) { return reply_range(call, RangeBy::rank, Direction::reverse); }
Result<Outcome> zrangebyscore(Call& call) { return reply_range(call, RangeBy::score, Direction::forward); }
Result<Outcome> zrevrangebyscore(Call& call) { return reply_range(call, RangeBy::score, Direction::reverse); }
Result<Outcome> zrangebylex(Call& call) { return reply_range(call, RangeBy::lex, Direction::forward); }
Result<Outcome> zrevrangebylex(Call& call) { return reply_range(call, RangeBy::lex, Direction::reverse); }

Result<Outcome> zrangestore(Call& call) {
  const RangeQuery query = TRY(parse_range_query(call, {.source_at = 2, .stores = true}));
  ZsetBuilder target(call.txn, call.key(1));
  if (const auto source = TRY(Zset::find_frozen(call.txn, call.key(2)))) {
    Result<void> added;
    TRY(source->walk(query.walk, [&](const ScoredMember& element) {
      added = target.add(element.member, element.score);
      return added.has_value();
    }));
    TRY(std::move(added));
  }
  call.reply.integer(static_cast<int64_t>(TRY(target.save("zrangestore"))));
  return kDone;
}

Result<Outcome> zcount(Call& call) { return reply_count(call, TRY(score_range(call, 2, 3))); }
Result<Outcome> zlexcount(Call& call) { return reply_count(call, TRY(lex_range(call, 2, 3))); }

Result<Outcome> zremrangebyrank(Call& call) { return remove_range(call, TRY(rank_range(call, 2)), "zremrangebyrank"); }
Result<Outcome> zremrangebyscore(Call& call) {
  return remove_range(call, TRY(score_range(call, 2, 3)), "zremrangebyscore");
}
Result<Outcome> zremrangebylex(Call& call) { return remove_range(call, TRY(lex_range(call, 2, 3)), "zremrangebylex"); }

}  // namespace basalt::zset
