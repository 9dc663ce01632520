// Opening and closing: what is checked before RocksDB touches the directory, and in which order.
#include <fmt/format.h>
#include <glog/logging.h>
#include <rocksdb/version.h>

#include <algorithm>

#include "base/clock.h"
#include "layout/system_record.h"
#include "store/bulk_load.h"
#include "store/engine_log.h"
#include "store/errors.h"
#include "store/internal.h"

namespace basalt {

using store_internal::to_slice;

namespace {

using Cause = StorageError::Cause;

// With the file LOG when the directory is ours to write to.
std::shared_ptr<store_internal::EngineLog> make_log(const StoreOptions& options, const rocksdb::DBOptions& db) {
  std::shared_ptr<rocksdb::Logger> file;
  if (!options.read_only) {
    auto status = rocksdb::CreateLoggerFromOptions(options.directory, db, &file);
    if (!status.ok()) LOG(WARNING) << "no RocksDB log in " << options.directory << ": " << status.ToString();
  }
  return std::make_shared<store_internal::EngineLog>(std::move(file));
}

// Reads the whole MANIFEST and changes nothing: damage shows here.
Result<std::vector<std::string>> list_columns(const std::string& directory, const std::string& manifest) {
  rocksdb::DBOptions options;
  options.info_log = std::make_shared<store_internal::EngineLog>(nullptr);
  std::vector<std::string> names;
  auto status = rocksdb::DB::ListColumnFamilies(options, directory, &names);
  if (status.ok()) return names;
  return tl::unexpected<Error>(
      store_internal::damaged_error(directory, fmt::format("{} cannot be read ({})", manifest, status.ToString())));
}

Result<void> check_columns(const std::string& directory, const std::vector<std::string>& names, bool ours) {
  for (const auto& name : names) {
    if (name == rocksdb::kDefaultColumnFamilyName) continue;
    ours = true;
    if (std::find(kColumnNames.begin(), kColumnNames.end(), name) == kColumnNames.end()) {
      return tl::unexpected<Error>(StorageError{
          Cause::io, fmt::format("the database in {} has a column '{}' that this build does not know; it belongs to "
                                 "another program or a newer Basalt",
                                 directory, name)});
    }
  }
  if (!ours) {
    return tl::unexpected<Error>(
        StorageError{Cause::io, fmt::format("{} holds a RocksDB database of another program", directory)});
  }
  return {};
}

Error open_error(const rocksdb::Status& status, const std::string& directory, const store_internal::EngineLog& log) {
  std::string text = status.ToString();
  if (status.IsIOError() && text.find("lock") != std::string::npos) return store_internal::in_use_error(directory);
  if (!status.IsCorruption() && !status.IsPathNotFound() && !status.IsNotFound()) {
    return store_internal::storage_error(status, directory);
  }
  // Of damage in the WAL the Status says "checksum mismatch"; the log says in which file.
  const auto in_wal = log.last_dropping();
  if (in_wal.empty()) return store_internal::damaged_error(directory, text);
  auto error = store_internal::damaged_error(directory, in_wal);
  auto with_choice = *error.storage();
  with_choice.detail +=
      ", or start once with the option rocksdb.wal_recovery_mode kPointInTimeRecovery, which loses every write "
      "behind the damage";
  return with_choice;
}

// The system column repeats the format version, in case the file was lost on the way here.
Result<void> check_version_record(Store& store, const StoreOptions& options, bool created) {
  Value value;
  if (TRY(store.get(Column::system, layout::version_key(), {}, &value))) {
    auto version = layout::decode_version(value.view());
    if (!version) {
      return tl::unexpected<Error>(
          store_internal::damaged_error(options.directory, "the format version record is unreadable"));
    }
    if (*version > layout::kFormatVersion) {
      return tl::unexpected<Error>(store_internal::newer_format_error(options.directory, *version));
    }
    return {};
  }
  if (options.read_only) return {};
  if (!created) LOG(WARNING) << "no format version record in " << options.directory << "; writing it";
  Batch batch;
  batch.put(Column::system, layout::version_key(), layout::encode_version(layout::kFormatVersion));
  TRY(store.write(batch, WriteMode::blocking));
  return store.sync_wal();
}

}  // namespace

Store::Impl::Impl(const StoreOptions& options)
    : options(options), health(std::make_shared<store_internal::Health>(options.directory)) {
  auto& cache_only = read_options[static_cast<size_t>(ReadMode::cache_only)];
  cache_only.read_tier = rocksdb::kBlockCacheTier;
  // Nor does a cursor step over so many tombstones that others notice: a fraction of a millisecond.
  cache_only.max_skippable_internal_keys = 4096;
  write_options[static_cast<size_t>(WriteMode::no_stall)].no_slowdown = true;
}

Result<void> Store::Impl::open(bool has_database) {
  const int64_t started_us = monotonic_us();
  report = RecoveryReport{};
  report.created = !has_database;
  report.wal_bytes = store_internal::directory_size(options.directory).wal;

  // What memtables hold must find room when they are flushed, and the WAL until then.
  constexpr uint64_t kSpareForWal = uint64_t{32} << 20;
  const uint64_t reserve = store_internal::plan_memory(options.memory_budget).memtables + kSpareForWal;
  space = std::make_unique<store_internal::SpaceGuard>(options.directory, reserve,
                                                       options.read_only ? 0 : options.space_check_interval_ms);
  space->limit_size(size_limit);
  engine.db.create_if_missing = !has_database;
  engine.db.listeners = {health};
  // Compactions take what others leave of the processors; flushes, which writers may come to wait for, their share.
  (void)engine.db.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kLow);
  const auto log = make_log(options, engine.db);
  engine.db.info_log = log;
  rocksdb::ColumnFamilyOptions default_options;
  default_options.write_buffer_size = 64 * 1024;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors{{rocksdb::kDefaultColumnFamilyName, default_options}};
  for (size_t i = 0; i < kColumnCount; ++i) {
    descriptors.emplace_back(std::string(kColumnNames[i]), engine.columns[i]);
  }
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  auto status = options.read_only
                    ? rocksdb::DB::OpenForReadOnly(engine.db, options.directory, descriptors, &handles, &opened)
                    : rocksdb::DB::Open(engine.db, options.directory, descriptors, &handles, &opened);
  if (!status.ok()) return tl::unexpected<Error>(open_error(status, options.directory, *log));
  db.reset(opened);
  default_column = handles[0];
  std::copy(handles.begin() + 1, handles.end(), columns.begin());
  health->watch(db.get());
  if (!options.read_only) reclaimer.emplace(*db, columns, *space);

  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  report.sst_files = files.size();
  for (const auto& file : files) report.sst_bytes += file.size;
  report.open_ms = (monotonic_us() - started_us) / 1000;
  return {};
}

