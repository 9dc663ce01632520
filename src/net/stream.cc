#include "net/stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include <asio/experimental/as_tuple.hpp>
#include <asio/use_awaitable.hpp>

#include <openssl/err.h>

namespace basalt {

namespace {
constexpr auto kAwait = asio::experimental::as_tuple(asio::use_awaitable);
}

// See SSL_get_error(3ssl). The thread's error queue must have been empty before the call that gave `result`.
asio::error_code Stream::error_of(int result) {
  const int saved_errno = errno;
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: wanted_ = Socket::wait_read; return asio::error::would_block;
    case SSL_ERROR_WANT_WRITE: wanted_ = Socket::wait_write; return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN: return asio::error::eof;
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      failure_ = saved_errno != 0 ? std::strerror(saved_errno) : "Connection closed by the peer";
      ERR_clear_error();
      return asio::error::connection_reset;
    default: break;
  }
  broken_ = true;
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  failure_ = text;
  ERR_clear_error();
  return asio::error::connection_aborted;
}

void Stream::shake_hands(asio::error_code& error) {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(tls_.get());
  error = result == 1 ? asio::error_code() : error_of(result);
}

size_t Stream::read_secured(asio::mutable_buffer buffer, asio::error_code& error) {
  auto* into = static_cast<char*>(buffer.data());
  size_t received = 0;
  error.clear();
  // A call gives one record at the most; what OpenSSL holds already costs no system call.
  do {
    ERR_clear_error();
    errno = 0;
    size_t n = 0;
    const int result = SSL_read_ex(tls_.get(), into + received, buffer.size() - received, &n);
    if (result != 1) {
      error = error_of(result);
      break;
    }
    received += n;
  } while (received < buffer.size() && SSL_has_pending(tls_.get()));
  if (received > 0) error.clear();  // it comes again
  return received;
}

size_t Stream::write_secured(asio::const_buffer buffer, asio::error_code& error) {
  ERR_clear_error();
  errno = 0;
  size_t n = 0;
  const int result = SSL_write_ex(tls_.get(), buffer.data(), buffer.size(), &n);
  error = result == 1 ? asio::error_code() : error_of(result);
  return n;
}

asio::awaitable<size_t> Stream::async_read_secured(asio::mutable_buffer buffer, asio::error_code& error) {
  size_t received = read_secured(buffer, error);
  while (error == asio::error::would_block) {
    const auto [failed] = co_await socket_.async_wait(wanted_, kAwait);
    // Closed in the meantime: the descriptor that OpenSSL knows may be somebody else's by now.
    if (failed || !socket_.is_open()) {
      error = asio::error::operation_aborted;
      break;
    }
    received = read_secured(buffer, error);
  }
  co_return received;
}

void Stream::shut_down() {
  asio::error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
}

void Stream::close() {
  if (tls_ && !broken_ && SSL_is_init_finished(tls_.get())) {
    SSL_shutdown(tls_.get());
    ERR_clear_error();
  }
  asio::error_code ignored;
  shut_down();
  socket_.close(ignored);
}

size_t send_at_once(int socket, std::string_view bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const auto n = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) sent += static_cast<size_t>(n);
    else if (errno != EINTR) break;
  }
  return sent;
}

}  // namespace basalt
