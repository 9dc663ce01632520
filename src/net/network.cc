#include "net/network.h"

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <latch>

#include <asio/generic/stream_protocol.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>

#include <fmt/format.h>
#include <glog/logging.h>

#include "net/connection.h"
#include "server/acl/acl.h"
#include "server/config/config.h"
#include "server/server.h"

namespace basalt {

using Socket = Stream::Socket;

namespace {
constexpr ListenOptions kClientOptions{"bind", "--port or --tls-port", "bind, port, tls-port and unixsocket"};
}

/// A socket for clients. Accepts on the first I/O thread and hands each connection to the thread with the fewest.
class Listener final : public ListeningSocket {
 public:
  enum class Kind : uint8_t { tcp, tls, unix_socket };

  Listener(Server& server, Network& network, asio::io_context& context, std::string name, Kind kind)
      : ListeningSocket(context, std::move(name)), server_(server), network_(network), kind_(kind) {}

 private:
  bool is_unix_socket() const { return kind_ == Kind::unix_socket; }
  asio::io_context& next_context() override {
    thread_ = &network_.least_loaded();
    return thread_->context();
  }
  void adopt(Socket socket) override;
  void refuse(Socket& socket, std::string_view error);
  void set_options(Socket& socket) const;
  std::string describe(const asio::generic::stream_protocol::endpoint& endpoint) const;

  Server& server_;
  Network& network_;
  const Kind kind_;
  IoThread* thread_ = nullptr;  // of the connection that is awaited
};

void Listener::refuse(Socket& socket, std::string_view error) {
  asio::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(error.data(), error.size()), ignored);
}

