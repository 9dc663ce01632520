#include "server/metrics.h"

#include <sys/resource.h>

#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "server/allocator.h"
#include "server/config/config.h"
#include "server/exposition.h"
#include "server/server.h"
#include "server/server_commands.h"

namespace basalt {

namespace {

constexpr double kMicro = 1e-6, kMilli = 1e-3;

// What several rows below take their figures from, asked for once.
struct Sources {
  explicit Sources(Server& s)
      : server(s),
        store(s.store()),
        keyspace(s.keyspace().stats()),
        memory(s.store().memory()),
        disk(s.store().disk()),
        failures(s.store().failures()),
        wal(s.wal().stats()),
        clients(s.clients().totals()),
        error(s.store().background_error()) {
    getrusage(RUSAGE_SELF, &usage);
  }
  uint64_t sum(Counter StatsShard::*counter) const { return server.stats().sum(counter); }
  double property(std::string_view name) const {
    return static_cast<double>(store.property(fmt::format("rocksdb.{}", name)));
  }
  double ticker(std::string_view name) const {
    return static_cast<double>(store.ticker(fmt::format("rocksdb.{}", name)));
  }

  Server& server;
  const Store& store;
  const Keyspace::Stats keyspace;
  const Store::Memory memory;
  const Store::Disk disk;
  const Store::Failures failures;
  const WalSyncer::Stats wal;
  const ClientRegistry::Totals clients;
  const std::optional<StorageError> error;
  rusage usage{};
};

/// A family of one sample without labels.
struct Row {
  std::string_view name;
  MetricKind kind;
  std::string_view help;
  double (*value)(const Sources&);
};

constexpr auto kCounter = MetricKind::counter;
constexpr auto kGauge = MetricKind::gauge;

template <auto counter>
double summed(const Sources& from) {
  return static_cast<double>(from.sum(counter));
}
template <auto source, auto field>
double field_of(const Sources& from) {
  return static_cast<double>((from.*source).*field);
}
template <auto field>
constexpr auto keyspace_stat = field_of<&Sources::keyspace, field>;
template <auto field>
constexpr auto memory_of = field_of<&Sources::memory, field>;

constexpr Row kServerRows[] = {
    {"basalt_start_time_seconds", kGauge, "When the server started, in Unix time.",
     [](const Sources& from) { return static_cast<double>(from.server.started_ms()) * kMilli; }},
    {"basalt_uptime_seconds", kGauge, "How long the server has been running.",
     [](const Sources& from) {
       return static_cast<double>(from.server.clock().now_ms() - from.server.started_ms()) * kMilli;
     }},
    {"basalt_io_threads", kGauge, "Threads that serve connections.",
     [](const Sources& from) { return static_cast<double>(from.server.io_threads()); }},
    {"basalt_storage_threads", kGauge, "Threads for commands that wait for the disk.",
     [](const Sources& from) { return static_cast<double>(from.server.pool().threads()); }},
    {"basalt_commands_processed_total", kCounter, "Commands executed, whatever their name.",
     summed<&StatsShard::commands>},
    {"basalt_offloaded_commands_total", kCounter,
     "Commands that would have waited on an I/O thread and ran on the storage threads.",
     summed<&StatsShard::offloaded>},
    {"basalt_lent_pipelines_total", kCounter,
     "Pipelines of reads that ran on the storage threads because others waited for the I/O thread.",
     summed<&StatsShard::lent>},
    {"basalt_storage_queue_length", kGauge, "Commands and jobs that wait for a storage thread.",
     [](const Sources& from) { return static_cast<double>(from.server.pool().queued()); }},
    {"basalt_keyspace_hits_total", kCounter, "Look-ups of keys that were there.", summed<&StatsShard::keyspace_hits>},
    {"basalt_keyspace_misses_total", kCounter, "Look-ups of keys that were not there.",
     summed<&StatsShard::keyspace_misses>},
};

constexpr Row kClientRows[] = {
    {"basalt_connected_clients", kGauge, "Clients connected.",
     [](const Sources& from) { return static_cast<double>(from.server.clients().count()); }},
    {"basalt_max_clients", kGauge, "The option maxclients.",
     [](const Sources& from) { return static_cast<double>(from.server.config().settings().maxclients.load()); }},
    {"basalt_blocked_clients", kGauge, "Clients that wait in a blocking command.",
     [](const Sources& from) { return static_cast<double>(from.server.waiting().count()); }},
    {"basalt_pubsub_clients", kGauge, "Clients subscribed to channels or patterns.",
     field_of<&Sources::clients, &ClientRegistry::Totals::subscribed>},
    {"basalt_tracking_clients", kGauge, "Clients that use client-side caching (CLIENT TRACKING).",
     [](const Sources& from) { return static_cast<double>(from.server.tracking().clients()); }},
    {"basalt_client_largest_input_buffer_bytes", kGauge, "The largest of all clients' query buffers.",
     field_of<&Sources::clients, &ClientRegistry::Totals::largest_input>},
    {"basalt_client_largest_output_buffer_bytes", kGauge, "The most bytes that a client has not read yet.",
     field_of<&Sources::clients, &ClientRegistry::Totals::largest_output>},
    {"basalt_connections_received_total", kCounter, "Connections accepted.", summed<&StatsShard::connections>},
    {"basalt_connections_rejected_total", kCounter, "Connections turned away (maxclients, protected mode).",
     summed<&StatsShard::rejected_connections>},
    {"basalt_net_input_bytes_total", kCounter, "Bytes received from clients.", summed<&StatsShard::net_input_bytes>},
    {"basalt_net_output_bytes_total", kCounter, "Bytes sent to clients.", summed<&StatsShard::net_output_bytes>},
    {"basalt_input_limit_disconnections_total", kCounter, "Clients beyond client-query-buffer-limit.",
     summed<&StatsShard::input_limit_disconnections>},
    {"basalt_output_limit_disconnections_total", kCounter, "Clients beyond client-output-buffer-limit.",
     summed<&StatsShard::output_limit_disconnections>},
};

constexpr Row kUpkeepRows[] = {
    {"basalt_expired_keys_total", kCounter, "Keys removed because their time had come.",
     keyspace_stat<&Keyspace::Stats::expired_keys>},
    {"basalt_expiry_lag_seconds", kGauge, "How far the removal of expired keys is behind; they are never seen.",
     [](const Sources& from) { return static_cast<double>(from.keyspace.expiry_lag_ms) * kMilli; }},
    {"basalt_expiry_stale_rows_total", kCounter, "Rows of the expiry index whose key had got another expiry.",
     keyspace_stat<&Keyspace::Stats::expired_stale_rows>},
    {"basalt_garbage_pending", kGauge, "Deleted collections whose elements are still to be removed.",
     keyspace_stat<&Keyspace::Stats::garbage_pending>},
    {"basalt_garbage_collected_total", kCounter, "Deleted collections whose elements were removed.",
     keyspace_stat<&Keyspace::Stats::garbage_collected>},
    {"basalt_purges_pending", kGauge, "Flushed databases whose records are still to be removed.",
     keyspace_stat<&Keyspace::Stats::purges_pending>},
};

constexpr Row kMemoryRows[] = {
    {"basalt_memory_used_bytes", kGauge, "What the storage engine holds in memory: used_memory of INFO.",
     [](const Sources& from) { return static_cast<double>(from.memory.used()); }},
    {"basalt_memory_resident_bytes", kGauge, "Memory of the whole process.",
     [](const Sources&) { return static_cast<double>(resident_bytes()); }},
    {"basalt_memory_allocated_bytes", kGauge, "Memory that the program has allocated.",
     [](const Sources&) { return static_cast<double>(allocated_bytes()); }},
    {"basalt_maxmemory_bytes", kGauge, "The option maxmemory: the budget of cache and memtables.",
     [](const Sources& from) { return static_cast<double>(from.server.config().settings().maxmemory.load()); }},
    {"basalt_memtables_bytes", kGauge, "Writes that are in memory and the log, not yet in files.",
     memory_of<&Store::Memory::memtables>},
    {"basalt_table_readers_bytes", kGauge, "What open table files take beside the cache.",
     memory_of<&Store::Memory::table_readers>},
    {"basalt_block_cache_capacity_bytes", kGauge, "The size of the block cache.",
     memory_of<&Store::Memory::cache_capacity>},
    {"basalt_block_cache_usage_bytes", kGauge, "What is in the block cache, memtables included.",
     memory_of<&Store::Memory::cache_usage>},
    {"basalt_block_cache_pinned_bytes", kGauge, "What of the block cache is in use right now.",
     memory_of<&Store::Memory::cache_pinned>},
    {"basalt_block_cache_hits_total", kCounter, "Blocks found in the cache.",
     [](const Sources& from) { return from.ticker("block.cache.hit"); }},
    {"basalt_block_cache_misses_total", kCounter, "Blocks that had to be read from disk.",
     [](const Sources& from) { return from.ticker("block.cache.miss"); }},
};

constexpr Row kDiskRows[] = {
    {"basalt_disk_table_bytes", kGauge, "Table files in the data directory.",
     [](const Sources& from) { return static_cast<double>(from.disk.tables); }},
    {"basalt_disk_wal_bytes", kGauge, "Write-ahead log files in the data directory.",
     [](const Sources& from) { return static_cast<double>(from.disk.wal); }},
    {"basalt_disk_bytes", kGauge, "All files of the database; what max-db-size limits. Checkpoints are not counted.",
     [](const Sources& from) { return static_cast<double>(from.disk.total()); }},
    {"basalt_max_db_size_bytes", kGauge, "The option max-db-size; 0: no limit.",
     [](const Sources& from) { return static_cast<double>(from.server.config().settings().max_db_size.load()); }},
    {"basalt_volume_bytes", kGauge, "The size of the volume that the data directory is on.",
     [](const Sources& from) { return static_cast<double>(from.disk.volume); }},
    {"basalt_volume_free_bytes", kGauge, "What of that volume is free.",
     [](const Sources& from) { return static_cast<double>(from.disk.volume_free); }},
    {"basalt_wal_written_bytes_total", kCounter, "Bytes written to the write-ahead log.",
     [](const Sources& from) { return from.ticker("wal.bytes"); }},
    {"basalt_wal_flushes_total", kCounter, "Hand-overs of the write-ahead log to the operating system.",
     summed<&StatsShard::wal_flushes>},
    {"basalt_wal_syncs_total", kCounter, "Syncs of the write-ahead log to the medium (appendfsync).",
     field_of<&Sources::wal, &WalSyncer::Stats::syncs>},
    {"basalt_wal_last_sync_seconds", kGauge, "How long the last sync took.",
     [](const Sources& from) { return static_cast<double>(from.wal.last_sync_us) * kMicro; }},
    {"basalt_wal_last_sync_ok", kGauge, "1 when the last sync succeeded.",
     field_of<&Sources::wal, &WalSyncer::Stats::last_ok>},
    {"basalt_flush_written_bytes_total", kCounter, "Bytes that memtables' flushes wrote.",
     [](const Sources& from) { return from.ticker("flush.write.bytes"); }},
    {"basalt_compaction_read_bytes_total", kCounter, "Bytes that compactions read.",
     [](const Sources& from) { return from.ticker("compact.read.bytes"); }},
    {"basalt_compaction_written_bytes_total", kCounter, "Bytes that compactions wrote.",
     [](const Sources& from) { return from.ticker("compact.write.bytes"); }},
    {"basalt_compaction_pending_bytes", kGauge, "What compactions have yet to rewrite, as RocksDB estimates.",
     [](const Sources& from) { return from.property("estimate-pending-compaction-bytes"); }},
    {"basalt_running_compactions", kGauge, "Compactions that run now.",
     [](const Sources& from) { return from.property("num-running-compactions"); }},
    {"basalt_running_flushes", kGauge, "Flushes of memtables that run now.",
     [](const Sources& from) { return from.property("num-running-flushes"); }},
};

constexpr Row kTroubleRows[] = {
    {"basalt_writes_refused", kGauge, "1 while writes are refused (disk full, I/O error, max-db-size).",
     [](const Sources& from) { return from.error ? 1.0 : 0.0; }},
    {"basalt_write_stalled", kGauge, "1 while the engine slows writes down because compactions are behind.",
     [](const Sources& from) { return from.store.write_stalled() ? 1.0 : 0.0; }},
    {"basalt_write_stopped", kGauge, "1 while the engine holds writes back altogether.",
     [](const Sources& from) { return from.property("is-write-stopped"); }},
    {"basalt_write_stall_seconds_total", kCounter, "Time that writers spent waiting in stalls.",
     [](const Sources& from) { return from.ticker("stall.micros") * kMicro; }},
    {"basalt_checkpoint_in_progress", kGauge, "1 while SAVE or BGSAVE makes a checkpoint.",
     [](const Sources& from) { return from.server.checkpoints().running() ? 1.0 : 0.0; }},
    {"basalt_checkpoint_last_ok", kGauge, "1 when the last checkpoint succeeded, or none was asked for.",
     [](const Sources& from) { return from.server.checkpoints().last_ok() ? 1.0 : 0.0; }},
    {"basalt_checkpoint_last_time_seconds", kGauge,
     "When the last checkpoint was made, in Unix time; the server's start until then.",
     [](const Sources& from) { return static_cast<double>(from.server.checkpoints().last_success_s()); }},
};

constexpr std::span<const Row> kRows[] = {kServerRows, kClientRows, kUpkeepRows, kMemoryRows, kDiskRows, kTroubleRows};

void write_build(Exposition& out, const Sources&) {
  out.family("basalt_build_info", kGauge, "Always 1; the labels say what is running.");
  const std::string engine = Store::engine_version();
  out.sample(1, std::array{Label{"version", BASALT_VERSION}, Label{"redis_version", kRedisVersion},
                           Label{"rocksdb_version", engine}, Label{"allocator", BASALT_ALLOCATOR}});
}

void write_cpu(Exposition& out, const Sources& from) {
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * kMicro;
  };
  out.family("basalt_cpu_seconds_total", kCounter, "Processor time of the process.");
  out.sample(seconds(from.usage.ru_utime), {"mode", "user"});
  out.sample(seconds(from.usage.ru_stime), {"mode", "system"});
}

void write_failures(Exposition& out, const Sources& from) {
  out.family("basalt_storage_failures_total", kCounter,
             "Failed reads, writes and background jobs of the storage engine since it was opened, by cause.");
  out.sample(static_cast<double>(from.failures.io), {"cause", "io"});
  out.sample(static_cast<double>(from.failures.no_space), {"cause", "no_space"});
  out.sample(static_cast<double>(from.failures.corruption), {"cause", "corruption"});
}

void write_errors(Exposition& out, const Sources& from) {
  out.family("basalt_error_replies_total", kCounter, "Errors that clients were sent, by their first word.");
  for (const auto& [prefix, count] : from.server.stats().errors_by_code())
    out.sample(static_cast<double>(count), {"prefix", prefix});
}

void write_pubsub(Exposition& out, const Sources& from) {
  PubSub& pubsub = from.server.pubsub();
  out.family("basalt_pubsub_subscriptions", kGauge, "Channels and patterns that anybody is subscribed to.");
  out.sample(static_cast<double>(pubsub.names(SubscriptionKind::channel)), {"kind", "channel"});
  out.sample(static_cast<double>(pubsub.names(SubscriptionKind::pattern)), {"kind", "pattern"});
  out.sample(static_cast<double>(pubsub.names(SubscriptionKind::shard_channel)), {"kind", "shard_channel"});
}

// A large database is not walked for this: then the last count has to do, and its age says how much it is worth.
std::optional<KeyCount> keys_of(Keyspace& keyspace, uint16_t db) {
  const auto last = keyspace.last_count(db);
  if (last && last->keys > Keyspace::kExactCountLimit) return last;
  Txn txn(keyspace, Access::blocking);
  auto counted = keyspace.count_keys(txn, db);
  return counted ? *counted : last;
}

void write_keys(Exposition& out, const Sources& from) {
  Keyspace& keyspace = from.server.keyspace();
  struct Counted {
    std::string db;
    KeyCount count;
  };
  std::vector<Counted> databases;
  for (uint16_t db = 0; db < keyspace.database_count(); ++db) {
    auto count = keys_of(keyspace, db);
    if (count && (count->keys > 0 || db == 0)) databases.push_back({std::to_string(db), *count});
  }
  auto family = [&](std::string_view name, std::string_view help, auto value) {
    out.family(name, kGauge, help);
    for (const auto& [db, count] : databases) out.sample(static_cast<double>(value(count)), {"db", db});
  };
  family("basalt_keys", "Keys, by database.", [](const KeyCount& count) { return count.keys; });
  family("basalt_keys_with_expiry", "Keys that will expire.", [](const KeyCount& count) { return count.expires; });
  family("basalt_keys_counted_seconds_ago", "How old the count is: 0 when it was just made.",
         [](const KeyCount& count) { return static_cast<double>(count.age_ms) * kMilli; });
}

void write_columns(Exposition& out, const Sources& from) {
  struct ColumnRow {
    std::string_view name, help, property;
  };
  static constexpr ColumnRow kColumnRows[] = {
      {"basalt_column_live_table_bytes", "Table files that hold the column's present state.",
       "rocksdb.live-sst-files-size"},
      {"basalt_column_table_bytes", "And those that readers or snapshots still hold.", "rocksdb.total-sst-files-size"},
      {"basalt_column_memtable_bytes", "Writes not yet in files.", "rocksdb.cur-size-all-mem-tables"},
      {"basalt_column_records", "Records, as RocksDB estimates.", "rocksdb.estimate-num-keys"},
      {"basalt_column_level0_files", "Files of level 0: many of them slow reads, and writes in the end.",
       "rocksdb.num-files-at-level0"},
  };
  for (const ColumnRow& row : kColumnRows) {
    out.family(row.name, kGauge, row.help);
    for (size_t i = 0; i < kColumnCount; ++i)
      out.sample(static_cast<double>(from.store.property(static_cast<Column>(i), row.property)),
                 {"column", kColumnNames[i]});
  }
}

// The histogram's own buckets are finer; these are their sums up to powers of two, 16 microseconds to 8.4 seconds.
void write_duration(Exposition& out, std::string_view command, uint64_t usec,
                    const std::array<uint64_t, LatencyHistogram::kBuckets>& counts) {
  constexpr unsigned kFirst = 4, kLast = 23;
  std::vector<Exposition::Bucket> buckets;
  uint64_t seen = 0;
  size_t next = 0;
  for (unsigned exponent = kFirst; exponent <= kLast; ++exponent) {
    const uint64_t bound_us = uint64_t{1} << exponent;
    for (; next < counts.size() && LatencyHistogram::upper_bound_us(next) < bound_us; ++next) seen += counts[next];
    buckets.push_back({static_cast<double>(bound_us) * kMicro, seen});
  }
  for (; next < counts.size(); ++next) seen += counts[next];
  out.histogram({"command", command}, buckets, seen, static_cast<double>(usec) * kMicro);
}

void write_commands(Exposition& out, const Sources& from) {
  const Stats& stats = from.server.stats();
  const CommandTable& commands = from.server.commands();
  auto family = [&](std::string_view name, std::string_view help, auto value) {
    out.family(name, kCounter, help);
    for (uint32_t i = 0; i < commands.index_count(); ++i) {
      const uint64_t count = value(stats.command(i));
      if (count > 0) out.sample(static_cast<double>(count), {"command", commands.full_name(i)});
    }
  };
  family("basalt_command_failures_total", "Executions that ended in an error.",
         [](const CommandTotals& totals) { return totals.failed; });
  family("basalt_command_rejections_total", "Commands refused before they were executed.",
         [](const CommandTotals& totals) { return totals.rejected; });
  out.family("basalt_command_duration_seconds", MetricKind::histogram, "How long commands took, by name.");
  std::array<uint64_t, LatencyHistogram::kBuckets> counts;
  for (uint32_t i = 0; i < commands.index_count(); ++i) {
    if (stats.latency(i, counts) == 0) continue;
    write_duration(out, commands.full_name(i), stats.command(i).timed_usec, counts);
  }
}

}  // namespace

std::string metrics_text(Server& server) {
  const Sources from(server);
  Exposition out;
  write_build(out, from);
  for (const auto& rows : kRows) {
    for (const Row& row : rows) {
      out.family(row.name, row.kind, row.help);
      out.sample(row.value(from));
    }
  }
  for (auto write : {write_cpu, write_failures, write_errors, write_pubsub, write_keys, write_columns, write_commands})
    write(out, from);
  return out.take();
}

}  // namespace basalt
