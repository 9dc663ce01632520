// Lists as commands read them. A packed list is wholly in its head (layout/packed.h); a spread one has an
// item per element, at consecutive indexes from head.first on. Commands don't see which. Writing is in
// list_writer.h.
//
// Thread rules: those of the Txn.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "base/result.h"
#include "keyspace/txn.h"
#include "layout/head.h"

namespace basalt {

enum class ListEnd : uint8_t { left, right };

inline ListEnd opposite(ListEnd end) { return end == ListEnd::left ? ListEnd::right : ListEnd::left; }

/// Where elements of a list are: `count` of them, the leftmost at `position`.
struct ListRange {
  uint64_t position = 0;
  uint64_t count = 0;
};

/// The part of a list of `size` elements that Redis's `start` and `stop` mean: both included, negative
/// ones from the right end, those beyond an end cut off.
ListRange list_range(int64_t start, int64_t stop, uint64_t size);

/// The position that Redis's `index` means, negative ones from the right end; nullopt: beyond the ends.
std::optional<uint64_t> list_position(int64_t index, uint64_t size);

/// The index of the item at `position` of a spread list.
inline int64_t item_index(const Head& head, uint64_t position) {
  return static_cast<int64_t>(static_cast<uint64_t>(head.first) + position);
}

class ListReader {
 public:
  /// `head` is a list's, borrowed. It comes from Txn::find_frozen, or its key's lock is held.
  ListReader(Txn& txn, const Head& head) : txn_(txn), head_(head) {}

  uint64_t size() const { return head_.size; }

  /// The `count` elements at one end.
  ListRange at_end(ListEnd end, uint64_t count) const { return {end == ListEnd::left ? 0 : size() - count, count}; }

  /// Takes an element, borrowed for the call; false ends the walk. The Txn may not be written meanwhile.
  using Visitor = absl::FunctionRef<Result<bool>(uint64_t position, std::string_view element)>;
  /// Shows the elements of `range`, which lies within the list, beginning at its end `from`. A single
  /// element is read by its key, so that what was deleted around it costs nothing.
  Result<void> walk(ListRange range, ListEnd from, Visitor visit) const;

 private:
  Result<void> walk_packed(ListRange range, ListEnd from, Visitor visit) const;
  Result<void> walk_spread(ListRange range, ListEnd from, Visitor visit) const;
  Result<void> visit_one(uint64_t position, Visitor visit) const;

  Txn& txn_;
  const Head& head_;
};

}  // namespace basalt
