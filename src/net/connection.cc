#include "net/connection.h"

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <glog/logging.h>

#include "base/clock.h"
#include "command/error_text.h"
#include "server/config/config.h"
#include "server/server.h"
#include "server/subscriptions.h"

namespace basalt {

namespace {
constexpr auto kAwait = asio::experimental::as_tuple(asio::use_awaitable);
// How much is read at the most before it is executed: bounds what one busy client takes of a turn.
constexpr size_t kReadBatch = 256 * 1024;
// So many bytes of commands keep an I/O thread for a while. Where others wait for it, and a processor has nothing to
// do, the pool executes them if they read.
constexpr size_t kLongPipeline = 512;
// What CLIENT LIST shows as obl: Redis has a buffer for it that soft limits leave out.
constexpr uint64_t kUncounted = 16 * 1024;
constexpr size_t kKeepSending = 64 * 1024;  // capacity that sending_ keeps

// Also while the pool has the session.
bool is_subscribed(const Session::Shared& shared) {
  return shared.channels + shared.patterns + shared.shard_channels > 0;
}
}  // namespace

Connection::Connection(Server& server, IoThread& thread, Stream stream, std::shared_ptr<Session> session)
    : server_(server),
      thread_(thread),
      stream_(std::move(stream)),
      session_(std::move(session)),
      idle_(thread.context()) {
  thread_.add(this);
}

// Not left to the session's end: its last owner may be somebody who is handing it a message under the very lock that
// leaving a channel takes.
Connection::~Connection() {
  server_.session_ended(*session_);
  thread_.remove(this);
}

void Connection::start(std::string_view refusal) {
  asio::error_code ignored;
  stream_.socket().non_blocking(true, ignored);
  session_->set_transport(weak_from_this());
  session_->shared.fd = stream_.socket().native_handle();
  asio::co_spawn(thread_.context(), serve(shared_from_this(), refusal), asio::detached);
}

// `self` keeps the connection alive as long as this runs.
asio::awaitable<void> Connection::serve([[maybe_unused]] std::shared_ptr<Connection> self, std::string_view refusal) {
  if (stream_.secured()) {
    const bool secured = co_await shake_hands();
    if (!secured) co_return;
  }
  if (!refusal.empty()) {
    sending_ += refusal;
    closing_ = true;
  }
  if (!sending_.empty()) send();
  finish_closing();
  co_await read_loop();
  // After QUIT or a protocol error what was written still goes out; then the socket is closed.
  if (!closing_) close_now();
}

asio::awaitable<bool> Connection::shake_hands() {
  const int64_t timeout_s = server_.config().settings().tls_handshake_timeout_s.load();
  handshake_ends_ms_ = server_.clock().now_ms() + timeout_s * 1000;
  writing_ = true;
  asio::error_code error;
  stream_.shake_hands(error);
  while (error == asio::error::would_block) {
    co_await stream_.socket().async_wait(stream_.wanted(), kAwait);
    if (closed_) co_return false;
    stream_.shake_hands(error);
  }
  writing_ = false;
  handshake_ends_ms_ = 0;
  if (!error) co_return true;
  LOG(WARNING) << "Error accepting a client connection: " << stream_.failure() << " (addr=" << session_->peer_address
               << " laddr=" << session_->local_address << ")";
  close_now();
  co_return false;
}

asio::awaitable<void> Connection::session_is_back() {
  while (offloaded_ && !closed_) {
    idle_.expires_at(asio::steady_timer::time_point::max());
    co_await idle_.async_wait(kAwait);
  }
}

// A large buffer is not lent to a read that may take for ever: housekeeping gives it back while the client is idle.
asio::awaitable<size_t> Connection::read_when_ready(asio::error_code& error) {
  co_await stream_.socket().async_wait(Stream::Socket::wait_read, kAwait);
  if (offloaded_ || closed_ || closing_) co_return 0;
  reserve_input();
  const size_t n = stream_.read_some(asio::buffer(input_.tail(), input_.room()), error);
  if (error == asio::error::would_block) error.clear();
  co_return n;
}

void Connection::reserve_input() {
  const size_t wanted = session_->bytes_wanted();
  input_.reserve(wanted > 0 ? std::min(wanted, size_t{8} << 20) : (input_.capacity() ? 512 : InputBuffer::kInitial));
}

asio::awaitable<void> Connection::read_loop() {
  while (!closed_ && !closing_) {
    // The session that the pool has looks at the bytes in the buffer: they must stay where they are.
    if (offloaded_) {
      co_await session_is_back();
      continue;
    }
    asio::error_code error;
    size_t n = 0;
    input_.shrink(session_->shared.last_active_ms.load(std::memory_order_relaxed));
    if (input_.capacity() > InputBuffer::kLarge && !stream_.secured()) {
      n = co_await read_when_ready(error);
    } else {
      reserve_input();
      const auto into = asio::buffer(input_.tail(), input_.room());
      input_in_use_ = true;
      if (stream_.secured()) n = co_await stream_.async_read_secured(into, error);
      else std::tie(error, n) = co_await stream_.socket().async_read_some(into, kAwait);
      input_in_use_ = false;
    }
    if (offloaded_) co_await session_is_back();  // lent out while this read was under way
    if (error || closed_ || closing_) break;
    if (n == 0) continue;
    input_.commit(n);
    size_t received = n;
    // A full buffer: there is probably more. Take it all before executing, so that a pipeline shares one
    // flush and one write.
    while (!error && input_.room() == 0 && input_.size() < kReadBatch) {
      input_.reserve(std::max(InputBuffer::kLarge, received));
      n = stream_.read_some(asio::buffer(input_.tail(), input_.room()), error);
      input_.commit(n);
      received += n;
    }
    thread_.worker().stats.net_input_bytes.add(received);
    session_->shared.input_bytes.fetch_add(received, std::memory_order_relaxed);
    if (input_.size() > static_cast<size_t>(server_.config().settings().client_query_buffer_limit.load())) {
      LOG(WARNING) << "Closing client " << session_->id << " (" << session_->peer_address
                   << "): its query buffer exceeds client-query-buffer-limit";
      thread_.worker().stats.input_limit_disconnections.add();
      break;
    }
    note_input_buffer();
    if (!server_.client_memory().changed(*session_)) break;
    if (!blocked_ && !offloaded_) execute();
    if (error && error != asio::error::would_block) break;
  }
}

void Connection::execute() {
  session_->shared.last_active_ms.store(server_.clock().now_ms(), std::memory_order_relaxed);
  note_input_buffer();
  const bool lend_reads = input_.size() >= kLongPipeline && thread_.crowded() && server_.has_spare_processor();
  const auto step = session_->run(input_.view(), building_, thread_.worker(), lend_reads);
  if (step != Session::Step::offload) input_.consume(session_->consumed());
  after_step(step, session_->take_unflushed());
}

// For CLIENT LIST, which shows the caller with the command that it is.
void Connection::note_input_buffer() {
  session_->shared.query_buffer.store(static_cast<uint32_t>(input_.size()), std::memory_order_relaxed);
  session_->shared.query_buffer_free.store(static_cast<uint32_t>(input_.capacity() - input_.size()),
                                           std::memory_order_relaxed);
}

void Connection::after_step(Session::Step step, bool wrote) {
  note_input_buffer();
  if (wrote && !release_queued_ && !holding_) {
    release_queued_ = true;
    thread_.release_after_flush(shared_from_this());
  } else if (!release_queued_ && !holding_) {
    release_replies("");
  }
  if (!server_.client_memory().changed(*session_)) return close_now();
  if (step != Session::Step::blocked) early_reply_.reset();
  switch (step) {
    case Session::Step::need_input: break;
    case Session::Step::offload: offload(); break;
    case Session::Step::blocked:
      blocked_ = true;
      if (early_reply_) go_on(*std::exchange(early_reply_, std::nullopt));
      else arm_block_timer();
      break;
    case Session::Step::close: close_after_sending(); break;
  }
}

// Lends the session to a pool thread for the command that would have waited here. Not at once: messages that the
// commands before it sent to connections of this thread are on their way through its queue, and what the pool
// posts would overtake them.
void Connection::offload() {
  offloaded_ = true;
  asio::post(thread_.context(), [self = shared_from_this()] { self->lend_session(); });
}

// Until the session is back nothing else is sent to this client, and its socket stays open: with nothing under way, the
// pool thread sends its reply itself, unless that waits for the WAL or is too large.
void Connection::lend_session() {
  const bool idle = sending_.empty() && building_.bytes.empty() && !writing_ && !release_queued_ && !holding_;
  const int socket = idle && !stream_.secured() ? stream_.socket().native_handle() : -1;
  server_.pool().submit([self = shared_from_this(), socket](unsigned index) {
    Worker worker = self->server_.storage_worker(index);
    Replies out;
    const auto step = self->session_->run_blocking(out, worker);
    size_t sent = 0;
    const uint64_t hard_limit = self->output_limit().hard_bytes.load();
    if (socket >= 0 && out.acknowledgements.empty() && (hard_limit == 0 || out.bytes.size() <= hard_limit)) {
      sent = send_at_once(socket, out.bytes);
      worker.stats.net_output_bytes.add(sent);
      out.bytes.erase(0, sent);
    }
    asio::post(self->thread_.context(), [self, step, sent, out = std::move(out)]() mutable {
      self->session_came_back(step, std::move(out), sent);
    });
  });
}

void Connection::session_came_back(Session::Step step, Replies out, size_t sent) {
  offloaded_ = false;
  if (closed_) {
    stream_.close();
    idle_.cancel();
    return;
  }
  largest_replies_ = std::max(largest_replies_, sent);
  building_.append(std::move(out));
  building_.bytes += std::exchange(late_pushes_, {});
  if (step != Session::Step::blocked) building_.bytes += std::exchange(after_reply_, {});
  input_.consume(session_->consumed());
  after_step(step, session_->take_unflushed());
  if (step == Session::Step::need_input && !closed_) execute();
  if (!offloaded_) idle_.cancel();
}

void Connection::arm_block_timer() {
  if (session_->blocked_until_us == 0) return;
  if (!block_timer_) block_timer_ = std::make_unique<asio::steady_timer>(thread_.context());
  const int64_t left_us = std::max<int64_t>(session_->blocked_until_us - monotonic_us(), 0);
  block_timer_->expires_after(std::chrono::microseconds(left_us));
  block_timer_->async_wait([weak = weak_from_this()](const asio::error_code& error) {
    auto self = weak.lock();
    if (error || !self || self->closed_ || !self->blocked_) return;
    if (self->server_.waiting().time_out(self->session_->id) != WaitingClients::Ended::busy) return;
    self->session_->blocked_until_us = monotonic_us() + 5000;  // being served this very moment
    self->arm_block_timer();
  });
}

void Connection::push(std::string bytes) {
  asio::post(thread_.context(), [weak = weak_from_this(), bytes = std::move(bytes)] {
    auto self = weak.lock();
    if (self && !self->closed_) self->send_push(bytes);
  });
}

void Connection::send_push(const std::string& bytes) {
  // Behind the reply that the pool is working on: what it has read may be what this invalidates. And behind the
  // replies that still wait for a flush, so that a confirmation comes before the first message.
  if (offloaded_) late_pushes_ += bytes;
  else if (release_queued_ || holding_) building_.bytes += bytes;
  else sending_ += bytes;
  if (over_output_limit()) return;
  if (!server_.client_memory().changed(*session_)) return close_now();
  if (!offloaded_ && !release_queued_ && !holding_) send();
}

void Connection::push_after_reply(std::string bytes) {
  asio::post(thread_.context(), [weak = weak_from_this(), bytes = std::move(bytes)] {
    auto self = weak.lock();
    if (!self || self->closed_) return;
    // Handed over before the reply is: a blocked command's by resume(), the pool's when it gives the session back.
    if (self->offloaded_ || self->blocked_) self->after_reply_ += bytes;
    else self->send_push(bytes);
  });
}

void Connection::resume(std::string reply) {
  asio::post(thread_.context(), [weak = weak_from_this(), reply = std::move(reply)]() mutable {
    auto self = weak.lock();
    if (!self || self->closed_) return;
    // The command may have begun to wait on the pool, and this be here before word of that.
    if (self->offloaded_) self->early_reply_ = std::move(reply);
    else if (self->blocked_) self->go_on(reply);
  });
}

void Connection::go_on(const std::string& reply) {
  blocked_ = false;
  session_->shared.blocked = false;
  if (block_timer_) block_timer_->cancel();
  std::string wanted = reply;
  if (!reply.empty()) session_->unblocked(wanted, thread_.worker());
  // Whoever served it may not have flushed the WAL yet: it waits for a flush like a writer's.
  const size_t size = wanted.size();
  building_.append({std::move(wanted), {{0, size}}});
  building_.bytes += std::exchange(after_reply_, {});
  after_step(Session::Step::need_input, !reply.empty());
  if (!closed_ && !offloaded_) execute();
}

void Connection::close(bool drain) {
  asio::post(thread_.context(), [weak = weak_from_this(), drain] {
    auto self = weak.lock();
    if (!self || self->closed_) return;
    if (!drain) return self->close_now();
    self->close_after_sending();
  });
}

void Connection::hold_replies() {
  release_queued_ = false;
  holding_ = true;
  held_ += building_.bytes;
  building_.clear();
}

void Connection::release_held(const std::string& error) {
  holding_ = false;
  if (closed_) return;
  if (!error.empty()) {
    // The acknowledgements in held_ are not true, and which write failed is not known: the client must not
    // take any of them for granted.
    LOG(ERROR) << "Closing client " << session_->id << ": its writes could not be synced: " << error;
    return close_now();
  }
  sending_ += held_;
  held_.clear();
  if (over_output_limit()) return;
  if (!building_.bytes.empty() && !offloaded_) {
    release_queued_ = true;
    thread_.release_after_flush(shared_from_this());
  }
  send();
  finish_closing();
}

void Connection::release_replies(const std::string& error) {
  release_queued_ = false;
  if (closed_) return;
  if (!error.empty()) building_.fail(error);
  if (building_.bytes.empty()) return finish_closing();
  largest_replies_ = std::max(largest_replies_, building_.bytes.size());
  if (sending_.empty()) std::swap(sending_, building_.bytes);
  else sending_ += building_.bytes;
  building_.clear();
  if (over_output_limit()) return;  // before any of it is sent, as in Redis
  send();
  finish_closing();
}

void Connection::send() {
  if (writing_ || closed_) return;
  asio::error_code error;
  const size_t before = sent_;
  while (sent_ < sending_.size() && !error)
    sent_ += stream_.write_some(asio::buffer(sending_.data() + sent_, sending_.size() - sent_), error);
  thread_.worker().stats.net_output_bytes.add(sent_ - before);
  if (sent_ == sending_.size()) {
    sending_.clear();
    sent_ = 0;
    if (sending_.capacity() > kKeepSending) std::string().swap(sending_);
    session_->shared.pending_output.store(0, std::memory_order_relaxed);
    return;
  }
  if (error != asio::error::would_block) return close_now();
  session_->shared.pending_output.store(sending_.size() - sent_, std::memory_order_relaxed);
  if (over_output_limit()) return;
  writing_ = true;
  stream_.socket().async_wait(stream_.wanted(), [self = shared_from_this()](const asio::error_code& failed) {
    self->writing_ = false;
    if (self->closed_) return;
    if (failed) return self->close_now();
    self->send();
    self->finish_closing();
    if (!self->closed_ && !self->server_.client_memory().changed(*self->session_)) self->close_now();
  });
}

const OutputBufferLimit& Connection::output_limit() const {
  const auto kind = is_subscribed(session_->shared) ? ClientClass::pubsub : ClientClass::normal;
  return server_.config().settings().output_buffer_limit(kind);
}

bool Connection::over_output_limit() {
  const OutputBufferLimit& limit = output_limit();
  const uint64_t pending = sending_.size() - sent_ + building_.bytes.size() + held_.size() + late_pushes_.size();
  session_->shared.pending_output.store(pending, std::memory_order_relaxed);
  const uint64_t hard = limit.hard_bytes.load(), soft = limit.soft_bytes.load();
  bool over = hard > 0 && pending > hard;
  if (soft > 0 && pending > soft + kUncounted) {
    const int64_t now_ms = server_.clock().now_ms();
    if (over_soft_limit_since_ms_ == 0) over_soft_limit_since_ms_ = now_ms;
    else over |= now_ms - over_soft_limit_since_ms_ > limit.soft_seconds.load() * 1000;
  } else {
    over_soft_limit_since_ms_ = 0;
  }
  if (!over) return false;
  LOG(WARNING) << "Closing client " << session_->id << " (" << session_->peer_address
               << ") for overcoming of output buffer limits: " << pending << " bytes pending";
  thread_.worker().stats.output_limit_disconnections.add();
  close_now();
  return true;
}

void Connection::close_after_sending() {
  closing_ = true;
  session_->shared.closing_after_reply = true;
  finish_closing();
}

void Connection::finish_closing() {
  if (closing_ && !closed_ && !release_queued_ && !holding_ && !writing_ && sending_.empty()) close_now();
}

void Connection::close_now() {
  if (std::exchange(closed_, true)) return;
  session_->shared.closing = true;
  server_.client_memory().forget(*session_);
  // A pool thread that has the session may be sending: the descriptor must not become somebody else's.
  if (offloaded_) stream_.shut_down();
  else stream_.close();
  idle_.cancel();
  if (block_timer_) block_timer_->cancel();
  if (blocked_) server_.waiting().forget(session_->id);
  server_.clients().remove(session_->id);
}

void Connection::housekeeping(int64_t now_ms) {
  if (closed_) return;
  if (handshake_ends_ms_ != 0 && now_ms > handshake_ends_ms_) {
    LOG(WARNING) << "Error accepting a client connection: the TLS handshake takes too long (addr="
                 << session_->peer_address << " laddr=" << session_->local_address << ")";
    return close_now();
  }
  const int64_t timeout_s = server_.config().settings().timeout_s.load(std::memory_order_relaxed);
  if (timeout_s > 0 && !blocked_ && !offloaded_ && !is_subscribed(session_->shared) &&
      now_ms - session_->shared.last_active_ms.load() > timeout_s * 1000) {
    LOG(INFO) << "Closing idle client " << session_->id;
    return close_now();
  }
  if (!input_in_use_ && !offloaded_) {
    input_.shrink(now_ms);
    note_input_buffer();
  }
  session_->shared.reply_buffers = static_cast<uint32_t>(building_.bytes.capacity() + sending_.capacity());
  session_->shared.largest_replies = static_cast<uint32_t>(std::exchange(largest_replies_, 0));
  if ((!sending_.empty() || !late_pushes_.empty()) && over_output_limit()) return;
  if (!server_.client_memory().changed(*session_)) close_now();
}

}  // namespace basalt
