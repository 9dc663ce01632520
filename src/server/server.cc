#include "server/server.h"

#include <algorithm>
#include <filesystem>

#include <absl/container/inlined_vector.h>
#include <glog/logging.h>

#include "base/random.h"
#include "command/error_text.h"
#include "server/acl/acl.h"
#include "server/allocator.h"
#include "server/client_info.h"
#include "server/config/config.h"
#include "server/config/machine.h"
#include "server/redaction.h"
#include "server/session.h"
#include "server/transaction.h"

namespace basalt {

Server::Server(Config& config, const Clock& clock, Store& store, Keyspace& keyspace, CommandTable& commands,
               unsigned io_threads, unsigned storage_threads)
    : config_(config),
      clock_(clock),
      store_(store),
      keyspace_(keyspace),
      commands_(commands),
      io_threads_(io_threads),
      spare_processors_(static_cast<unsigned>(std::max<int64_t>(machine_cores() - io_threads, 0))),
      stats_(io_threads + storage_threads, commands.index_count()),
      acl_(std::make_unique<Acl>(commands, config.settings())),
      wal_(store, config.settings().appendfsync.load()),
      checkpoints_(store, config.settings(), clock),
      pool_(storage_threads),
      started_ms_(clock.now_ms()),
      run_id_(random_hex(20)),
      startup_allocated_bytes_(allocated_bytes()) {
  keyspace_.set_observer(this);
  follow_config();
}

// Options whose value is not just read where it is needed.
void Server::follow_config() {
  config_.on_change("appendfsync", [this](const OptionValue&) {
    wal_.set_policy(config_.settings().appendfsync.load());
    return std::nullopt;
  });
  config_.on_change("maxmemory", [this](const OptionValue&) {
    store_.set_memory_budget(config_.settings().maxmemory.load());
    limit_client_memory();
    return std::nullopt;
  });
  limit_client_memory();
  config_.on_change("maxmemory-clients", [this](const OptionValue&) {
    limit_client_memory();
    return std::nullopt;
  });
  store_.set_size_limit(config_.settings().max_db_size.load());
  config_.on_change("max-db-size", [this](const OptionValue&) {
    store_.set_size_limit(config_.settings().max_db_size.load());
    return std::nullopt;
  });
  config_.on_change("tracking-table-max-keys", [this](const OptionValue&) {
    limit_tracked_keys();
    return std::nullopt;
  });
  config_.on_change("requirepass", [this](const OptionValue& value) {
    acl_->set_default_password(value.text);
    return std::nullopt;
  });
}

// Negative: percent of maxmemory.
void Server::limit_client_memory() {
  constexpr uint64_t kLeast = 128 << 10;  // as Redis: less, and nobody could raise it again
  const Settings& settings = config_.settings();
  const int64_t wanted = settings.maxmemory_clients.load();
  if (wanted == 0) return client_memory_.set_limit(0);
  const auto bytes =
      wanted > 0
          ? static_cast<uint64_t>(wanted)
          : static_cast<uint64_t>(static_cast<double>(settings.maxmemory.load()) * static_cast<double>(-wanted) / 100);
  client_memory_.set_limit(std::max(bytes, kLeast));
}

Server::~Server() {
  pool_.stop();
  wal_.stop();
  keyspace_.set_observer(nullptr);
}

RequestParser::Limits Server::request_limits(const Session& session) const {
  RequestParser::Limits limits;
  limits.max_bulk_length = config_.settings().proto_max_bulk_len.load(std::memory_order_relaxed);
  limits.unauthenticated = !session.authenticated && session.must_authenticate();
  return limits;
}

void Server::block(Session& session, const CommandTable::Match& match, const Args& args, const Outcome& outcome) {
  auto registered = clients_.find(session.id);
  const Args later = outcome.later_args ? Args(outcome.later_args->begin(), outcome.later_args->end()) : args;
  auto waiter = std::make_shared<Waiter>(registered, match, later, outcome);
  std::vector<int> positions;
  find_keys(*match.spec, args, positions);
  std::vector<Key> keys;
  for (size_t i = 0; i < positions.size(); ++i) {
    // It waits for what it takes from, not for where a move puts it.
    if (key_use_of(*match.spec, i).find("access") != KeyUse::npos) keys.push_back({session.db, args[positions[i]]});
  }
  session.shared.argument_bytes = bytes_of(args);
  session.shared.blocked = true;
  session.blocked_until_us = outcome.timeout_ms > 0 ? monotonic_us() + outcome.timeout_ms * 1000 : 0;
  session.waiting_for = waiter;
  waiting_.add(std::move(waiter), keys);
}

void Server::committed(Txn& txn, std::span<const Touch> touches) {
  const auto changes = std::count_if(touches.begin(), touches.end(), [](const Touch& touch) { return touch.modified; });
  if (changes > 0) checkpoints_.count_changes(static_cast<uint64_t>(changes));
  watches_.committed(touches);
  const uint32_t flags = config_.settings().notify_keyspace_events.load(std::memory_order_relaxed);
  if (flags != 0) pubsub_.notify(touches, flags);
  tracking_.committed(txn.origin(), touches);
  waiting_.committed(txn, touches);
}

bool Server::wants(EventClass event_class) const { return config_.settings().notifies(event_class); }

void Server::session_ended(Session& session) {
  waiting_.forget(session.id);
  if (session.shared.monitor.exchange(false)) monitors_.remove(session.id);
  session.unsubscribe_all();
  session.stop_tracking();
  session.end_transaction();
  if (checkpoints_.lent_to(session.id)) {
    pool_.submit([this, id = session.id](unsigned) { checkpoints_.take_back(id); });
  }
}

void Server::count_command(StatsShard& stats, uint32_t index, int64_t duration_us, bool failed) const {
  stats.command_done(index, static_cast<uint64_t>(duration_us), failed);
  if (config_.settings().latency_tracking.load(std::memory_order_relaxed))
    stats.command_took(index, static_cast<uint64_t>(duration_us));
}

void Server::limit_tracked_keys() {
  if (tracking_.clients() == 0) return;
  tracking_.limit(static_cast<size_t>(config_.settings().tracking_table_max_keys.load(std::memory_order_relaxed)));
}

bool Server::observes(int64_t duration_us) const {
  const Settings& settings = config_.settings();
  const int64_t slow_us = settings.slowlog_log_slower_than_us.load(std::memory_order_relaxed);
  const int64_t threshold_ms = settings.latency_monitor_threshold_ms.load(std::memory_order_relaxed);
  return (slow_us >= 0 && duration_us >= slow_us) || (threshold_ms > 0 && duration_us >= threshold_ms * 1000) ||
         monitors_.any();
}

void Server::observe_command(Session& session, const RanCommand& ran) {
  if (!observes(ran.duration_us())) return;
  show_to_monitors(session, ran);
  note_duration(session, ran);
}

void Server::show_to_monitors(const Session& session, const RanCommand& ran) {
  // As Redis: what administers the server is not for every eye.
  if (!monitors_.any() || (ran.match.spec->flags & (kSkipMonitor | kAdmin))) return;
  const std::string client = session.unix_socket ? "unix:" + config_.settings().unixsocket.get() : session.peer_address;
  const Args shown = redacted(commands_.full_name(ran.match.index), ran.args);
  monitors_.show(monitor_line(clock_.now_us(), ran.db, client, shown));
}

void Server::note_duration(Session& session, const RanCommand& ran) {
  const Settings& settings = config_.settings();
  const CommandSpec& spec = *ran.match.spec;
  const int64_t now_us = clock_.now_us();
  const int64_t slow_us = settings.slowlog_log_slower_than_us.load();
  if (slow_us >= 0 && ran.duration_us() >= slow_us && !(spec.flags & kSkipSlowlog)) {
    const Args shown = redacted(commands_.full_name(ran.match.index), ran.args);
    SlowCommand slow{0, now_us / 1'000'000, ran.duration_us(), shortened_arguments(shown), session.peer_address, ""};
    {
      std::lock_guard lock(session.shared.mutex);
      slow.client_name = session.shared.name;
    }
    slow_log_.add(std::move(slow), static_cast<size_t>(settings.slowlog_max_len.load()));
  }
  const int64_t threshold_ms = settings.latency_monitor_threshold_ms.load();
  if (threshold_ms > 0 && ran.duration_us() >= threshold_ms * 1000)
    latency_.add(spec.flags & kFast ? "fast-command" : "command", now_us / 1'000'000, ran.duration_us() / 1000);
}

// What no single command sees: fsyncs, the time that the engine held writes back since the last look, and for how
// long now writes have been refused.
void Server::watch_storage_latency() {
  const int64_t threshold_ms = config_.settings().latency_monitor_threshold_ms.load(std::memory_order_relaxed);
  const int64_t sync_ms = wal_.take_slowest_sync_us() / 1000;
  const uint64_t stall_us = store_.ticker("rocksdb.stall.micros");
  const auto stalled_ms = static_cast<int64_t>((stall_us - std::exchange(last_stall_us_, stall_us)) / 1000);
  if (!store_.background_error()) refused_since_us_ = 0;
  else if (refused_since_us_ == 0) refused_since_us_ = monotonic_us();
  if (threshold_ms == 0) return;
  const int64_t now_s = clock_.now_us() / 1'000'000;
  const int64_t refused_ms = refused_since_us_ == 0 ? 0 : (monotonic_us() - refused_since_us_) / 1000;
  if (refused_ms >= threshold_ms) latency_.add("writes-refused", now_s, refused_ms);
  if (sync_ms >= threshold_ms) latency_.add("wal-sync", now_s, sync_ms);
  if (stalled_ms >= threshold_ms) latency_.add("write-stall", now_s, stalled_ms);
}

namespace {
// Whether a pause of writes holds it back: EXEC by what is queued.
bool may_write(const Session& session, const CommandSpec& spec) {
  constexpr uint64_t kHeldBack = kWrite | kMayReplicate;
  if (spec.name != "exec" || !session.transaction) return spec.flags & kHeldBack;
  const auto& queue = session.transaction->queue;
  return std::any_of(queue.begin(), queue.end(),
                     [](const QueuedCommand& command) { return command.match().spec->flags & kHeldBack; });
}
}  // namespace

bool Server::postpones(Session& session, const CommandSpec& spec) {
  const Pause pause = pause_.load(std::memory_order_relaxed);
  if (pause == Pause::none) return false;
  if (pause == Pause::writes && !may_write(session, spec)) return false;
  if (spec.name == "client") return false;
  std::lock_guard lock(pause_mutex_);
  if (pause_.load() == Pause::none) return false;
  session.shared.blocked = true;
  session.blocked_until_us = 0;
  paused_sessions_.push_back(session.transport());
  return true;
}

void Server::pause(Pause what, int64_t until_ms) {
  std::lock_guard lock(pause_mutex_);
  // As Redis: a new pause keeps the longer end and the stronger kind of the two.
  pause_until_ms_ = pause_.load() == Pause::none ? until_ms : std::max(pause_until_ms_, until_ms);
  pause_.store(std::max(pause_.load(), what));
  keyspace_.pause_expiry(true);
}

size_t Server::paused_clients() const {
  if (pause_.load(std::memory_order_relaxed) == Pause::none) return 0;
  std::lock_guard lock(pause_mutex_);
  return static_cast<size_t>(std::count_if(paused_sessions_.begin(), paused_sessions_.end(),
                                           [](const auto& transport) { return !transport.expired(); }));
}

void Server::unpause() {
  std::vector<std::weak_ptr<Transport>> sessions;
  {
    std::lock_guard lock(pause_mutex_);
    pause_.store(Pause::none);
    keyspace_.pause_expiry(false);
    sessions.swap(paused_sessions_);
  }
  for (auto& weak : sessions)
    if (auto transport = weak.lock()) transport->resume("");
}

void Server::exclusively(const std::function<void()>& action) {
  stop_the_loops_([&] {
    pool_.alone([&] {
      keyspace_.stop();
      wal_.paused(action);
      keyspace_.start();
    });
  });
}

Result<void> Server::reopen() {
  Result<void> result;
  exclusively([&] {
    result = store_.reopen();
    if (result) result = keyspace_.reload();
  });
  return result;
}

void Server::reopen_if_needed() {
  if (!store_.needs_reopen()) return;
  // Opening flushes what the log holds: without room for that it would fail, and reads with it.
  constexpr uint64_t kRoom = 64 << 20;
  std::error_code error;
  const auto space = std::filesystem::space(store_.directory(), error);
  if (error || space.available < kRoom || reopening_.exchange(true)) return;
  LOG(WARNING) << "A write to the log failed for good; opening the store again";
  pool_.submit([this](unsigned) {
    const auto result = reopen();
    if (result) LOG(WARNING) << "The store is open again; writes go on";
    else LOG(ERROR) << "The store could not be opened again: " << error_text(result.error());
    reopening_ = false;
  });
}

void Server::tick() {
  if (ticks_paused_.load(std::memory_order_relaxed)) return;
  if (pause_.load(std::memory_order_relaxed) != Pause::none) {
    bool over;
    {
      std::lock_guard lock(pause_mutex_);
      over = pause_.load() != Pause::none && clock_.now_ms() >= pause_until_ms_;
    }
    if (over) unpause();
  }
  watch_storage_latency();
  limit_tracked_keys();
  if (++ticks_ % 10 != 0) return;
  reopen_if_needed();
  peak_allocated_bytes_ = std::max(peak_allocated_bytes_.load(), allocated_bytes());
  auto per_second = [](uint64_t total, uint64_t& last) { return total - std::exchange(last, total); };
  rates_.operations = per_second(stats_.sum(&StatsShard::commands), last_operations_);
  rates_.input_bytes = per_second(stats_.sum(&StatsShard::net_input_bytes), last_input_);
  rates_.output_bytes = per_second(stats_.sum(&StatsShard::net_output_bytes), last_output_);
}

}  // namespace basalt
