#include "server/latency_monitor.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace basalt {

void LatencyMonitor::add(std::string_view event, int64_t time_s, int64_t ms) {
  std::lock_guard lock(mutex_);
  auto it = events_.find(event);
  if (it == events_.end()) it = events_.emplace(event, LatencySeries{}).first;
  auto& [samples, highest_ms] = it->second;
  highest_ms = std::max(highest_ms, ms);
  if (!samples.empty() && samples.back().time_s == time_s) {
    samples.back().ms = std::max(samples.back().ms, ms);
    return;
  }
  if (samples.size() == kSamples) samples.erase(samples.begin());
  samples.push_back({time_s, ms});
}

std::map<std::string, LatencySeries, std::less<>> LatencyMonitor::all() const {
  std::lock_guard lock(mutex_);
  return events_;
}

LatencySeries LatencyMonitor::series(std::string_view event) const {
  std::lock_guard lock(mutex_);
  auto it = events_.find(event);
  return it == events_.end() ? LatencySeries{} : it->second;
}

bool LatencyMonitor::reset(std::string_view event) {
  std::lock_guard lock(mutex_);
  auto it = events_.find(event);
  if (it == events_.end()) return false;
  events_.erase(it);
  return true;
}

size_t LatencyMonitor::reset_all() {
  std::lock_guard lock(mutex_);
  const size_t count = events_.size();
  events_.clear();
  return count;
}

namespace {

std::string age_text(int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 86400) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

}  // namespace

// A column a sample: four lines of three steps each, and below them, read downwards, how long ago it was.
std::string latency_graph(std::string_view event, const LatencySeries& series, int64_t now_s) {
  constexpr int64_t kLines = 4, kStepsPerLine = 3, kSteps = kLines * kStepsPerLine;
  constexpr std::string_view kMarks = "_o#";
  constexpr size_t kColumns = 80;
  const auto& samples = series.samples;
  const auto [low, high] = std::minmax_element(
      samples.begin(), samples.end(), [](const LatencySample& a, const LatencySample& b) { return a.ms < b.ms; });
  std::string text = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n{}\n", event, high->ms, low->ms,
                                 series.highest_ms, std::string(kColumns, '-'));
  const int64_t range = std::max<int64_t>(high->ms - low->ms, 1);
  for (size_t first = 0; first < samples.size(); first += kColumns) {
    const size_t end = std::min(samples.size(), first + kColumns);
    for (int64_t line = kLines - 1; line >= 0; --line) {
      for (size_t i = first; i < end; ++i) {
        const auto step = std::min<int64_t>((samples[i].ms - low->ms) * kSteps / range, kSteps - 1);
        const int64_t above = step - line * kStepsPerLine;
        text += above < 0 ? ' ' : above < kStepsPerLine ? kMarks[static_cast<size_t>(above)] : '|';
      }
      text += '\n';
    }
    text += '\n';
    std::vector<std::string> labels;
    size_t longest = 0;
    for (size_t i = first; i < end; ++i) {
      labels.push_back(age_text(now_s - samples[i].time_s));
      longest = std::max(longest, labels.back().size());
    }
    for (size_t row = 0; row < longest; ++row) {
      for (const std::string& label : labels) text += row < label.size() ? label[row] : ' ';
      text += '\n';
    }
  }
  return text;
}

namespace {

std::string_view advice_for(std::string_view event) {
  if (event == "command" || event == "fast-command")
    return "SLOWLOG GET shows which commands were slow. Commands over many elements take long by nature; a fast "
           "command "
           "that was slow waited for the disk (compare maxmemory, the budget of the cache, with the data) or for "
           "processor time.";
  if (event == "wal-sync")
    return "The disk takes long to sync the write-ahead log. A faster disk helps, or appendfsync everysec in place of "
           "always.";
  if (event == "write-stall")
    return "Writes come faster than the disk can compact them. INFO rocksdb shows what is pending; a faster disk or "
           "more "
           "background jobs help.";
  if (event == "writes-refused")
    return "Writes were refused: the disk was full or failed, or max-db-size was reached. While they are, INFO "
           "persistence says why.";
  return "";
}

}  // namespace

std::string latency_report(const std::map<std::string, LatencySeries, std::less<>>& events, int64_t threshold_ms) {
  if (events.empty() && threshold_ms == 0)
    return "Latency is not being monitored. CONFIG SET latency-monitor-threshold <milliseconds> begins to note "
           "whatever takes longer than that.\n";
  if (events.empty()) return fmt::format("Nothing has taken {} ms or longer so far.\n", threshold_ms);
  std::string text;
  for (const auto& [event, series] : events) {
    const auto& samples = series.samples;
    const double n = static_cast<double>(samples.size());
    double sum = 0, deviation = 0;
    for (const LatencySample& sample : samples) sum += static_cast<double>(sample.ms);
    for (const LatencySample& sample : samples) deviation += std::abs(static_cast<double>(sample.ms) - sum / n);
    const auto seconds = static_cast<double>(samples.back().time_s - samples.front().time_s);
    fmt::format_to(
        std::back_inserter(text),
        "{}: {} spikes (average {:.0f} ms, mean deviation {:.0f} ms, one in {:.0f} seconds); the worst of all "
        "time {} ms.\n",
        event, samples.size(), sum / n, deviation / n, seconds / n, series.highest_ms);
    if (auto advice = advice_for(event); !advice.empty()) fmt::format_to(std::back_inserter(text), "  {}\n", advice);
  }
  return text;
}

}  // namespace basalt
