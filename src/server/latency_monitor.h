// LATENCY: when something took longer than latency-monitor-threshold, by event: "command", "fast-command",
// "wal-sync" (an fsync of the write-ahead log), "write-stall" (the engine held writes back), "writes-refused" (a full
// disk, an I/O error, max-db-size: for how long by then).
//
// Thread rules: thread-safe. Only what was slow comes here.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace basalt {

struct LatencySample {
  int64_t time_s;
  int64_t ms;  ///< the highest of this second
};

struct LatencySeries {
  std::vector<LatencySample> samples;  ///< the oldest first, at most LatencyMonitor::kSamples
  int64_t highest_ms = 0;              ///< of all time
};

class LatencyMonitor {
 public:
  static constexpr size_t kSamples = 160;  // as Redis

  void add(std::string_view event, int64_t time_s, int64_t ms);
  std::map<std::string, LatencySeries, std::less<>> all() const;
  /// Without samples when there was no such event.
  LatencySeries series(std::string_view event) const;
  /// Forgets one event; false when there was none.
  bool reset(std::string_view event);
  size_t reset_all();

 private:
  mutable std::mutex mutex_;
  std::map<std::string, LatencySeries, std::less<>> events_;
};

/// What LATENCY GRAPH draws of the samples.
std::string latency_graph(std::string_view event, const LatencySeries& series, int64_t now_s);
/// What LATENCY DOCTOR says. `threshold_ms`: 0 when nothing is being monitored.
std::string latency_report(const std::map<std::string, LatencySeries, std::less<>>& events, int64_t threshold_ms);

}  // namespace basalt
