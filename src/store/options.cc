#include "store/options.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_manager.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/version.h>
#include <sys/resource.h>

#include <algorithm>
#include <optional>

#include "base/number.h"
#include "store/tree_memtable.h"

namespace basalt::store_internal {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;
constexpr uint64_t kDefaultBudget = 256 * kMiB;
constexpr uint64_t kSmallestBudget = 16 * kMiB;

// What our own build of RocksDB does differently (tools/lib/rocksdb-9.10.0.patch).
using Prepopulate = rocksdb::BlockBasedTableOptions::PrepopulateBlockCache;
#ifdef BASALT_SYSTEM_ROCKSDB
// It forgets an explicit flush of several memtables that comes while another one begins: who waits for it waits for
// ever.
constexpr int kMostTogether = 1;
constexpr auto kPrepopulateAll = Prepopulate::kFlushOnly;
#else
constexpr int kMostTogether = 8;
constexpr auto kPrepopulateAll = Prepopulate::kFlushAndCompaction;
#endif
// Small budgets are kept to the letter: what is flushed together and what compactions put into the cache is memory that
// comes and goes, a fifth of 64 MiB.
constexpr uint64_t kLargeBudget = kGiB;

rocksdb::CompressionType supported(rocksdb::CompressionType wanted) {
  const auto available = rocksdb::GetSupportedCompressions();
  return std::find(available.begin(), available.end(), wanted) != available.end() ? wanted : rocksdb::kNoCompression;
}

// RocksDB keeps every table open when it may (-1): a table that is not open costs a cache_only read
// its chance. With few descriptors it must not take them all: clients need some.
int max_open_files() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  constexpr uint64_t kEnoughForAll = 200'000;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= kEnoughForAll) return -1;
  return static_cast<int>(std::max<uint64_t>(limit.rlim_cur / 2, 64));
}

rocksdb::DBOptions database_options(const StoreOptions& options, const MemoryPlan& plan) {
  rocksdb::DBOptions db;
  db.create_missing_column_families = !options.read_only;
  db.paranoid_checks = true;

  // The WAL. The server flushes the buffer itself, once per turn of a connection (manual_wal_flush).
  db.manual_wal_flush = true;
  // What a killed process leaves behind is an incomplete last record, which nobody was told of:
  // it is dropped. Damage anywhere else may hide acknowledged writes, so opening fails and says
  // where; kPointInTimeRecovery would drop everything behind the damage and say nothing.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // So does a finished WAL file that is missing, or shorter than when it was synced.
  db.track_and_verify_wals_in_manifest = true;
  // Bounds the replay after a crash, also when a quiet column's memtable never fills.
  db.max_total_wal_size = plan.wal;
  // Tables are written by background threads: hand them to the device little by little. WAL buffers
  // are written by I/O threads, and sync_file_range may wait for the device: not there.
  db.bytes_per_sync = kMiB;
  db.wal_bytes_per_sync = 0;

  db.max_background_jobs = std::max(options.background_jobs, 2);
  db.max_open_files = options.open_files != 0 ? options.open_files : max_open_files();
  // Old files are deleted by background threads, not by the I/O thread that closes an iterator.
  db.avoid_unnecessary_blocking_io = true;
  db.compaction_readahead_size = 2 * kMiB;

  // With the WAL buffered, writing it is a memory copy: there is nothing to overlap with memtables.
  db.enable_pipelined_write = false;
  db.allow_concurrent_memtable_write = memtables()->IsInsertConcurrentlySupported();
  // The WAL holds what memtables held, so stopping does not wait for a flush, and columns need no
  // atomic flush to agree after a crash.
  db.avoid_flush_during_shutdown = false;
  db.atomic_flush = false;

  db.max_log_file_size = 8 * kMiB;
  db.keep_log_file_num = 4;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  // Watches free space after "no space left" and lets writes go on when it returns.
  db.sst_file_manager.reset(rocksdb::NewSstFileManager(rocksdb::Env::Default()));
  return db;
}

