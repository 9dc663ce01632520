// Changes a zset, whichever way it is kept. When it outgrows PackedLimits it is spread, and stays so until
// its key is deleted; a zset that becomes empty deletes its key.
//
// Thread rules: as the Txn's, which holds the key's lock.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "keyspace/txn.h"
#include "types/zset/zset.h"

namespace basalt {

/// Collects changes and writes all of them with save(); until then the Txn has none of them. Members are
/// borrowed until save().
class ZsetWriter {
 public:
  ZsetWriter(Txn& txn, Key key) : txn_(txn), key_(key) {}
  ZsetWriter(const ZsetWriter&) = delete;
  ZsetWriter& operator=(const ZsetWriter&) = delete;

  /// One of these first. The zset as it is, possibly none; fails with WRONGTYPE:
  Result<void> open();
  /// the same, as the Txn's find() gave it.
  Result<void> open(std::optional<Record> found);

  bool exists() const { return previous_.has_value(); }
  uint64_t size() const { return size_; }
  /// With the changes made so far.
  Result<std::optional<double>> score(std::string_view member);

  /// `before` is what score() says of the member: nullopt when it is new.
  void set(std::string_view member, double score, std::optional<double> before);
  Result<bool> remove(std::string_view member);
  /// Removes what a walk finds, and gives it in the walk's order; its members live as long as this writer.
  /// Before any other change.
  Result<std::vector<ScoredMember>> take(const ZsetWalk& walk);
  /// Removes what a range covers; returns how many. Before any other change.
  Result<uint64_t> remove_range(const ZsetRange& range);

  /// Writes what changed, fires `event`, and deletes a key that became empty. Without changes it does nothing.
  void save(std::string_view event);

 private:
  static constexpr uint64_t kErasedPerLook = 64;

  // What a member of a spread zset was and will be; nullopt: not there.
  struct Change {
    std::optional<double> before, after;
    bool erases_row() const { return before && before != after; }
  };

  bool new_object() const { return !previous_ || previous_->head.object != object_; }
  Result<void> load();
  std::vector<ScoredMember>::iterator find_packed(std::string_view member);
  void insert_packed(std::string_view member, double score);
  void spread_out();
  Result<std::vector<ScoredMember>> take_spread(const ZsetWalk& walk);
  bool erases_row(const ZsetPlace& place) const;
  void look_for_ends();
  void narrow_seek_hint();
  void write_change(std::string_view member, const Change& change);
  void write();

  Txn& txn_;
  Key key_;
  std::optional<Record> previous_;
  bool changed_ = false;
  uint64_t size_ = 0;

  std::vector<ScoredMember> packed_;  // in order; only while not spread
  bool spread_ = false;
  ObjectId object_ = 0;
  absl::flat_hash_map<std::string_view, Change> changes_;
  std::deque<std::string> taken_;  // the bytes of taken members
  SeekHint left_;                  // what is left, where that is known
};

}  // namespace basalt
