// One HTTP request and its answer, on a connection that ends with it. As much of HTTP/1.1 (RFC 9112) as reading a
// page needs: GET, no body, no keep-alive.
//
// Thread rules: everything on the I/O thread of its context, but for the answer, which any thread may give.
// Limits: a request's size, the time for it to arrive, and the time for the answer to leave.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

namespace basalt {

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string_view content_type = "text/plain; charset=utf-8";
};

class HttpExchange final : public std::enable_shared_from_this<HttpExchange> {
 public:
  using Socket = asio::generic::stream_protocol::socket;
  /// To be called once, on any thread.
  using Answer = std::function<void(HttpResponse response)>;
  struct Page {
    std::string_view path;
    std::function<void(Answer answer)> show;  ///< on the I/O thread: must not wait
  };
  using Pages = std::vector<Page>;

  /// `pages` outlive the context. `ticket` is kept until the exchange is over.
  HttpExchange(asio::io_context& context, Socket socket, const Pages& pages, std::shared_ptr<void> ticket);
  void start();
  /// Answers without reading what is asked for.
  void refuse(unsigned status);

 private:
  void read_request();
  void handle(std::string_view request_line);
  void respond(const HttpResponse& response);
  void drain();
  void limit_time(std::chrono::seconds limit);
  void close();

  asio::io_context& context_;
  Socket socket_;
  const Pages& pages_;
  const std::shared_ptr<void> ticket_;
  asio::steady_timer deadline_;
  std::string request_, response_;
  size_t drained_ = 0;
};

}  // namespace basalt
