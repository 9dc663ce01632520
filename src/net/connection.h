// Connection: one client's socket. Reads into the input buffer, has the session execute what is
// complete, sends what is to be sent.
//
// Bytes on their way out pass three buffers:
//   building_  replies of commands executed since the last flush (the session appends)
//   held_      replies that wait for an fsync (appendfsync always)
//   sending_   replies and pushes that may leave; only this one is written to the socket
//
// Thread rules: everything runs on the connection's I/O thread, but push(), resume() and close(), which
// post there, and the pool's part of offload(), which touches the session and a reply buffer of its own only.
// The input buffer stands still while the session is lent to the pool.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "net/input_buffer.h"
#include "net/io_thread.h"
#include "net/stream.h"
#include "server/session.h"

namespace basalt {

struct OutputBufferLimit;

class Connection final : public Transport, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, IoThread& thread, Stream stream, std::shared_ptr<Session> session);
  ~Connection() override;

  /// Begins to serve; on the I/O thread. With a `refusal` the client is told that, and no more.
  void start(std::string_view refusal);

  // Transport
  void push(std::string bytes) override;
  void push_after_reply(std::string bytes) override;
  void resume(std::string reply) override;
  void close(bool drain) override;

  // For the I/O thread.
  void hold_replies();
  void release_held(const std::string& error);
  void release_replies(const std::string& error);
  void close_now();
  /// Once a second: idle time-out, output limits, buffers that shrink.
  void housekeeping(int64_t now_ms);

 private:
  asio::awaitable<void> serve(std::shared_ptr<Connection> self, std::string_view refusal);
  asio::awaitable<void> read_loop();
  /// Waits for bytes and reads them; how many, 0 for none after all.
  asio::awaitable<size_t> read_when_ready(asio::error_code& error);
  void reserve_input();
  /// Waits for the pool to give the session back, or for the end.
  asio::awaitable<void> session_is_back();
  /// Secures the stream. False: that failed, and the connection is closed.
  asio::awaitable<bool> shake_hands();
  /// Executes what is complete, as far as it goes without waiting.
  void execute();
  void note_input_buffer();
  void after_step(Session::Step step, bool wrote);
  void offload();
  void lend_session();
  /// What the pool did: `out` is left to send, `sent` bytes are gone.
  void session_came_back(Session::Step step, Replies out, size_t sent);
  void arm_block_timer();
  /// A blocked session has its reply, and goes on.
  void go_on(const std::string& reply);
  void send();
  void send_push(const std::string& bytes);
  void write_more();
  const OutputBufferLimit& output_limit() const;  // any thread
  bool over_output_limit();
  void close_after_sending();
  void finish_closing();

  Server& server_;
  IoThread& thread_;
  Stream stream_;
  std::shared_ptr<Session> session_;
  InputBuffer input_;
  bool input_in_use_ = false;  // a read that is under way writes there
  Replies building_;
  std::string held_, sending_;
  std::string late_pushes_;      // what came while the session was lent out
  size_t sent_ = 0;              // of sending_
  size_t largest_replies_ = 0;   // since the last housekeeping
  bool writing_ = false;         // an async write is under way, or nothing may be written yet
  bool release_queued_ = false;  // building_ waits for the end of the turn
  bool holding_ = false;         // held_ waits for an fsync
  bool offloaded_ = false;
  bool blocked_ = false;
  std::string after_reply_;                 // pushes behind the reply of the command that waits or is on the pool
  std::optional<std::string> early_reply_;  // of a command that the pool made wait, but has not said so yet
  bool closing_ = false;                    // close once everything has been sent
  bool closed_ = false;
  int64_t over_soft_limit_since_ms_ = 0;
  int64_t handshake_ends_ms_ = 0;  // by then it must be over; 0: it is
  asio::steady_timer idle_;        // cancelled when an offloaded session comes back: the reader waits for it
  std::unique_ptr<asio::steady_timer> block_timer_;
};

}  // namespace basalt