void Store::Impl::close() {
  if (!db) return;
  reclaimer.reset();
  health->watch(nullptr);
  if (!options.read_only && !health->needs_reopen()) {
    auto status = db->FlushWAL(true);
    if (!status.ok()) LOG(ERROR) << store_internal::storage_error(status, options.directory).detail;
  }
  for (auto* handle : columns) (void)db->DestroyColumnFamilyHandle(handle);
  (void)db->DestroyColumnFamilyHandle(default_column);
  columns.fill(nullptr);
  default_column = nullptr;
  auto status = db->Close();
  if (!status.ok() && !health->needs_reopen())
    LOG(ERROR) << store_internal::storage_error(status, options.directory).detail;
  db.reset();
  health->reset();
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  impl->engine = TRY(store_internal::engine_options(options));
  // Who restored it reads it before it is declared whole.
  if (!options.read_only) TRY(store_internal::refuse_unfinished_restore(options.directory));
  auto claim = TRY(store_internal::claim_directory(options.directory, options.create_if_missing, options.read_only,
                                                   options.exclusive));
  impl->lock = std::move(claim.lock);
  if (claim.has_database) {
    const auto names = TRY(list_columns(options.directory, claim.manifest));
    TRY(check_columns(options.directory, names, claim.format.has_value()));
  } else if (!claim.format) {
    // First, so that a directory with a database and without this file was not made here.
    TRY(store_internal::write_format_file(options.directory, layout::kFormatVersion));
    claim.format = layout::kFormatVersion;
  }
  if (!options.read_only) store_internal::remove_abandoned_load(options.directory);
  TRY(impl->open(claim.has_database));
  std::unique_ptr<Store> store(new Store(std::move(impl)));
  TRY(check_version_record(*store, options, !claim.has_database));
  if (!claim.format && !options.read_only) {
    TRY(store_internal::write_format_file(options.directory, layout::kFormatVersion));
  }
  return store;
}

Result<void> Store::reopen() {
  impl_->close();
  // Anew: caches and counters start empty, as in a new process.
  impl_->engine = TRY(store_internal::engine_options(impl_->options));
  return impl_->open(true);
}

std::string Store::engine_version() {
#ifdef BASALT_SYSTEM_ROCKSDB
  return rocksdb::GetRocksVersionAsString() + " (system library)";
#else
  return rocksdb::GetRocksVersionAsString() + " (release build)";
#endif
}

}  // namespace basalt
