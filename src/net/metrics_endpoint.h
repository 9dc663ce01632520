// The HTTP server for monitoring (metrics-port): GET /metrics for Prometheus, GET /health for load balancers and
// supervisors: 200, or 503 and the reason while writes are refused.
//
// Thread rules: open() and start() before the I/O threads run, close() on the I/O thread. Figures are gathered on the
// storage pool, never on an I/O thread.
#pragma once

#include <memory>

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
  void close();

 private:
  class Listener;
  void show_metrics(HttpExchange::Answer answer);
  void show_health(const HttpExchange::Answer& answer) const;

  Server& server_;
  asio::io_context& context_;
  const HttpExchange::Pages pages_;
  ListeningSockets listeners_;
};

}  // namespace basalt
