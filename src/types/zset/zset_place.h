// A place in a zset's order: steps to both sides, and jumps by score, by member and by rank. One
// interface for the two encodings, so that everything above it is written once.
//
// Thread rules: as the Txn's. While a place of a spread zset is open, the Txn must not be written.
//
// After every move ask valid(); when it is false, status() tells the end from a failure. A failed place
// stays invalid.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/txn.h"
#include "types/zset/packed_zset.h"

namespace basalt {

class ZsetPlace {
 public:
  virtual ~ZsetPlace() = default;

  virtual void first() = 0;
  virtual void last() = 0;
  /// The first element at or after (score, member); with an empty member: the first of that score.
  virtual void seek(double score, std::string_view member) = 0;
  /// The last element before (score, member).
  virtual void seek_before(double score, std::string_view member) = 0;
  /// The element with this rank (0 is the lowest).
  virtual void seek_rank(uint64_t rank) = 0;
  virtual void next() = 0;
  virtual void prev() = 0;

  virtual bool valid() const = 0;
  virtual std::string_view member() const = 0;  ///< until the next move
  virtual double score() const = 0;
  virtual Result<void> status() const = 0;

  /// The rank of an element that is there. Moves the place.
  virtual Result<uint64_t> rank_of(const ScoredMember& element) = 0;
};

/// Over decoded elements, whose bytes the place borrows.
class PackedZsetPlace final : public ZsetPlace {
 public:
  explicit PackedZsetPlace(std::vector<ScoredMember> elements) : elements_(std::move(elements)) {}

  void first() override { index_ = 0; }
  void last() override { index_ = elements_.size() - 1; }  // of none: past the end, as all is
  void seek(double score, std::string_view member) override;
  void seek_before(double score, std::string_view member) override;
  void seek_rank(uint64_t rank) override { index_ = rank; }
  void next() override { ++index_; }
  void prev() override { --index_; }  // before the first: wraps past the end
  bool valid() const override { return index_ < elements_.size(); }
  std::string_view member() const override { return elements_[index_].member; }
  double score() const override { return elements_[index_].score; }
  Result<void> status() const override { return {}; }
  Result<uint64_t> rank_of(const ScoredMember& element) override;

 private:
  std::vector<ScoredMember> elements_;
  size_t index_ = 0;
};

/// Over the `scores` rows of one object; the hint narrows the walk to where rows can be.
class SpreadZsetPlace final : public ZsetPlace {
 public:
  SpreadZsetPlace(Txn& txn, ObjectId object, uint64_t size, const SeekHint& hint);

  void first() override;
  void last() override;
  void seek(double score, std::string_view member) override;
  void seek_before(double score, std::string_view member) override;
  void seek_rank(uint64_t rank) override;
  void next() override;
  void prev() override;
  bool valid() const override { return valid_; }
  std::string_view member() const override { return member_; }
  double score() const override { return score_; }
  Result<void> status() const override;
  Result<uint64_t> rank_of(const ScoredMember& element) override;

 private:
  Cursor open() const;
  void load();

  Txn& txn_;
  ObjectId object_;
  uint64_t size_;
  SeekHint hint_;
  Cursor cursor_;
  bool valid_ = false;
  bool damaged_ = false;
  double score_ = 0;
  std::string_view member_;
};

}  // namespace basalt
