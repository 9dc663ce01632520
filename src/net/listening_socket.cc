#include "net/listening_socket.h"

#include <chrono>

#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>

#include <fmt/format.h>
#include <glog/logging.h>

namespace basalt {

Result<void> ListeningSocket::open(const Protocol::endpoint& endpoint, const Protocol& protocol, int backlog,
                                   const ListenOptions& options) {
  const int family = protocol.family();
  asio::error_code error;
  acceptor_.open(protocol, error);
  if (!error && family != AF_UNIX) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && family == AF_INET6) acceptor_.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(backlog, error);
  if (!error) return {};
  if (error == asio::error::address_in_use)
    return fail(
        fmt::format("cannot listen on {}: the address is already in use; stop the other server or choose another "
                    "with {}",
                    name_, options.port));
  return fail(fmt::format("cannot listen on {}: {}; see the options {}", name_, error.message(), options.all));
}

void ListeningSocket::accept() {
  acceptor_.async_accept(next_context(), [this](const asio::error_code& error, Socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {
      // Out of file descriptors, most likely: accepting again at once would spin.
      LOG_EVERY_N(WARNING, 100) << "Accepting on " << name_ << " failed: " << error.message();
      retry_.expires_after(std::chrono::milliseconds(100));
      retry_.async_wait([this](const asio::error_code& cancelled) {
        if (!cancelled) accept();
      });
      return;
    }
    adopt(std::move(socket));
    accept();
  });
}

void ListeningSocket::close() {
  asio::error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

Result<ListeningSockets> listen_tcp(const std::vector<std::string>& bind, uint16_t port, int backlog,
                                    const ListenOptions& options,
                                    const std::function<std::unique_ptr<ListeningSocket>(std::string name)>& make) {
  ListeningSockets sockets;
  if (port == 0) return sockets;
  for (std::string address : bind) {
    const bool optional = address.starts_with('-');
    if (optional) address.erase(0, 1);
    if (address == "*") address = "0.0.0.0";
    if (address == "::*") address = "::";
    asio::error_code bad;
    const auto ip = asio::ip::make_address(address, bad);
    if (bad)
      return fail(fmt::format("cannot listen on '{}': not an IP address; see the option {}", address, options.bind));
    const asio::ip::tcp::endpoint endpoint(ip, port);
    auto socket = make(fmt::format(fmt::runtime(ip.is_v6() ? "[{}]:{}" : "{}:{}"), address, port));
    auto opened = socket->open(endpoint, endpoint.protocol(), backlog, options);
    if (opened) sockets.push_back(std::move(socket));
    else if (!optional) return tl::unexpected(std::move(opened).error());
  }
  return sockets;
}

}  // namespace basalt
