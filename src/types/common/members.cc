#include "types/common/members.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace basalt {

namespace {

Cursor open_cursor(Txn& txn, ObjectId object) {
  const KeyBuffer lower = layout::object_prefix(object);
  const KeyBuffer upper = layout::object_prefix(object + 1);
  return txn.cursor(Column::items, CursorBounds{.lower = lower, .upper = upper});
}

}  // namespace

MemberPosition position_of(std::string_view member) { return {member_hash(member), member}; }

tl::unexpected<Error> damaged_record(std::string_view what) {
  return tl::unexpected<Error>(
      StorageError{StorageError::Cause::corruption, fmt::format("{} is damaged: its bytes make no sense", what)});
}

MemberCursor::MemberCursor(Txn& txn, ObjectId object) : object_(object), cursor_(open_cursor(txn, object)) {}

void MemberCursor::seek(uint32_t hash) { cursor_.seek(layout::member_hash_key(object_, hash)); }

void MemberCursor::seek(const MemberPosition& position) {
  cursor_.seek(layout::member_hash_key(object_, position.hash).append(position.name));
}

Result<std::optional<MemberCursor::Item>> MemberCursor::item() const {
  if (!cursor_.valid()) {
    TRY(cursor_.status());
    return std::nullopt;
  }
  auto key = layout::decode_member_key(cursor_.key());
  if (!key) return damaged_record("the key of a member");
  return Item{{key->hash, key->member}, cursor_.value()};
}

Result<void> walk_members(Txn& txn, ObjectId object, absl::FunctionRef<Result<bool>(Member)> visit) {
  MemberCursor cursor(txn, object);
  for (cursor.seek_to_first();; cursor.next()) {
    auto item = TRY(cursor.item());
    if (!item || !TRY(visit(item->member()))) return {};
  }
}

}  // namespace basalt
