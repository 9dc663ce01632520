// The network: I/O threads, listening sockets, and new connections dealt out to the threads.
//
// Thread rules: open(), start() and stop() from one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/io_thread.h"

namespace basalt {

class Listener;
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

 private:
  using Listeners = std::vector<std::unique_ptr<Listener>>;
  struct TcpAddress {
    std::vector<std::string> bind;
    uint16_t port = 0;
    bool operator==(const TcpAddress&) const = default;
  };
  TcpAddress configured_address() const;
  Result<Listeners> listen_tcp(const TcpAddress& at);
  /// CONFIG SET port, bind. What it gives refuses the change; the old sockets then listen again.
  std::optional<std::string> listen_anew();

  Server& server_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  TcpAddress tcp_address_;
  Listeners tcp_listeners_, retired_listeners_;
  std::unique_ptr<Listener> unix_listener_;
  std::string unix_path_;
};

}  // namespace basalt