// Index and filter blocks live in the block cache, so the budget covers them. They are split in
// partitions: a 64 MiB file's filter is a megabyte, too much to load for one key and too much to
// evict at once. That costs a fifth of a microsecond a look-up, and pays as soon as the filters no
// longer fit (whole_filters_while_small). The small top levels, and everything of L0 files, stay pinned.
rocksdb::BlockBasedTableOptions table_base(const MemoryPlan& plan, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.pin_top_level_index_and_filter = true;
  table.metadata_block_size = 8 * 1024;
  // What a flush writes was written lately, and is read from memory as before: else the first read of every block goes
  // to the storage pool. So is what a compaction writes, while the cache has room.
  table.prepopulate_block_cache = plan.budget >= kLargeBudget ? kPrepopulateAll : Prepopulate::kFlushOnly;
  table.whole_key_filtering = true;
  return table;
}

constexpr double kFilterBitsPerKey = 10;

// Ribbon filters take 30% less space than Bloom filters and more CPU to ask. The bottom level has
// nine keys of ten, and is asked last.
std::shared_ptr<const rocksdb::FilterPolicy> ribbon_at_bottom() {
  constexpr int kBottomLevel = 6;
  return std::shared_ptr<const rocksdb::FilterPolicy>(rocksdb::NewRibbonFilterPolicy(kFilterBitsPerKey, kBottomLevel));
}
std::shared_ptr<const rocksdb::FilterPolicy> bloom() {
  return std::shared_ptr<const rocksdb::FilterPolicy>(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
}

rocksdb::BlockBasedTableOptions table_options(Column column, const MemoryPlan& plan,
                                              const std::shared_ptr<rocksdb::Cache>& cache) {
  auto table = table_base(plan, cache);
  switch (column) {
    case Column::strings:
      // Read by key: small blocks, so that a cached key drags few others along, and a hash index
      // inside them.
      table.filter_policy = ribbon_at_bottom();
      table.block_size = 4 * 1024;
      table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
      break;
    case Column::heads:
      // Every SET asks this column's filters for a key that is not there: the quickest filter, and
      // in one piece. There is one record a collection, and it is large: the filters are small.
      table.filter_policy = bloom();
      table.partition_filters = false;
      table.block_size = 4 * 1024;
      table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
      break;
    case Column::items:
      // Read by key and in ranges.
      table.filter_policy = ribbon_at_bottom();
      table.block_size = 8 * 1024;
      break;
    case Column::scores:
    case Column::expiry:
      // Only walked in order: a filter would never be asked.
      table.filter_policy = nullptr;
      table.partition_filters = false;
      table.block_size = 8 * 1024;
      break;
    case Column::streams:
      table.filter_policy = bloom();
      table.block_size = 16 * 1024;
      break;
    case Column::system: table.filter_policy = bloom(); break;
  }
  return table;
}

// Both kinds of filters can be read whatever the options say.
void whole_filters_while_small([[maybe_unused]] rocksdb::BlockBasedTableOptions& table,
                               [[maybe_unused]] const MemoryPlan& plan,
                               [[maybe_unused]] const std::shared_ptr<rocksdb::SstFileManager>& files) {
#ifndef BASALT_SYSTEM_ROCKSDB
  table.whole_filter = [files, limit = plan.whole_filters] { return files->GetTotalSize() < limit; };
#endif
}

// Columns that most of what is written goes to.
bool is_large(Column column) {
  return column == Column::strings || column == Column::heads || column == Column::items || column == Column::scores;
}

rocksdb::ColumnFamilyOptions column_options(Column column, const MemoryPlan& plan) {
  rocksdb::ColumnFamilyOptions options;
  // Several small memtables are flushed as one file. What an insertion costs is cache misses: the memtable being
  // written stays small, and the files do not. Many may wait for their flush before writers do.
  const int together = is_large(column) ? plan.flushed_together : 1;
  options.memtable_factory = memtables();
  options.write_buffer_size = write_buffer_of(column, plan);
  options.min_write_buffer_number_to_merge = together;
  // More than are flushed at once may be full before writers wait.
  const uint64_t most = together > 1 ? 4 * together : 16;
  options.max_write_buffer_number =
      is_large(column) ? static_cast<int>(std::clamp<uint64_t>(plan.memtables / plan.large_buffer, 4, most)) : 4;

  // Levels sized from the bottom up: about a tenth of the data is above the bottom level, whatever
  // its size, so space amplification stays near 1.1.
  options.level_compaction_dynamic_level_bytes = true;
  options.target_file_size_base = 64 * kMiB;
  options.max_bytes_for_level_base = std::max<uint64_t>(4 * together * options.write_buffer_size, 64 * kMiB);
  options.level0_file_num_compaction_trigger = 4;
  // More than a gigabyte before writers are slowed down, as compactions have the lowest priority.
  options.level0_slowdown_writes_trigger = together > 1 ? 20 : 60;
  options.level0_stop_writes_trigger = together > 1 ? 36 : 100;

  options.compression = supported(rocksdb::kLZ4Compression);
  options.bottommost_compression = supported(rocksdb::kZSTD);

  // Columns asked by key have a Bloom filter over the memtable too: asking for what is not there
  // skips the skip list.
  if (column == Column::strings || column == Column::heads || column == Column::items || column == Column::streams) {
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.02;
  }
  // Popping from one end leaves runs of tombstones that the next pop must step over: a file with
  // many of them is compacted without waiting for its level to fill.
  if (column == Column::scores || column == Column::expiry || column == Column::items || column == Column::streams) {
    constexpr size_t kWindow = 1024;
    constexpr size_t kDeletions = 512;
    constexpr double kFileRatio = 0.5;
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(kWindow, kDeletions, kFileRatio));
  }
  return options;
}

