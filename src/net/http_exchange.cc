#include "net/http_exchange.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>

#include <fmt/format.h>

namespace basalt {

namespace {

constexpr size_t kMaxRequest = 8 * 1024;
constexpr size_t kMaxDrained = 64 * 1024;
constexpr std::chrono::seconds kRequestTime{5}, kResponseTime{10}, kDrainTime{1};

std::string_view reason(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "";
  }
}

struct RequestLine {
  std::string_view method, path;
};

// method SP target SP HTTP-version; of the target, what stands before the query.
std::optional<RequestLine> parse(std::string_view line) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last == first) return std::nullopt;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!line.substr(last + 1).starts_with("HTTP/1.") || !target.starts_with('/') || target.find(' ') != target.npos)
    return std::nullopt;
  return RequestLine{line.substr(0, first), target.substr(0, target.find('?'))};
}

}  // namespace

HttpExchange::HttpExchange(asio::io_context& context, Socket socket, const Pages& pages, std::shared_ptr<void> ticket)
    : context_(context), socket_(std::move(socket)), pages_(pages), ticket_(std::move(ticket)), deadline_(context) {}

void HttpExchange::start() {
  limit_time(kRequestTime);
  read_request();
}

void HttpExchange::refuse(unsigned status) { respond({status, fmt::format("{}\n", reason(status))}); }

void HttpExchange::read_request() {
  const size_t held = request_.size();
  request_.resize(std::min(held + 1024, kMaxRequest));
  socket_.async_read_some(asio::buffer(request_.data() + held, request_.size() - held),
                          [self = shared_from_this(), held](const asio::error_code& error, size_t n) {
                            self->request_.resize(held + n);
                            if (error) return self->close();
                            const std::string_view request = self->request_;
                            if (request.find("\r\n\r\n") != request.npos)
                              return self->handle(request.substr(0, request.find("\r\n")));
                            if (request.size() >= kMaxRequest) return self->refuse(431);
                            self->read_request();
                          });
}

void HttpExchange::handle(std::string_view request_line) {
  const auto request = parse(request_line);
  if (!request) return refuse(400);
  const auto page = std::find_if(pages_.begin(), pages_.end(), [&](const Page& p) { return p.path == request->path; });
  if (page == pages_.end()) return refuse(404);
  if (request->method != "GET") return refuse(405);
  deadline_.cancel();
  page->show([self = shared_from_this()](HttpResponse response) mutable {
    auto& context = self->context_;
    asio::post(context, [self = std::move(self), response = std::move(response)] { self->respond(response); });
  });
}

void HttpExchange::respond(const HttpResponse& response) {
  response_ = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n{}",
                          response.status, reason(response.status), response.content_type, response.body.size(),
                          response.status == 405 ? "Allow: GET\r\n" : "", response.body);
  limit_time(kResponseTime);
  asio::async_write(socket_, asio::buffer(response_),
                    [self = shared_from_this()](const asio::error_code& error, size_t) {
                      if (error) return self->close();
                      asio::error_code ignored;
                      self->socket_.shutdown(Socket::shutdown_send, ignored);
                      self->limit_time(kDrainTime);
                      self->drain();
                    });
}

// Closing a socket whose input was not all read would reset the connection, and the answer could be lost on its way.
void HttpExchange::drain() {
  request_.resize(1024);
  socket_.async_read_some(asio::buffer(request_), [self = shared_from_this()](const asio::error_code& error, size_t n) {
    self->drained_ += n;
    if (error || self->drained_ > kMaxDrained) return self->close();
    self->drain();
  });
}

void HttpExchange::limit_time(std::chrono::seconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([weak = weak_from_this()](const asio::error_code& cancelled) {
    if (auto self = weak.lock(); self && !cancelled) self->close();
  });
}

void HttpExchange::close() {
  asio::error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
}

}  // namespace basalt
