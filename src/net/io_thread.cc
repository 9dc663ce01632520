#include "net/io_thread.h"

#include <asio/post.hpp>

#include <glog/logging.h>

#include "command/error_text.h"
#include "net/connection.h"
#include "server/server.h"

namespace basalt {

namespace {
constexpr auto kTick = std::chrono::milliseconds(100);
}

IoThread::IoThread(Server& server, unsigned index)
    : server_(server),
      index_(index),
      work_(context_->get_executor()),
      housekeeping_(*context_),
      worker_(server.io_worker(index)) {}

IoThread::~IoThread() {
  stop();
  waiting_for_flush_.clear();
  housekeeping_.reset();
  work_.reset();
  context_.reset();
}

void IoThread::start() {
  schedule_housekeeping();
  thread_ = std::thread([this] {
    runs_on_ = std::this_thread::get_id();
    context_->run();
  });
  pthread_setname_np(thread_.native_handle(), "io");
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  asio::post(*context_, [this] {
    housekeeping_->cancel();
    close_connections();
    work_.reset();
    // What still has handlers outstanding after its connections closed is not waited for.
    asio::post(*context_, [this] { asio::post(*context_, [this] { context_->stop(); }); });
  });
  thread_.join();
  runs_on_ = std::thread::id();
}

void IoThread::remove(Connection* connection) {
  connections_.erase(connection);
  load_.fetch_sub(1, std::memory_order_relaxed);
}

void IoThread::destroy(Connection* connection) {
  std::unique_ptr<Connection> owned(connection);
  const std::thread::id runs_on = runs_on_;
  if (runs_on != std::thread::id() && runs_on != std::this_thread::get_id())
    asio::post(*context_, [owned = std::move(owned)] {});
}

void IoThread::close_connections() {
  const std::vector<Connection*> open(connections_.begin(), connections_.end());
  for (Connection* connection : open) connection->close_now();
}

void IoThread::release_after_flush(std::shared_ptr<Connection> connection) {
  waiting_for_flush_.push_back(std::move(connection));
  if (std::exchange(turn_scheduled_, true)) return;
  // Queued behind every handler that this turn's poll made ready.
  asio::post(*context_, [this] { end_of_turn(); });
}

bool IoThread::crowded() {
  if (std::exchange(busy_turn_, true)) return true;
  asio::post(*context_, [this] { busy_turn_ = false; });  // behind all that this turn's poll made ready
  return false;
}

void IoThread::end_of_turn() {
  turn_scheduled_ = false;
  auto connections = std::exchange(waiting_for_flush_, {});
  if (server_.wal().policy() == AppendFsync::always) {
    for (auto& connection : connections) connection->hold_replies();
    // The fsync happens on the syncer's thread, one for everybody who waits.
    server_.wal().sync([this, connections = std::move(connections)](const Result<void>& synced) mutable {
      const std::string error = synced ? "" : error_text(synced.error());
      asio::post(*context_, [connections = std::move(connections), error] {
        for (auto& connection : connections) connection->release_held(error);
      });
    });
    return;
  }
  std::string error;
  // Another thread's flush may have covered these writes already.
  if (server_.store().wal_dirty()) {
    worker_.stats.wal_flushes.add();
    if (const auto flushed = server_.store().flush_wal(); !flushed) error = error_text(flushed.error());
  }
  for (auto& connection : connections) connection->release_replies(error);
  waiting_for_flush_.reserve(connections.size());
}

void IoThread::schedule_housekeeping() {
  housekeeping_->expires_after(kTick);
  housekeeping_->async_wait([this](const asio::error_code& error) {
    if (error) return;
    if (index_ == 0) server_.tick();
    if (++ticks_ % 10 == 0) {
      const int64_t now_ms = server_.clock().now_ms();
      const std::vector<Connection*> open(connections_.begin(), connections_.end());
      for (Connection* connection : open) connection->housekeeping(now_ms);
    }
    schedule_housekeeping();
  });
}

}  // namespace basalt
