// Lists as commands change them. A packed list is changed in memory; the items of a spread one go into the
// Txn at once; save() writes the head. Reading goes through reader().
//
// Invariants:
// 1. A list is packed until it has more elements or bytes than list-max-listpack-size allows, or a body
//    beyond packed-max-bytes; then it is spread until deleted.
// 2. A spread list has items with the indexes [first, first + size) and no others.
//
// Thread rules: those of the Txn, which holds the key's lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "keyspace/txn.h"
#include "types/list/list_reader.h"

namespace basalt {

/// Whether a list of that many elements may be kept in a packed body of that many bytes.
bool list_may_be_packed(const PackedLimits& limits, uint64_t elements, uint64_t bytes);

class ListWriter {
 public:
  /// Inline, a change of more items than this is left to the storage pool: WouldBlock.
  static constexpr uint64_t kInlineItems = 4096;
  /// Dropping more items than this, and nearly all, moves those that stay to a new object instead.
  static constexpr uint64_t kManyItems = 10'000;

  /// `record` is what Txn::find gave; nullopt: there is no list yet.
  ListWriter(Txn& txn, Key key, std::optional<Record> record);
  ListWriter(const ListWriter&) = delete;
  ListWriter& operator=(const ListWriter&) = delete;

  uint64_t size() const { return head_.size; }
  /// What it shows lives until the next change.
  ListReader reader() const { return {txn_, head_}; }

  // Elements given may not be borrowed from reader().
  Result<void> push(ListEnd end, std::string_view element);
  /// Removes `count` elements, at most size(), from one end.
  Result<void> drop(ListEnd end, uint64_t count);
  /// Removes all but the elements of `kept`, which lies within the list.
  Result<void> keep(ListRange kept);
  /// `position` is below size().
  Result<void> set(uint64_t position, std::string_view element);
  /// `position` is at most size().
  Result<void> insert(uint64_t position, std::string_view element);
  /// Removes the elements at these positions, which ascend.
  Result<void> remove(const std::vector<uint64_t>& positions);

  /// Writes the head, or deletes the key when nothing is left. Once, after the last change.
  void save();

 private:
  void start_anew();

  Result<void> splice(uint64_t from, uint64_t to, std::string_view packed);
  Result<std::vector<std::string_view>> unpack() const;
  Result<void> remove_packed(const std::vector<uint64_t>& positions);
  Result<void> spread_if_too_large();

  void put(uint64_t position, std::string_view element);
  Result<void> check_inline(uint64_t items) const;
  Result<void> erase_items(ListEnd end, uint64_t count);
  Result<void> keep_in_new_object(ListRange kept);
  /// Puts the items of `range`, beginning at its end `from`, into `object` at the indexes that `target` says.
  using Target = absl::FunctionRef<std::optional<int64_t>(uint64_t position)>;
  Result<void> move_items(ListRange range, ListEnd from, ObjectId object, Target target);
  Result<void> close_gaps(const std::vector<uint64_t>& positions);

  Txn& txn_;
  Key key_;
  std::optional<Record> record_;
  Head head_;
  std::string body_;  ///< of a packed list; head_.body is a view of it
};

}  // namespace basalt
