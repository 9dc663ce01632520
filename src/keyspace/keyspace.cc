// Opening, the requests that go to one part each, and the background thread.
#include "keyspace/keyspace.h"

#include <chrono>
#include <limits>

#include <glog/logging.h>

#include "keyspace/damage.h"
#include "keyspace/key_scan.h"
#include "keyspace/keyspace_impl.h"

namespace basalt {
namespace {

constexpr int64_t kNoDeadline = std::numeric_limits<int64_t>::max();
constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// The background thread wakes ten times a second; each of its tasks then has so long.
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr int64_t kTaskBudget_us = 25'000;
// After a failure (a full disk, say) it leaves the store alone for a while.
constexpr auto kPauseAfterFailure = std::chrono::seconds(1);

}  // namespace

Keyspace::Keyspace(Store& store, const Clock& clock, const KeyspaceOptions& options)
    : store_(store), clock_(clock), impl_(std::make_unique<Impl>(*this, options)) {}

Keyspace::~Keyspace() { stop(); }

Result<std::unique_ptr<Keyspace>> Keyspace::open(Store& store, const Clock& clock, const KeyspaceOptions& options) {
  std::unique_ptr<Keyspace> keyspace(new Keyspace(store, clock, options));
  TRY(keyspace->reload());
  return keyspace;
}

Result<void> Keyspace::reload() {
  impl_->records.clear();
  impl_->replies.clear();
  TRY(impl_->databases.load(store_, impl_->options.databases));
  TRY(impl_->object_ids.load(store_));
  return impl_->garbage.load();
}

uint16_t Keyspace::database_count() const { return impl_->databases.count(); }

void Keyspace::set_observer(CommitObserver* observer) { impl_->observer.store(observer); }

// ---- keys ----

Result<KeyCount> Keyspace::count_keys(Txn& txn, uint16_t db) { return impl_->counter.count(txn, db); }

std::optional<KeyCount> Keyspace::last_count(uint16_t db) const { return impl_->counter.last(db); }

Result<ScanPage> Keyspace::scan(Txn& txn, uint16_t db, const ScanRequest& request) {
  const KeyFilter filter(request.pattern, request.type);
  auto place = impl_->scan_tokens.place_of(request.cursor);
  ScanPage page;
  const bool end = TRY(KeyScan(txn, db, filter).run(place, std::max<uint64_t>(request.count, 1), page.keys));
  if (end) return page;
  page.cursor = place.within ? impl_->scan_tokens.cursor_after(place.slot, place.after)
                             : impl_->scan_tokens.cursor_at(place.slot);
  return page;
}

Result<std::vector<std::string>> Keyspace::keys(Txn& txn, uint16_t db, std::string_view pattern) {
  const KeyFilter filter(pattern, std::nullopt);
  ScanTokens::Place start;
  std::vector<std::string> keys;
  TRY(KeyScan(txn, db, filter).run(start, kNoLimit, keys));
  return keys;
}

Result<std::optional<std::string>> Keyspace::random_key(Txn& txn, uint16_t db) { return pick_random_key(txn, db); }

// ---- background ----

Result<uint64_t> Keyspace::expire_due(uint64_t limit) { return impl_->expirer.run(limit, kNoDeadline); }

void Keyspace::set_active_expire(bool on) { impl_->active_expire = on; }

void Keyspace::pause_expiry(bool paused) { impl_->expiry_paused = paused; }

Result<uint64_t> Keyspace::collect_garbage(uint64_t limit) { return impl_->garbage.collect(limit, kNoDeadline); }

Result<uint64_t> Keyspace::purge_dropped_databases() { return impl_->garbage.purge(); }

Result<void> Keyspace::refresh_counts() {
  TRY(impl_->counter.advance(kNoDeadline));
  return {};
}

void Keyspace::set_field_expirer(FieldExpirer expirer) { impl_->expirer.set_field_expirer(std::move(expirer)); }

Keyspace::Stats Keyspace::stats() const {
  return {.expired_keys = impl_->expirer.expired_keys() - impl_->expired_at_reset,
          .expired_stale_rows = impl_->expirer.stale_rows(),
          .garbage_pending = impl_->garbage.pending(),
          .garbage_collected = impl_->garbage.collected() - impl_->collected_at_reset,
          .purges_pending = impl_->databases.purge_count(),
          .expiry_lag_ms = impl_->expirer.lag_ms()};
}

void Keyspace::reset_stats() {
  impl_->expired_at_reset = impl_->expirer.expired_keys();
  impl_->collected_at_reset = impl_->garbage.collected();
}

// Each task for a bounded time, so that none keeps the others waiting, nor stop().
Result<void> Keyspace::tick() {
  if (impl_->active_expire && !impl_->expiry_paused) TRY(impl_->expirer.run(kNoLimit, monotonic_us() + kTaskBudget_us));
  TRY(impl_->garbage.collect(kNoLimit, monotonic_us() + kTaskBudget_us));
  TRY(impl_->garbage.purge());
  if (impl_->counter.due()) TRY(impl_->counter.advance(monotonic_us() + kTaskBudget_us));
  return {};
}

void Keyspace::start() {
  stop();
  impl_->stopping = false;
  impl_->thread = std::thread([this] {
    std::unique_lock<std::mutex> lock(impl_->stop_mutex);
    while (!impl_->stopping) {
      lock.unlock();
      auto done = tick();
      if (!done) {
        LOG_EVERY_N(ERROR, 60) << "background work: " << failure_text(done.error());
      }
      lock.lock();
      const bool behind = done && impl_->expirer.behind();
      const auto pause = !done ? kPauseAfterFailure : behind ? std::chrono::milliseconds(5) : kTick;
      impl_->stop_signal.wait_for(lock, pause, [this] { return impl_->stopping; });
    }
  });
}

void Keyspace::stop() {
  if (!impl_->thread.joinable()) return;
  {
    std::lock_guard<std::mutex> lock(impl_->stop_mutex);
    impl_->stopping = true;
  }
  impl_->stop_signal.notify_all();
  impl_->thread.join();
  impl_->garbage.stop_compacting();
}

}  // namespace basalt
