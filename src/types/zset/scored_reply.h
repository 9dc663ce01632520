// Replies with members of a zset, and their scores where asked for: a flat array in RESP2, an array of
// pairs in RESP3.
#pragma once

#include <cstdint>

#include "resp/reply.h"
#include "types/zset/packed_zset.h"

namespace basalt {

class ScoredReply {
 public:
  ScoredReply(Reply& reply, bool with_scores) : reply_(reply), with_scores_(with_scores) {}

  /// Either this before the elements, or open() before and close() behind them.
  void header(uint64_t elements) { reply_.array(length(elements)); }
  void open() { mark_ = reply_.open(Reply::Aggregate::array); }
  void close() { reply_.close(mark_, length(count_)); }

  void add(const ScoredMember& element) {
    ++count_;
    if (with_scores_ && reply_.resp3()) reply_.array(2);
    reply_.bulk(element.member);
    if (with_scores_) reply_.number(element.score);
  }

 private:
  int64_t length(uint64_t elements) const {
    return static_cast<int64_t>(with_scores_ && !reply_.resp3() ? elements * 2 : elements);
  }

  Reply& reply_;
  bool with_scores_;
  uint64_t count_ = 0;
  Reply::Mark mark_{};
};

}  // namespace basalt
