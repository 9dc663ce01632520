// The spread collections that heads name, as the items are checked against: in order of their object ids.
//
// Memory: 40 bytes and the key's name for each spread collection; keys that are packed or plain take none.
//
// Thread rules: one thread. Add all, sort, then read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "layout/head.h"

namespace basalt::tools {

class SpreadKeys {
 public:
  struct Entry {
    ObjectId object;
    uint64_t size;
    int64_t extra;  ///< a list's first index; when the first field of a hash expires
    const char* name_bytes;
    uint32_t name_size;
    DbId db;
    Type type;

    std::string_view name() const { return {name_bytes, name_size}; }
  };
  static_assert(sizeof(Entry) <= 40);

  void add(const layout::RecordKey& key, const Head& head) {
    const int64_t extra = head.type == Type::list ? head.first : head.next_field_expiry_ms;
    entries_.push_back(
        {head.object, head.size, extra, keep(key.name), static_cast<uint32_t>(key.name.size()), key.db, head.type});
  }
  void sort() {
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.object < b.object; });
  }
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  // Names lie one behind the other in blocks that never move.
  const char* keep(std::string_view name) {
    constexpr size_t kBlock = 1 << 20;
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < name.size()) {
      blocks_.emplace_back().reserve(std::max(kBlock, name.size()));
    }
    std::string& block = blocks_.back();
    block.append(name);
    return block.data() + block.size() - name.size();
  }

  std::deque<Entry> entries_;
  std::deque<std::string> blocks_;
};

}  // namespace basalt::tools
