// The only door to RocksDB: columns, point reads, cursors, batches, WAL flush, checkpoint.
//
// Thread rules: Store is thread-safe. Value, Batch, Cursor and Snapshot belong to one thread at a
// time and must be gone before their Store is.
//
// Invariants:
// 1. No call with ReadMode::cache_only or WriteMode::no_stall waits for the disk or a write stall;
//    what would wait answers WouldBlock and has changed nothing.
// 2. A write is in the process's WAL buffer when write() returns, in the operating system's after
//    flush_wal(), on the medium after sync_wal(). Replies go out after flush_wal().
// 3. rocksdb::Status does not leave this folder: failures are StorageError (result.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "layout/columns.h"

namespace basalt {

enum class ReadMode : uint8_t { cache_only, blocking };
enum class WriteMode : uint8_t { no_stall, blocking };

struct StoreOptions {
  std::string directory;
  uint64_t memory_budget = 0;  ///< bytes: block cache plus memtables
  /// RocksDB options by name ("write_buffer_size"), from `rocksdb.<option>` lines. Names are tried as
  /// database, column and table options, in this order; an unknown one or a bad value fails open().
  std::map<std::string, std::string> overrides;
  bool read_only = false;
  bool exclusive = false;  ///< with read_only: refuse a directory that another process uses, and keep others out
  bool create_if_missing = true;
  int background_jobs = 2;
  int open_files = 0;  ///< table files to keep open; -1: all, 0: half of what the process may open
  /// How often the volume's free space is looked at: writes are refused shortly before it is full
  /// (store/space_guard.h). 0: never.
  int space_check_interval_ms = 100;
};

/// What open() found, for the banner and INFO.
struct RecoveryReport {
  bool created = false;
  uint64_t wal_bytes = 0;  ///< replayed
  uint64_t sst_files = 0;
  uint64_t sst_bytes = 0;
  int64_t open_ms = 0;
};

/// The bytes of one read, pinned where RocksDB has them. Valid until the next read into it.
class Value {
 public:
  Value();
  ~Value();
  Value(Value&&) noexcept;
  Value& operator=(Value&&) noexcept;
  std::string_view view() const;
  void reset();
  /// Makes it hold these bytes.
  void copy(std::string_view bytes);

 private:
  friend class Store;
  friend class Batch;
  alignas(8) char pinned_[96];  // a rocksdb::PinnableSlice; internal.h checks the size
};

class Store;

/// One moment of the whole store. Reads through it see that moment.
class Snapshot {
 public:
  Snapshot() = default;
  ~Snapshot() { release(); }
  Snapshot(Snapshot&& o) noexcept
      : store_(std::exchange(o.store_, nullptr)), handle_(std::exchange(o.handle_, nullptr)) {}
  Snapshot& operator=(Snapshot&& o) noexcept;
  explicit operator bool() const { return handle_ != nullptr; }
  void release();

 private:
  friend class Store;
  Store* store_ = nullptr;
  const void* handle_ = nullptr;
};

/// Pending writes: applied together or not at all. Reading through a Batch that has writes (see
/// Store::get and cursor) sees them over the store; the index that needs is built at the first such read.
class Batch {
 public:
  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;

  void put(Column column, std::string_view key, std::string_view value);
  void erase(Column column, std::string_view key);
  /// Every key in [from, to). Not seen by reads through this batch: only for ranges nobody reads.
  void erase_range(Column column, std::string_view from, std::string_view to);

  bool empty() const { return count() == 0; }
  uint32_t count() const;
  size_t bytes() const;
  void clear();
  /// Forgets what was written after save(); one level.
  void save();
  void roll_back();

 private:
  friend class Store;
  friend class Cursor;
  friend class BulkLoad;
  struct Impl;
  Impl& impl();
  std::unique_ptr<Impl> impl_;
};

/// Where reads look: at the latest state or a snapshot, over pending writes or not.
struct ReadView {
  ReadMode mode = ReadMode::blocking;
  const Snapshot* snapshot = nullptr;
  Batch* pending = nullptr;  ///< its writes are seen; null or empty costs nothing
};

/// Walks one column in key order within [lower, upper). Check status() when valid() turns false: the
/// end and a failure (or WouldBlock) look alike until then.
/// While a cursor that reads through a batch is open, the batch must not be written.
class Cursor {
 public:
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;
  ~Cursor();

  void seek(std::string_view key);           ///< first key >= key
  void seek_for_prev(std::string_view key);  ///< last key <= key
  void seek_to_first();
  void seek_to_last();
  void next();
  void prev();
  bool valid() const;
  std::string_view key() const;    ///< valid until the cursor moves
  std::string_view value() const;  ///< likewise
  Result<void> status() const;

