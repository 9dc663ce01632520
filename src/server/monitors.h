// MONITOR: the clients that are shown every command.
//
// Thread rules: thread-safe. Every monitor is shown commands in the same order: under the mutex.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "resp/request_parser.h"

namespace basalt {

class Session;

class Monitors {
 public:
  void add(const std::shared_ptr<Session>& session);
  void remove(uint64_t client_id);
  bool any() const { return count_.load(std::memory_order_relaxed) > 0; }
  /// `line` as monitor_line gives it.
  void show(const std::string& line);

 private:
  struct Monitor {
    uint64_t client_id;
    std::weak_ptr<Session> session;
  };
  std::mutex mutex_;
  std::vector<Monitor> monitors_;
  std::atomic<size_t> count_{0};
};

/// `+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`, with its line end.
std::string monitor_line(int64_t now_us, uint16_t db, std::string_view client, const Args& args);

}  // namespace basalt
