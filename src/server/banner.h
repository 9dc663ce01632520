// What the server says when it is ready: one screen.
#pragma once

#include <string>
#include <vector>

#include "server/config/config.h"
#include "store/store.h"

namespace basalt {

struct Banner {
  std::string version;        ///< Basalt's
  std::string redis_version;  ///< whose behaviour it has
  std::string engine;         ///< RocksDB's version and build
  int64_t pid = 0;
  std::vector<std::string> endpoints;
  std::string config_file;  ///< empty: none
  std::string directory;
  std::string appendfsync;
  uint64_t memory_budget = 0;  ///< bytes
  int64_t io_threads = 0;
  int64_t storage_threads = 0;
  RecoveryReport recovery;
};

Banner make_banner(const Config& config, const Store& store, std::vector<std::string> endpoints);

/// Lines without line ends. Colours only for a terminal.
std::vector<std::string> banner_lines(const Banner& banner, bool coloured);

/// To the terminal as it is, and otherwise to the log, a line a message; then that the server is ready.
void log_banner(const Banner& banner, const Config& config);

}  // namespace basalt
