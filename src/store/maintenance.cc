// What administrators and background work ask of a store: flush, compact, copy, check, measure.
#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "layout/system_record.h"
#include "store/errors.h"
#include "store/internal.h"

namespace basalt {

using store_internal::to_slice;

namespace {

// Greater than every key on disk: none begins with 64 bytes of 0xff.
const std::string& past_every_key() {
  static const std::string key(64, '\xff');
  return key;
}

// Properties of the whole database, which every column answers alike.
bool is_whole_database_property(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "rocksdb.background-errors",    "rocksdb.is-file-deletions-enabled", "rocksdb.num-snapshots",
      "rocksdb.oldest-snapshot-time", "rocksdb.oldest-snapshot-sequence",  "rocksdb.num-running-compactions",
      "rocksdb.num-running-flushes",  "rocksdb.actual-delayed-write-rate", "rocksdb.is-write-stopped",
      "rocksdb.block-cache-capacity", "rocksdb.block-cache-usage",         "rocksdb.block-cache-pinned-usage"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace

Result<void> Store::flush_memtables() {
  std::vector<rocksdb::ColumnFamilyHandle*> columns(impl_->columns.begin(), impl_->columns.end());
  return impl_->health->result_of(impl_->db->Flush(rocksdb::FlushOptions(), columns));
}

Result<void> Store::compact(Column column, std::string_view from, std::string_view to) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  const auto begin = to_slice(from);
  const auto end = to_slice(to);
  auto status = impl_->db->CompactRange(options, impl_->column(column), from.empty() ? nullptr : &begin,
                                        to.empty() ? nullptr : &end);
  return impl_->health->result_of(status);
}

Result<void> Store::drop_files_in_range(Column column, std::string_view from, std::string_view to) {
  const auto begin = to_slice(from);
  const auto end = to_slice(to);
  const rocksdb::RangePtr range(&begin, &end);
  auto status = rocksdb::DeleteFilesInRanges(impl_->db.get(), impl_->column(column), &range, 1, false);
  return impl_->health->result_of(status);
}

Result<void> Store::checkpoint(const std::string& directory) {
  TRY(sync_wal());
  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(impl_->db.get(), &made);
  std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // 0: memtables are flushed first, so that the copy needs no WAL.
  if (status.ok()) status = checkpoint->CreateCheckpoint(directory, 0);
  if (!status.ok()) {
    auto error = store_internal::storage_error(status, directory);
    error.detail = fmt::format("cannot make a checkpoint in {} ({})", directory, status.ToString());
    return tl::unexpected<Error>(std::move(error));
  }
  return store_internal::write_format_file(directory, layout::kFormatVersion);
}

Result<void> Store::verify_checksums() { return impl_->health->result_of(impl_->db->VerifyChecksum()); }

std::vector<Store::TableFile> Store::table_files() const {
  std::vector<rocksdb::LiveFileMetaData> live;
  impl_->db->GetLiveFilesMetaData(&live);
  std::vector<TableFile> files;
  for (const auto& file : live) {
    const auto name = std::find(kColumnNames.begin(), kColumnNames.end(), file.column_family_name);
    if (name == kColumnNames.end()) continue;  // the column that RocksDB insists on is empty
    files.push_back({static_cast<Column>(name - kColumnNames.begin()), file.level,
                     fmt::format("{}/{}", impl_->options.directory, file.relative_filename), file.size,
                     file.num_entries, file.num_deletions});
  }
  std::sort(files.begin(), files.end(), [](const TableFile& a, const TableFile& b) {
    return std::tie(a.column, a.level, a.path) < std::tie(b.column, b.level, b.path);
  });
  return files;
}

Result<void> Store::resume() { return impl_->health->result_of(impl_->db->Resume()); }

uint64_t Store::property(Column column, std::string_view name) const {
  uint64_t value = 0;
  return impl_->db->GetIntProperty(impl_->column(column), to_slice(name), &value) ? value : 0;
}

uint64_t Store::property(std::string_view name) const {
  if (is_whole_database_property(name)) return property(Column::strings, name);
  uint64_t sum = 0;
  for (size_t i = 0; i < kColumnCount; ++i) sum += property(static_cast<Column>(i), name);
  return sum;
}

std::string Store::text_property(Column column, std::string_view name) const {
  std::string text;
  return impl_->db->GetProperty(impl_->column(column), to_slice(name), &text) ? text : std::string();
}

uint64_t Store::approximate_size(Column column, std::string_view from, std::string_view to) const {
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  options.include_files = true;
  const rocksdb::Range range(to_slice(from), to.empty() ? rocksdb::Slice(past_every_key()) : to_slice(to));
  uint64_t size = 0;
  auto status = impl_->db->GetApproximateSizes(options, impl_->column(column), &range, 1, &size);
  return status.ok() ? size : 0;
}

uint64_t Store::ticker(std::string_view name) const {
  for (const auto& [ticker, ticker_name] : rocksdb::TickersNameMap) {
    if (ticker_name == name) return impl_->engine.statistics->getTickerCount(ticker);
  }
  return 0;
}

Store::Memory Store::memory() const {
  const auto& cache = *impl_->engine.cache;
  Memory memory{};
  memory.budget = store_internal::plan_memory(impl_->options.memory_budget).budget;
  memory.cache_capacity = cache.GetCapacity();
  memory.cache_usage = cache.GetUsage();
  memory.cache_pinned = cache.GetPinnedUsage();
  memory.memtables = impl_->engine.write_buffers->memory_usage();
  memory.table_readers = property("rocksdb.estimate-table-readers-mem");
  return memory;
}

void Store::set_memory_budget(uint64_t bytes) {
  impl_->options.memory_budget = bytes;
  const int together = impl_->engine.columns[static_cast<size_t>(Column::strings)].min_write_buffer_number_to_merge;
  const auto plan = store_internal::plan_memory(bytes, together);
  impl_->engine.cache->SetCapacity(plan.cache);
  impl_->engine.write_buffers->SetBufferSize(plan.memtables);
  // What the configuration file says by name stays as it says.
  if (!impl_->options.overrides.contains("write_buffer_size")) {
    for (size_t i = 0; i < kColumnCount; ++i) {
      const auto size = store_internal::write_buffer_of(static_cast<Column>(i), plan);
      (void)impl_->db->SetOptions(impl_->columns[i], {{"write_buffer_size", std::to_string(size)}});
    }
  }
  if (!impl_->options.overrides.contains("max_total_wal_size")) {
    (void)impl_->db->SetDBOptions({{"max_total_wal_size", std::to_string(plan.wal)}});
  }
}

std::optional<StorageError> Store::background_error() const {
  if (auto error = impl_->health->background_error()) return error;
  if (impl_->space->low()) return impl_->space->refusal();
  return std::nullopt;
}
Store::Failures Store::failures() const { return impl_->health->failures(); }

Store::Disk Store::disk() const {
  const auto files = store_internal::directory_size(impl_->options.directory);
  std::error_code error;
  const auto volume = std::filesystem::space(impl_->options.directory, error);
  if (error) return {files.tables, files.wal, files.other, 0, 0};
  return {files.tables, files.wal, files.other, volume.capacity, volume.available};
}

void Store::set_size_limit(uint64_t bytes) {
  impl_->size_limit = bytes;
  impl_->space->limit_size(bytes);
}

bool Store::needs_reopen() const { return impl_->health->needs_reopen(); }
bool Store::write_stalled() const { return impl_->health->write_stalled(); }
const std::string& Store::directory() const { return impl_->options.directory; }
const RecoveryReport& Store::recovery() const { return impl_->report; }

}  // namespace basalt