std::shared_ptr<rocksdb::Cache> block_cache(uint64_t bytes) {
  rocksdb::LRUCacheOptions options;
  options.capacity = bytes;
  // Half is for index and filter blocks and for data blocks that were asked for twice, so that one
  // long walk does not empty the cache.
  options.high_pri_pool_ratio = 0.5;
  return rocksdb::NewLRUCache(options);
}

// ---- overrides ----

using OptionMap = std::unordered_map<std::string, std::string>;

rocksdb::ConfigOptions strict_config() {
  rocksdb::ConfigOptions config;
  config.ignore_unknown_options = false;
  config.ignore_unsupported_options = false;
  config.invoke_prepare_options = false;
  return config;
}

// The names that an options object prints are the names it understands.
std::optional<std::string> printed_value(const std::string& printed, const std::string& name) {
  OptionMap values;
  if (!rocksdb::StringToMap(printed, &values).ok() || !values.contains(name)) return std::nullopt;
  return values[name];
}

// RocksDB reads "1x" as 1. Where the option is a number, it must be one, with an optional unit.
bool misread(const std::string& value, const std::string& before) {
  if (!parse_int64(before)) return false;
  const std::string_view units = "kKmMgGtT";
  std::string_view number = value;
  if (!number.empty() && units.find(number.back()) != units.npos) number.remove_suffix(1);
  return !parse_int64(number) && !parse_uint64(number);
}

tl::unexpected<Error> bad_override(const std::string& name, const std::string& value, std::string why) {
  return tl::unexpected<Error>(
      StorageError{StorageError::Cause::io, fmt::format("rocksdb.{} '{}': {}", name, value, why)});
}

struct Overridable {
  rocksdb::DBOptions* db;
  rocksdb::ColumnFamilyOptions* columns;
  rocksdb::BlockBasedTableOptions* tables;
};

std::string print_options(const rocksdb::DBOptions& options) {
  std::string printed;
  (void)rocksdb::GetStringFromDBOptions(strict_config(), options, &printed);
  return printed;
}
std::string print_options(const rocksdb::ColumnFamilyOptions& options) {
  std::string printed;
  (void)rocksdb::GetStringFromColumnFamilyOptions(strict_config(), options, &printed);
  return printed;
}
std::string print_options(const rocksdb::BlockBasedTableOptions& options) {
  std::string printed;
  std::unique_ptr<rocksdb::TableFactory> factory(rocksdb::NewBlockBasedTableFactory(options));
  (void)factory->GetOptionString(strict_config(), &printed);
  return printed;
}

rocksdb::Status set_option(rocksdb::DBOptions& options, const OptionMap& one) {
  return rocksdb::GetDBOptionsFromMap(strict_config(), rocksdb::DBOptions(options), one, &options);
}
rocksdb::Status set_option(rocksdb::ColumnFamilyOptions& options, const OptionMap& one) {
  return rocksdb::GetColumnFamilyOptionsFromMap(strict_config(), rocksdb::ColumnFamilyOptions(options), one, &options);
}
rocksdb::Status set_option(rocksdb::BlockBasedTableOptions& options, const OptionMap& one) {
  return rocksdb::GetBlockBasedTableOptionsFromMap(strict_config(), rocksdb::BlockBasedTableOptions(options), one,
                                                   &options);
}

