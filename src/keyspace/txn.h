// Txn: one command's view of the data: its reads, its locks, its pending batch, its commit.
//
// A command reads through its Txn and collects its writes there; nothing is visible to anyone until
// commit() applies all of it as one RocksDB batch. The Txn's own reads see its pending writes. An
// EXEC (or a run of pipelined writes) shares one Txn between several commands.
//
// Thread rules: a Txn lives on one thread from construction to destruction, and never across a
// suspension. In Access::inline_ (an I/O thread) nothing waits: whatever would answers WouldBlock,
// and the Txn is to be dropped. In Access::blocking WouldBlock is rare: two that hold what the other one
// wants (see lock and flush_database); it means the same, drop it and run again.
//
// Invariants:
// 1. A key is written only while its lock is held (the dispatcher locks a write command's keys
//    before the handler runs; EXEC locks the union). lock() more only for keys found out late.
// 2. `find` never shows an expired key. A Txn that holds the key's lock removes it on the way, with
//    its `expired` event; one that does not just doesn't see it, and remembers its name (expire_met_keys).
// 3. A spread collection's items are written only by whoever holds its key's lock. Deleting it
//    writes a garbage record; its items go later (GarbageCollector).
// 4. Whoever reads several records without the lock calls freeze() first, and reads the head after it.
#pragma once

#include <forward_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/inlined_vector.h>

#include "base/bytes.h"
#include "base/result.h"
#include "keyspace/events.h"
#include "keyspace/key_moment.h"
#include "keyspace/limits.h"
#include "keyspace/pop_candidates.h"
#include "keyspace/record.h"
#include "keyspace/seek_hints.h"
#include "store/store.h"

namespace basalt {

class Keyspace;
struct ReplyQuestion;

inline auto wrong_type() { return fail("WRONGTYPE Operation against a key holding the wrong kind of value"); }

enum class Access : uint8_t {
  inline_,   ///< on an I/O thread: never waits
  blocking,  ///< on the storage pool
};

class Txn {
 public:
  Txn(Keyspace& keyspace, Access access);
  ~Txn();
  Txn(const Txn&) = delete;
  Txn& operator=(const Txn&) = delete;

  /// Which client this is for (its id; 0: none): observers tell its own changes from others'.
  void set_origin(uint64_t client_id) { origin_ = client_id; }
  uint64_t origin() const { return origin_; }
  Keyspace& keyspace() { return keyspace_; }
  Access access() const { return access_; }
  const PackedLimits& limits() const;
  /// The command's time: read once, so that one command sees one time.
  int64_t now_ms() const { return now_ms_; }
  void set_now_ms(int64_t now_ms) { now_ms_ = now_ms; }

  // ---- locks and snapshot ----
  /// Locks keys for writing. Inline: WouldBlock when one is taken elsewhere. Blocking: waits; only
  /// possible while nothing is held, otherwise tries like inline.
  Result<void> lock(std::span<const Key> keys);
  /// What `owner` holds counts as held here; `owner` outlives this Txn. For serving a blocked client under
  /// the locks of the commit that woke it. Further locks are then only tried for, never waited for.
  void borrow_locks(const Txn& owner) { borrowed_ = &owner; }
  bool holds(Key key) const { return locks_.holds(key) || (borrowed_ && borrowed_->holds(key)); }
  bool holds_any() const { return !locks_.empty() || borrowed_; }
  /// From now on reads see this moment (and the pending writes). Does nothing when called again, or
  /// when locks are held: a writer reads the latest state of what it has locked.
  void freeze();
  /// The same for whoever also reads keys that are not locked: at this moment those that are locked are in their
  /// latest state as well. To be called when all locks are held.
  void freeze_all();

