// What the files of this folder share; nobody else includes it.
#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>
#include <rocksdb/db.h>
#include <rocksdb/utilities/write_batch_with_index.h>

#include <array>
#include <atomic>
#include <new>
#include <optional>

#include "store/data_directory.h"
#include "store/health.h"
#include "store/options.h"
#include "store/space_guard.h"
#include "store/space_reclaimer.h"
#include "store/store.h"

namespace basalt {

class BulkLoad;

static_assert(sizeof(rocksdb::PinnableSlice) == sizeof(Value) && alignof(rocksdb::PinnableSlice) <= alignof(Value),
              "Value holds a PinnableSlice in place, so that an array of one is an array of the other");

namespace store_internal {

inline rocksdb::Slice to_slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view to_view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
inline rocksdb::PinnableSlice& pinned_in(char* storage) {
  return *std::launder(reinterpret_cast<rocksdb::PinnableSlice*>(storage));
}

}  // namespace store_internal

// The log of operations is what a Batch is. Three things are made from it, each when it is first needed: a
// WriteBatch when it is applied; a hash table of the newest operation on each key, for point reads; and
// RocksDB's sorted index, for cursors.
//
//   log := { Operation, key bytes, value bytes }
//
// An operation that the hash table has seen replaced by a newer one is marked, and not applied: a pipeline
// that adds a hundred members to one set writes its head once.
struct Batch::Impl {
  enum class Kind : uint8_t { put, erase, erase_range };  // erase_range: the value is the end
  struct Operation {
    Kind kind;
    bool replaced;
    Column column;
    uint32_t key_size;
    uint64_t value_size;
  };
  struct Entry {
    Operation operation;
    std::string_view key, value;
    size_t end;  // where the next one begins
  };
  struct ColumnKey {
    Column column;
    std::string_view key;
    bool operator==(const ColumnKey&) const = default;
  };
  /// Of an entry in the log. A newer one with the same key takes over its seat in the hash table.
  struct Place {
    mutable size_t begin;
  };
  // Places by the key that stands there.
  struct ByKey {
    using is_transparent = void;
    const Impl* batch;
    ColumnKey of(const ColumnKey& key) const { return key; }
    ColumnKey of(Place place) const;
    size_t operator()(const auto& key) const { return absl::HashOf(of(key).column, of(key).key); }
    bool operator()(const auto& a, const auto& b) const { return of(a) == of(b); }
  };

  void append(Kind kind, Column column, std::string_view key, std::string_view value);
  Entry at(size_t place) const;
  void mark_replaced(size_t place, bool replaced);
  /// Calls function(operation, key, value) for what is in the log behind `from` and not replaced, until it is not ok.
  template <typename Function>
  rocksdb::Status replay(size_t from, Function&& function) const;

  /// All of it, for DB::Write.
  rocksdb::Status build(const store_internal::ColumnHandles& columns);
  /// The newest operation on the key; nullopt when the batch has none.
  std::optional<Entry> newest(Column column, std::string_view key);
  /// Brings the sorted index up to the log's end.
  rocksdb::Status refresh_index(const store_internal::ColumnHandles& columns);
  /// Both are made anew when they are needed again.
  void forget_indexes();

  std::string log;
  struct Tally {
    uint32_t count = 0;
    uint32_t erased = 0;
    uint64_t put_bytes = 0;  // outside `system`, whose records are few and small
  };
  Tally tally;
  size_t saved_size = 0;
  Tally saved_tally;
  /// Whether the batch gives back more than it takes, roughly: a key costs more than its tombstone.
  bool frees() const { return tally.put_bytes <= uint64_t{64} * tally.erased; }

  rocksdb::WriteBatch writes;
  absl::flat_hash_set<Place, ByKey, ByKey> newest_places{0, ByKey{this}, ByKey{this}};
  size_t hashed_size = 0;  // how much of the log newest_places has
  std::unique_ptr<rocksdb::WriteBatchWithIndex> index;
  size_t indexed_size = 0;  // how much of the log the index has
};

template <typename Function>
rocksdb::Status Batch::Impl::replay(size_t from, Function&& function) const {
  for (size_t place = from; place != log.size();) {
    const Entry entry = at(place);
    place = entry.end;
    if (entry.operation.replaced) continue;
    auto status = function(entry.operation, store_internal::to_slice(entry.key), store_internal::to_slice(entry.value));
    if (!status.ok()) return status;
  }
  return rocksdb::Status::OK();
}

struct Cursor::Impl {
  bool in_bounds() const;
  /// Counts a move; false when there may be none any more.
  bool step();

  std::string lower;
  std::string upper;
  rocksdb::Slice lower_slice;  // RocksDB keeps pointers to these
  rocksdb::Slice upper_slice;
  rocksdb::ReadOptions options;
  std::unique_ptr<rocksdb::Iterator> iterator;
  rocksdb::Status failure;  // the batch could not be indexed
  // Pending writes are merged in, and kept in bounds here: RocksDB's versions differ in doing that.
  bool over_batch = false;
  uint32_t steps_left = UINT32_MAX;  // without a limit it stays there
  store_internal::Health* health = nullptr;
};

struct Store::Impl {
  explicit Impl(const StoreOptions& options);
  ~Impl() { close(); }

  Result<void> open(bool has_database);
  /// Why nothing can be written until the next open(); nullopt when it can.
  std::optional<Error> refusal() const;
  /// A failed write or flush: with the background error that caused it, when there is one.
  tl::unexpected<Error> write_failure(const rocksdb::Status& status, bool may_wait) const;
  void close();
  rocksdb::ColumnFamilyHandle* column(Column column) const { return columns[static_cast<size_t>(column)]; }

  StoreOptions options;
  store_internal::DirectoryLock lock;
  store_internal::EngineOptions engine;
  std::shared_ptr<store_internal::Health> health;
  std::unique_ptr<store_internal::SpaceGuard> space;
  uint64_t size_limit = 0;
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* default_column = nullptr;  // RocksDB insists on one; it stays empty
  store_internal::ColumnHandles columns{};
  std::optional<store_internal::SpaceReclaimer> reclaimer;
  std::array<rocksdb::ReadOptions, 2> read_options;    // by ReadMode
  std::array<rocksdb::WriteOptions, 2> write_options;  // by WriteMode
  RecoveryReport report;
  BulkLoad* load = nullptr;  // takes what is written, while there is one

  // Writes begun, and how many of them the last completed WAL flush and sync covered.
  alignas(64) std::atomic<uint64_t> writes{0};
  std::atomic<uint64_t> flushed_writes{0};
  std::atomic<uint64_t> synced_writes{0};
};

}  // namespace basalt
