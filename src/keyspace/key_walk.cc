#include "keyspace/key_walk.h"

#include "keyspace/damage.h"
#include "keyspace/keyspace_impl.h"
#include "keyspace/txn_extra.h"
#include "layout/record_key.h"

namespace basalt {
namespace {

constexpr size_t kNameOffset = 4;  // db(2) slot(2) key

}  // namespace

Result<KeyWalk> KeyWalk::begin(Txn& txn, uint16_t db, bool fill_cache) {
  if (txn.unreadable_) return would_block();
  DbId id = txn.db_id(db);
  std::unique_ptr<Snapshot> own;
  if (!txn.frozen_) {
    // A key that goes from one column to the other between two moments would be missed.
    Txn::Moment moment;
    TRY(txn.take_moment(moment));
    own = std::make_unique<Snapshot>(std::move(moment.snapshot));
    if (!txn.extra_ || !txn.extra_->databases) id = moment.ids[db];
  }
  const Snapshot* at = own ? own.get() : &txn.frozen_->snapshot;
  const KeyBuffer lower = layout::db_prefix(id);
  const std::string upper = *prefix_successor(lower);  // the last id is never given out
  const CursorBounds bounds{.lower = lower, .upper = upper, .fill_cache = fill_cache};
  Cursor strings = txn.cursor_at(Column::strings, bounds, at);
  Cursor heads = txn.cursor_at(Column::heads, bounds, at);
  return KeyWalk(id, std::move(own), std::move(strings), std::move(heads));
}

KeyWalk::KeyWalk(DbId db, std::unique_ptr<Snapshot> own, Cursor strings, Cursor heads)
    : db_(db),
      own_(std::move(own)),
      strings_(std::make_unique<Cursor>(std::move(strings))),
      heads_(std::make_unique<Cursor>(std::move(heads))) {}

void KeyWalk::seek(uint16_t slot, std::string_view name) {
  KeyBuffer target = layout::slot_prefix(db_, slot);
  target.append(name);
  const bool fresh = current_ == nullptr;
  for (Cursor* cursor : {strings_.get(), heads_.get()}) {
    if (fresh || (cursor->valid() && cursor->key() < target.view())) cursor->seek(target);
  }
  choose();
}

void KeyWalk::seek_for_last(uint16_t slot) {
  KeyBuffer end = layout::slot_prefix(db_, slot);
  const auto after = prefix_successor(end);
  current_ = nullptr;
  for (Cursor* cursor : {strings_.get(), heads_.get()}) {
    if (after) cursor->seek_for_prev(*after);
    else cursor->seek_to_last();
    if (!cursor->valid()) continue;
    if (current_ == nullptr || current_->key() < cursor->key()) current_ = cursor;
  }
}

void KeyWalk::next() {
  const Cursor* was = current_;
  (was == strings_.get() ? strings_ : heads_)->next();
  choose();
}

// A cursor that stopped for another reason than its end ends the walk: going on with the other one alone
// would leave keys out.
void KeyWalk::choose() {
  current_ = nullptr;
  if (!strings_->valid() && !strings_->status()) return;
  if (!heads_->valid() && !heads_->status()) return;
  if (!strings_->valid()) current_ = heads_->valid() ? heads_.get() : nullptr;
  else if (!heads_->valid()) current_ = strings_.get();
  else current_ = heads_->key() < strings_->key() ? heads_.get() : strings_.get();
}

Result<void> KeyWalk::status() const {
  TRY(strings_->status());
  return heads_->status();
}

uint16_t KeyWalk::slot() const {
  const std::string_view key = current_->key();
  return key.size() < kNameOffset ? 0 : load_big_endian<uint16_t>(key.data() + sizeof(DbId));
}

std::string_view KeyWalk::name() const {
  const std::string_view key = current_->key();
  return key.substr(std::min(key.size(), kNameOffset));
}

Result<KeyWalk::Entry> KeyWalk::entry() const {
  const bool plain = current_ == strings_.get();
  const auto head =
      plain ? layout::decode_string_record(current_->value()) : layout::decode_head_record(current_->value());
  if (!head || !layout::decode_record_key(current_->key())) {
    return damaged_record(plain ? Column::strings : Column::heads, name());
  }
  return Entry{head->type, head->expire_ms};
}

}  // namespace basalt