  // ---- records ----
  /// The key's live record of whatever type; strings are looked for first.
  Result<std::optional<Record>> find(Key key);
  /// Its live record if it is of `type`; fails with Redis's WRONGTYPE when it is of another.
  Result<std::optional<Record>> find(Key key, Type type);
  /// The same, ready for reading several records of it: when it is spread and this Txn doesn't hold its
  /// lock, freezes first and finds it again.
  Result<std::optional<Record>> find_frozen(Key key, Type type);
  /// Whether a live key is there (any type).
  Result<bool> exists(Key key);
  /// Set for a command that only reads: the calls above count what they find and miss, and a miss is an event
  /// (class m), as with Redis's look-ups for reading.
  void count_lookups(bool on) { counts_lookups_ = on; }
  struct Lookups {
    uint64_t hits = 0;
    uint64_t misses = 0;
  };
  const Lookups& lookups() const { return lookups_; }
  /// Keys that this Txn found expired without holding their locks. Whoever likes removes them (expire_met_keys).
  bool met_expired() const { return !met_expired_.empty(); }
  /// After the commit, in Txns of its own: removes them as far as that goes without waiting. The expirer takes the
  /// rest.
  void expire_met_keys();

  /// Writes the key's head. `previous` is what find() gave for the key in this Txn, null when it gave
  /// nothing; it may be of any type: a replaced spread collection becomes garbage unless `head` carries the
  /// same object id. Keeps the expiry index in step.
  void put(Key key, const Head& head, const Record* previous);
  /// A plain string over whatever was there, without reading what was there (SET): one look-up in `heads`
  /// that the filter answers. Sets or clears the expiry.
  Result<void> put_string_blind(Key key, std::string_view bytes, int64_t expire_ms);
  /// Deletes the key; its items become garbage.
  void erase(Key key, const Record& record);
  /// Gives the record another name in its database; its items and its expiry stay (RENAME). `replaced` is what
  /// find() gave for the new name, as in put.
  void rename(Key from, const Record& record, Key to, const Record* replaced);

  // ---- items of spread collections (keys from layout/record_key.h) ----
  ObjectId new_object(Key key);
  Result<bool> get(Column column, std::string_view item_key, Value* out);
  void put_item(Column column, std::string_view item_key, std::string_view value);
  void erase_item(Column column, std::string_view item_key);
  /// Every item in [from, to), with one tombstone. For many, and only where nothing of this Txn reads any more: its
  /// reads do not see that they are gone.
  void erase_items(Column column, std::string_view from, std::string_view to);
  /// Writes items of this Txn's new objects now, ahead of the commit that makes them visible; should that never
  /// come, a garbage record has to name them (see ObjectWriter). Blocking only: CHECK.
  Result<void> write_ahead(Batch& items);
  /// Inline, a cursor gives up with WouldBlock after kInlineSteps moves: long walks belong to the pool.
  static constexpr uint32_t kInlineSteps = 2048;
  Cursor cursor(Column column, const CursorBounds& bounds);

  /// Between which `scores` keys of `object` anything may still exist: what lies outside was popped. Only for
  /// holders of the key's lock.
  SeekHint seek_hint(ObjectId object) const;
  /// The same for a Txn that was frozen by finding the zset; else empty.
  SeekHint frozen_seek_hint(ObjectId object) const;
  /// After popping from an end: from the low one up to (not including) `key`, from the high one down to (and
  /// including) it. Takes effect at commit.
  void narrow_seek_hint(ObjectId object, ScoreEnd end, std::string_view key);
  /// Before inserting `key` into `scores` of `object`: forgets the bound beyond which it lies.
  void widen_seek_hint(ObjectId object, std::string_view key);

  /// A member of `object` that was drawn for being popped (keyspace/pop_candidates.h), borrowed as from keep(). It may
  /// be gone: look.
  std::optional<std::string_view> take_pop_candidate(ObjectId object);
  void keep_pop_candidates(ObjectId object, PopCandidates::Hand hand);
  /// Where the last draw ended.
  std::optional<uint32_t> next_pop_hash(ObjectId object);
  /// A member was added to `object`, which now has `size` of them.
  void offer_pop_candidate(ObjectId object, std::string_view member, uint64_t size);

  // ---- events ----
  /// The key was changed; tell WATCH, tracking, blocked clients, and fire `event`. Keys and events are
  /// borrowed until commit: `key.name` must live as long (arguments do; else use keep()).
  void touch(Key key, EventClass event_class, std::string_view event);
  /// An event without a change (key misses).
  void notify(Key key, EventClass event_class, std::string_view event);
  /// A copy of `bytes` that lives as long as this Txn.
  std::string_view keep(std::string_view bytes);

