#include "types/zset/scored_source.h"

#include <algorithm>

#include "layout/head.h"
#include "types/set/set.h"
#include "types/zset/zset.h"

namespace basalt {

// ---- ScoredStream ----

ScoredStream::ScoredStream(std::vector<Element> elements) : sorted_(std::move(elements)) {
  std::sort(sorted_.begin(), sorted_.end(), [](const Element& a, const Element& b) { return a.position < b.position; });
}

ScoredStream::ScoredStream(Txn& txn, ObjectId object, ScoreOf score_of) : score_of_(score_of) {
  cursor_.emplace(txn, object);
}

Result<void> ScoredStream::next() {
  if (!cursor_) {
    if (started_) ++at_;
  } else if (started_) {
    cursor_->next();
  } else {
    cursor_->seek_to_first();
  }
  started_ = true;
  return read();
}

Result<void> ScoredStream::read() {
  current_.reset();
  if (!cursor_) {
    if (at_ < sorted_.size()) current_ = sorted_[at_];
    return {};
  }
  const auto item = TRY(cursor_->item());
  if (!item) return {};
  const auto score = score_of_(item->value);
  if (!score) return damaged_record("a zset's item");
  current_ = Element{item->position, *score};
  return {};
}

Result<std::optional<double>> ScoredStream::find(const MemberPosition& position) {
  if (!started_) TRY(next());
  for (uint64_t steps = 0; current_ && current_->position < position; ++steps) {
    if (cursor_ && steps == kElementsBetween) {
      cursor_->seek(position);
      TRY(read());
    } else {
      TRY(next());
    }
  }
  if (!current_ || current_->position != position) return std::nullopt;
  return current_->score;
}

// ---- sources ----

namespace {

class EmptySource final : public ScoredSource {
 public:
  uint64_t size() const override { return 0; }
  bool spread() const override { return false; }
  Result<std::optional<double>> score(std::string_view) override { return std::nullopt; }
  Result<ScoredStream> stream() const override { return ScoredStream({}); }
};

class ZsetSource final : public ScoredSource {
 public:
  ZsetSource(Txn& txn, Record record) : txn_(txn), zset_(txn, std::move(record)) {}

  uint64_t size() const override { return zset_.size(); }
  bool spread() const override { return zset_.head().spread(); }
  Result<std::optional<double>> score(std::string_view member) override { return zset_.score(member); }
  Result<ScoredStream> stream() const override {
    if (spread()) return ScoredStream(txn_, zset_.head().object, layout::decode_score);
    const auto elements = decode_packed_zset(zset_.head().body);
    if (!elements) return damaged_record("a packed zset");
    std::vector<ScoredStream::Element> placed;
    for (const auto& [member, score] : *elements) placed.push_back({position_of(member), score});
    return ScoredStream(std::move(placed));
  }

 private:
  Txn& txn_;
  Zset zset_;
};

class SetSource final : public ScoredSource {
 public:
  SetSource(Txn& txn, Record record) : txn_(txn), set_(txn, std::move(record)) {}

  uint64_t size() const override { return set_.size(); }
  bool spread() const override { return set_.spread(); }
  Result<std::optional<double>> score(std::string_view member) override {
    return TRY(set_.contains(member)) ? std::optional(kScore) : std::nullopt;
  }
  Result<ScoredStream> stream() const override {
    if (spread()) return ScoredStream(txn_, set_.object(), [](std::string_view) { return std::optional(kScore); });
    std::vector<ScoredStream::Element> placed;
    for (const std::string_view member : TRY(set_.packed_members())) placed.push_back({position_of(member), kScore});
    return ScoredStream(std::move(placed));
  }

 private:
  static constexpr double kScore = 1;
  Txn& txn_;
  SetReader set_;
};

}  // namespace

Result<std::unique_ptr<ScoredSource>> ScoredSource::open(Txn& txn, Key key) {
  auto record = TRY(txn.find(key));
  if (!record) return std::make_unique<EmptySource>();
  if (record->head.type == Type::zset) return std::make_unique<ZsetSource>(txn, *std::move(record));
  if (record->head.type == Type::set) return std::make_unique<SetSource>(txn, *std::move(record));
  return wrong_type();
}

}  // namespace basalt
