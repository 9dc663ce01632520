#include "server/banner.h"

#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/number.h"
#include "server/server_commands.h"
#include "server/terminal.h"

namespace basalt {
namespace {

std::string what_was_found(const RecoveryReport& recovery) {
  if (recovery.created) return "created";
  std::string found = fmt::format("{} in {} file{}", human_bytes(recovery.sst_bytes), recovery.sst_files,
                                  recovery.sst_files == 1 ? "" : "s");
  if (recovery.wal_bytes > 0) found += fmt::format(", {} of log replayed", human_bytes(recovery.wal_bytes));
  return fmt::format("{}, opened in {} ms", found, recovery.open_ms);
}

}  // namespace

Banner make_banner(const Config& config, const Store& store, std::vector<std::string> endpoints) {
  const Settings& settings = config.settings();
  return {
      .version = BASALT_VERSION,
      .redis_version = std::string(kRedisVersion),
      .engine = Store::engine_version(),
      .pid = ::getpid(),
      .endpoints = std::move(endpoints),
      .config_file = config.file(),
      .directory = store.directory(),
      .appendfsync = config.text("appendfsync"),
      .memory_budget = settings.maxmemory,
      .io_threads = settings.io_threads,
      .storage_threads = settings.storage_threads,
      .recovery = store.recovery(),
  };
}

std::vector<std::string> banner_lines(const Banner& banner, bool coloured) {
  const char* bold = coloured ? "\x1b[1m" : "";
  const char* faint = coloured ? "\x1b[2m" : "";
  const char* plain = coloured ? "\x1b[0m" : "";
  std::vector<std::string> lines = {fmt::format("{}Basalt {}{}, behaving as Redis {}, on RocksDB {}", bold,
                                                banner.version, plain, banner.redis_version, banner.engine)};
  auto add = [&](std::string_view what, const std::string& value) {
    lines.push_back(fmt::format("  {}{:<10}{} {}", faint, what, plain, value));
  };
  add("listening", fmt::format("{}", fmt::join(banner.endpoints, ", ")));
  add("data", fmt::format("{} ({})", banner.directory, what_was_found(banner.recovery)));
  add("memory", fmt::format("{} for cache and memtables", human_bytes(banner.memory_budget)));
  add("threads", fmt::format("{} for connections, {} for storage", banner.io_threads, banner.storage_threads));
  add("durability", fmt::format("appendfsync {}", banner.appendfsync));
  add("config", banner.config_file.empty() ? "defaults and command line" : banner.config_file);
  add("process", std::to_string(banner.pid));
  return lines;
}

void log_banner(const Banner& banner, const Config& config) {
  bool terminal = ::isatty(STDERR_FILENO) == 1 && config.settings().logfile.get().empty();
  if (terminal) {
    std::string text = "\n";
    for (const std::string& line : banner_lines(banner, terminal_has_colours())) text += line + '\n';
    fmt::print(stderr, "{}\n", text);
  } else {
    for (const std::string& line : banner_lines(banner, false)) LOG(WARNING) << line;
  }
  // Scripts that start redis-server wait for these words.
  LOG(WARNING) << "Ready to accept connections";
}

}  // namespace basalt
