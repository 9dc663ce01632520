// Server: what the sessions share, put together once by main.cc and handed out by reference.
//
// Thread rules: the accessors are thread-safe, as is what they give.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "command/table.h"
#include "keyspace/keyspace.h"
#include "server/checkpoints.h"
#include "server/client_memory.h"
#include "server/client_registry.h"
#include "server/dispatcher.h"
#include "server/latency_monitor.h"
#include "server/log_rewrite.h"
#include "server/monitors.h"
#include "server/slow_log.h"
#include "server/stats.h"
#include "server/storage_pool.h"
#include "server/subscriptions.h"
#include "server/tracking.h"
#include "server/transaction.h"
#include "server/waiting_clients.h"
#include "server/wal_syncer.h"

namespace basalt {

class Acl;
class Config;

class Server final : public CommitObserver {
 public:
  Server(Config& config, const Clock& clock, Store& store, Keyspace& keyspace, CommandTable& commands,
         unsigned io_threads, unsigned storage_threads);
  ~Server() override;

  Config& config() { return config_; }
  const Clock& clock() const { return clock_; }
  Store& store() { return store_; }
  Keyspace& keyspace() { return keyspace_; }
  const CommandTable& commands() const { return commands_; }
  Dispatcher& dispatcher() { return dispatcher_; }
  ClientRegistry& clients() { return clients_; }
  ClientMemory& client_memory() { return client_memory_; }
  Stats& stats() { return stats_; }
  StoragePool& pool() { return pool_; }
  WalSyncer& wal() { return wal_; }
  Checkpoints& checkpoints() { return checkpoints_; }
  LogRewrite& log_rewrite() { return log_rewrite_; }
  PubSub& pubsub() { return pubsub_; }
  Tracking& tracking() { return tracking_; }
  WatchRegistry& watches() { return watches_; }
  WaitingClients& waiting() { return waiting_; }
  SlowLog& slow_log() { return slow_log_; }
  LatencyMonitor& latency() { return latency_; }
  Monitors& monitors() { return monitors_; }
  Acl& acl() { return *acl_; }

  /// The worker of I/O thread or pool thread `i`.
  Worker io_worker(unsigned i) { return {Access::inline_, stats_.shard(i)}; }
  Worker storage_worker(unsigned i) { return {Access::blocking, stats_.shard(io_threads_ + i)}; }
  unsigned io_threads() const { return io_threads_; }
  /// Whether a pool thread would have a processor to itself, next to the I/O threads, as far as one can tell.
  bool has_spare_processor() const { return pool_.load() < spare_processors_; }

  // ---- for sessions ----
  RequestParser::Limits request_limits(const Session& session) const;
  /// Whether something watches every command (MONITOR, a pause): then no run of blind writes forms.
  bool needs_general_path() const { return pause_.load(std::memory_order_relaxed) != Pause::none || monitors_.any(); }
  /// CLIENT PAUSE holds this command back; the session is resumed when the pause ends.
  bool postpones(Session& session, const CommandSpec& spec);
  void block(Session& session, const CommandTable::Match& match, const Args& args, const Outcome& outcome);
  /// A command is done: its totals, and its place in the histogram unless latency-tracking is off.
  void count_command(StatsShard& stats, uint32_t index, int64_t duration_us, bool failed) const;
  /// Slow log, latency, MONITOR.
  void observe_command(Session& session, const RanCommand& ran);
  /// Its two halves, for a command that is shown when it begins to wait, and timed when it is served.
  void show_to_monitors(const Session& session, const RanCommand& ran);
  void note_duration(Session& session, const RanCommand& ran);
  /// Whether a command that took so long is looked at.
  bool observes(int64_t duration_us) const;
  void session_ended(Session& session);

  // ---- CommitObserver ----
  void committed(Txn& txn, std::span<const Touch> touches) override;
  bool wants(EventClass event_class) const override;

  // ---- pause ----
  enum class Pause : uint8_t { none, writes, all };
  void pause(Pause what, int64_t until_ms);
  void unpause();
  /// How many clients wait for the pause to end.
  size_t paused_clients() const;

  // ---- life ----
  /// SHUTDOWN, SIGTERM: main.cc gives what to do.
  void on_shutdown(std::function<void()> action) { shutdown_ = std::move(action); }
  void request_shutdown() {
    if (shutdown_) shutdown_();
  }
  /// Runs `action` while no command, background work or fsync does (DEBUG RELOAD). On a pool thread.
  void exclusively(const std::function<void()>& action);
  /// How the network holds its I/O threads still; from main.cc.
  using StopTheLoops = std::function<void(const std::function<void()>&)>;
  void set_stop_the_loops(StopTheLoops stop) { stop_the_loops_ = std::move(stop); }

  /// Closes the store and opens it again, with everything at rest. On a pool thread.
  Result<void> reopen();
  /// Does so after a write that RocksDB does not get over by itself (a full disk), once there is space.
  void reopen_if_needed();
  /// Ten times a second, from the network's first I/O thread.
  void tick();
  /// DEBUG PAUSE-CRON: tick() does nothing.
  void pause_ticks(bool paused) { ticks_paused_.store(paused, std::memory_order_relaxed); }
  int64_t started_ms() const { return started_ms_; }
  const std::string& run_id() const { return run_id_; }

  struct Rates {
    std::atomic<uint64_t> operations{0}, input_bytes{0}, output_bytes{0};
  };
  const Rates& rates() const { return rates_; }
  /// Memory allocated when the server was put together, and the most seen since (looked at every second).
  uint64_t startup_allocated_bytes() const { return startup_allocated_bytes_; }
  uint64_t peak_allocated_bytes() const { return peak_allocated_bytes_.load(std::memory_order_relaxed); }

 private:
  void follow_config();
  void limit_tracked_keys();
  void limit_client_memory();
  void watch_storage_latency();
  Config& config_;
  const Clock& clock_;
  Store& store_;
  Keyspace& keyspace_;
  CommandTable& commands_;
  const unsigned io_threads_;
  const unsigned spare_processors_;
  Stats stats_;
  ClientRegistry clients_;
  ClientMemory client_memory_{clients_};
  WatchRegistry watches_;
  PubSub pubsub_;
  Tracking tracking_{clients_};
  SlowLog slow_log_;
  LatencyMonitor latency_;
  Monitors monitors_;
  const std::unique_ptr<Acl> acl_;
  WaitingClients waiting_{*this};
  Dispatcher dispatcher_{*this};
  WalSyncer wal_;
  Checkpoints checkpoints_;
  LogRewrite log_rewrite_{store_};
  StoragePool pool_;
  mutable std::mutex pause_mutex_;
  std::atomic<Pause> pause_{Pause::none};
  int64_t pause_until_ms_ = 0;
  std::vector<std::weak_ptr<Transport>> paused_sessions_;
  std::function<void()> shutdown_;
  StopTheLoops stop_the_loops_;
  const int64_t started_ms_;
  const std::string run_id_;
  Rates rates_;
  const uint64_t startup_allocated_bytes_;
  std::atomic<uint64_t> peak_allocated_bytes_{0};
  uint64_t last_stall_us_ = 0;
  int64_t refused_since_us_ = 0;  // 0: writes are accepted
  uint64_t last_operations_ = 0, last_input_ = 0, last_output_ = 0;
  unsigned ticks_ = 0;
  std::atomic<bool> reopening_{false}, ticks_paused_{false};
};

}  // namespace basalt
