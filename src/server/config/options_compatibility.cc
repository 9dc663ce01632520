// Options of Redis 7.0 that have nothing to do here, kept so that its files, clients and tools work: accepted,
// checked, returned, without effect. Values are refused where ignoring them would break a promise.
#include <algorithm>

#include "server/config/options.h"
#include "server/config/readers.h"

namespace basalt {
namespace {

using Refusal = std::optional<std::string>;

Refusal refuse_path(std::string_view name, const OptionValue& value, bool may_be_empty) {
  if (value.text.empty() && !may_be_empty) return std::string(name) + " can't be empty";
  if (value.text.find('/') == std::string::npos) return std::nullopt;
  return std::string(name) + " can't be a path, just a " + (name.ends_with("dirname") ? "dirname" : "filename");
}

Refusal refuse_hostname(const OptionValue& value) {
  constexpr size_t kMaxLength = 256;
  if (value.text.size() >= kMaxLength) return "Hostnames must be less than 256 characters";
  for (char c : value.text) {
    bool fits = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!fits) return "Hostnames may only contain alphanumeric characters, hyphens or dots";
  }
  return std::nullopt;
}

// "{{" stands for a brace; every other brace starts one of these.
Refusal refuse_title_template(const OptionValue& value) {
  constexpr std::string_view kVariables[] = {"{{",     "{title}",    "{listen-addr}", "{server-mode}",
                                             "{port}", "{tls-port}", "{unixsocket}",  "{config-file}"};
  std::string_view rest = value.text;
  bool valid = !rest.empty();
  for (size_t brace = rest.find('{'); valid && brace != std::string_view::npos; brace = rest.find('{')) {
    rest.remove_prefix(brace);
    auto known = std::find_if(std::begin(kVariables), std::end(kVariables),
                              [rest](std::string_view variable) { return rest.starts_with(variable); });
    valid = known != std::end(kVariables);
    if (valid) rest.remove_prefix(known->size());
  }
  if (valid) return std::nullopt;
  return "template format is invalid or contains unknown variables";
}

constexpr Option kPersistence[] = {
    words("save", "3600 1 300 100 60 10000", read_save).add_up().as_lines(save_lines),
    yes_no("appendonly", "yes"),
    yes_no("stop-writes-on-bgsave-error", "yes"),
    yes_no("rdbcompression", "yes"),
    yes_no("rdbchecksum", "yes").at_start_only(),
    text("dbfilename", "dump.rdb").when_unprotected().refused([](const OptionValue& value) {
      return refuse_path("dbfilename", value, true);
    }),
    yes_no("rdb-del-sync-files", "no"),
    yes_no("rdb-save-incremental-fsync", "yes"),
    integer("rdb-key-save-delay", "0", kIntMin, kIntMax).hidden(),
    integer("key-load-delay", "0", kIntMin, kIntMax).hidden(),
    integer("loading-process-events-interval-bytes", "2097152", 1024, kIntMax).hidden(),
    choice("sanitize-dump-payload", "no", "no, yes, clients"),
    text("appendfilename", "appendonly.aof").at_start_only().refused([](const OptionValue& value) {
      return refuse_path("appendfilename", value, false);
    }),
    text("appenddirname", "appendonlydir").at_start_only().refused([](const OptionValue& value) {
      return refuse_path("appenddirname", value, false);
    }),
    yes_no("no-appendfsync-on-rewrite", "no"),
    integer("auto-aof-rewrite-percentage", "100", 0, kIntMax),
    memory("auto-aof-rewrite-min-size", "64mb"),
    yes_no("aof-load-truncated", "yes"),
    yes_no("aof-use-rdb-preamble", "yes"),
    yes_no("aof-timestamp-enabled", "no"),
    yes_no("aof-rewrite-incremental-fsync", "yes"),
    yes_no("aof-disable-auto-gc", "no"),
};

constexpr Option kEviction[] = {
    choice("maxmemory-policy", "noeviction",
           "volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, "
           "noeviction"),
    integer("maxmemory-samples", "5", 1, kIntMax),
    integer("maxmemory-eviction-tenacity", "10", 0, 100),
    integer("lfu-log-factor", "10", 0, kIntMax),
    integer("lfu-decay-time", "1", 0, kIntMax),
    yes_no("lazyfree-lazy-eviction", "no"),
    yes_no("lazyfree-lazy-expire", "no"),
    yes_no("lazyfree-lazy-server-del", "no"),
    yes_no("lazyfree-lazy-user-del", "no"),
    yes_no("lazyfree-lazy-user-flush", "no"),
    integer("active-expire-effort", "1", 1, 10),
    yes_no("activerehashing", "yes"),
    yes_no("activedefrag", "no").refused([](const OptionValue& value) -> Refusal {
      if (value.number == 0) return std::nullopt;
      return "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc "
             "like the one shipped by default with the Redis source distribution";
    }),
    memory("active-defrag-ignore-bytes", "100mb", 1),
    integer("active-defrag-threshold-lower", "10", 0, 1000),
    integer("active-defrag-threshold-upper", "100", 0, 1000),
    integer("active-defrag-cycle-min", "1", 1, 99),
    integer("active-defrag-cycle-max", "25", 1, 99),
    integer("active-defrag-max-scan-fields", "1000", 1, kLongMax),
    yes_no("jemalloc-bg-thread", "yes"),
    integer("list-compress-depth", "0", 0, kIntMax),
};

int64_t backlog_or_least(int64_t bytes) {
  constexpr int64_t kLeast = 16 * 1024;
  return std::max(bytes, kLeast);
}

constexpr Option kReplication[] = {
    words("replicaof", "", read_replicaof)
        .also("slaveof")
        .at_start_only()
        .refused([](const OptionValue& value) -> Refusal {
          if (value.text.empty()) return std::nullopt;
          return "replication is not supported";
        }),
    text("masterauth", "").sensitive(),
    text("masteruser", "").sensitive(),
    yes_no("replica-serve-stale-data", "yes").also("slave-serve-stale-data"),
    yes_no("replica-read-only", "yes").also("slave-read-only"),
    yes_no("replica-lazy-flush", "no").also("slave-lazy-flush"),
    yes_no("replica-ignore-maxmemory", "yes").also("slave-ignore-maxmemory"),
    yes_no("replica-ignore-disk-write-errors", "no"),
    yes_no("replica-announced", "yes"),
    text("replica-announce-ip", "").also("slave-announce-ip"),
    integer("replica-announce-port", "0", 0, 65535).also("slave-announce-port"),
    integer("replica-priority", "100", 0, kIntMax).also("slave-priority"),
    integer("min-replicas-to-write", "0", 0, kIntMax)
        .also("min-slaves-to-write")
        .refused([](const OptionValue& value) -> Refusal {
          if (value.number == 0) return std::nullopt;
          return "replication is not supported: no replica could confirm a write";
        }),
    integer("min-replicas-max-lag", "10", 0, kIntMax).also("min-slaves-max-lag"),
    yes_no("repl-diskless-sync", "yes"),
    integer("repl-diskless-sync-delay", "5", 0, kIntMax),
    integer("repl-diskless-sync-max-replicas", "0", 0, kIntMax),
    choice("repl-diskless-load", "disabled", "disabled, on-empty-db, swapdb"),
    yes_no("repl-disable-tcp-nodelay", "no"),
    integer("repl-ping-replica-period", "10", 1, kIntMax).also("repl-ping-slave-period"),
    integer("repl-timeout", "60", 1, kIntMax),
    memory("repl-backlog-size", "1mb", 1).adjusted(backlog_or_least),
    integer("repl-backlog-ttl", "3600", 0, kLongMax),
    yes_no("tls-replication", "no").refused([](const OptionValue& value) -> Refusal {
      if (value.number == 0) return std::nullopt;
      return "replication is not supported";
    }),
    text("tls-client-cert-file", ""),
    text("tls-client-key-file", ""),
    text("tls-client-key-file-pass", "").sensitive(),
    choice("propagation-error-behavior", "ignore", "ignore, panic, panic-on-replicas"),
};

constexpr Option kCluster[] = {
    yes_no("cluster-enabled", "no").at_start_only().refused([](const OptionValue& value) -> Refusal {
      if (value.number == 0) return std::nullopt;
      return "cluster mode is not supported";
    }),
    yes_no("tls-cluster", "no").refused([](const OptionValue& value) -> Refusal {
      if (value.number == 0) return std::nullopt;
      return "cluster mode is not supported";
    }),
    text("cluster-config-file", "nodes.conf").at_start_only(),
    integer("cluster-port", "0", 0, 65535).at_start_only(),
    integer("cluster-node-timeout", "15000", 0, kLongMax),
    integer("cluster-replica-validity-factor", "10", 0, kIntMax).also("cluster-slave-validity-factor"),
    yes_no("cluster-replica-no-failover", "no").also("cluster-slave-no-failover"),
    integer("cluster-migration-barrier", "1", 0, kIntMax),
    yes_no("cluster-allow-replica-migration", "yes"),
    yes_no("cluster-require-full-coverage", "yes"),
    yes_no("cluster-allow-reads-when-down", "no"),
    yes_no("cluster-allow-pubsubshard-when-down", "yes"),
    memory("cluster-link-sendbuf-limit", "0", kLongMin, kLongMax),
    text("cluster-announce-ip", ""),
    text("cluster-announce-hostname", "").refused(refuse_hostname),
    integer("cluster-announce-port", "0", 0, 65535),
    integer("cluster-announce-tls-port", "0", 0, 65535),
    integer("cluster-announce-bus-port", "0", 0, 65535),
    choice("cluster-preferred-endpoint-type", "ip", "ip, hostname, unknown-endpoint"),
};

// Only 1 to 500 have a meaning in Redis, which takes the nearest of these.
int64_t nearest_hz(int64_t hz) { return hz < 1 ? 1 : hz > 500 ? 500 : hz; }

constexpr Option kMiscellaneous[] = {
    integer("busy-reply-threshold", "5000", 0, kLongMax).also("lua-time-limit"),
    integer("hz", "10", 0, kIntMax).adjusted(nearest_hz),
    yes_no("dynamic-hz", "yes"),
    yes_no("io-threads-do-reads", "no").at_start_only(),
    text("bind-source-addr", ""),
    integer("socket-mark-id", "0", 0, kUintMax).at_start_only(),
    choice("enable-module-command", "no", "no, yes, local").at_start_only(),
    words("shutdown-on-sigint", "default", read_shutdown_flags),
    words("shutdown-on-sigterm", "default", read_shutdown_flags),
    yes_no("always-show-logo", "no").at_start_only(),
    yes_no("set-proc-title", "yes").at_start_only(),
    text("proc-title-template", "{title} {listen-addr} {server-mode}").refused(refuse_title_template),
    yes_no("syslog-enabled", "no").at_start_only(),
    text("syslog-ident", "redis").at_start_only(),
    choice("syslog-facility", "local0", "user, local0, local1, local2, local3, local4, local5, local6, local7")
        .at_start_only(),
    yes_no("crash-log-enabled", "yes"),
    yes_no("crash-memcheck-enabled", "yes"),
    yes_no("use-exit-on-panic", "no").hidden(),
    integer("watchdog-period", "0", 0, kIntMax).hidden(),
    text("ignore-warnings", ""),
    yes_no("disable-thp", "yes").at_start_only(),
    text("server_cpulist", "").at_start_only(),
    text("bio_cpulist", "").at_start_only(),
    text("aof_rewrite_cpulist", "").at_start_only(),
    text("bgsave_cpulist", "").at_start_only(),
};

constexpr OptionGroup kGroups[] = {
    {"Snapshots and append-only file",
     "Every write is in the write-ahead log before its reply, whatever appendonly and save say; appendfsync decides "
     "when "
     "the log is forced to the disk. SAVE and BGSAVE write checkpoints.",
     false, kPersistence},
    {"Eviction and memory",
     "Data lives on disk: nothing is evicted, deleting is always lazy, and the storage engine manages its own memory.",
     false, kEviction},
    {"Replication", "Values that ask for replicas are refused.", false, kReplication},
    {"Cluster", "cluster-enabled yes is refused.", false, kCluster},
    {"Miscellaneous", "", false, kMiscellaneous},
};

}  // namespace

std::span<const OptionGroup> compatibility_option_groups() { return kGroups; }

}  // namespace basalt
