// One I/O thread: an io_context, the connections dealt to it, and the end of its loop turns.
//
// Thread rules: everything runs on the thread itself, but for start(), stop(), context() and load().
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "server/session.h"

namespace basalt {

class Connection;
class Server;

class IoThread {
 public:
  IoThread(Server& server, unsigned index);
  ~IoThread();

  void start();
  /// Ends the loop once what is ready has run, and joins.
  void stop();
  asio::io_context& context() { return *context_; }
  unsigned index() const { return index_; }
  size_t load() const { return load_.load(std::memory_order_relaxed); }
  void about_to_add() { load_.fetch_add(1, std::memory_order_relaxed); }

  Worker& worker() { return worker_; }
  void add(Connection* connection) { connections_.insert(connection); }
  void remove(Connection* connection);
  /// Destroys the connection on this thread, whoever let go of it last: a thread that had a message for it may hold
  /// locks that its end needs. Any thread.
  void destroy(Connection* connection);
  void close_connections();

  /// At the end of this loop turn the WAL is flushed once and every connection that asked gets its replies
  /// sent: connections whose input was ready in the same turn share one write.
  void release_after_flush(std::shared_ptr<Connection> connection);

  /// A connection is about to execute a long pipeline. Whether another one did in this loop turn already, so that
  /// somebody waits.
  bool crowded();

 private:
  void end_of_turn();
  void schedule_housekeeping();

  Server& server_;
  const unsigned index_;
  // First to go, by ~IoThread: the handlers it still has may own connections, which unregister here.
  std::unique_ptr<asio::io_context> context_ = std::make_unique<asio::io_context>(1);
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::optional<asio::steady_timer> housekeeping_;
  Worker worker_;
  absl::flat_hash_set<Connection*> connections_;
  std::atomic<size_t> load_{0};
  std::vector<std::shared_ptr<Connection>> waiting_for_flush_;
  bool turn_scheduled_ = false;
  bool busy_turn_ = false;  // a long pipeline was executed in it
  unsigned ticks_ = 0;
  std::thread thread_;
  std::atomic<std::thread::id> runs_on_{};  // none: before start() and after stop()
};

}  // namespace basalt
