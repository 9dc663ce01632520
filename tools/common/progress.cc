#include "tools/common/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"

namespace basalt::tools {

namespace {

constexpr int64_t kSecond_us = 1'000'000;
constexpr int64_t kFirstBar_us = kSecond_us / 2;  // what is done sooner needs no bar
constexpr int64_t kRedraw_us = kSecond_us / 5;
constexpr int64_t kPlainLine_us = 15 * kSecond_us;
constexpr size_t kBarWidth = 24;
constexpr size_t kLeastBarWidth = 8;
constexpr size_t kUsualColumns = 80;

std::string amount(Unit unit, uint64_t value) {
  return unit == Unit::bytes ? human_size(value) : fmt::format("{}", value);
}

// Of the terminal that stderr is, as wide as it is now.
size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualColumns;
}

}  // namespace

Progress::Progress(std::string what, Unit unit, uint64_t total)
    : what_(std::move(what)),
      unit_(unit),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_us_(monotonic_us()),
      total_(total),
      next_us_(start_us_ + (terminal_ ? kFirstBar_us : kPlainLine_us)) {}

Progress::~Progress() {
  if (terminal_ && drawn_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::add(uint64_t amount) {
  done_.fetch_add(amount);
  const int64_t now_us = monotonic_us();
  int64_t due_us = next_us_.load();
  if (now_us < due_us) return;
  const int64_t next_us = now_us + (terminal_ ? kRedraw_us : kPlainLine_us);
  if (next_us_.compare_exchange_strong(due_us, next_us)) show(now_us);
}

void Progress::show(int64_t now_us) {
  std::lock_guard lock(mutex_);
  const std::string text = line(now_us - start_us_, terminal_ ? terminal_columns() : 0);
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", text, terminal_ ? "" : "\n");
  drawn_ = true;
}

std::string Progress::line(int64_t elapsed_us, size_t columns) const {
  const std::string behind = figures(elapsed_us);
  if (columns == 0) return what_ + " " + behind;
  std::string text = what_ + " ";
  const size_t taken = text.size() + behind.size() + std::size("[] ");  // a column stays free: a full line would wrap
  const size_t width = std::min(kBarWidth, columns > taken ? columns - taken : 0);
  if (total_ > 0 && width >= kLeastBarWidth) {
    const auto full = static_cast<size_t>(share() * static_cast<double>(width));
    text += fmt::format("[{}{}] ", std::string(full, '#'), std::string(width - full, '.'));
  }
  return (text + behind).substr(0, columns - 1);
}

double Progress::share() const {
  return total_ == 0 ? 0 : std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
}

std::string Progress::figures(int64_t elapsed_us) const {
  const uint64_t done = done_, total = total_;
  const double seconds = std::max<double>(static_cast<double>(elapsed_us) / kSecond_us, 0.001);
  const double rate = static_cast<double>(done) / seconds;
  std::string text;
  if (total > 0) text = fmt::format("{:.0f}% ", share() * 100);
  text += amount(unit_, done);
  if (total > 0) text += " of " + amount(unit_, total);
  text += fmt::format(", {}/s", amount(unit_, static_cast<uint64_t>(rate)));
  if (total > done && rate > 0)
    text += fmt::format(", {} left", human_duration(static_cast<int64_t>(static_cast<double>(total - done) / rate)));
  return text;
}

std::string human_size(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_duration(int64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace basalt::tools
