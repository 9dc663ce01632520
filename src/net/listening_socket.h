// A socket that listens, and hands on what connects to it. What that is for, its heirs know.
//
// Thread rules: open() and accept() before the I/O threads run or while they stand still; close() likewise, or on the
// thread of the context that it was made with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>

#include "base/result.h"

namespace basalt {

/// The options that addresses come from, for what errors advise.
struct ListenOptions {
  std::string_view bind;
  std::string_view port;  ///< "--port"
  std::string_view all;   ///< "bind and port"
};

class ListeningSocket {
 public:
  using Protocol = asio::generic::stream_protocol;
  using Socket = Protocol::socket;

  ListeningSocket(asio::io_context& context, std::string name)
      : acceptor_(context), retry_(context), name_(std::move(name)) {}
  virtual ~ListeningSocket() = default;

  Result<void> open(const Protocol::endpoint& endpoint, const Protocol& protocol, int backlog,
                    const ListenOptions& options);
  /// Begins to accept, and goes on until close().
  void accept();
  void close();
  const std::string& name() const { return name_; }

 protected:
  /// Where the next connection will live.
  virtual asio::io_context& next_context() = 0;
  /// A connection, in the context that next_context() gave for it; on the listening context's thread.
  virtual void adopt(Socket socket) = 0;

 private:
  asio::basic_socket_acceptor<Protocol> acceptor_;
  asio::steady_timer retry_;
  const std::string name_;
};

using ListeningSockets = std::vector<std::unique_ptr<ListeningSocket>>;

/// Opens a socket for each address of `bind`, in the words of the option bind; none for port 0.
Result<ListeningSockets> listen_tcp(const std::vector<std::string>& bind, uint16_t port, int backlog,
                                    const ListenOptions& options,
                                    const std::function<std::unique_ptr<ListeningSocket>(std::string name)>& make);

}  // namespace basalt
