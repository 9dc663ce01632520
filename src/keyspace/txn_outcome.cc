// How a Txn gets its locks, changes databases, and ends. Records and items are in txn.cc.
#include <absl/container/inlined_vector.h>
#include <glog/logging.h>

#include "keyspace/keyspace_impl.h"
#include "keyspace/txn.h"
#include "keyspace/txn_extra.h"

namespace basalt {

// ---- locks ----

Result<void> Txn::lock(std::span<const Key> keys) {
  if (keys.empty()) return {};
  frozen_.reset();  // a writer reads the latest state of what it has locked
  if (borrowed_) {
    absl::InlinedVector<Key, 8> missing;
    for (const Key& key : keys)
      if (!borrowed_->holds(key)) missing.push_back(key);
    if (!locks_.try_add(missing)) return would_block();
    return {};  // who lends locks has a share of the gate
  }
  const bool may_wait = access_ == Access::blocking && !holds_any() && !owns_databases_;
  if (may_wait) locks_.acquire(keys);
  else if (!locks_.try_add(keys)) return would_block();
  if (share_ || owns_databases_) return {};

  DatabaseGate& gate = keyspace_.impl_->databases.gate();
  const uint32_t place = locks_.first_stripe();
  if (may_wait) gate.enter(place);
  else if (!gate.try_enter(place)) return would_block();
  share_ = place;
  return {};
}

// ---- databases ----

uint16_t Txn::database_count() const { return keyspace_.impl_->databases.count(); }

DbId Txn::db_id(uint16_t db) const {
  if (extra_ && extra_->databases) return extra_->databases->ids[db];
  if (frozen_) return frozen_->ids[db];
  return keyspace_.impl_->databases.id(db);
}

// From here to its end, this Txn is the only one that writes anything.
Result<void> Txn::own_databases() {
  DatabaseMap& databases = keyspace_.impl_->databases;
  if (!owns_databases_) {
    DatabaseGate& gate = databases.gate();
    if (!(access_ == Access::blocking ? gate.close(share_) : gate.try_close(share_))) return would_block();
    owns_databases_ = true;
    frozen_.reset();
  }
  if (!extra().databases) extra().databases = databases.begin_change();
  return {};
}

Result<bool> Txn::database_is_empty(uint16_t db) {
  const KeyBuffer lower = layout::db_prefix(db_id(db));
  const std::string upper = *prefix_successor(lower);  // the last id is never given out
  for (Column column : {Column::strings, Column::heads}) {
    Cursor any = cursor(column, {.lower = lower, .upper = upper});
    any.seek_to_first();
    if (any.valid()) return false;
    TRY(any.status());
  }
  return true;
}

Result<void> Txn::flush_database(uint16_t db) {
  TRY(own_databases());
  // An empty one keeps its range: a client that flushes in a loop would use up ranges faster than they
  // are purged.
  const bool empty = TRY(database_is_empty(db));
  if (!empty) TRY(keyspace_.impl_->databases.flush(*extra_->databases, db));
  touches_.push_back({.key = {db, {}}, .modified = !empty, .whole_database = true});
  return {};
}

Result<void> Txn::swap_databases(uint16_t a, uint16_t b) {
  if (a == b) return {};
  TRY(own_databases());
  std::swap(extra_->databases->ids[a], extra_->databases->ids[b]);
  touches_.push_back({.key = {a, {}}, .whole_database = true});
  touches_.push_back({.key = {b, {}}, .whole_database = true});
  return {};
}

// ---- outcome ----

bool Txn::has_writes() const {
  if (!batch_.empty()) return true;
  if (!extra_ || !extra_->databases) return false;
  return extra_->databases->ids != keyspace_.impl_->databases.begin_change().ids;
}

Result<void> Txn::commit() {
  if (has_writes()) {
    auto written = write();
    if (!written) {
      abandon();
      return written;
    }
  }
  publish();
  release();
  return {};
}

Result<void> Txn::write() {
  Keyspace::Impl& impl = *keyspace_.impl_;
  Store& store = keyspace_.store_;
  if (extra_ && extra_->last_object != 0) TRY(impl.object_ids.cover(store, extra_->last_object, write_mode()));
  if (extra_ && extra_->databases) {
    return impl.databases.commit(store, batch_, *extra_->databases, keyspace_.clock().now_ms(), write_mode());
  }
  return store.write(batch_, write_mode());
}

Result<void> Txn::write_ahead(Batch& items) {
  CHECK(access_ == Access::blocking);
  if (extra_) TRY(keyspace_.impl_->object_ids.cover(keyspace_.store_, extra_->last_object, write_mode()));
  return keyspace_.store_.write(items, write_mode());
}

// Whoever needs to hear of it does, while the locks still keep the order of events per key.
void Txn::publish() {
  Keyspace::Impl& impl = *keyspace_.impl_;
  if (!touches_.empty()) {
    for (const Touch& touch : touches_) {
      if (touch.event_class == EventClass::expired) impl.expirer.key_expired();
    }
    if (CommitObserver* observer = impl.observer.load(std::memory_order_acquire)) observer->committed(*this, touches_);
  }
  if (earliest_expiry_ms_ != 0) impl.expirer.row_written(earliest_expiry_ms_);
  if (!extra_) return;
  impl.garbage.added(extra_->discarded_objects);
  for (const auto& [object, end, key] : extra_->hints) impl.seek_hints.set(object, end, key);
}

void Txn::abandon() { release(); }

// What fails or would wait here is no loss: the rows of the expiry index are still there.
void Txn::expire_met_keys() {
  if (keyspace_.impl_->expiry_paused) return;
  for (const auto& [db, name] : std::exchange(met_expired_, {})) {
    Txn txn(keyspace_, Access::inline_);
    const Key key{db, name};
    if (!txn.lock({&key, 1}) || !txn.exists(key)) continue;
    if (!txn.commit()) return;
  }
}

void Txn::release() {
  DatabaseGate& gate = keyspace_.impl_->databases.gate();
  if (share_) gate.leave(*share_);
  if (owns_databases_) gate.open();
  locks_.release();
  share_.reset();
  owns_databases_ = false;
  unreadable_ = false;
  frozen_.reset();
  if (written_ != 0) batch_.clear();
  written_ = 0;
  earliest_expiry_ms_ = 0;
  touches_.clear();
  kept_.clear();
  extra_.reset();
}

void Txn::save_point() {
  batch_.save();
  Extra& e = extra();
  e.saved = {touches_.size(), e.databases, e.hints, e.discarded_objects};
}

void Txn::roll_back_to_save_point() {
  batch_.roll_back();
  Extra& e = extra();
  touches_.resize(e.saved.touches);
  e.databases = e.saved.databases;
  e.hints = e.saved.hints;
  e.discarded_objects = e.saved.discarded_objects;
}

}  // namespace basalt
