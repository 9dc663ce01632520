// Stream: a connection's bytes, plain or through TLS, behind the few calls that Connection makes of a socket.
//
// TLS runs on the non-blocking socket itself: OpenSSL reads and writes it, Asio says when it is ready. So both kinds
// have one shape: try; on would_block wait for wanted(), and try again. A plain stream is the socket and one branch.
//
// Thread rules: as the socket's: one thread at a time; only send_at_once, which needs no more than the descriptor, is
// for others.
#pragma once

#include <string>
#include <string_view>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/generic/stream_protocol.hpp>

#include "net/tls_context.h"

namespace basalt {

class Stream {
 public:
  using Socket = asio::generic::stream_protocol::socket;

  explicit Stream(Socket socket, TlsState tls = nullptr) : socket_(std::move(socket)), tls_(std::move(tls)) {}

  Socket& socket() { return socket_; }
  bool secured() const { return tls_ != nullptr; }

  /// A secured stream's first steps; would_block: not over yet. Nothing is read or written before they are.
  void shake_hands(asio::error_code& error);
  /// Up to buffer's size; 0 with would_block, eof or what else went wrong.
  size_t read_some(asio::mutable_buffer buffer, asio::error_code& error) {
    return tls_ ? read_secured(buffer, error) : socket_.read_some(buffer, error);
  }
  size_t write_some(asio::const_buffer buffer, asio::error_code& error) {
    return tls_ ? write_secured(buffer, error) : socket_.write_some(buffer, error);
  }
  /// What the last call that would have blocked waits for.
  Socket::wait_type wanted() const { return wanted_; }
  /// Waits until there is something to read, and reads it. Of a secured stream.
  asio::awaitable<size_t> async_read_secured(asio::mutable_buffer buffer, asio::error_code& error);

  /// What TLS did not like, as OpenSSL words it.
  const std::string& failure() const { return failure_; }
  /// Says goodbye as far as that goes without waiting.
  void close();
  /// No more bytes either way, but the descriptor stays what it is: for as long as another thread may use it.
  void shut_down();

 private:
  size_t read_secured(asio::mutable_buffer buffer, asio::error_code& error);
  size_t write_secured(asio::const_buffer buffer, asio::error_code& error);
  asio::error_code error_of(int result);

  Socket socket_;
  TlsState tls_;
  Socket::wait_type wanted_ = Socket::wait_write;
  bool broken_ = false;  // OpenSSL wants no more calls
  std::string failure_;
};

/// Sends as much as goes without waiting to a plain stream's socket, which its owner keeps open and does not write to
/// meanwhile. Gives the number of bytes.
size_t send_at_once(int socket, std::string_view bytes);

}  // namespace basalt
