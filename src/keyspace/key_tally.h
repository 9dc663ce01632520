// What keys there are: how many of each type and encoding, how large, and which are the largest.
//
// Walks every record of `strings` and `heads`, a page at a time, so that a caller can stop, report and go
// on; it reads neither items nor packed bodies. Pages see the latest state, each its own: a tally of a
// store that is being written is as exact as a count of a moving crowd.
//
// Thread rules: a KeyTally belongs to one thread; the store may be in use.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "layout/head.h"
#include "store/store.h"

namespace basalt {

/// "plain", "packed", "packed_intset", "spread".
std::string_view encoding_name(Encoding encoding);

class KeyTally {
 public:
  /// Keys of one type and encoding. Bytes are those of keys and values before compression; of items of spread
  /// collections they are an estimate from the tables' indexes.
  struct Group {
    uint64_t keys = 0;
    uint64_t expiring = 0;
    uint64_t elements = 0;  ///< bytes, of strings
    uint64_t bytes = 0;
  };
  struct BigKey {
    uint64_t bytes = 0;
    uint64_t elements = 0;
    Type type = Type::string;
    Encoding encoding = Encoding::plain;
    DbId db = 0;
    std::string name;
  };

  /// Which ranges count: not those of flushed databases.
  using Counts = std::function<bool(DbId)>;
  KeyTally(Store& store, Counts counts, size_t most_big_keys)
      : store_(store), counts_(std::move(counts)), most_big_keys_(most_big_keys) {}

  /// Looks at up to `most` records from `position` on (empty: the start) and moves it; true: that was the
  /// last page. Records that make no sense are counted as damaged.
  Result<bool> advance(std::string& position, uint64_t most);

  const std::map<std::pair<Type, Encoding>, Group>& groups() const { return groups_; }
  /// The largest first.
  std::vector<BigKey> big_keys() const;
  uint64_t damaged() const { return damaged_; }

 private:
  void add(Column column, std::string_view key, std::string_view value);
  uint64_t object_bytes(const Head& head) const;
  void keep_if_big(const layout::RecordKey& key, const Head& head, uint64_t bytes);

  Store& store_;
  Counts counts_;
  size_t most_big_keys_;
  std::map<std::pair<Type, Encoding>, Group> groups_;
  std::vector<BigKey> big_;  // a heap, the smallest in front
  uint64_t damaged_ = 0;
};

}  // namespace basalt
