#include "types/common/member_scan.h"
#include "types/common/random_member.h"
#include "types/zset/scored_reply.h"
#include "types/zset/zset_add.h"
#include "types/zset/zset_handlers.h"
#include "types/zset/zset_writer.h"

namespace basalt::zset {
namespace {

// ---- ZADD, ZINCRBY ----

struct AddArguments {
  AddOptions options;
  bool count_updated = false;  ///< CH
  size_t scores_at = 2;        ///< score member [score member …]
};

Result<void> check_arguments(const Call& call, const AddArguments& arguments) {
  const AddOptions& options = arguments.options;
  const size_t rest = call.argc() - arguments.scores_at;
  if (rest == 0 || rest % 2 != 0) return syntax_error();
  if (options.only_new && options.only_existing) {
    return fail("ERR XX and NX options at the same time are not compatible");
  }
  if (options.only_new + options.only_greater + options.only_less > 1) {
    return fail("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  if (options.increment && rest > 2) return fail("ERR INCR option supports a single increment-element pair");
  return {};
}

Result<AddArguments> parse_add(const Call& call, bool increment) {
  AddArguments arguments{.options = {.increment = increment}};
  AddOptions& options = arguments.options;
  for (size_t& i = arguments.scores_at; i < call.argc(); ++i) {
    if (call.arg_is(i, "NX")) options.only_new = true;
    else if (call.arg_is(i, "XX")) options.only_existing = true;
    else if (call.arg_is(i, "GT")) options.only_greater = true;
    else if (call.arg_is(i, "LT")) options.only_less = true;
    else if (call.arg_is(i, "CH")) arguments.count_updated = true;
    else if (call.arg_is(i, "INCR")) options.increment = true;
    else break;
  }
  TRY(check_arguments(call, arguments));
  return arguments;
}

Result<Outcome> add(Call& call, bool increment) {
  const auto [options, count_updated, scores_at] = TRY(parse_add(call, increment));
  std::vector<double> scores;
  for (size_t i = scores_at; i < call.argc(); i += 2) scores.push_back(TRY(call.number(i)));

  ZsetWriter zset(call.txn, call.key(1));
  TRY(zset.open());
  Added last;
  AddCount count;
  for (size_t i = 0; i < scores.size(); ++i) {
    last = TRY(add_member(zset, call.arg(scores_at + 2 * i + 1), scores[i], options));
    count.count(last);
  }
  if (!options.increment) call.reply.integer(count.reply(count_updated));
  else if (last.kind == Added::Kind::refused) call.reply.null();
  else call.reply.number(last.score);
  zset.save(options.increment ? "zincr" : "zadd");
  return kDone;
}

// ---- ranks ----

Result<Outcome> reply_rank(Call& call, bool reverse) {
  if (call.argc() > 4) return wrong_arity(call.spec);
  const bool with_score = call.argc() == 4;
  if (with_score && !call.arg_is(3, "WITHSCORE")) return syntax_error();
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  const auto rank = zset ? TRY(zset->rank(call.arg(2), reverse)) : std::nullopt;
  if (!rank) {
    with_score ? call.reply.null_array() : call.reply.null();
    return kDone;
  }
  if (with_score) call.reply.array(2);
  call.reply.integer(static_cast<int64_t>(rank->rank));
  if (with_score) call.reply.number(rank->score);
  return kDone;
}

// ---- random members ----

Result<Outcome> reply_random_member(Call& call) {
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  if (!zset) {
    call.reply.null();
    return kDone;
  }
  TRY(zset->sample(1, [&](const ScoredMember& element) -> Result<void> {
    call.reply.bulk(element.member);
    return {};
  }));
  return kDone;
}

Result<Outcome> reply_random_members(Call& call, int64_t count, bool with_scores) {
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  ScoredReply reply(call.reply, with_scores);
  reply.header(zset ? random_reply_count(count, zset->size()) : 0);
  if (!zset) return kDone;
  const size_t start = call.reply.size();
  TRY(zset->sample(count, [&](const ScoredMember& element) -> Result<void> {
    reply.add(element);
    return check_random_reply(call.reply, start);
  }));
  return kDone;
}

}  // namespace

Result<Outcome> zadd(Call& call) { return add(call, false); }
Result<Outcome> zincrby(Call& call) { return add(call, true); }

Result<Outcome> zrem(Call& call) {
  ZsetWriter zset(call.txn, call.key(1));
  TRY(zset.open());
  int64_t removed = 0;
  for (size_t i = 2; i < call.argc() && zset.size() != 0; ++i) removed += TRY(zset.remove(call.arg(i)));
  call.reply.integer(removed);
  zset.save("zrem");
  return kDone;
}

Result<Outcome> zscore(Call& call) {
  const auto zset = TRY(Zset::find(call.txn, call.key(1)));
  const auto score = zset ? TRY(zset->score(call.arg(2))) : std::nullopt;
  score ? call.reply.number(*score) : call.reply.null();
  return kDone;
}

Result<Outcome> zmscore(Call& call) {
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  call.reply.array(static_cast<int64_t>(call.argc() - 2));
  for (size_t i = 2; i < call.argc(); ++i) {
    const auto score = zset ? TRY(zset->score(call.arg(i))) : std::nullopt;
    score ? call.reply.number(*score) : call.reply.null();
  }
  return kDone;
}

Result<Outcome> zrank(Call& call) { return reply_rank(call, false); }
Result<Outcome> zrevrank(Call& call) { return reply_rank(call, true); }

Result<Outcome> zrandmember(Call& call) {
  if (call.argc() == 2) return reply_random_member(call);
  const int64_t count = TRY(random_count(call, 2));
  const bool with_scores = call.argc() == 4 && call.arg_is(3, "WITHSCORES");
  if (call.argc() > 3 && !with_scores) return syntax_error();
  if (with_scores) TRY(check_paired_count(count));
  return reply_random_members(call, count, with_scores);
}

Result<Outcome> zscan(Call& call) {
  const uint64_t cursor = TRY(scan_cursor(call));
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  ScanReply reply(call.reply);
  uint64_t next = 0;
  if (zset) {
    next = TRY(zset->scan(TRY(scan_options(call, cursor)), [&](std::string_view member, std::string score) {
      reply.add(member);
      reply.add(score);
    }));
  }
  reply.finish(next);
  return kDone;
}

}  // namespace basalt::zset
