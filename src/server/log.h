// The log: glog's messages, one line each, to standard error or the file of the option `logfile`.
//
//     2026-01-31 12:34:56.789 warn  User requested shutdown...
//
// loglevel: warning shows LOG(WARNING) and worse, notice LOG(INFO) too, verbose VLOG(1), debug every VLOG. What
// always has to be seen (start, stop) is therefore a WARNING.
//
// Thread rules: start_logging is for main; logging itself is thread-safe.
#pragma once

#include <memory>
#include <string>

#include "server/config/config.h"

namespace basalt {

/// Takes glog's messages until it goes.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
};

/// Sets glog up as the options say, and follows loglevel from then on. Fails if the log file can't be
/// opened. `config` outlives what it gives.
Checked<std::unique_ptr<LogWriter>> start_logging(Config& config);

}  // namespace basalt
