#include "server/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <fmt/format.h>
#include <gflags/gflags.h>
#include <glog/logging.h>

#include "server/terminal.h"

namespace basalt {
namespace {

struct SeverityLook {
  const char* word;
  const char* colour;
};
constexpr SeverityLook kSeverities[] = {
    {"info ", ""}, {"warn ", "\x1b[33m"}, {"error", "\x1b[31m"}, {"fatal", "\x1b[31;1m"}};

/// Writes whole lines to a file that may be renamed under it (log rotation), or to standard error.
class LineFile {
 public:
  explicit LineFile(std::string path) : path_(std::move(path)) {}
  ~LineFile() { close(); }
  LineFile(const LineFile&) = delete;

  Checked<void> open() {
    if (path_.empty()) return {};
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor_ >= 0) return {};
    return tl::unexpected(fmt::format("logfile {}: cannot open it: {}", path_, std::strerror(errno)));
  }

  void write(std::string_view line) {
    if (!path_.empty() && was_moved()) {
      close();
      if (!open()) return;
    }
    int descriptor = path_.empty() ? STDERR_FILENO : descriptor_;
    // Nobody is left to tell that the log can't be written.
    [[maybe_unused]] ssize_t written = ::write(descriptor, line.data(), line.size());
  }

 private:
  bool was_moved() const {
    struct stat at_path {
    }, opened{};
    if (descriptor_ < 0 || ::stat(path_.c_str(), &at_path) != 0 || ::fstat(descriptor_, &opened) != 0) return true;
    return at_path.st_ino != opened.st_ino || at_path.st_dev != opened.st_dev;
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  const std::string path_;
  int descriptor_ = -1;
};

void append_message(std::string& line, std::string_view message) {
  for (char c : message) {
    if (c == '\n') line += "\\n";
    else if (c == '\r') line += "\\r";
    else line += c;
  }
}

/// glog's own files and its standard error are switched off; everything goes through here.
class Writer final : public LogWriter, public google::LogSink {
 public:
  Writer(std::string path, bool coloured) : file_(std::move(path)), coloured_(coloured) {}
  ~Writer() override { google::RemoveLogSink(this); }

  Checked<void> start() {
    if (auto opened = file_.open(); !opened) return opened;
    if (!google::IsGoogleLoggingInitialized()) google::InitGoogleLogging("basalt-server");
    for (int severity = 0; severity < google::NUM_SEVERITIES; ++severity) google::SetLogDestination(severity, "");
    FLAGS_stderrthreshold = google::NUM_SEVERITIES;
    google::AddLogSink(this);
    return {};
  }

  // NOLINTNEXTLINE: glog warns about a second overload that is only for old programs
  using google::LogSink::send;
  void send(google::LogSeverity severity, const char*, const char* file, int line, const google::LogMessageTime& time,
            const char* message, size_t size) override {
    std::string text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} ", time.year() + 1900, time.month() + 1,
                                   time.day(), time.hour(), time.min(), time.sec(), time.usec() / 1000);
    const SeverityLook& look = kSeverities[severity];
    const char* colour = coloured_ ? look.colour : "";
    text += fmt::format("{}{}{} ", colour, look.word, *colour ? "\x1b[0m" : "");
    append_message(text, {message, size});
    if (severity >= google::GLOG_ERROR || FLAGS_v > 1) text += fmt::format(" ({}:{})", file, line);
    text += '\n';
    std::lock_guard lock(mutex_);
    file_.write(text);
  }

 private:
  std::mutex mutex_;  // guards file_
  LineFile file_;
  const bool coloured_;
};

bool verbosity_was_given() {
  gflags::CommandLineFlagInfo verbosity;
  return gflags::GetCommandLineFlagInfo("v", &verbosity) && !verbosity.is_default;
}

void apply_level(LogLevel level, bool keep_verbosity) {
  FLAGS_minloglevel = level == LogLevel::warning ? google::GLOG_WARNING : google::GLOG_INFO;
  if (keep_verbosity) return;  // --v says more exactly
  constexpr int kEverything = 9;
  FLAGS_v = level == LogLevel::debug ? kEverything : level == LogLevel::verbose ? 1 : 0;
}

}  // namespace

Checked<std::unique_ptr<LogWriter>> start_logging(Config& config) {
  std::string path = config.settings().logfile.get();
  auto writer = std::make_unique<Writer>(path, path.empty() && terminal_has_colours());
  if (auto started = writer->start(); !started) return tl::unexpected(started.error());
  bool keep_verbosity = verbosity_was_given();
  apply_level(config.settings().loglevel, keep_verbosity);
  config.on_change("loglevel", [keep_verbosity](const OptionValue& value) {
    apply_level(static_cast<LogLevel>(value.number), keep_verbosity);
    return std::nullopt;
  });
  return writer;
}

}  // namespace basalt
