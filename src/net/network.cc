#include "net/network.h"

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <future>
#include <latch>

#include <asio/generic/stream_protocol.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>

#include <fmt/format.h>
#include <glog/logging.h>

#include "net/connection.h"
#include "server/config/config.h"
#include "server/server.h"

namespace basalt {

using Socket = Connection::Socket;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

/// One listening socket. Accepts on the first I/O thread and hands each connection to the thread with the fewest.
class Listener {
 public:
  Listener(Server& server, Network& network, asio::io_context& context, std::string name, bool unix_socket)
      : server_(server),
        network_(network),
        acceptor_(context),
        retry_(context),
        name_(std::move(name)),
        unix_socket_(unix_socket) {}

  Result<void> open(const asio::generic::stream_protocol::endpoint& endpoint,
                    const asio::generic::stream_protocol& protocol, bool v6, int backlog);
  void accept();
  void close() {
    asio::error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }
  const std::string& name() const { return name_; }

 private:
  void adopt(Socket socket, IoThread& thread);
  void refuse(Socket& socket, std::string_view error);
  std::string describe(const asio::generic::stream_protocol::endpoint& endpoint) const;

  Server& server_;
  Network& network_;
  Acceptor acceptor_;
  asio::steady_timer retry_;
  const std::string name_;
  const bool unix_socket_;
};

Result<void> Listener::open(const asio::generic::stream_protocol::endpoint& endpoint,
                            const asio::generic::stream_protocol& protocol, bool v6, int backlog) {
  asio::error_code error;
  acceptor_.open(protocol, error);
  if (!error && !unix_socket_) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && v6) acceptor_.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(backlog, error);
  if (!error) return {};
  if (error == asio::error::address_in_use)
    return fail(
        fmt::format("cannot listen on {}: the address is already in use; stop the other server or choose another "
                    "with --port",
                    name_));
  return fail(
      fmt::format("cannot listen on {}: {}; see the options bind, port and unixsocket", name_, error.message()));
}

void Listener::accept() {
  IoThread& thread = network_.least_loaded();
  acceptor_.async_accept(thread.context(), [this, &thread](const asio::error_code& error, Socket socket) {
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
    adopt(std::move(socket), thread);
    accept();
  });
}

void Listener::refuse(Socket& socket, std::string_view error) {
  asio::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(error.data(), error.size()), ignored);
}

std::string Listener::describe(const asio::generic::stream_protocol::endpoint& endpoint) const {
  if (unix_socket_) return name_ + ":0";
  char host[INET6_ADDRSTRLEN] = "";
  if (endpoint.data()->sa_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(endpoint.data());
    inet_ntop(AF_INET6, &address->sin6_addr, host, sizeof host);
    return fmt::format("[{}]:{}", host, ntohs(address->sin6_port));
  }
  const auto* address = reinterpret_cast<const sockaddr_in*>(endpoint.data());
  inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
  return fmt::format("{}:{}", host, ntohs(address->sin_port));
}

namespace {
constexpr std::string_view kProtectedMode =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
    "default user. "
    "In this mode connections are only accepted from the loopback interface. If you want to connect from external "
    "computers to "
    "Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG "
    "SET "
    "protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, "
    "however "
    "MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change "
    "permanent. "
    "2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the "
    "protected "
    "mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, "
    "restart it with "
    "the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need "
    "to do one "
    "of the above things in order for the server to start accepting connections from the outside.\r\n";

bool is_loopback(const asio::generic::stream_protocol::endpoint& endpoint) {
  if (endpoint.data()->sa_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(endpoint.data());
    return IN6_IS_ADDR_LOOPBACK(&address->sin6_addr);
  }
  const auto* address = reinterpret_cast<const sockaddr_in*>(endpoint.data());
  return (ntohl(address->sin_addr.s_addr) >> 24) == 127;
}
}  // namespace

void Listener::adopt(Socket socket, IoThread& thread) {
  const auto& settings = server_.config().settings();
  asio::error_code ignored;
  const auto peer = socket.remote_endpoint(ignored);
  const auto local = socket.local_endpoint(ignored);
  StatsShard& stats = server_.stats().shard(0);
  if (server_.clients().count() >= static_cast<size_t>(settings.maxclients.load())) {
    stats.rejected_connections.add();
    return refuse(socket, "-ERR max number of clients reached\r\n");
  }
  if (!unix_socket_ && settings.protected_mode.load() && server_.default_user_needs_no_password() &&
      !is_loopback(peer)) {
    stats.rejected_connections.add();
    return refuse(socket, kProtectedMode);
  }
  if (!unix_socket_) {
    const int on = 1, fd = socket.native_handle();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (const int seconds = static_cast<int>(settings.tcp_keepalive_s.load()); seconds > 0) {
      const int interval = std::max(1, seconds / 3), probes = 3;
      setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
      setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
      setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
      setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    }
  }
  stats.connections.add();
  auto session =
      std::make_shared<Session>(server_, server_.clients().next_id(), describe(peer), describe(local), unix_socket_);
  server_.clients().add(session);
  thread.about_to_add();
  asio::post(thread.context(), [this, &thread, socket = std::move(socket), session = std::move(session)]() mutable {
    std::make_shared<Connection>(server_, thread, std::move(socket), std::move(session))->start();
  });
}

