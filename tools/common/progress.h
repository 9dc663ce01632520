// Talk on stderr, and a progress bar for what takes longer than a moment.
//
// On a terminal: one line, redrawn a few times a second, with rate and time left. Elsewhere: a plain
// line now and then, so that a log shows that the work goes on.
//
// Thread rules: say() and Progress::add() are thread-safe; a Progress is made and finished by one thread.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace basalt::tools {

/// A line on stderr.
template <typename... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  fmt::print(stderr, "{}\n", fmt::format(format, std::forward<Args>(args)...));
}

enum class Unit : uint8_t { bytes, pieces };

class Progress {
 public:
  /// `what`: "copying". `total` 0: not known, no share and no time left is shown.
  Progress(std::string what, Unit unit, uint64_t total);
  /// Clears the bar.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(uint64_t amount);
  void set_total(uint64_t total) { total_ = total; }
  uint64_t done() const { return done_; }

  /// The line as it is shown after so much time: on a terminal of so many columns, which it does not fill, or (0) not
  /// on one. For tests.
  std::string line(int64_t elapsed_us, size_t columns) const;

 private:
  void show(int64_t now_us);
  double share() const;
  std::string figures(int64_t elapsed_us) const;
  const std::string what_;
  const Unit unit_;
  const bool terminal_;
  const int64_t start_us_;
  std::atomic<uint64_t> done_{0}, total_;
  std::atomic<int64_t> next_us_;  ///< when it is shown again
  std::mutex mutex_;              ///< one draws at a time
  bool drawn_ = false;
};

/// "1.5 GiB", "12 bytes".
std::string human_size(uint64_t bytes);
/// "3 s", "4 min 10 s", "2 h 5 min".
std::string human_duration(int64_t seconds);

}  // namespace basalt::tools
