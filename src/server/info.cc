#include "server/info.h"
#include "server/acl/acl.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/number.h"
#include "server/allocator.h"
#include "server/checkpoints.h"
#include "server/config/config.h"
#include "server/server.h"
#include "server/server_commands.h"

namespace basalt {

namespace {

class Fields {
 public:
  explicit Fields(std::string& out) : out_(out) {}
  template <typename T>
  void add(std::string_view name, const T& value) {
    fmt::format_to(std::back_inserter(out_), "{}:{}\r\n", name, value);
  }
  /// The number, and `name`_human.
  void add_bytes(std::string_view name, uint64_t bytes) {
    add(name, bytes);
    add(std::string(name) + "_human", human_bytes(bytes));
  }

 private:
  std::string& out_;
};

void server_section(Server& server, Fields& fields, const KeyCounts&) {
  utsname os{};
  uname(&os);
  char executable[4096] = "";
  const ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
  const int64_t now_us = server.clock().now_us();
  const int64_t uptime_s = now_us / 1'000'000 - server.started_ms() / 1000;
  fields.add("redis_version", kRedisVersion);
  fields.add("redis_git_sha1", "00000000");
  fields.add("redis_git_dirty", 0);
  fields.add("redis_mode", "standalone");
  fields.add("basalt_version", BASALT_VERSION);
  fields.add("rocksdb_version", Store::engine_version());
  fields.add("os", fmt::format("{} {} {}", os.sysname, os.release, os.machine));
  fields.add("arch_bits", sizeof(void*) * 8);
  fields.add("multiplexing_api", "epoll");
  fields.add("gcc_version", __VERSION__);
  fields.add("process_id", getpid());
  fields.add("run_id", server.run_id());
  const Settings& settings = server.config().settings();
  fields.add("tcp_port", settings.port.load() != 0 ? settings.port.load() : settings.tls_port.load());
  fields.add("server_time_usec", now_us);
  fields.add("uptime_in_seconds", uptime_s);
  fields.add("uptime_in_days", uptime_s / 86400);
  fields.add("hz", server.config().text("hz"));
  fields.add("configured_hz", server.config().text("hz"));
  fields.add("executable", std::string_view(executable, length > 0 ? static_cast<size_t>(length) : 0));
  fields.add("config_file", server.config().file());
  fields.add("io_threads_active", server.io_threads() > 1 ? 1 : 0);
  fields.add("io_threads", server.io_threads());
  fields.add("storage_threads", server.pool().threads());
}

void clients_section(Server& server, Fields& fields, const KeyCounts&) {
  fields.add("connected_clients", server.clients().count());
  fields.add("maxclients", server.config().settings().maxclients.load());
  fields.add("blocked_clients", server.waiting().count() + server.paused_clients());
  fields.add("tracking_clients", server.tracking().clients());
  const ClientRegistry::Totals totals = server.clients().totals();
  fields.add("pubsub_clients", totals.subscribed);
  fields.add("client_recent_max_input_buffer", totals.largest_input);
  fields.add("client_recent_max_output_buffer", totals.largest_output);
}

void memory_section(Server& server, Fields& fields, const KeyCounts&) {
  const Store::Memory memory = server.store().memory();
  const uint64_t resident = resident_bytes();
  struct sysinfo system {};
  sysinfo(&system);
  const uint64_t maxmemory = server.config().settings().maxmemory.load();
  fields.add_bytes("used_memory", memory.used());
  fields.add_bytes("used_memory_rss", resident);
  fields.add_bytes("used_memory_peak", peak_resident_bytes());
  fields.add_bytes("total_system_memory", static_cast<uint64_t>(system.totalram) * system.mem_unit);
  fields.add_bytes("maxmemory", maxmemory);
  fields.add("maxmemory_policy", server.config().text("maxmemory-policy"));
  fields.add("mem_allocator", BASALT_ALLOCATOR);
  fields.add("block_cache_capacity", memory.cache_capacity);
  fields.add("block_cache_usage", memory.cache_usage);
  fields.add("block_cache_pinned", memory.cache_pinned);
  fields.add("memtables", memory.memtables);
  fields.add("table_readers", memory.table_readers);
  fields.add("mem_clients_normal", server.clients().totals().bytes);
  const Keyspace::Stats keyspace = server.keyspace().stats();
  fields.add("lazyfree_pending_objects", keyspace.garbage_pending + keyspace.purges_pending);
  fields.add("lazyfreed_objects", keyspace.garbage_collected);
}

void persistence_section(Server& server, Fields& fields, const KeyCounts&) {
  const Checkpoints& checkpoints = server.checkpoints();
  const WalSyncer::Stats wal = server.wal().stats();
  const auto background_error = server.store().background_error();
  fields.add("loading", 0);
  fields.add("async_loading", 0);
  fields.add("rdb_changes_since_last_save", checkpoints.changes());
  fields.add("rdb_bgsave_in_progress", checkpoints.running() ? 1 : 0);
  fields.add("rdb_last_save_time", checkpoints.last_success_s());
  fields.add("rdb_last_bgsave_status", checkpoints.last_ok() ? "ok" : "err");
  fields.add("rdb_last_bgsave_time_sec", checkpoints.last_duration_s());
  fields.add("rdb_saves", checkpoints.made());
  fields.add("aof_enabled", 1);
  const LogRewrite& rewrite = server.log_rewrite();
  fields.add("aof_rewrite_in_progress", rewrite.under_way() ? 1 : 0);
  fields.add("aof_rewrite_scheduled", 0);
  fields.add("aof_last_rewrite_time_sec", rewrite.last_duration_s());
  fields.add("aof_last_bgrewrite_status", rewrite.last_ok() ? "ok" : "err");
  fields.add("aof_rewrites", rewrite.made());
  fields.add("aof_last_write_status", wal.last_ok && !background_error ? "ok" : "err");
  fields.add("appendfsync", server.config().text("appendfsync"));
  fields.add("wal_syncs", wal.syncs);
  fields.add("wal_last_sync_usec", wal.last_sync_us);
  fields.add("storage_error", background_error ? background_error->detail : "");
  const Store::Failures failures = server.store().failures();
  fields.add("storage_failures",
             fmt::format("io={},no_space={},corruption={}", failures.io, failures.no_space, failures.corruption));
  fields.add("write_stalled", server.store().write_stalled() ? 1 : 0);
  fields.add("write_stall_usec", server.store().ticker("rocksdb.stall.micros"));
  fields.add("max_db_size", server.config().settings().max_db_size.load());
}

void stats_section(Server& server, Fields& fields, const KeyCounts&) {
  const Stats& stats = server.stats();
  const Keyspace::Stats keyspace = server.keyspace().stats();
  fields.add("total_connections_received", stats.sum(&StatsShard::connections));
  fields.add("total_commands_processed", stats.sum(&StatsShard::commands));
  fields.add("instantaneous_ops_per_sec", server.rates().operations.load());
  fields.add("total_net_input_bytes", stats.sum(&StatsShard::net_input_bytes));
  fields.add("total_net_output_bytes", stats.sum(&StatsShard::net_output_bytes));
  fields.add("instantaneous_input_kbps", fmt::format("{:.2f}", server.rates().input_bytes.load() / 1024.0));
  fields.add("instantaneous_output_kbps", fmt::format("{:.2f}", server.rates().output_bytes.load() / 1024.0));
  fields.add("rejected_connections", stats.sum(&StatsShard::rejected_connections));
  fields.add("expired_keys", keyspace.expired_keys);
  fields.add("evicted_keys", 0);
  fields.add("evicted_clients", server.client_memory().evicted_clients());
  fields.add("keyspace_hits", stats.sum(&StatsShard::keyspace_hits));
  fields.add("keyspace_misses", stats.sum(&StatsShard::keyspace_misses));
  fields.add("pubsub_channels", server.pubsub().names(SubscriptionKind::channel));
  fields.add("pubsub_patterns", server.pubsub().names(SubscriptionKind::pattern));
  fields.add("pubsubshard_channels", server.pubsub().names(SubscriptionKind::shard_channel));
  fields.add("tracking_total_keys", server.tracking().keys());
  fields.add("tracking_total_items", server.tracking().items());
  fields.add("migrate_cached_sockets", 0);
  fields.add("tracking_total_prefixes", server.tracking().prefixes());
  fields.add("total_error_replies", stats.sum(&StatsShard::errors));
  fields.add("offloaded_commands", stats.sum(&StatsShard::offloaded));
  fields.add("lent_pipelines", stats.sum(&StatsShard::lent));
  fields.add("storage_queue", server.pool().queued());
  fields.add("wal_flushes", stats.sum(&StatsShard::wal_flushes));
  fields.add("expiry_stale_rows", keyspace.expired_stale_rows);
  fields.add("expiry_lag_ms", keyspace.expiry_lag_ms);
  fields.add("garbage_pending", keyspace.garbage_pending);
  fields.add("garbage_collected", keyspace.garbage_collected);
  fields.add("purges_pending", keyspace.purges_pending);
  fields.add("client_query_buffer_limit_disconnections", stats.sum(&StatsShard::input_limit_disconnections));
  fields.add("client_output_buffer_limit_disconnections", stats.sum(&StatsShard::output_limit_disconnections));
  const AclLog& denials = server.acl().log();
  fields.add("acl_access_denied_auth", denials.total(DenialReason::auth));
  fields.add("acl_access_denied_cmd", denials.total(DenialReason::command));
  fields.add("acl_access_denied_key", denials.total(DenialReason::key));
  fields.add("acl_access_denied_channel", denials.total(DenialReason::channel));
}

void replication_section(Server& server, Fields& fields, const KeyCounts&) {
  fields.add("role", "master");
  fields.add("connected_slaves", 0);
  fields.add("master_failover_state", "no-failover");
  fields.add("master_replid", server.run_id());
  fields.add("master_replid2", std::string(40, '0'));
  fields.add("master_repl_offset", 0);
  fields.add("second_repl_offset", -1);
  fields.add("repl_backlog_active", 0);
}

void cpu_section(Server&, Fields& fields, const KeyCounts&) {
  rusage self{}, children{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  auto seconds = [](const timeval& t) { return fmt::format("{}.{:06}", t.tv_sec, t.tv_usec); };
  fields.add("used_cpu_sys", seconds(self.ru_stime));
  fields.add("used_cpu_user", seconds(self.ru_utime));
  fields.add("used_cpu_sys_children", seconds(children.ru_stime));
  fields.add("used_cpu_user_children", seconds(children.ru_utime));
}

void commandstats_section(Server& server, Fields& fields, const KeyCounts&) {
  for (uint32_t i = 0; i < server.commands().index_count(); ++i) {
    const CommandTotals totals = server.stats().command(i);
    if (totals.calls == 0 && totals.rejected == 0) continue;
    fields.add("cmdstat_" + server.commands().full_name(i),
               fmt::format("calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}", totals.calls,
                           totals.usec, totals.calls ? double(totals.usec) / double(totals.calls) : 0.0,
                           totals.rejected, totals.failed));
  }
}

void latencystats_section(Server& server, Fields& fields, const KeyCounts&) {
  const Settings& settings = server.config().settings();
  if (!settings.latency_tracking.load()) return;
  const auto percentiles = settings.latency_tracking_info_percentiles.words();
  std::array<uint64_t, LatencyHistogram::kBuckets> sum;
  for (uint32_t i = 0; i < server.commands().index_count(); ++i) {
    if (server.stats().latency(i, sum) == 0) continue;
    std::string text;
    for (const std::string& percentile : percentiles) {
      const double p = parse_double(percentile).value_or(0);
      fmt::format_to(std::back_inserter(text), "{}p{}={:.3f}", text.empty() ? "" : ",", percentile,
                     LatencyHistogram::percentile(sum, p));
    }
    fields.add("latency_percentiles_usec_" + server.commands().full_name(i), text);
  }
}

void errorstats_section(Server& server, Fields& fields, const KeyCounts&) {
  for (const auto& [code, count] : server.stats().errors_by_code())
    fields.add("errorstat_" + code, fmt::format("count={}", count));
}

void rocksdb_section(Server& server, Fields& fields, const KeyCounts&) {
  const Store& store = server.store();
  fields.add("rocksdb_version", Store::engine_version());
  for (std::string_view property :
       {"estimate-num-keys", "estimate-live-data-size", "total-sst-files-size", "num-running-compactions",
        "num-running-flushes", "estimate-pending-compaction-bytes", "cur-size-all-mem-tables",
        "num-immutable-mem-table", "num-snapshots"})
    fields.add(fmt::format("rocksdb_{}", property), store.property(fmt::format("rocksdb.{}", property)));
  for (std::string_view ticker : {"block.cache.hit", "block.cache.miss", "bloom.filter.useful", "bytes.written",
                                  "bytes.read", "wal.bytes", "wal.synced", "compact.read.bytes", "compact.write.bytes",
                                  "flush.write.bytes", "stall.micros", "no.file.opens", "no.file.errors"})
    fields.add(fmt::format("ticker_{}", ticker), store.ticker(fmt::format("rocksdb.{}", ticker)));
  for (size_t i = 0; i < kColumnCount; ++i) {
    const auto column = static_cast<Column>(i);
    fields.add(fmt::format("column_{}", kColumnNames[i]),
               fmt::format("keys_estimated={},sst_bytes={},memtable_bytes={},files_level0={}",
                           store.property(column, "rocksdb.estimate-num-keys"),
                           store.property(column, "rocksdb.total-sst-files-size"),
                           store.property(column, "rocksdb.cur-size-all-mem-tables"),
                           store.property(column, "rocksdb.num-files-at-level0")));
  }
}

void cluster_section(Server&, Fields& fields, const KeyCounts&) { fields.add("cluster_enabled", 0); }
void modules_section(Server&, Fields&, const KeyCounts&) {}

void keyspace_section(Server&, Fields& fields, const KeyCounts& counts) {
  const auto& of = counts.of_databases;
  for (size_t db = 0; db < of.size(); ++db)
    if (of[db].keys > 0)
      fields.add(fmt::format("db{}", db),
                 fmt::format("keys={},expires={},avg_ttl={}", of[db].keys, of[db].expires, of[db].average_ttl_ms));
  if (!counts.failure.empty()) fields.add("count_error", counts.failure);
}

// Whether the keyspace section's figures are exact, and how old they are if not.
void keycounts_section(Server&, Fields& fields, const KeyCounts& counts) {
  const auto& of = counts.of_databases;
  for (size_t db = 0; db < of.size(); ++db)
    if (of[db].keys > 0)
      fields.add(fmt::format("db{}_count", db), fmt::format("exact={},age_ms={}", of[db].exact ? 1 : 0, of[db].age_ms));
}

struct Section {
  std::string_view name;
  void (*write)(Server&, Fields&, const KeyCounts&);
  bool by_default;
};

constexpr Section kSections[] = {
    {"Server", server_section, true},
    {"Clients", clients_section, true},
    {"Memory", memory_section, true},
    {"Persistence", persistence_section, true},
    {"Stats", stats_section, true},
    {"Replication", replication_section, true},
    {"CPU", cpu_section, true},
    {"Modules", modules_section, true},
    {"Commandstats", commandstats_section, false},
    {"Errorstats", errorstats_section, true},
    {"Latencystats", latencystats_section, false},
    {"RocksDB", rocksdb_section, false},
    {"Cluster", cluster_section, true},
    {"Keyspace", keyspace_section, true},
    {"Keycounts", keycounts_section, false},
};

}  // namespace

std::string info_text(Server& server, const std::vector<std::string_view>& wanted, const KeyCounts& counts) {
  bool defaults = wanted.empty(), all = false;
  absl::flat_hash_set<std::string> names;
  for (std::string_view name : wanted) {
    const std::string lower = to_lower(name);
    if (lower == "default") defaults = true;
    else if (lower == "all" || lower == "everything") all = true;
    else names.insert(lower);
  }
  std::string text;
  for (const Section& section : kSections) {
    if (!all && !(defaults && section.by_default) && !names.contains(to_lower(section.name))) continue;
    if (!text.empty()) text += "\r\n";
    fmt::format_to(std::back_inserter(text), "# {}\r\n", section.name);
    Fields fields(text);
    section.write(server, fields, counts);
  }
  return text;
}

}  // namespace basalt
