// SLOWLOG: the commands that took longer than slowlog-log-slower-than, the newest ones.
//
// Thread rules: thread-safe. Only slow commands come here.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "resp/request_parser.h"

namespace basalt {

struct SlowCommand {
  uint64_t id = 0;  ///< counts on over SLOWLOG RESET
  int64_t time_s = 0;
  int64_t duration_us = 0;
  std::vector<std::string> arguments;  ///< shortened: see shortened_arguments
  std::string peer_address;
  std::string client_name;
};

class SlowLog {
 public:
  /// Gives the command its id and drops what is beyond `max_length`, the oldest first.
  void add(SlowCommand command, size_t max_length);
  /// The newest first, at most `count`.
  std::vector<std::shared_ptr<const SlowCommand>> newest(size_t count) const;
  size_t size() const;
  void reset();

 private:
  mutable std::mutex mutex_;
  uint64_t next_id_ = 0;
  std::deque<std::shared_ptr<const SlowCommand>> commands_;  // the newest in front
};

/// As Redis keeps them: at most 32, the last of which then tells how many more there were; of each at most 128 bytes.
std::vector<std::string> shortened_arguments(const Args& args);

}  // namespace basalt
