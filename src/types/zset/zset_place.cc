#include "types/zset/zset_place.h"

#include <algorithm>

#include "layout/head.h"
#include "layout/record_key.h"
#include "types/common/members.h"

namespace basalt {

void PackedZsetPlace::seek(double score, std::string_view member) {
  const ScoredMember target{member, score};
  index_ = std::lower_bound(elements_.begin(), elements_.end(), target, ordered_before) - elements_.begin();
}

void PackedZsetPlace::seek_before(double score, std::string_view member) {
  seek(score, member);
  prev();
}

Result<uint64_t> PackedZsetPlace::rank_of(const ScoredMember& element) {
  seek(element.score, element.member);
  return index_;
}

SpreadZsetPlace::SpreadZsetPlace(Txn& txn, ObjectId object, uint64_t size, const SeekHint& hint)
    : txn_(txn), object_(object), size_(size), hint_(hint), cursor_(open()) {}

Cursor SpreadZsetPlace::open() const {
  const KeyBuffer low = layout::object_prefix(object_);
  const KeyBuffer high = layout::object_prefix(object_ + 1);
  return txn_.cursor(Column::scores, {.lower = hint_.low.empty() ? low.view() : hint_.low,
                                      .upper = hint_.high.empty() ? high.view() : hint_.high});
}

void SpreadZsetPlace::first() {
  cursor_.seek_to_first();
  load();
}

void SpreadZsetPlace::last() {
  cursor_.seek_to_last();
  load();
}

void SpreadZsetPlace::seek(double score, std::string_view member) {
  cursor_.seek(layout::score_key(object_, score, member));
  load();
}

void SpreadZsetPlace::seek_before(double score, std::string_view member) {
  const KeyBuffer target = layout::score_key(object_, score, member);
  cursor_.seek_for_prev(target);
  if (cursor_.valid() && cursor_.key() == target.view()) cursor_.prev();
  load();
}

// There is no index of ranks: the walk begins at the nearer end.
void SpreadZsetPlace::seek_rank(uint64_t rank) {
  if (rank < size_ / 2) {
    first();
    for (; rank > 0 && valid_; --rank) next();
  } else {
    last();
    for (; ++rank < size_ && valid_;) prev();
  }
}

void SpreadZsetPlace::next() {
  cursor_.next();
  load();
}

void SpreadZsetPlace::prev() {
  cursor_.prev();
  load();
}

Result<void> SpreadZsetPlace::status() const {
  if (damaged_) return damaged_record("a zset's score row");
  return cursor_.status();
}

// Two walks, one to each end, take turns: the first to arrive knows the rank.
Result<uint64_t> SpreadZsetPlace::rank_of(const ScoredMember& element) {
  const KeyBuffer target = layout::score_key(object_, element.score, element.member);
  Cursor down = open();
  Cursor up = open();
  down.seek(target);
  up.seek(target);
  for (uint64_t steps = 0;; ++steps) {
    if (down.valid()) down.prev();
    if (!down.valid()) {
      TRY(down.status());
      return steps;
    }
    if (up.valid()) up.next();
    if (!up.valid()) {
      TRY(up.status());
      return size_ - 1 - steps;
    }
  }
}

void SpreadZsetPlace::load() {
  valid_ = cursor_.valid() && !damaged_;
  if (!valid_) return;
  const auto key = layout::decode_score_key(cursor_.key());
  const auto score = key ? layout::decode_score_row(key->score, cursor_.value()) : std::nullopt;
  if (!score) {
    damaged_ = true;
    valid_ = false;
    return;
  }
  score_ = *score;
  member_ = key->member;
}

}  // namespace basalt