 private:
  friend class Store;
  struct Impl;
  explicit Cursor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct CursorBounds {
  std::string_view lower;   ///< empty: from the start
  std::string_view upper;   ///< exclusive; empty: to the end
  bool fill_cache = true;   ///< false for long background walks
  uint32_t step_limit = 0;  ///< moves until it gives up with WouldBlock; 0: none
};

class Store {
 public:
  /// Opens or creates. Errors name the directory, the cause and the next step; nothing on disk is
  /// changed when it fails (locked, newer format, damaged, no permission).
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Whether the key is there; its value into `out`.
  Result<bool> get(Column column, std::string_view key, const ReadView& view, Value* out);
  /// The bounds' bytes are copied.
  Cursor cursor(Column column, const ReadView& view, const CursorBounds& bounds);
  Snapshot snapshot();

  /// Applies the batch. The batch keeps its writes, so that a refused one can be tried again. When
  /// the volume is nearly full, or the size limit reached, only batches that free more than they write are accepted.
  Result<void> write(Batch& batch, WriteMode mode);
  /// Hands the WAL buffer to the operating system: what was written survives the process.
  Result<void> flush_wal();
  /// And to the medium: survives power loss. Waits for the disk.
  Result<void> sync_wal();
  /// Whether anything was written that no completed flush_wal() has handed over yet. A thread that
  /// finds it false after its own write may acknowledge that write. Cheap.
  bool wal_dirty() const;
  /// Whether anything was written that no completed sync_wal() has put on the medium. Cheap.
  bool unsynced() const;

  /// Memtables to SST files. Waits.
  Result<void> flush_memtables();
  Result<void> compact(Column column, std::string_view from, std::string_view to);
  /// Drops whole files inside [from, to), fast; what is left needs Batch::erase_range.
  Result<void> drop_files_in_range(Column column, std::string_view from, std::string_view to);
  /// A consistent copy (hard links) in `directory`, which must not exist.
  Result<void> checkpoint(const std::string& directory);
  /// Reads every block of every file; corruption names the file.
  Result<void> verify_checksums();
  struct TableFile {
    Column column;
    int level;
    std::string path;
    uint64_t bytes, entries, deletions;
  };
  /// The table files of the latest state, by column, level and number.
  std::vector<TableFile> table_files() const;
  /// Closes and opens again (DEBUG RELOAD). No other thread may be inside the store, and nothing of
  /// it (Value, Cursor, Snapshot) may be alive. After a failure it can only be destroyed.
  Result<void> reopen();

  /// A RocksDB property summed over the columns ("rocksdb.estimate-num-keys"), or of one.
  uint64_t property(std::string_view name) const;
  uint64_t property(Column column, std::string_view name) const;
  std::string text_property(Column column, std::string_view name) const;
  uint64_t approximate_size(Column column, std::string_view from, std::string_view to) const;
  /// A RocksDB ticker by its name ("rocksdb.block.cache.hit"); 0 for an unknown one.
  uint64_t ticker(std::string_view name) const;

  struct Memory {
    uint64_t budget, cache_capacity, cache_usage, cache_pinned, memtables, table_readers;
    /// Memtables are charged to the cache.
    uint64_t used() const { return cache_usage + table_readers; }
  };
  Memory memory() const;
  /// The database's own files, without what else lies in the directory (checkpoints), and the volume they are on.
  struct Disk {
    uint64_t tables, wal, other, volume, volume_free;
    uint64_t total() const { return tables + wal + other; }
  };
  /// Lists the directory: waits for the disk.
  Disk disk() const;
  /// CONFIG SET max-db-size: when the files take more, only batches that free more than they write are accepted,
  /// and the space of what is deleted is brought back. 0: no limit.
  void set_size_limit(uint64_t bytes);
  /// CONFIG SET maxmemory at run time.
  void set_memory_budget(uint64_t bytes);
  /// Set while writes are refused (disk full, I/O error); cleared when they are accepted again.
  std::optional<StorageError> background_error() const;
  /// How often the engine failed since it was opened, whether a command met it or background work.
  struct Failures {
    uint64_t io, no_space, corruption;
  };
  Failures failures() const;
  /// Whether only reopen() can bring writes back: a WAL write failed, and what it lost was never
  /// acknowledged but is in memory. Reads go on meanwhile.
  bool needs_reopen() const;
  bool write_stalled() const;
  /// Tries to accept writes again after a background error that needs no reopen(); without one it
  /// does nothing. RocksDB does this by itself for a full disk, not for other I/O errors. Waits.
  Result<void> resume();

  const std::string& directory() const;
  const RecoveryReport& recovery() const;
  /// "9.10.0 (release build)" or "7.8.3 (system library)".
  static std::string engine_version();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  friend class Snapshot;
  friend class BulkLoad;
};

}  // namespace basalt
