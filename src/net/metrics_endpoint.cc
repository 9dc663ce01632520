#include "net/metrics_endpoint.h"

#include <fmt/format.h>
#include <glog/logging.h>

#include "server/config/config.h"
#include "server/metrics.h"
#include "server/server.h"

namespace basalt {

class MetricsEndpoint::Listener final : public ListeningSocket {
 public:
  Listener(asio::io_context& context, std::string name, const HttpExchange::Pages& pages)
      : ListeningSocket(context, std::move(name)), context_(context), pages_(pages) {}

 private:
  // Each may have figures gathered for it: enough for monitors, too few to keep the storage threads from their work.
  static constexpr long kMaxExchanges = 16;

  asio::io_context& next_context() override { return context_; }
  void adopt(Socket socket) override {
    const bool too_many = ticket_.use_count() > kMaxExchanges;
    auto exchange = std::make_shared<HttpExchange>(context_, std::move(socket), pages_, ticket_);
    if (too_many) exchange->refuse(503);
    else exchange->start();
  }

  asio::io_context& context_;
  const HttpExchange::Pages& pages_;
  const std::shared_ptr<void> ticket_ = std::make_shared<char>();  // one more owner an exchange
};

MetricsEndpoint::MetricsEndpoint(Server& server, asio::io_context& context)
    : server_(server),
      context_(context),
      pages_{{"/metrics", [this](HttpExchange::Answer answer) { show_metrics(std::move(answer)); }},
             {"/health", [this](const HttpExchange::Answer& answer) { show_health(answer); }}} {}

MetricsEndpoint::Address MetricsEndpoint::configured_address() const {
  const Settings& settings = server_.config().settings();
  return {settings.metrics_bind.words(), static_cast<uint16_t>(settings.metrics_port.load())};
}

Result<ListeningSockets> MetricsEndpoint::listen(const Address& at) {
  constexpr int kBacklog = 64;
  return listen_tcp(at.bind, at.port, kBacklog, {"metrics-bind", "--metrics-port", "metrics-bind and metrics-port"},
                    [this](std::string name) { return std::make_unique<Listener>(context_, std::move(name), pages_); });
}

Result<void> MetricsEndpoint::open() {
  address_ = configured_address();
  listeners_ = TRY(listen(address_));
  return {};
}

std::optional<std::string> MetricsEndpoint::open_anew() {
  const Address wanted = configured_address();
  if (wanted == address_) return std::nullopt;  // told once an option; both may have changed
  std::optional<std::string> refused;
  // The old sockets go first: the new ones may ask for the same port.
  close();
  auto opened = listen(wanted);
  if (opened) {
    address_ = wanted;
  } else {
    refused = fmt::format("Unable to listen on this port: {}", opened.error().command()->text);
    opened = listen(address_);
  }
  // A closed listener still has its cancelled accept under way: it goes with the endpoint.
  for (auto& listener : listeners_) retired_listeners_.push_back(std::move(listener));
  listeners_ = opened ? std::move(*opened) : ListeningSockets();
  start();
  return refused;
}

void MetricsEndpoint::start() {
  for (auto& listener : listeners_) {
    listener->accept();
    LOG(WARNING) << "Metrics at http://" << listener->name() << "/metrics";
  }
}

void MetricsEndpoint::close() {
  for (auto& listener : listeners_) listener->close();
}

void MetricsEndpoint::show_metrics(HttpExchange::Answer answer) {
  server_.pool().submit([this, answer = std::move(answer)](unsigned) {
    answer({200, metrics_text(server_), kMetricsContentType});
  });
}

void MetricsEndpoint::show_health(const HttpExchange::Answer& answer) const {
  if (const auto error = server_.store().background_error())
    return answer({503, "writes are refused: " + error->detail + "\n"});
  answer({200, "ok\n"});
}

}  // namespace basalt
