#include "keyspace/key_counter.h"

#include "base/clock.h"
#include "keyspace/key_walk.h"
#include "keyspace/keyspace_impl.h"

namespace basalt {
namespace {

// A count is made anew when it is asked for and older than this.
constexpr int64_t kFresh_ms = 5'000;
// A walk reads everything: of the time since the last round, it may take no more than one part in this many.
constexpr int64_t kRestFactor = 20;
constexpr uint64_t kKeysBetweenLooksAtTheClock = 256;

}  // namespace

void KeyCounter::Tally::add(int64_t expire_ms, int64_t now_ms) {
  ++keys;
  if (expire_ms == 0) return;
  ++expires;
  if (expire_ms <= now_ms) return;
  ++living;
  ttl_sum_ms += static_cast<double>(expire_ms - now_ms);
}

KeyCount KeyCounter::Tally::result() const {
  return {.keys = keys,
          .expires = expires,
          .average_ttl_ms = living == 0 ? 0 : static_cast<int64_t>(ttl_sum_ms / static_cast<double>(living))};
}

Result<KeyCount> KeyCounter::count(Txn& txn, uint16_t db) {
  const auto known = last(db);
  // What was far beyond the limit a moment ago is so still.
  if (known && known->age_ms < kFresh_ms && known->keys > 2 * Keyspace::kExactCountLimit) return *known;
  Tally tally;
  KeyWalk walk = TRY(KeyWalk::begin(txn, db, /*fill_cache=*/true));
  for (walk.seek(0, ""); walk.valid() && tally.keys <= Keyspace::kExactCountLimit; walk.next()) {
    const auto entry = TRY(walk.entry());
    tally.add(entry.expire_ms, txn.now_ms());
  }
  TRY(walk.status());
  KeyCount counted = tally.result();
  if (!walk.valid()) return counted;
  wanted_ = true;
  if (known && known->keys >= counted.keys) return *known;
  counted.exact = false;
  counted.keys = std::max(counted.keys, estimate());
  return counted;
}

// Before the first round is through: what RocksDB believes, over all databases.
uint64_t KeyCounter::estimate() const {
  const Store& store = keyspace_.store();
  return store.property(Column::strings, "rocksdb.estimate-num-keys") +
         store.property(Column::heads, "rocksdb.estimate-num-keys");
}

std::optional<KeyCount> KeyCounter::last(uint16_t db) const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (db >= last_.size()) return std::nullopt;
  KeyCount count = last_[db].count;
  count.exact = false;
  count.age_ms = std::max<int64_t>(keyspace_.clock().now_ms() - last_[db].at_ms, 0);
  if (count.age_ms >= kFresh_ms) wanted_ = true;
  return count;
}

bool KeyCounter::due() const { return round_ || (wanted_ && monotonic_us() >= rest_until_us_); }

Result<bool> KeyCounter::advance(int64_t deadline_us) {
  std::lock_guard<std::mutex> lock(advancing_);
  if (!round_) {
    round_.emplace();
    wanted_ = false;
  }
  const int64_t began_us = monotonic_us();
  while (round_->db < keyspace_.database_count()) {
    auto whole = count_slice(*round_, deadline_us);
    if (!whole) round_.reset();
    const bool all_of_db = TRY(std::move(whole));
    if (!all_of_db) {
      round_->working_us += monotonic_us() - began_us;
      return false;
    }
    round_->counted.push_back({round_->tally.result(), keyspace_.clock().now_ms()});
    const uint16_t next = static_cast<uint16_t>(round_->db + 1);
    *round_ = {.db = next, .counted = std::move(round_->counted), .working_us = round_->working_us};
  }
  round_->working_us += monotonic_us() - began_us;
  finish_round();
  return true;
}

// One database as far as the deadline lets it; true when it was walked to its end.
Result<bool> KeyCounter::count_slice(Round& round, int64_t deadline_us) {
  Txn txn(keyspace_, Access::blocking);
  KeyWalk walk = TRY(KeyWalk::begin(txn, round.db, /*fill_cache=*/false));
  walk.seek(round.slot, round.within ? round.after : "");
  if (walk.valid() && round.within && walk.slot() == round.slot && walk.name() == round.after) walk.next();
  for (uint64_t looked_at = 0; walk.valid(); walk.next()) {
    const auto entry = TRY(walk.entry());
    round.tally.add(entry.expire_ms, txn.now_ms());
    if (++looked_at % kKeysBetweenLooksAtTheClock != 0 || monotonic_us() < deadline_us) continue;
    round.slot = walk.slot();
    round.after.assign(walk.name());
    round.within = true;
    return false;
  }
  TRY(walk.status());
  return true;
}

void KeyCounter::finish_round() {
  rest_until_us_ = monotonic_us() + kRestFactor * round_->working_us;
  std::lock_guard<std::mutex> lock(mutex_);
  last_ = std::move(round_->counted);
  round_.reset();
}

}  // namespace basalt
