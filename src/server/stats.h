// Counters behind INFO. Each worker thread has a shard of its own, so counting never makes two threads
// share a cache line; readers add the shards up.
//
// Thread rules: a shard is written by its one thread and read by any (relaxed atomics).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace basalt {

/// A counter with one writer: no locked instruction.
class Counter {
 public:
  void add(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }
  void reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// Durations in microseconds by powers of two, each split in 8: at most 12.5% off.
class LatencyHistogram {
 public:
  static constexpr size_t kBuckets = 8 * 40;
  void record(uint64_t us);
  void add_to(std::array<uint64_t, kBuckets>& sum) const;
  void reset();
  static uint64_t upper_bound_us(size_t bucket);
  /// The value below which `percentile` (0..100) of the sum lies.
  static double percentile(const std::array<uint64_t, kBuckets>& sum, double percentile);

 private:
  static size_t bucket_of(uint64_t us);
  std::array<Counter, kBuckets> counts_;
};

struct CommandTotals {
  uint64_t calls = 0, usec = 0, rejected = 0, failed = 0;
  uint64_t timed_usec = 0;  ///< of the calls in the histogram
};

class StatsShard {
 public:
  explicit StatsShard(size_t commands);
  ~StatsShard();

  void command_done(uint32_t index, uint64_t us, bool failed);
  /// For its histogram (latency-tracking).
  void command_took(uint32_t index, uint64_t us);
  void command_rejected(uint32_t index) { commands_[index].rejected.add(); }
  void error_replied(std::string_view error_code);

  Counter connections, commands, net_input_bytes, net_output_bytes, offloaded, lent, keyspace_hits, keyspace_misses,
      rejected_connections, errors, wal_flushes, input_limit_disconnections, output_limit_disconnections;

 private:
  friend class Stats;
  struct PerCommand {
    Counter calls, usec, rejected, failed, timed_usec;
    std::atomic<LatencyHistogram*> histogram{nullptr};
  };
  std::vector<PerCommand> commands_;
  std::mutex errors_mutex_;
  std::map<std::string, uint64_t, std::less<>> errors_by_code_;
};

class Stats {
 public:
  /// `commands` as CommandTable::index_count().
  Stats(size_t workers, size_t commands);

  StatsShard& shard(size_t worker) { return *shards_[worker]; }
  uint64_t sum(Counter StatsShard::*counter) const;
  CommandTotals command(uint32_t index) const;
  /// How many calls the histogram has.
  uint64_t latency(uint32_t index, std::array<uint64_t, LatencyHistogram::kBuckets>& sum) const;
  std::map<std::string, uint64_t> errors_by_code() const;
  /// CONFIG RESETSTAT.
  void reset();

 private:
  std::vector<std::unique_ptr<StatsShard>> shards_;
};

}  // namespace basalt
