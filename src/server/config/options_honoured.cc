// The options that Basalt honours. The help is what conf/basalt.conf says: what it does, and why one would change it.
#include <algorithm>

#include "server/config/machine.h"
#include "server/config/options.h"
#include "server/config/readers.h"

namespace basalt {
namespace {

// Numbers past 2^63 are negative here.
int64_t memory_or_a_quarter(int64_t bytes) {
  return bytes != 0 ? bytes : static_cast<int64_t>(machine_memory_bytes() / 4);
}
int64_t threads_or_cores_but_one(int64_t threads) {
  return threads != 0 ? threads : std::clamp<int64_t>(machine_cores() - 1, 1, 128);
}
int64_t threads_or_four_a_core(int64_t threads) {
  return threads != 0 ? threads : std::clamp<int64_t>(4 * machine_cores(), 8, 256);
}

constexpr Option kNetwork[] = {
    words("bind", "* -::*", read_bind)
        .help("Addresses to listen on; '*' is every IPv4 and '::*' every IPv6 address. A '-' in front: go on without "
              "the address if the machine does not have it. List only the addresses that clients use if the machine "
              "can be reached from networks you don't trust.")
        .needs_listener()
        .into<&Settings::bind>(),
    integer("port", "6379", 0, 65535)
        .help("TCP port. 0: none, only tls-port and the Unix socket.")
        .needs_listener()
        .into<&Settings::port>(),
    text("unixsocket", "")
        .help("Path of a Unix socket to listen on too. Clients on the same machine are served faster through it.")
        .at_start_only()
        .into<&Settings::unixsocket>(),
    Option{.name = "unixsocketperm", .kind = Option::Kind::octal, .default_text = "0", .min = 0, .max = 0777}
        .help("Permissions of the Unix socket, octal (700). 0: whatever the umask leaves.")
        .at_start_only()
        .into<&Settings::unixsocketperm>(),
    yes_no("protected-mode", "yes")
        .help("As long as the default user has no password, serve only clients on this machine. Switch it off only "
              "behind a firewall.")
        .into<&Settings::protected_mode>(),
    integer("tcp-backlog", "511", 0, kIntMax)
        .help("Connections that may wait to be accepted. Raise it, and the kernel's net.core.somaxconn, when many "
              "clients connect at once.")
        .at_start_only()
        .into<&Settings::tcp_backlog>(),
    integer("tcp-keepalive", "300", 0, kIntMax)
        .help("Seconds of silence after which the kernel asks whether the client is still there. 0: never.")
        .into<&Settings::tcp_keepalive_s>(),
    integer("io-threads", "0", 0, 128)
        .help("Threads that serve connections; each runs commands whose data is in memory. 0: one a core but one, at "
              "least one: the last core is for compactions, reads from disk and other programs.")
        .at_start_only()
        .adjusted(threads_or_cores_but_one)
        .into<&Settings::io_threads>(),
    integer("storage-threads", "0", 0, 1024)
        .help("Threads for commands that have to wait for the disk: how many reads the disk gets at once. 0: four a "
              "core, at least eight. Raise it for data much larger than memory on fast NVMe disks. Set at start.")
        .needs_listener()
        .adjusted(threads_or_four_a_core)
        .into<&Settings::storage_threads>(),
    integer("metrics-port", "0", 0, 65535)
        .help("TCP port of the HTTP server for monitoring: /metrics in Prometheus's text format, and /health. 0: none.")
        .needs_listener()
        .into<&Settings::metrics_port>(),
    words("metrics-bind", "127.0.0.1 -::1", read_bind)
        .help("Addresses of the HTTP server for monitoring, written as for bind. It asks nobody for a password: beyond "
              "this machine choose only addresses of a network that you trust.")
        .needs_listener()
        .into<&Settings::metrics_bind>(),
};

constexpr Option kTls[] = {
    integer("tls-port", "0", 0, 65535)
        .help("Port for TLS, on the addresses of bind. 0: none. With port 0 nothing is served unencrypted. Needs "
              "tls-cert-file and tls-key-file.")
        .needs_listener()
        .into<&Settings::tls_port>(),
    text("tls-cert-file", "")
        .help("The server's certificate, PEM, followed by those that lead to its authority. Setting it anew, also to "
              "the same name, reads the file again: new connections get the new certificate.")
        .needs_listener()
        .names_file()
        .into<&Settings::tls_cert_file>(),
    text("tls-key-file", "")
        .help("The certificate's private key, PEM.")
        .needs_listener()
        .names_file()
        .into<&Settings::tls_key_file>(),
    text("tls-key-file-pass", "")
        .help("The key file's password, if it has one.")
        .sensitive()
        .needs_listener()
        .into<&Settings::tls_key_file_pass>(),
    text("tls-ca-cert-file", "")
        .help("The authorities whose certificates clients may show, PEM.")
        .needs_listener()
        .names_file()
        .into<&Settings::tls_ca_cert_file>(),
    text("tls-ca-cert-dir", "")
        .help("The same as a directory of files, named as openssl rehash does.")
        .needs_listener()
        .names_file()
        .into<&Settings::tls_ca_cert_dir>(),
    choice("tls-auth-clients", "yes", "no, yes, optional")
        .help("Whether clients must show a certificate: yes; no; optional: they need not, but one that they show must "
              "be valid.")
        .needs_listener()
        .into<&Settings::tls_auth_clients>(),
    text("tls-protocols", "")
        .help("Versions to speak, in quotes: \"TLSv1.2 TLSv1.3\", which are those of the empty default.")
        .needs_listener()
        .into<&Settings::tls_protocols>(),
    text("tls-ciphers", "")
        .help("Ciphers up to TLS 1.2, as openssl-ciphers(1) writes them. Empty: OpenSSL's choice.")
        .needs_listener()
        .into<&Settings::tls_ciphers>(),
    text("tls-ciphersuites", "").help("The same for TLS 1.3.").needs_listener().into<&Settings::tls_ciphersuites>(),
    yes_no("tls-prefer-server-ciphers", "no")
        .help("Whether the order of the ciphers is the server's choice, not the client's.")
        .needs_listener()
        .into<&Settings::tls_prefer_server_ciphers>(),
    text("tls-dh-params-file", "")
        .help("Diffie-Hellman parameters, PEM, for clients of TLS 1.2 without elliptic curves. Empty: OpenSSL's own.")
        .needs_listener()
        .names_file()
        .into<&Settings::tls_dh_params_file>(),
    yes_no("tls-session-caching", "yes")
        .help("Whether clients that come back may go on with their last session, which is faster.")
        .needs_listener()
        .into<&Settings::tls_session_caching>(),
    integer("tls-session-cache-size", "20480", 0, kIntMax)
        .help("Sessions to remember. 0: no limit.")
        .needs_listener()
        .into<&Settings::tls_session_cache_size>(),
    integer("tls-session-cache-timeout", "300", 0, kIntMax)
        .help("Seconds to remember them for.")
        .needs_listener()
        .into<&Settings::tls_session_cache_timeout_s>(),
    integer("tls-handshake-timeout", "10", 1, kIntMax)
        .help("Seconds that a client has until its connection is secured.")
        .into<&Settings::tls_handshake_timeout_s>(),
};

constexpr Option kLimits[] = {
    integer("maxclients", "10000", 1, kUintMax)
        .help("Clients connected at the same time; more are turned away with an error. The limit on open files "
              "(ulimit -n) has to allow for them and for the data files.")
        .into<&Settings::maxclients>(),
    integer("timeout", "0", 0, kIntMax)
        .help("Seconds after which an idle client is disconnected. 0: never.")
        .into<&Settings::timeout_s>(),
    memory("proto-max-bulk-len", "512mb", 1 << 20)
        .help("The longest argument a client may send, and the longest value that commands build.")
        .into<&Settings::proto_max_bulk_len>(),
    memory("client-query-buffer-limit", "1gb", 1 << 20)
        .help("How much one client may have sent that is not executed yet (deep pipelines, huge arguments) before it "
              "is disconnected.")
        .into<&Settings::client_query_buffer_limit>(),
    words("client-output-buffer-limit", "normal 0 0 0 replica 256mb 64mb 60 pubsub 32mb 8mb 60",
          read_output_buffer_limits)
        .help("Replies that a client has not read yet: class (normal, replica, pubsub), hard limit, soft limit, "
              "seconds for which the soft limit may be passed. A client beyond them is disconnected. 0: no limit. "
              "Protects memory against clients that read slowly or not at all.")
        .stored(store_output_buffer_limits)
        .as_lines(output_buffer_limit_lines),
    Option{.name = "maxmemory-clients",
           .kind = Option::Kind::memory_or_percent,
           .default_text = "0",
           .min = -100,
           .max = kLongMax}
        .help("What all clients together may take for their buffers, queues and subscriptions; also as a percentage of "
              "maxmemory, on top of which it comes: 5%. Beyond it the clients that take most are disconnected, but for "
              "those with CLIENT NO-EVICT on. 0: no limit.")
        .into<&Settings::maxmemory_clients>(),
    integer("tracking-table-max-keys", "1000000", 0, kLongMax)
        .help("Keys remembered for CLIENT TRACKING, all clients together; beyond that clients are told to forget keys "
              "early. 0: no limit.")
        .into<&Settings::tracking_table_max_keys>(),
};

constexpr Option kStorage[] = {
    text("dir", "data")
        .help("The data directory; created if missing. Relative to where the server is started.")
        .when_unprotected()
        .needs_listener()
        .read_by(read_directory)
        .into<&Settings::dir>(),
    choice("appendfsync", "everysec", "everysec, always, no")
        .help(
            "When the write-ahead log is forced to the disk. Every acknowledged write survives the end of the process "
            "at any setting; this is about power loss and crashes of the operating system. always: before the reply, "
            "waiting clients share one fsync. everysec: once a second, so a second of writes may be lost. no: when "
            "the operating system sees fit.")
        .needs_listener()
        .into<&Settings::appendfsync>(),
    integer("databases", "16", 1, 65535)
        .help("Databases that SELECT can choose from, numbered from 0.")
        .at_start_only()
        .into<&Settings::databases>(),
    text("checkpoint-dir", "checkpoints")
        .help("Where SAVE and BGSAVE put their checkpoints: consistent copies of the data that a server can be started "
              "on. Relative to dir. On the same file system a checkpoint is hard links: instant, and nearly free "
              "until the data changes. Set at start.")
        .needs_listener()
        .into<&Settings::checkpoint_dir>(),
    integer("checkpoint-keep", "1", 1, kIntMax)
        .help("Checkpoints to keep; older ones are removed after a new one is complete.")
        .into<&Settings::checkpoint_keep>(),
    memory("max-db-size", "0")
        .help("How large the database's files in dir may become, checkpoints not counted. Beyond it writes are refused "
              "with an error that names this option; reads and deletes go on, and writes come back by themselves when "
              "there is room. Compactions may pass it for a moment. 0: no limit but the volume.")
        .needs_listener()
        .into<&Settings::max_db_size>(),
};

constexpr Option kMemory[] = {
    memory("maxmemory", "0", kLongMin, kLongMax)
        .help(
            "Memory for the storage engine: cached blocks plus writes not yet in files; it takes 16mb at the least. 0: "
            "a quarter of "
            "the machine's "
            "(or container's) memory; CONFIG GET shows the number. Unlike in Redis this bounds memory, not data: data "
            "beyond it is on disk, nothing is evicted and no write is refused because of it. Raise it as far as the "
            "machine allows; clients' buffers come on top.")
        .adjusted(memory_or_a_quarter)
        .needs_listener()
        .into<&Settings::maxmemory>(),
};

constexpr Option kEncodings[] = {
    integer("hash-max-listpack-entries", "512", 0, kLongMax)
        .also("hash-max-ziplist-entries")
        .help("A hash of at most this many fields, each at most hash-max-listpack-value bytes long, is stored as one "
              "record (\"packed\"): read with one look-up, rewritten with every change. Larger ones are a record a "
              "field. This and the limits below trade reads of whole small collections for writes to them."),
    memory("hash-max-listpack-value", "64").also("hash-max-ziplist-value").help("The longest packed field or value."),
    integer("list-max-listpack-size", "-2", kIntMin, kIntMax)
        .also("list-max-ziplist-size")
        .help("The same for lists: a number of elements, or -1 to -5: 4, 8, 16, 32, 64 KiB."),
    integer("set-max-intset-entries", "512", 0, kLongMax).help("The same for sets of integers."),
    integer("set-max-listpack-entries", "128", 0, kLongMax).help("The same for other sets: how many members."),
    memory("set-max-listpack-value", "64").help("The longest packed member."),
    integer("zset-max-listpack-entries", "128", 0, kLongMax)
        .also("zset-max-ziplist-entries")
        .help("The same for sorted sets: how many members."),
    memory("zset-max-listpack-value", "64").also("zset-max-ziplist-value").help("The longest packed member."),
    memory("packed-max-bytes", "1kb", 64, 1 << 20)
        .help("No packed collection is larger than this, whatever the limits above say: a change rewrites all of it."),
    memory("stream-node-max-bytes", "4096")
        .help("Entries of a stream are counted as one node up to this size, in Redis's encoding, and up to "
              "stream-node-max-entries; 0: no limit. Trimming with \"~\" removes whole nodes. What is stored does not "
              "depend on it: a record an entry."),
    integer("stream-node-max-entries", "100", 0, kLongMax).help("The most entries of a node; 0: no limit."),
    memory("string-chunk-threshold", "4kb", 1 << 10, 512 << 20)
        .help("A string that grows past this by APPEND, SETRANGE or SETBIT is stored in chunks, so that such a change "
              "does not rewrite all of it."),
    memory("hll-sparse-max-bytes", "3000")
        .help("HyperLogLogs up to this size use the sparse encoding: smaller, but slower to add to."),
};

constexpr Option kSecurity[] = {
    text("requirepass", "")
        .help("Password of the default user (AUTH). With ACL users, a shortcut for the default user's password.")
        .sensitive()
        .into<&Settings::requirepass>(),
    text("aclfile", "")
        .help("A file of ACL users, one \"user …\" line each; instead of such lines in this file. A "
              "relative path begins at dir. It says who the default user is, too: requirepass then has no effect.")
        .at_start_only()
        .into<&Settings::aclfile>(),
    choice("acl-pubsub-default", "resetchannels", "allchannels, resetchannels")
        .help("Channels that a new ACL user may use: all, or none until granted.")
        .into<&Settings::acl_pubsub_default>(),
    integer("acllog-max-len", "128", 0, kLongMax).help("Entries that ACL LOG keeps.").into<&Settings::acllog_max_len>(),
    choice("enable-protected-configs", "no", "no, yes, local")
        .help(
            "Whether CONFIG SET may change options that decide which files are written: never, always, or for clients "
            "on this machine.")
        .at_start_only()
        .into<&Settings::enable_protected_configs>(),
    choice("enable-debug-command", "no", "no, yes, local")
        .help("Whether DEBUG may be used.")
        .at_start_only()
        .into<&Settings::enable_debug_command>(),
};

constexpr Option kLogging[] = {
    choice("loglevel", "notice", "debug, verbose, notice, warning")
        .help("What is logged: warning, the least, to debug, the most.")
        .needs_listener()
        .into<&Settings::loglevel>(),
    text("logfile", "")
        .help("The log's file, which is appended to. Empty: standard error.")
        .at_start_only()
        .into<&Settings::logfile>(),
    integer("slowlog-log-slower-than", "10000", -1, kLongMax)
        .help("Microseconds from which on a command is kept in SLOWLOG. 0: every command, negative: none.")
        .into<&Settings::slowlog_log_slower_than_us>(),
    integer("slowlog-max-len", "128", 0, kLongMax)
        .help("Entries that SLOWLOG keeps.")
        .into<&Settings::slowlog_max_len>(),
    integer("latency-monitor-threshold", "0", 0, kLongMax)
        .help("Milliseconds from which on an event is kept for LATENCY. 0: none.")
        .into<&Settings::latency_monitor_threshold_ms>(),
    yes_no("latency-tracking", "yes")
        .help("Whether the durations of commands are counted, for INFO latencystats and LATENCY HISTOGRAM.")
        .into<&Settings::latency_tracking>(),
    words("latency-tracking-info-percentiles", "50 99 99.9", read_percentiles)
        .help("The percentiles that INFO latencystats shows.")
        .into<&Settings::latency_tracking_info_percentiles>(),
    text("notify-keyspace-events", "")
        .help(
            "Which changes are published: K on channel __keyspace@<db>__:<key>, E on __keyevent@<db>__:<event>, with "
            "the classes g generic, $ string, l list, s set, h hash, z sorted set, t stream, x expired, e evicted, "
            "d module, m key miss, n new key; A is all but m and n. Empty: nothing. Each published change costs time.")
        .read_by(read_notify_flags)
        .into<&Settings::notify_keyspace_events>(),
};

// "relative" is another word for "yes".
int64_t oom_mode(int64_t choice) { return choice == 2 ? 1 : choice; }

constexpr Option kProcess[] = {
    integer("shutdown-timeout", "10", 0, kIntMax)
        .help("Seconds that commands which still run have to finish when the server is told to end.")
        .into<&Settings::shutdown_timeout_s>(),
    yes_no("daemonize", "no")
        .help("Go to the background. Set logfile then; service managers want no.")
        .at_start_only()
        .into<&Settings::daemonize>(),
    text("pidfile", "")
        .help("A file to write the process id to; removed at the end.")
        .at_start_only()
        .into<&Settings::pidfile>(),
    choice("supervised", "no", "upstart, systemd, auto, no")
        .help("Tell a service manager when the server is ready: systemd (Type=notify), auto when it asks for it.")
        .at_start_only()
        .refused([](const OptionValue& value) -> std::optional<std::string> {
          if (static_cast<Supervised>(value.number) != Supervised::upstart) return std::nullopt;
          return "upstart is not supported; use systemd, auto or no";
        })
        .into<&Settings::supervised>(),
    choice("oom-score-adj", "no", "no, yes, relative, absolute")
        .help(
            "Whether to tell the kernel how ready it shall be to end the server when the machine is out of memory: by "
            "how much more than what it was started with (yes, relative), or the value itself (absolute).")
        .adjusted(oom_mode),
    words("oom-score-adj-values", "0 200 800", read_oom_values)
        .help("The first is the server's, from -2000 to 2000, of which the kernel takes -1000 (never) to 1000. The "
              "others, for replicas and child processes, have no meaning here."),
};

constexpr OptionGroup kGroups[] = {
    {"Network", "", true, kNetwork},
    {"TLS", "", true, kTls},
    {"Limits", "", true, kLimits},
    {"Storage",
     "Any option of RocksDB can be set with \"rocksdb.<option> <value>\", with RocksDB's own names of database, column "
     "and table options (rocksdb.max_background_jobs 8). An unknown one is refused at start.",
     true, kStorage},
    {"Memory", "", true, kMemory},
    {"Encodings", "", true, kEncodings},
    {"Security", "ACL users are lines of their own: user <name> <rules …>, as in ACL SETUSER.", true, kSecurity},
    {"Logging and monitoring", "", true, kLogging},
    {"Process", "", true, kProcess},
};

}  // namespace

std::span<const OptionGroup> honoured_option_groups() { return kGroups; }

}  // namespace basalt