Network::Network(Server& server, unsigned io_threads) : server_(server) {
  for (unsigned i = 0; i < io_threads; ++i) threads_.push_back(std::make_unique<IoThread>(server, i));
}

Network::~Network() { stop(); }

IoThread& Network::least_loaded() {
  IoThread* best = threads_.front().get();
  for (auto& thread : threads_)
    if (thread->load() < best->load()) best = thread.get();
  return *best;
}

Result<Network::Listeners> Network::listen_tcp(const TcpAddress& at) {
  Listeners listeners;
  const int backlog = static_cast<int>(server_.config().settings().tcp_backlog.load());
  if (at.port == 0) return listeners;
  for (std::string address : at.bind) {
    const bool optional = address.starts_with('-');
    if (optional) address.erase(0, 1);
    if (address == "*") address = "0.0.0.0";
    if (address == "::*") address = "::";
    asio::error_code bad;
    const auto ip = asio::ip::make_address(address, bad);
    if (bad) return fail(fmt::format("cannot listen on '{}': not an IP address; see the option bind", address));
    const asio::ip::tcp::endpoint endpoint(ip, at.port);
    const std::string name = fmt::format(fmt::runtime(ip.is_v6() ? "[{}]:{}" : "{}:{}"), address, at.port);
    auto listener = std::make_unique<Listener>(server_, *this, threads_.front()->context(), name, false);
    auto opened = listener->open(endpoint, endpoint.protocol(), ip.is_v6(), backlog);
    if (opened) listeners.push_back(std::move(listener));
    else if (!optional) return tl::unexpected(std::move(opened).error());
  }
  return listeners;
}

Network::TcpAddress Network::configured_address() const {
  const auto& settings = server_.config().settings();
  return {settings.bind.words(), static_cast<uint16_t>(settings.port.load())};
}

Result<void> Network::open() {
  const auto& settings = server_.config().settings();
  const int backlog = static_cast<int>(settings.tcp_backlog.load());
  tcp_address_ = configured_address();
  tcp_listeners_ = TRY(listen_tcp(tcp_address_));
  if (const std::string path = settings.unixsocket.get(); !path.empty()) {
    ::unlink(path.c_str());  // as Redis: what a killed server left behind is in the way
    const asio::local::stream_protocol::endpoint endpoint(path);
    auto listener = std::make_unique<Listener>(server_, *this, threads_.front()->context(), path, true);
    TRY(listener->open(endpoint, endpoint.protocol(), false, backlog));
    if (const auto mode = settings.unixsocketperm.load(); mode != 0) ::chmod(path.c_str(), static_cast<mode_t>(mode));
    unix_path_ = path;
    unix_listener_ = std::move(listener);
  }
  if (tcp_listeners_.empty() && !unix_listener_)
    return fail("nothing to listen on: port is 0 and there is no unixsocket");
  for (const char* option : {"port", "bind"})
    server_.config().on_change(option, [this](const OptionValue&) { return listen_anew(); });
  return {};
}

std::optional<std::string> Network::listen_anew() {
  const TcpAddress wanted = configured_address();
  if (wanted == tcp_address_) return std::nullopt;  // told once an option; both may have changed
  std::optional<std::string> refused;
  // The old sockets go first: the new ones may ask for the same port.
  while_still([&] {
    for (auto& listener : tcp_listeners_) listener->close();
    auto opened = listen_tcp(wanted);
    if (opened) {
      tcp_address_ = wanted;
    } else {
      refused = fmt::format("Unable to listen on this address: {}", opened.error().command()->text);
      opened = listen_tcp(tcp_address_);
    }
    // A closed listener still has its cancelled accept under way: it goes with the network.
    for (auto& listener : tcp_listeners_) retired_listeners_.push_back(std::move(listener));
    tcp_listeners_ = opened ? std::move(*opened) : Listeners();
    for (auto& listener : tcp_listeners_) listener->accept();
  });
  return refused;
}

void Network::start() {
  for (auto& listener : tcp_listeners_) listener->accept();
  if (unix_listener_) unix_listener_->accept();
  for (auto& thread : threads_) thread->start();
}

void Network::stop_accepting() {
  asio::post(threads_.front()->context(), [this] {
    for (auto& listener : tcp_listeners_) listener->close();
    if (unix_listener_) unix_listener_->close();
  });
}

void Network::stop() {
  for (auto& thread : threads_) thread->stop();
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
  unix_path_.clear();
}

void Network::while_still(const std::function<void()>& action) {
  std::latch arrived(static_cast<std::ptrdiff_t>(threads_.size()));
  std::promise<void> over;
  const std::shared_future<void> end = over.get_future().share();
  for (auto& thread : threads_) {
    asio::post(thread->context(), [&arrived, end] {
      arrived.count_down();
      end.wait();
    });
  }
  arrived.wait();
  action();
  over.set_value();
}

std::vector<std::string> Network::endpoints() const {
  std::vector<std::string> names;
  for (const auto& listener : tcp_listeners_) names.push_back(listener->name());
  if (unix_listener_) names.push_back(unix_listener_->name());
  return names;
}

}  // namespace basalt
