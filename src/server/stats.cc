#include "server/stats.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace basalt {

size_t LatencyHistogram::bucket_of(uint64_t us) {
  if (us < 8) return us;
  const unsigned exponent = std::bit_width(us) - 1;  // >= 3
  const size_t bucket = (exponent - 2) * 8 + ((us >> (exponent - 3)) & 7);
  return std::min(bucket, kBuckets - 1);
}

uint64_t LatencyHistogram::upper_bound_us(size_t bucket) {
  if (bucket < 8) return bucket;
  const unsigned exponent = bucket / 8 + 2;
  return ((uint64_t{8} + bucket % 8 + 1) << (exponent - 3)) - 1;
}

void LatencyHistogram::record(uint64_t us) { counts_[bucket_of(us)].add(); }

void LatencyHistogram::add_to(std::array<uint64_t, kBuckets>& sum) const {
  for (size_t i = 0; i < kBuckets; ++i) sum[i] += counts_[i].get();
}

void LatencyHistogram::reset() {
  for (auto& count : counts_) count.reset();
}

double LatencyHistogram::percentile(const std::array<uint64_t, kBuckets>& sum, double percentile) {
  uint64_t total = 0;
  for (uint64_t n : sum) total += n;
  const double wanted = total * percentile / 100;
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += sum[i];
    if (seen > 0 && seen >= wanted) return upper_bound_us(i);
  }
  return 0;
}

StatsShard::StatsShard(size_t commands) : commands_(commands) {}

StatsShard::~StatsShard() {
  for (auto& command : commands_) delete command.histogram.load();
}

void StatsShard::command_done(uint32_t index, uint64_t us, bool failed) {
  PerCommand& command = commands_[index];
  commands.add();
  command.calls.add();
  command.usec.add(us);
  if (failed) command.failed.add();
}

void StatsShard::command_took(uint32_t index, uint64_t us) {
  PerCommand& command = commands_[index];
  LatencyHistogram* histogram = command.histogram.load(std::memory_order_relaxed);
  if (!histogram) {
    histogram = new LatencyHistogram;
    command.histogram.store(histogram, std::memory_order_release);
  }
  command.timed_usec.add(us);
  histogram->record(us);
}

void StatsShard::error_replied(std::string_view error_code) {
  constexpr size_t kMaxCodes = 128;  // as Redis: scripts could invent codes without end
  errors.add();
  std::lock_guard lock(errors_mutex_);
  auto it = errors_by_code_.find(error_code);
  if (it != errors_by_code_.end()) ++it->second;
  else if (errors_by_code_.size() < kMaxCodes) errors_by_code_.emplace(error_code, 1);
}

Stats::Stats(size_t workers, size_t commands) {
  for (size_t i = 0; i < workers; ++i) shards_.push_back(std::make_unique<StatsShard>(commands));
}

uint64_t Stats::sum(Counter StatsShard::*counter) const {
  uint64_t total = 0;
  for (const auto& shard : shards_) total += ((*shard).*counter).get();
  return total;
}

CommandTotals Stats::command(uint32_t index) const {
  CommandTotals totals;
  for (const auto& shard : shards_) {
    const auto& command = shard->commands_[index];
    totals.calls += command.calls.get();
    totals.usec += command.usec.get();
    totals.rejected += command.rejected.get();
    totals.failed += command.failed.get();
    totals.timed_usec += command.timed_usec.get();
  }
  return totals;
}

uint64_t Stats::latency(uint32_t index, std::array<uint64_t, LatencyHistogram::kBuckets>& sum) const {
  sum.fill(0);
  for (const auto& shard : shards_) {
    const auto* histogram = shard->commands_[index].histogram.load(std::memory_order_acquire);
    if (histogram) histogram->add_to(sum);
  }
  return std::accumulate(sum.begin(), sum.end(), uint64_t{0});
}

std::map<std::string, uint64_t> Stats::errors_by_code() const {
  std::map<std::string, uint64_t> all;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->errors_mutex_);
    for (const auto& [code, count] : shard->errors_by_code_) all[code] += count;
  }
  return all;
}

void Stats::reset() {
  for (auto& shard : shards_) {
    for (auto& command : shard->commands_) {
      command.calls.reset();
      command.usec.reset();
      command.rejected.reset();
      command.failed.reset();
      command.timed_usec.reset();
      if (auto* histogram = command.histogram.load()) histogram->reset();
    }
    for (Counter StatsShard::*counter :
         {&StatsShard::connections, &StatsShard::commands, &StatsShard::net_input_bytes, &StatsShard::net_output_bytes,
          &StatsShard::offloaded, &StatsShard::lent, &StatsShard::keyspace_hits, &StatsShard::keyspace_misses,
          &StatsShard::rejected_connections, &StatsShard::errors, &StatsShard::wal_flushes,
          &StatsShard::input_limit_disconnections, &StatsShard::output_limit_disconnections})
      (shard.get()->*counter).reset();
    std::lock_guard lock(shard->errors_mutex_);
    shard->errors_by_code_.clear();
  }
}

}  // namespace basalt