/// Whether these options have one of this name; then it is set.
template <typename Options>
Result<bool> try_override(Options& options, const std::string& name, const std::string& value) {
  const auto before = printed_value(print_options(options), name);
  if (!before) return false;
  if (misread(value, *before)) return bad_override(name, value, "not a number");
  const auto status = set_option(options, {{name, value}});
  if (status.ok()) return true;
  const char* why = status.getState();
  return bad_override(name, value, fmt::format("not a valid value ({})", why ? why : status.ToString()));
}

template <typename Options>
Result<bool> try_override_each(Options* options, const std::string& name, const std::string& value) {
  for (size_t i = 0; i < kColumnCount; ++i) {
    if (!TRY(try_override(options[i], name, value))) return false;
  }
  return true;
}

Result<void> apply_override(const std::string& name, const std::string& value, Overridable target) {
  if (TRY(try_override(*target.db, name, value))) return {};
  if (TRY(try_override_each(target.columns, name, value))) return {};
  if (TRY(try_override_each(target.tables, name, value))) return {};
  return bad_override(name, value, "RocksDB has no such option");
}

}  // namespace

MemoryPlan plan_memory(uint64_t budget, int flushed_together) {
  MemoryPlan plan{};
  plan.budget = std::max(budget ? budget : kDefaultBudget, kSmallestBudget);
  // The allocator keeps more than is in use, as what compactions put into the cache and take out of it comes and goes.
  plan.cache = plan.budget / 32 * 29;
  plan.memtables = std::min(plan.budget / 4, kGiB);
  plan.flushed_together = flushed_together != 0 ? flushed_together : plan.budget >= kLargeBudget ? kMostTogether : 1;
  plan.large_buffer = plan.flushed_together > 1
                          ? std::clamp(plan.memtables / (4 * plan.flushed_together), kMiB / 4, 8 * kMiB)
                          : std::clamp(plan.memtables / 4, kMiB, 16 * kMiB);
  plan.small_buffer = std::clamp(plan.memtables / 8, kMiB / 2, 8 * kMiB);
  // Filters take a fiftieth of small records and less of others; a shard of a small cache holds none.
  plan.whole_filters = plan.budget >= kLargeBudget ? 4 * plan.budget : 0;
  plan.wal = std::clamp(plan.memtables * 2, 64 * kMiB, kGiB);
  return plan;
}

rocksdb::Options apart(const EngineOptions& engine, Column column) {
  rocksdb::Options options(engine.db, engine.columns[static_cast<size_t>(column)]);
#ifndef BASALT_SYSTEM_ROCKSDB
  auto table = *options.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>();
  table.whole_filter = nullptr;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
#endif
  return options;
}

uint64_t write_buffer_of(Column column, const MemoryPlan& plan) {
  return is_large(column) ? plan.large_buffer : plan.small_buffer;
}

Result<EngineOptions> engine_options(const StoreOptions& options) {
  const auto plan = plan_memory(options.memory_budget);
  EngineOptions engine;
  engine.cache = block_cache(plan.cache);
  // Charged to the cache. It asks for flushes and never makes a writer wait.
  engine.write_buffers = std::make_shared<rocksdb::WriteBufferManager>(plan.memtables, engine.cache, false);
  engine.statistics = rocksdb::CreateDBStatistics();
  // Counters only: nothing reads the histograms, and their clocks cost a Get a tenth of its time.
  engine.statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);

  engine.db = database_options(options, plan);
  engine.db.write_buffer_manager = engine.write_buffers;
  engine.db.statistics = engine.statistics;
  std::array<rocksdb::BlockBasedTableOptions, kColumnCount> tables;
  for (size_t i = 0; i < kColumnCount; ++i) {
    engine.columns[i] = column_options(static_cast<Column>(i), plan);
    tables[i] = table_options(static_cast<Column>(i), plan, engine.cache);
    whole_filters_while_small(tables[i], plan, engine.db.sst_file_manager);
  }
  for (const auto& [name, value] : options.overrides) {
    TRY(apply_override(name, value, {&engine.db, engine.columns.data(), tables.data()}));
  }
  for (size_t i = 0; i < kColumnCount; ++i) {
    engine.columns[i].table_factory.reset(rocksdb::NewBlockBasedTableFactory(tables[i]));
  }
  return engine;
}

}  // namespace basalt::store_internal
