// The network: I/O threads, listening sockets, and new connections dealt out to the threads.
//
// Thread rules: open(), start() and stop() from one thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/io_thread.h"
#include "net/listening_socket.h"
#include "net/metrics_endpoint.h"
#include "net/tls_context.h"

namespace basalt {

class Server;

class Network {
 public:
  Network(Server& server, unsigned io_threads);
  ~Network();

  /// Binds every address of `bind` and the Unix socket. An error names the address, the cause and what to do.
  Result<void> open();
  void start();
  void stop_accepting();
  /// Closes every connection, ends the threads.
  void stop();
  /// Runs `action` on the calling thread while every I/O thread stands still between two handlers.
  void while_still(const std::function<void()>& action);
  /// Where it listens, for the banner: "127.0.0.1:6379", "/run/basalt.sock".
  std::vector<std::string> endpoints() const;
  IoThread& least_loaded();
  /// For new connections to tls-port. Null while there is none.
  std::shared_ptr<const TlsContext> tls() const;

 private:
  static std::vector<std::unique_ptr<IoThread>> make_threads(Server& server, unsigned count);
  struct TcpAddress {
    std::vector<std::string> bind;
    uint16_t port = 0, tls_port = 0;
    bool operator==(const TcpAddress&) const = default;
  };
  TcpAddress configured_address() const;
  Result<ListeningSockets> listen_tcp(const TcpAddress& at);
  void follow_config();
  /// CONFIG SET port, tls-port, bind. What it gives refuses the change; the old sockets then listen again.
  std::optional<std::string> listen_anew(std::string_view failure);
  /// Reads the files of TLS again, if it is in use. Refuses what can't be used: the old ones stay.
  std::optional<std::string> load_tls();
  void use_tls(std::shared_ptr<const TlsContext> context);

  Server& server_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  TcpAddress tcp_address_;
  ListeningSockets tcp_listeners_, retired_listeners_;
  std::unique_ptr<ListeningSocket> unix_listener_;
  mutable std::mutex tls_mutex_;
  std::shared_ptr<const TlsContext> tls_;  // guarded by tls_mutex_
  std::string unix_path_;
  MetricsEndpoint metrics_;
};

}  // namespace basalt