  // ---- copies of replies (keyspace/reply_copies.h) ----
  KeyMoment moment_of(Key key) const;
  /// Whether the reply is there as of the question's moment; then it is appended to `out`.
  bool copy_reply(const ReplyQuestion& question, std::string& out);
  /// A reply that was made since the question's moment, from this Txn's reads.
  void offer_reply(const ReplyQuestion& question, std::string_view reply);

  // ---- databases ----
  /// The range on disk of a SELECT number, with this Txn's own pending FLUSHDB and SWAPDB applied.
  DbId db_id(uint16_t db) const;
  uint16_t database_count() const;
  /// FLUSHDB: the number gets a fresh, empty range; the old one is purged in the background. Keeps every
  /// other writer out until this Txn ends. WouldBlock, even in blocking mode, when this Txn holds key locks
  /// and another one is flushing or swapping.
  Result<void> flush_database(uint16_t db);
  /// SWAPDB; the same.
  Result<void> swap_databases(uint16_t a, uint16_t b);

  // ---- outcome ----
  bool has_writes() const;
  /// Applies everything, tells the observer, releases the locks. On failure nothing was applied; inline,
  /// WouldBlock means: drop this Txn and run again on the pool. A Txn without writes just releases.
  Result<void> commit();
  /// Forgets pending writes, events and locks.
  void abandon();

  /// For EXEC: forget what one failed command wrote since, and keep the rest.
  void save_point();
  void roll_back_to_save_point();

 private:
  friend class Keyspace;
  friend class KeyWalk;
  friend class Expirer;
  /// One moment of the store, and the databases' ranges at that moment.
  struct Moment {
    Snapshot snapshot;
    absl::InlinedVector<DbId, 16> ids;
    // The hint of a zset from before.
    ObjectId hinted_object = 0;
    SeekHint hint;
  };
  struct PendingHint;
  struct Extra;  // rarely used: database changes, hints, save points

  // records
  // (into `record`, which is empty before: moving one costs as much as a step of the search)
  using Found = std::optional<Record>;
  Result<void> read_record(Column column, DbId db, Key key, const Snapshot* at, Found& record);
  Result<void> look_up(DbId db, Key key, Column first, const Snapshot* at, Found& record);
  Result<void> find_whole(Key key, Column first, Found& record);
  bool unchanged_since(const KeyMoment& moment) const;
  Result<void> find_live(Key key, Type type, Found& record);
  void drop_expired(Key key, Found& record);
  void note_lookup(Key key, bool found);
  void erase_record(Key key, const Head& head);
  void discard_object(const Head& head);
  bool wants(EventClass event_class) const;
  void set_expiry_row(Key key, int64_t old_ms, int64_t new_ms);
  Result<void> take_moment(Moment& moment) const;
  ReadView view(Column column, const Snapshot* at);
  Cursor cursor_at(Column column, CursorBounds bounds, const Snapshot* at);
  ReadMode read_mode() const { return access_ == Access::inline_ ? ReadMode::cache_only : ReadMode::blocking; }
  WriteMode write_mode() const { return access_ == Access::inline_ ? WriteMode::no_stall : WriteMode::blocking; }
  void put_raw(Column column, std::string_view key, std::string_view value);
  void erase_raw(Column column, std::string_view key);

  // databases
  Result<void> own_databases();
  Result<bool> database_is_empty(uint16_t db);

  // outcome
  Extra& extra();
  Result<void> write();
  void publish();
  void release();

  Keyspace& keyspace_;
  Access access_;
  int64_t now_ms_;
  uint64_t origin_ = 0;
  KeyLockSet locks_;
  const Txn* borrowed_ = nullptr;
  std::optional<uint32_t> share_;  // the place of its share in the databases' gate: held with the first lock
  bool owns_databases_ = false;    // has closed that gate
  bool counts_lookups_ = false;
  Lookups lookups_;
  bool unreadable_ = false;         // freeze() would have had to wait: every read answers WouldBlock
  uint8_t written_ = 0;             // a bit a column: reads look into the batch only where it has something
  int64_t earliest_expiry_ms_ = 0;  // of the rows written to the expiry index; 0: none
  std::optional<Moment> frozen_;
  Batch batch_;
  std::string scratch_;  // encoded heads
  std::vector<Touch> touches_;
  std::forward_list<std::string> kept_;
  std::vector<std::pair<uint16_t, std::string>> met_expired_;
  std::unique_ptr<Extra> extra_;
};

}  // namespace basalt
