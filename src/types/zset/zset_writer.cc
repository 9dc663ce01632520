#include "types/zset/zset_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/random.h"
#include "layout/head.h"
#include "layout/record_key.h"
#include "types/common/limits.h"
#include "types/common/members.h"

namespace basalt {
namespace {

// Whether the elements of a range are the outermost on that side.
bool reaches(const ZsetWalk& walk, uint64_t size, ScoreEnd end) {
  const bool low = end == ScoreEnd::low;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (const auto* scores = std::get_if<ScoreRange>(&walk.range)) {
    return low ? scores->above_min(-kInfinity) : scores->below_max(kInfinity);
  }
  if (const auto* lex = std::get_if<LexRange>(&walk.range)) {
    return low ? lex->min.kind == LexBound::Kind::lowest : lex->max.kind == LexBound::Kind::highest;
  }
  const auto [first, count] = std::get<RankRange>(walk.range).resolve(size);
  return low != walk.reverse ? first == 0 : first + count == size;
}

}  // namespace

Result<void> ZsetWriter::open() { return open(TRY(txn_.find(key_, Type::zset))); }

Result<void> ZsetWriter::open(std::optional<Record> found) {
  previous_ = std::move(found);
  return previous_ ? load() : Result<void>();
}

Result<void> ZsetWriter::load() {
  const Head& head = previous_->head;
  size_ = head.size;
  spread_ = head.spread();
  object_ = head.object;
  if (spread_) return {};
  auto elements = decode_packed_zset(head.body);
  if (!elements) return damaged_record("a packed zset");
  packed_ = *std::move(elements);
  return {};
}

std::vector<ScoredMember>::iterator ZsetWriter::find_packed(std::string_view member) {
  return std::find_if(packed_.begin(), packed_.end(), [&](const ScoredMember& e) { return e.member == member; });
}

Result<std::optional<double>> ZsetWriter::score(std::string_view member) {
  if (!spread_) {
    const auto found = find_packed(member);
    if (found == packed_.end()) return std::nullopt;
    return found->score;
  }
  if (const auto change = changes_.find(member); change != changes_.end()) return change->second.after;
  if (new_object()) return std::nullopt;
  return spread_zset_score(txn_, object_, member);
}

// As in Redis, -0 that is added to a listpack becomes 0, even if the zset is spread later.
void ZsetWriter::insert_packed(std::string_view member, double score) {
  const ScoredMember element{member, score == 0 ? 0 : score};
  packed_.insert(std::upper_bound(packed_.begin(), packed_.end(), element, ordered_before), element);
}

void ZsetWriter::set(std::string_view member, double score, std::optional<double> before) {
  const PackedLimits& limits = txn_.limits();
  if (!spread_ && !before &&
      (exceeds(packed_.size() + 1, limits.zset_max_listpack_entries) ||
       exceeds(member.size(), limits.zset_max_listpack_value))) {
    spread_out();
  }
  if (spread_) {
    changes_.try_emplace(member, Change{before, score}).first->second.after = score;
  } else {
    if (before) packed_.erase(find_packed(member));
    insert_packed(member, score);
  }
  if (!before) ++size_;
  changed_ = true;
}

Result<bool> ZsetWriter::remove(std::string_view member) {
  const auto before = TRY(score(member));
  if (!before) return false;
  if (spread_) changes_.try_emplace(member, Change{before, {}}).first->second.after.reset();
  else packed_.erase(find_packed(member));
  --size_;
  changed_ = true;
  return true;
}

Result<std::vector<ScoredMember>> ZsetWriter::take(const ZsetWalk& walk) {
  std::vector<ScoredMember> found;
  if (spread_) {
    found = TRY(take_spread(walk));
  } else {
    PackedZsetPlace place(packed_);
    TRY(walk_zset(place, size_, walk, [&](const ScoredMember& element) { return found.push_back(element), true; }));
    for (const ScoredMember& element : found) packed_.erase(find_packed(element.member));
  }
  size_ -= found.size();
  if (!found.empty()) changed_ = true;
  return found;
}

Result<std::vector<ScoredMember>> ZsetWriter::take_spread(const ZsetWalk& walk) {
  std::vector<ScoredMember> found;
  SpreadZsetPlace place(txn_, object_, size_, txn_.seek_hint(object_));
  TRY(walk_zset(place, size_, walk, [&](const ScoredMember& element) {
    found.push_back({taken_.emplace_back(element.member), element.score});
    return true;
  }));
  if (found.empty()) return found;
  for (const auto& [member, score] : found) changes_[member] = {score, std::nullopt};
  const ScoredMember& lowest = walk.reverse ? found.back() : found.front();
  const ScoredMember& highest = walk.reverse ? found.front() : found.back();
  if (reaches(walk, size_, ScoreEnd::low)) {
    left_.low = layout::score_key(object_, highest.score, highest.member).append({"\0", 1}).view();
  }
  if (reaches(walk, size_, ScoreEnd::high)) left_.high = layout::score_key(object_, lowest.score, lowest.member).view();
  return found;
}

Result<uint64_t> ZsetWriter::remove_range(const ZsetRange& range) {
  if (!covers_all(range, size_)) return TRY(take({range})).size();
  changed_ = size_ != 0;
  return std::exchange(size_, 0);
}

// A spread zset from here on: all that it has becomes new to it.
void ZsetWriter::spread_out() {
  spread_ = true;
  object_ = txn_.new_object(key_);
  for (const auto& [member, score] : packed_) changes_[member] = {std::nullopt, score};
  packed_.clear();
}

void ZsetWriter::save(std::string_view event) {
  if (!changed_) return;
  if (size_ != 0) {
    write();
    txn_.touch(key_, EventClass::zset, event);
  } else if (previous_) {
    txn_.erase(key_, *previous_);
    txn_.touch(key_, EventClass::zset, event);
    txn_.touch(key_, EventClass::generic, "del");
  }
}

void ZsetWriter::write() {
  Head head{.type = Type::zset, .expire_ms = previous_ ? previous_->head.expire_ms : 0};
  std::string body;
  if (!spread_) {
    body = encode_packed_zset(packed_);
    if (exceeds(body.size(), txn_.limits().packed_max_bytes)) spread_out();
  }
  head.size = size_;
  head.encoding = spread_ ? Encoding::spread : Encoding::packed;
  if (spread_) head.object = object_;
  else head.body = body;
  if (spread_ && !new_object()) narrow_seek_hint();
  for (const auto& [member, change] : changes_) write_change(member, change);
  // A spread zset whose elements only moved keeps its head.
  const Record* previous = previous_ ? &*previous_ : nullptr;
  if (!spread_ || new_object() || previous->head.size != size_) txn_.put(key_, head, previous);
}

bool ZsetWriter::erases_row(const ZsetPlace& place) const {
  const auto found = changes_.find(place.member());
  return found != changes_.end() && found->second.erases_row();
}

// Elements that are taken one by one (ZREM of what ZRANGE showed) leave as many tombstones as popped ones do. Now
// and then it is worth a look where the first and the last are. Should the look fail, there is no hint, no more.
void ZsetWriter::look_for_ends() {
  const auto erased =
      std::count_if(changes_.begin(), changes_.end(), [](const auto& c) { return c.second.erases_row(); });
  if (random_below(kErasedPerLook) >= static_cast<uint64_t>(erased)) return;
  SpreadZsetPlace place(txn_, object_, size_, txn_.seek_hint(object_));
  for (place.first(); place.valid() && erases_row(place);) place.next();
  if (place.valid()) left_.low = layout::score_key(object_, place.score(), place.member()).view();
  for (place.last(); place.valid() && erases_row(place);) place.prev();
  if (place.valid()) left_.high = layout::score_key(object_, place.score(), place.member()).append({"\0", 1}).view();
}

void ZsetWriter::narrow_seek_hint() {
  if (left_.empty()) look_for_ends();
  for (const ScoreEnd end : {ScoreEnd::low, ScoreEnd::high}) {
    if (!left_.at(end).empty()) txn_.narrow_seek_hint(object_, end, left_.at(end));
  }
}

void ZsetWriter::write_change(std::string_view member, const Change& change) {
  const auto& [before, after] = change;
  if (change.erases_row()) txn_.erase_item(Column::scores, layout::score_key(object_, *before, member));
  if (after) {
    const KeyBuffer row = layout::score_key(object_, *after, member);
    if (!new_object()) txn_.widen_seek_hint(object_, row);
    txn_.put_item(Column::items, layout::member_key(object_, member), layout::encode_score(*after));
    txn_.put_item(Column::scores, row, layout::encode_score_row(*after));
  } else if (before) {
    txn_.erase_item(Column::items, layout::member_key(object_, member));
  }
}

}  // namespace basalt
