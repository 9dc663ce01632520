// The HTTP server for monitoring (metrics-port): GET /metrics for Prometheus, GET /health for load balancers and
// supervisors: 200, or 503 and the reason while writes are refused.
//
// Thread rules: open(), start() and open_anew() before the I/O threads run or while they stand still, close() on the
// I/O thread. Figures are gathered on the storage pool, never on an I/O thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http_exchange.h"
#include "net/listening_socket.h"

namespace basalt {

class Server;

class MetricsEndpoint {
 public:
  MetricsEndpoint(Server& server, asio::io_context& context);

  /// Binds every address of metrics-bind; nothing when metrics-port is 0.
  Result<void> open();
  void start();
  /// What has changed of metrics-bind and metrics-port takes effect. What it gives refuses the change; the old
  /// sockets then listen again.
  std::optional<std::string> open_anew();
  void close();

 private:
  class Listener;
  struct Address {
    std::vector<std::string> bind;
    uint16_t port = 0;
    bool operator==(const Address&) const = default;
  };
  Address configured_address() const;
  Result<ListeningSockets> listen(const Address& at);
  void show_metrics(HttpExchange::Answer answer);
  void show_health(const HttpExchange::Answer& answer) const;

  Server& server_;
  asio::io_context& context_;
  const HttpExchange::Pages pages_;
  Address address_;
  ListeningSockets listeners_, retired_listeners_;
};

}  // namespace basalt
