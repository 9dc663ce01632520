// Records, items and events. Locks, databases and the outcome are in txn_outcome.cc.
#include "keyspace/txn.h"

#include "keyspace/damage.h"
#include "keyspace/keyspace_impl.h"
#include "keyspace/reply_copies.h"
#include "keyspace/txn_extra.h"
#include "layout/system_record.h"

namespace basalt {
namespace {

Column column_of(const Head& head) { return head.encoding == Encoding::plain ? Column::strings : Column::heads; }

constexpr size_t kMostMetKeys = 64;  // a longer MGET leaves the rest to the expirer

Column other_column(Column column) { return column == Column::strings ? Column::heads : Column::strings; }

Result<void> decode(Column column, Key key, Value&& value, std::optional<Record>& record) {
  const auto head =
      column == Column::strings ? layout::decode_string_record(value.view()) : layout::decode_head_record(value.view());
  if (!head) return damaged_record(column, key.name);
  record.emplace(*head, std::move(value));
  return {};
}

}  // namespace

Txn::Txn(Keyspace& keyspace, Access access)
    : keyspace_(keyspace), access_(access), now_ms_(keyspace.clock().now_ms()), locks_(keyspace.impl_->locks) {}

Txn::~Txn() { release(); }

const PackedLimits& Txn::limits() const { return keyspace_.limits_; }

// ---- reading records ----

ReadView Txn::view(Column column, const Snapshot* at) {
  const bool pending = (written_ >> static_cast<uint8_t>(column)) & 1;
  return {read_mode(), at, pending ? &batch_ : nullptr};
}

Result<void> Txn::read_record(Column column, DbId db, Key key, const Snapshot* at, Found& record) {
  Value value;
  if (!TRY(keyspace_.store_.get(column, layout::record_key(db, key.name), view(column, at), &value))) return {};
  return decode(column, key, std::move(value), record);
}

Result<void> Txn::look_up(DbId db, Key key, Column first, const Snapshot* at, Found& record) {
  TRY(read_record(first, db, key, at, record));
  if (!record) TRY(read_record(other_column(first), db, key, at, record));
  return {};
}

// The record of a key lies in one of two columns. Whoever neither holds the key's lock nor reads a
// snapshot looks at two moments: a key that just went from one column to the other would be missed, and
// so would one whose database was just swapped. The stripe's state and the map's stamp tell; then both
// columns are read again at one moment.
Result<void> Txn::find_whole(Key key, Column first, Found& record) {
  if (unreadable_) return would_block();
  if (frozen_) return look_up(db_id(key.db), key, first, &frozen_->snapshot, record);
  if (holds(key) || owns_databases_) return look_up(db_id(key.db), key, first, nullptr, record);

  auto& impl = *keyspace_.impl_;
  const RecordCache::Moment seen{first, moment_of(key)};
  const bool quiet = seen.at.quiet();
  auto undisturbed = [&] { return quiet && unchanged_since(seen.at); };
  Value value;
  if (quiet && impl.records.find(seen, value)) return decode(first, key, std::move(value), record);
  const DbId db = db_id(key.db);
  if (TRY(keyspace_.store_.get(first, layout::record_key(db, key.name), view(first, nullptr), &value))) {
    if (undisturbed()) impl.records.offer(seen, value.view());
    TRY(decode(first, key, std::move(value), record));
  } else {
    TRY(read_record(other_column(first), db, key, nullptr, record));
  }
  // A record was seen at one moment, wherever it was; that there is none, at two.
  if (record ? seen.at.stamp.settled() && seen.at.stamp == impl.databases.stamp() : undisturbed()) return {};
  record.reset();
  Moment moment;
  TRY(take_moment(moment));
  return look_up(moment.ids[key.db], key, first, &moment.snapshot, record);
}

void Txn::drop_expired(Key key, Found& record) {
  if (!record || record->head.expire_ms == 0 || now_ms_ <= record->head.expire_ms) return;
  if (holds(key)) {
    erase_record(key, record->head);
    touch(key, EventClass::expired, "expired");
  } else if (met_expired_.size() < kMostMetKeys) {
    met_expired_.emplace_back(key.db, key.name);
  }
  record.reset();
}

KeyMoment Txn::moment_of(Key key) const {
  const auto& impl = *keyspace_.impl_;
  const uint64_t hash = KeyLocks::hash_of(key);
  return {key, hash, impl.locks.state_at(hash), impl.databases.stamp(), now_ms_};
}

bool Txn::unchanged_since(const KeyMoment& moment) const {
  const auto& impl = *keyspace_.impl_;
  return moment.state == impl.locks.state_at(moment.hash) && moment.stamp == impl.databases.stamp();
}

bool Txn::copy_reply(const ReplyQuestion& question, std::string& out) {
  // What other moments, or writes of its own, show this Txn nobody else sees.
  if (frozen_ || unreadable_ || holds_any() || owns_databases_ || !question.moment.quiet()) return false;
  if (!keyspace_.impl_->replies.find(question, out)) return false;
  note_lookup(question.moment.key, true);
  return true;
}

void Txn::offer_reply(const ReplyQuestion& question, std::string_view reply) {
  if (holds_any() || owns_databases_ || !question.moment.quiet() || !unchanged_since(question.moment)) return;
  ReplyCopies& replies = keyspace_.impl_->replies;
  if (!replies.wants(question, reply.size())) return;
  Found record;
  // A packed one is read in one piece; fields that expire change the reply without a write.
  if (!find_whole(question.moment.key, Column::heads, record) || !record || !record->head.spread()) return;
  if (record->head.next_field_expiry_ms != 0 || !unchanged_since(question.moment)) return;
  replies.keep(question, record->head.expire_ms, reply);
}

void Txn::note_lookup(Key key, bool found) {
  if (!counts_lookups_) return;
  if (found) {
    ++lookups_.hits;
    return;
  }
  ++lookups_.misses;
  if (wants(EventClass::key_miss)) notify({key.db, keep(key.name)}, EventClass::key_miss, "keymiss");
}

Result<std::optional<Record>> Txn::find(Key key) {
  Found record;
  TRY(find_whole(key, Column::strings, record));
  drop_expired(key, record);
  note_lookup(key, record.has_value());
  return record;
}

Result<void> Txn::find_live(Key key, Type type, Found& record) {
  TRY(find_whole(key, type == Type::string ? Column::strings : Column::heads, record));
  drop_expired(key, record);
  return {};
}

Result<std::optional<Record>> Txn::find(Key key, Type type) {
  Found record;
  TRY(find_live(key, type, record));
  note_lookup(key, record.has_value());
  if (record && record->head.type != type) return wrong_type();
  return record;
}

Result<std::optional<Record>> Txn::find_frozen(Key key, Type type) {
  Found record = TRY(find(key, type));
  if (!record || !record->head.spread() || holds(key) || frozen_) return record;
  const ObjectId object = record->head.object;
  SeekHint hint;
  if (type == Type::zset) hint = keyspace_.impl_->seek_hints.get(object);
  freeze();
  if (frozen_ && !hint.empty()) {
    frozen_->hinted_object = object;
    frozen_->hint = std::move(hint);
  }
  record.reset();
  TRY(find_live(key, type, record));
  if (record && record->head.type != type) return wrong_type();
  return record;
}

Result<bool> Txn::exists(Key key) { return TRY(find(key)).has_value(); }

void Txn::freeze() {
  if (!holds_any()) freeze_all();
}

void Txn::freeze_all() {
  if (frozen_ || owns_databases_) return;
  frozen_.emplace();
  if (take_moment(*frozen_)) return;
  frozen_.reset();
  unreadable_ = true;
}

// A snapshot and the database map belong together: both from before a FLUSHDB or SWAPDB, or both from
// after it.
Result<void> Txn::take_moment(Moment& moment) const {
  const DatabaseMap& databases = keyspace_.impl_->databases;
  for (int spins = 0;; ++spins) {
    const auto stamp = databases.stamp();
    if (!stamp.settled()) {
      if (access_ == Access::blocking) databases.wait_past(stamp);
      else if (spins > 64) return would_block();
      continue;
    }
    moment.snapshot = keyspace_.store_.snapshot();
    moment.ids.clear();
    for (uint16_t db = 0; db < databases.count(); ++db) moment.ids.push_back(databases.id(db));
    if (databases.stamp() == stamp) return {};
  }
}

// ---- writing records ----

void Txn::put_raw(Column column, std::string_view key, std::string_view value) {
  written_ |= 1 << static_cast<uint8_t>(column);
  batch_.put(column, key, value);
}

void Txn::erase_raw(Column column, std::string_view key) {
  written_ |= 1 << static_cast<uint8_t>(column);
  batch_.erase(column, key);
}

void Txn::put(Key key, const Head& head, const Record* previous) {
  const Column column = column_of(head);
  const KeyBuffer record_key = layout::record_key(db_id(key.db), key.name);
  layout::encode_head(head, scratch_);
  put_raw(column, record_key, scratch_);
  if (previous == nullptr) {
    if (wants(EventClass::new_key)) notify(key, EventClass::new_key, "new");
    set_expiry_row(key, 0, due_ms(head));
    return;
  }
  if (column_of(previous->head) != column) erase_raw(column_of(previous->head), record_key);
  if (previous->head.spread() && !(head.spread() && head.object == previous->head.object)) {
    discard_object(previous->head);
  }
  set_expiry_row(key, due_ms(previous->head), due_ms(head));
}

Result<void> Txn::put_string_blind(Key key, std::string_view bytes, int64_t expire_ms) {
  const DbId db = db_id(key.db);
  // Only who listens makes it look: for what it replaces, or for what had expired and still lay there.
  if (wants(EventClass::expired) || wants(EventClass::new_key)) {
    if (!TRY(exists(key)) && wants(EventClass::new_key)) notify(key, EventClass::new_key, "new");
  }
  // Only the other column matters: a string's own record is simply overwritten, and the row of its expiry,
  // if it had one, no longer agrees with the record, which is how the expirer knows to drop it.
  Found other;
  TRY(read_record(Column::heads, db, key, nullptr, other));
  drop_expired(key, other);
  if (other) erase_record(key, other->head);
  Head head;
  head.expire_ms = expire_ms;
  head.size = bytes.size();
  head.body = bytes;
  layout::encode_head(head, scratch_);
  put_raw(Column::strings, layout::record_key(db, key.name), scratch_);
  set_expiry_row(key, 0, expire_ms);
  return {};
}

void Txn::erase(Key key, const Record& record) { erase_record(key, record.head); }

void Txn::rename(Key from, const Record& record, Key to, const Record* replaced) {
  if (replaced) erase_record(to, replaced->head);
  put(to, record.head, nullptr);
  erase_raw(column_of(record.head), layout::record_key(db_id(from.db), from.name));
  set_expiry_row(from, due_ms(record.head), 0);
}

void Txn::erase_record(Key key, const Head& head) {
  erase_raw(column_of(head), layout::record_key(db_id(key.db), key.name));
  if (head.spread()) discard_object(head);
  set_expiry_row(key, due_ms(head), 0);
}

// Its items go later, when nobody can be reading them any more (GarbageCollector).
void Txn::discard_object(const Head& head) {
  put_raw(Column::system, layout::garbage_key(keyspace_.clock().now_ms(), head.object),
          layout::encode_garbage(head.type, head.size));
  keyspace_.impl_->seek_hints.forget(head.object);
  keyspace_.impl_->pop_candidates.forget(head.object);
  ++extra().discarded_objects;
}

void Txn::set_expiry_row(Key key, int64_t old_ms, int64_t new_ms) {
  if (old_ms == new_ms) return;
  const DbId db = db_id(key.db);
  if (old_ms != 0) erase_raw(Column::expiry, layout::expiry_key(old_ms, db, key.name));
  if (new_ms == 0) return;
  put_raw(Column::expiry, layout::expiry_key(new_ms, db, key.name), {});
  if (earliest_expiry_ms_ == 0 || new_ms < earliest_expiry_ms_) earliest_expiry_ms_ = new_ms;
}

// ---- items ----

ObjectId Txn::new_object(Key key) {
  const uint64_t counter = keyspace_.impl_->object_ids.take();
  extra().last_object = std::max(extra().last_object, counter);
  return make_object_id(db_id(key.db), counter);
}

Result<bool> Txn::get(Column column, std::string_view item_key, Value* out) {
  if (unreadable_) return would_block();
  return keyspace_.store_.get(column, item_key, view(column, frozen_ ? &frozen_->snapshot : nullptr), out);
}

void Txn::put_item(Column column, std::string_view item_key, std::string_view value) {
  put_raw(column, item_key, value);
}

void Txn::erase_item(Column column, std::string_view item_key) { erase_raw(column, item_key); }

void Txn::erase_items(Column column, std::string_view from, std::string_view to) {
  written_ |= 1 << static_cast<uint8_t>(column);
  batch_.erase_range(column, from, to);
}

Cursor Txn::cursor(Column column, const CursorBounds& bounds) {
  return cursor_at(column, bounds, frozen_ ? &frozen_->snapshot : nullptr);
}

Cursor Txn::cursor_at(Column column, CursorBounds bounds, const Snapshot* at) {
  if (access_ == Access::inline_) bounds.step_limit = kInlineSteps;
  return keyspace_.store_.cursor(column, view(column, at), bounds);
}

SeekHint Txn::seek_hint(ObjectId object) const {
  SeekHint hint = keyspace_.impl_->seek_hints.get(object);
  if (!extra_) return hint;
  for (const auto& [id, end, key] : extra_->hints) {
    if (id == object) hint.at(end) = key;
  }
  return hint;
}

SeekHint Txn::frozen_seek_hint(ObjectId object) const {
  if (!frozen_ || frozen_->hinted_object != object) return {};
  const uint64_t version = keyspace_.impl_->seek_hints.get(object).version;
  return version == frozen_->hint.version ? frozen_->hint : SeekHint();
}

void Txn::narrow_seek_hint(ObjectId object, ScoreEnd end, std::string_view key) {
  auto& hints = extra().hints;
  std::erase_if(hints, [&](const PendingHint& hint) { return hint.object == object && hint.end == end; });
  hints.push_back({object, end, std::string(key)});
}

// Forgetting takes effect at once: should this Txn come to nothing, a seek is slower, no more.
void Txn::widen_seek_hint(ObjectId object, std::string_view key) {
  if (extra_) {
    std::erase_if(extra_->hints, [&](const PendingHint& hint) {
      return hint.object == object && (hint.end == ScoreEnd::low ? key < hint.key : key >= hint.key);
    });
  }
  keyspace_.impl_->seek_hints.widen(object, key);
}

std::optional<std::string_view> Txn::take_pop_candidate(ObjectId object) {
  auto member = keyspace_.impl_->pop_candidates.take(object);
  if (!member) return std::nullopt;
  return kept_.emplace_front(*std::move(member));
}

// At once: should this Txn come to nothing, whoever takes it sees that it isn't there.
void Txn::offer_pop_candidate(ObjectId object, std::string_view member, uint64_t size) {
  keyspace_.impl_->pop_candidates.joined(object, member, size);
}

std::optional<uint32_t> Txn::next_pop_hash(ObjectId object) {
  return keyspace_.impl_->pop_candidates.next_hash(object);
}

void Txn::keep_pop_candidates(ObjectId object, PopCandidates::Hand hand) {
  keyspace_.impl_->pop_candidates.keep(object, std::move(hand));
}

// ---- events ----

void Txn::touch(Key key, EventClass event_class, std::string_view event) {
  touches_.push_back({.key = key, .event_class = event_class, .event = event});
}

void Txn::notify(Key key, EventClass event_class, std::string_view event) {
  touches_.push_back({.key = key, .event_class = event_class, .event = event, .modified = false});
}

bool Txn::wants(EventClass event_class) const {
  const CommitObserver* observer = keyspace_.impl_->observer.load(std::memory_order_acquire);
  return observer != nullptr && observer->wants(event_class);
}

std::string_view Txn::keep(std::string_view bytes) { return kept_.emplace_front(bytes); }

}  // namespace basalt
