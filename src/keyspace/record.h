// A key's record as a command finds it: its head, and the bytes the head's body borrows from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "layout/head.h"
#include "store/store.h"

namespace basalt {

/// A user's key: the SELECT number of its database, and its name (borrowed for the command).
struct Key {
  uint16_t db = 0;
  std::string_view name;
};

/// When the expiry index has to look at a key, once for both its own expiry and its fields'; 0: never.
inline int64_t due_ms(const Head& head) {
  if (head.expire_ms == 0 || head.next_field_expiry_ms == 0) return std::max(head.expire_ms, head.next_field_expiry_ms);
  return std::min(head.expire_ms, head.next_field_expiry_ms);
}

class Record {
 public:
  /// `head`'s body borrows from `backing`.
  Record(Head head, Value&& backing) : head(head) { take(std::move(backing)); }
  // The bytes may sit inside the Value itself: a move re-points the body.
  Record(Record&& o) noexcept : head(o.head) { take(std::move(o.backing_)); }
  Record& operator=(Record&& o) noexcept {
    head = o.head;
    take(std::move(o.backing_));
    return *this;
  }

  Head head;

 private:
  void take(Value&& backing) {
    const size_t size = head.body.size();
    const size_t offset = size == 0 ? 0 : head.body.data() - backing.view().data();
    backing_ = std::move(backing);
    if (size != 0) head.body = backing_.view().substr(offset, size);
  }
  Value backing_;
};

}  // namespace basalt
