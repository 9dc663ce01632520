// The options' values as the server uses them: typed, no look-ups, no locks on hot paths.
//
// Thread rules: any thread reads any field at any time. Only Config (config.h) writes. Two fields read one
// after the other may stem from before and after a CONFIG SET.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "keyspace/events.h"

namespace basalt {

/// A string that may change while others read it. Reading copies: not for hot paths.
class SharedText {
 public:
  std::string get() const {
    std::lock_guard lock(mutex_);
    return text_;
  }
  void set(std::string_view text) {
    std::lock_guard lock(mutex_);
    text_ = text;
  }
  /// The value of an option that is several words (bind).
  std::vector<std::string> words() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// The enumerators stand in the order of the option's words.
enum class AppendFsync : uint8_t { everysec, always, no };
enum class LogLevel : uint8_t { debug, verbose, notice, warning };
enum class ProtectedAction : uint8_t { no, yes, local };
enum class AclPubsubDefault : uint8_t { allchannels, resetchannels };
enum class TlsAuthClients : uint8_t { no, yes, optional };
enum class Supervised : uint8_t { upstart, systemd, detect, no };

/// Redis's classes of client-output-buffer-limit, in its order.
enum class ClientClass : uint8_t { normal, replica, pubsub };
inline constexpr size_t kClientClasses = 3;

/// 0 is no limit. The soft limit may be passed for soft_seconds.
struct OutputBufferLimit {
  std::atomic<uint64_t> hard_bytes{0};
  std::atomic<uint64_t> soft_bytes{0};
  std::atomic<int64_t> soft_seconds{0};
};

/// The bits of notify-keyspace-events: EventClass (keyspace/events.h), and where the events are published.
inline constexpr uint32_t kNotifyKeyspace = 1 << 16;  // K
inline constexpr uint32_t kNotifyKeyevent = 1 << 17;  // E

struct Settings {
  // network
  SharedText bind;  ///< words(); a leading '-': the address may be missing
  std::atomic<int64_t> port{0};
  SharedText unixsocket;
  std::atomic<int64_t> unixsocketperm{0};  ///< 0: as the umask says
  std::atomic<int64_t> tcp_backlog{0};
  std::atomic<int64_t> tcp_keepalive_s{0};
  std::atomic<bool> protected_mode{true};
  std::atomic<int64_t> io_threads{1};
  std::atomic<int64_t> storage_threads{1};
  std::atomic<int64_t> metrics_port{0};  ///< 0: none
  SharedText metrics_bind;               ///< words(), as of bind

  // TLS
  std::atomic<int64_t> tls_port{0};
  SharedText tls_cert_file, tls_key_file, tls_key_file_pass;
  SharedText tls_ca_cert_file, tls_ca_cert_dir, tls_dh_params_file;
  std::atomic<TlsAuthClients> tls_auth_clients{TlsAuthClients::yes};
  SharedText tls_protocols, tls_ciphers, tls_ciphersuites;  ///< empty: the default ones
  std::atomic<bool> tls_prefer_server_ciphers{false};
  std::atomic<bool> tls_session_caching{true};
  std::atomic<int64_t> tls_session_cache_size{0}, tls_session_cache_timeout_s{0};
  std::atomic<int64_t> tls_handshake_timeout_s{0};

  // limits
  std::atomic<int64_t> timeout_s{0};
  std::atomic<int64_t> maxclients{0};
  std::atomic<int64_t> proto_max_bulk_len{0};
  std::atomic<int64_t> client_query_buffer_limit{0};
  std::array<OutputBufferLimit, kClientClasses> output_buffer_limits;
  const OutputBufferLimit& output_buffer_limit(ClientClass c) const {
    return output_buffer_limits[static_cast<size_t>(c)];
  }
  std::atomic<int64_t> tracking_table_max_keys{0};
  std::atomic<int64_t> maxmemory_clients{0};  ///< bytes; negative: percent of maxmemory; 0: no limit

  // storage
  SharedText dir;  ///< absolute
  std::atomic<int64_t> databases{16};
  std::atomic<AppendFsync> appendfsync{AppendFsync::everysec};
  SharedText checkpoint_dir;  ///< as written: relative to dir
  std::atomic<int64_t> checkpoint_keep{1};
  std::atomic<uint64_t> max_db_size{0};  ///< bytes; 0: no limit

  // memory
  std::atomic<uint64_t> maxmemory{0};  ///< bytes; never 0

  // security
  SharedText requirepass;
  SharedText aclfile;
  std::atomic<AclPubsubDefault> acl_pubsub_default{AclPubsubDefault::resetchannels};
  std::atomic<int64_t> acllog_max_len{0};
  std::atomic<ProtectedAction> enable_protected_configs{ProtectedAction::no};
  std::atomic<ProtectedAction> enable_debug_command{ProtectedAction::no};

  // logging and monitoring
  std::atomic<LogLevel> loglevel{LogLevel::notice};
  SharedText logfile;
  std::atomic<int64_t> slowlog_log_slower_than_us{0};  ///< negative: off
  std::atomic<int64_t> slowlog_max_len{0};
  std::atomic<int64_t> latency_monitor_threshold_ms{0};  ///< 0: off
  std::atomic<bool> latency_tracking{true};
  SharedText latency_tracking_info_percentiles;  ///< words()
  std::atomic<uint32_t> notify_keyspace_events{0};
  bool notifies(EventClass c) const {
    return (notify_keyspace_events.load(std::memory_order_relaxed) & static_cast<uint32_t>(c)) != 0;
  }

  // process
  std::atomic<int64_t> shutdown_timeout_s{0};
  std::atomic<bool> daemonize{false};
  SharedText pidfile;
  std::atomic<Supervised> supervised{Supervised::no};
};

}  // namespace basalt
