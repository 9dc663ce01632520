// The items of one spread collection that are keyed by member (hash fields, set members, zset
// members), in their order on disk: by the member's hash, then by its bytes.
//
// Thread rules: those of the Txn. Whoever walks holds the key's lock or has frozen the Txn.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "base/result.h"
#include "keyspace/txn.h"
#include "layout/record_key.h"

namespace basalt {

/// A member of a collection and what is stored with it (a hash: its field value, as in layout/head.h).
struct Member {
  std::string_view name;
  std::string_view value;
};

/// Where a member stands among the items of its collection.
struct MemberPosition {
  uint32_t hash = 0;
  std::string_view name;
  auto operator<=>(const MemberPosition&) const = default;
};
MemberPosition position_of(std::string_view member);

/// The failure for a record whose bytes no encoder made.
tl::unexpected<Error> damaged_record(std::string_view what);

class MemberCursor {
 public:
  struct Item {
    MemberPosition position;
    std::string_view value;
    Member member() const { return {position.name, value}; }
  };

  /// Stands nowhere until the first seek.
  MemberCursor(Txn& txn, ObjectId object);
  void seek_to_first() { cursor_.seek_to_first(); }
  /// To the first member with this hash or a higher one.
  void seek(uint32_t hash);
  /// To the first member at or after `position`.
  void seek(const MemberPosition& position);
  void next() { cursor_.next(); }
  /// The item under the cursor, borrowed until it moves; nullopt behind the last one.
  Result<std::optional<Item>> item() const;

 private:
  ObjectId object_;
  Cursor cursor_;
};

/// Shows every member to `visit`, until that says false or fails. The Txn must not be written meanwhile.
Result<void> walk_members(Txn& txn, ObjectId object, absl::FunctionRef<Result<bool>(Member)> visit);

}  // namespace basalt