std::string Listener::describe(const asio::generic::stream_protocol::endpoint& endpoint) const {
  if (is_unix_socket()) return name() + ":0";
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

void Listener::set_options(Socket& socket) const {
  const int on = 1, fd = socket.native_handle();
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int seconds = static_cast<int>(server_.config().settings().tcp_keepalive_s.load());
  if (seconds <= 0) return;
  const int interval = std::max(1, seconds / 3), probes = 3;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

void Listener::adopt(Socket socket) {
  IoThread& thread = *thread_;
  const auto& settings = server_.config().settings();
  asio::error_code ignored;
  const auto peer = socket.remote_endpoint(ignored);
  const auto local = socket.local_endpoint(ignored);
  StatsShard& stats = server_.stats().shard(0);
  if (server_.clients().count() >= static_cast<size_t>(settings.maxclients.load())) {
    stats.rejected_connections.add();
    if (kind_ != Kind::tls) refuse(socket, "-ERR max number of clients reached\r\n");  // else it could not read it
    return;
  }
  std::string_view refusal;
  if (!is_unix_socket() && settings.protected_mode.load() &&
      server_.acl().default_user()->rules()->needs_no_password() && !is_loopback(peer)) {
    stats.rejected_connections.add();
    if (kind_ != Kind::tls) return refuse(socket, kProtectedMode);
    refusal = kProtectedMode;
  }
  if (!is_unix_socket()) set_options(socket);
  TlsState tls;
  if (kind_ == Kind::tls) {
    const auto context = network_.tls();
    if (context) tls = context->accept_on(socket.native_handle());
    if (!tls) return;  // the port is being closed, or memory is out
  }
  stats.connections.add();
  auto session = std::make_shared<Session>(server_, server_.clients().next_id(), describe(peer), describe(local),
                                           is_unix_socket());
  server_.clients().add(session);
  thread.about_to_add();
  asio::post(thread.context(), [this, &thread, stream = Stream(std::move(socket), std::move(tls)),
                                session = std::move(session), refusal]() mutable {
    std::shared_ptr<Connection>(new Connection(server_, thread, std::move(stream), std::move(session)),
                                [&thread](Connection* connection) { thread.destroy(connection); })
        ->start(refusal);
  });
}

std::vector<std::unique_ptr<IoThread>> Network::make_threads(Server& server, unsigned count) {
  std::vector<std::unique_ptr<IoThread>> threads;
  for (unsigned i = 0; i < count; ++i) threads.push_back(std::make_unique<IoThread>(server, i));
  return threads;
}

Network::Network(Server& server, unsigned io_threads)
    : server_(server), threads_(make_threads(server, io_threads)), metrics_(server, threads_.front()->context()) {}

Network::~Network() { stop(); }

IoThread& Network::least_loaded() {
  IoThread* best = threads_.front().get();
  for (auto& thread : threads_)
    if (thread->load() < best->load()) best = thread.get();
  return *best;
}

Result<ListeningSockets> Network::listen_tcp(const TcpAddress& at) {
  const int backlog = static_cast<int>(server_.config().settings().tcp_backlog.load());
  auto maker = [this](Listener::Kind kind) {
    return [this, kind](std::string name) {
      if (kind == Listener::Kind::tls) name += " (TLS)";
      return std::make_unique<Listener>(server_, *this, threads_.front()->context(), std::move(name), kind);
    };
  };
  auto listeners = TRY(basalt::listen_tcp(at.bind, at.port, backlog, kClientOptions, maker(Listener::Kind::tcp)));
  auto secured = TRY(basalt::listen_tcp(at.bind, at.tls_port, backlog, kClientOptions, maker(Listener::Kind::tls)));
  std::move(secured.begin(), secured.end(), std::back_inserter(listeners));
  return listeners;
}

Network::TcpAddress Network::configured_address() const {
  const auto& settings = server_.config().settings();
  return {settings.bind.words(), static_cast<uint16_t>(settings.port.load()),
          static_cast<uint16_t>(settings.tls_port.load())};
}

Result<void> Network::open() {
  const auto& settings = server_.config().settings();
  tcp_address_ = configured_address();
  if (tcp_address_.tls_port != 0) {
    auto context = TlsContext::load(settings);
    if (!context) return fail("cannot serve TLS on tls-port: " + context.error());
    use_tls(std::make_shared<const TlsContext>(*std::move(context)));
  }
  tcp_listeners_ = TRY(listen_tcp(tcp_address_));
  if (const std::string path = settings.unixsocket.get(); !path.empty()) {
    ::unlink(path.c_str());  // as Redis: what a killed server left behind is in the way
    const asio::local::stream_protocol::endpoint endpoint(path);
    auto listener =
        std::make_unique<Listener>(server_, *this, threads_.front()->context(), path, Listener::Kind::unix_socket);
    TRY(listener->open(endpoint, endpoint.protocol(), static_cast<int>(settings.tcp_backlog.load()), kClientOptions));
    if (const auto mode = settings.unixsocketperm.load(); mode != 0) ::chmod(path.c_str(), static_cast<mode_t>(mode));
    unix_path_ = path;
    unix_listener_ = std::move(listener);
  }
  if (tcp_listeners_.empty() && !unix_listener_)
    return fail("nothing to listen on: port and tls-port are 0 and there is no unixsocket");
  TRY(metrics_.open());
  follow_config();
  return {};
}

void Network::follow_config() {
  Config& config = server_.config();
  for (const char* option : {"port", "tls-port"})
    config.on_change(option, [this](const OptionValue&) { return listen_anew("Unable to listen on this port"); });
  config.on_change("bind", [this](const OptionValue&) { return listen_anew("Failed to bind to specified addresses"); });
  for (const char* option : {"metrics-port", "metrics-bind"}) {
    config.on_change(option, [this](const OptionValue&) {
      std::optional<std::string> refused;
      while_still([&] { refused = metrics_.open_anew(); });
      return refused;
    });
  }
  for (const char* option :
       {"tls-cert-file", "tls-key-file", "tls-key-file-pass", "tls-ca-cert-file", "tls-ca-cert-dir", "tls-auth-clients",
        "tls-protocols", "tls-ciphers", "tls-ciphersuites", "tls-prefer-server-ciphers", "tls-dh-params-file",
        "tls-session-caching", "tls-session-cache-size", "tls-session-cache-timeout"})
    config.on_change(option, [this](const OptionValue&) { return load_tls(); });
}

std::shared_ptr<const TlsContext> Network::tls() const {
  std::lock_guard lock(tls_mutex_);
  return tls_;
}

void Network::use_tls(std::shared_ptr<const TlsContext> context) {
  std::lock_guard lock(tls_mutex_);
  tls_ = std::move(context);
}

std::optional<std::string> Network::load_tls() {
  const Settings& settings = server_.config().settings();
  if (settings.tls_port.load() == 0) {
    use_tls(nullptr);
    return std::nullopt;
  }
  auto context = TlsContext::load(settings);
  if (!context) {
    LOG(WARNING) << "TLS stays as it was: " << context.error();
    return "Unable to update TLS configuration. Check server logs.";
  }
  use_tls(std::make_shared<const TlsContext>(*std::move(context)));
  return std::nullopt;
}

std::optional<std::string> Network::listen_anew(std::string_view failure) {
  const TcpAddress wanted = configured_address();
  if (wanted == tcp_address_) return std::nullopt;  // told once an option; several may have changed
  if (wanted.tls_port != tcp_address_.tls_port)
    if (auto refused = load_tls()) return refused;
  std::optional<std::string> refused;
  // The old sockets go first: the new ones may ask for the same port.
  while_still([&] {
    for (auto& listener : tcp_listeners_) listener->close();
    auto opened = listen_tcp(wanted);
    if (opened) {
      tcp_address_ = wanted;
    } else {
      refused = fmt::format("{}: {}", failure, opened.error().command()->text);
      opened = listen_tcp(tcp_address_);
    }
    // A closed listener still has its cancelled accept under way: it goes with the network.
    for (auto& listener : tcp_listeners_) retired_listeners_.push_back(std::move(listener));
    tcp_listeners_ = opened ? std::move(*opened) : ListeningSockets();
    for (auto& listener : tcp_listeners_) listener->accept();
  });
  return refused;
}

void Network::start() {
  for (auto& listener : tcp_listeners_) listener->accept();
  if (unix_listener_) unix_listener_->accept();
  metrics_.start();
  for (auto& thread : threads_) thread->start();
}

void Network::stop_accepting() {
  asio::post(threads_.front()->context(), [this] {
    for (auto& listener : tcp_listeners_) listener->close();
    if (unix_listener_) unix_listener_->close();
    metrics_.close();
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
