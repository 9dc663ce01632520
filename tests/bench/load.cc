// A load generator for what redis-benchmark cannot do: reads mixed with writes, keys drawn by Zipf's law.
//
//   bench_load --port=6379 --connections=50 --seconds=10 --keys=1000000 [--distribution=uniform|zipf]
//              [--write_percent=0] [--value_size=100]
//
// Each connection has one request under way: GET, or SET for so many percent, of key:000000000000 and so on, as
// redis-benchmark names its keys. Prints one line of JSON: operations, seconds, latencies in microseconds, how many
// GETs found nothing. One thread with epoll; an error reply or a closed connection ends it with status 1.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gflags/gflags.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

DEFINE_int32(port, 6379, "of the server, on 127.0.0.1");
DEFINE_int32(connections, 50, "each with one request under way");
DEFINE_double(seconds, 10, "how long to measure");
DEFINE_double(warm_up, 1, "seconds before, that are not measured");
DEFINE_uint64(keys, 1'000'000, "there are");
DEFINE_string(distribution, "uniform", "of the keys: uniform or zipf (0.99)");
DEFINE_double(write_percent, 0, "of the requests are SETs");
DEFINE_uint64(value_size, 100, "bytes of a SET's value");

namespace {

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "bench_load: {}\n", why);
  std::exit(1);
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Numbers below n, the low ones most often: Gray et al., "Quickly Generating Billion-Record Synthetic Databases",
// with the skew 0.99 that YCSB uses; then scattered, so that neighbours are not equally hot.
class Zipf {
 public:
  explicit Zipf(uint64_t n) : n_(n) {
    for (uint64_t i = 1; i <= n; ++i) zeta_ += 1 / std::pow(static_cast<double>(i), kSkew);
    const double zeta_2 = 1 + std::pow(0.5, kSkew);
    eta_ = (1 - std::pow(2.0 / static_cast<double>(n), 1 - kSkew)) / (1 - zeta_2 / zeta_);
  }
  uint64_t draw(double uniform) const {
    const double scaled = uniform * zeta_;
    uint64_t rank = 0;
    if (scaled >= 1) {
      rank =
          scaled < 1 + std::pow(0.5, kSkew)
              ? 1
              : static_cast<uint64_t>(static_cast<double>(n_) * std::pow(eta_ * uniform - eta_ + 1, 1 / (1 - kSkew)));
    }
    return (rank * 0x9E3779B97F4A7C15u) % n_;
  }

 private:
  static constexpr double kSkew = 0.99;
  uint64_t n_;
  double zeta_ = 0, eta_ = 0;
};

class Load {
 public:
  Load() : value_(FLAGS_value_size, 'v'), poll_(epoll_create1(0)) {
    if (FLAGS_distribution == "zipf") zipf_ = std::make_unique<Zipf>(FLAGS_keys);
    else if (FLAGS_distribution != "uniform") give_up("--distribution is uniform or zipf");
    connections_.resize(FLAGS_connections);
    for (auto& connection : connections_) open(connection);
  }

  void run() {
    for (auto& connection : connections_) send(connection);
    turn_until(now_seconds() + FLAGS_warm_up);
    latencies_us_.clear();
    missing_ = 0;
    const double begin = now_seconds();
    turn_until(begin + FLAGS_seconds);
    report(now_seconds() - begin);
  }

 private:
  struct Connection {
    int socket = -1;
    bool reads = false;
    double sent = 0;
    std::string reply;
  };

  void open(Connection& connection) {
    connection.socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(FLAGS_port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      give_up(fmt::format("cannot connect to 127.0.0.1:{}", FLAGS_port));
    const int on = 1;
    ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.socket, &event);
  }

  void send(Connection& connection) {
    const double uniform = std::generate_canonical<double, 53>(random_);
    const auto number = zipf_ ? zipf_->draw(uniform) : static_cast<uint64_t>(uniform * static_cast<double>(FLAGS_keys));
    connection.reads = std::generate_canonical<double, 53>(random_) * 100 >= FLAGS_write_percent;
    const std::string request = connection.reads ? fmt::format("*2\r\n$3\r\nGET\r\n$16\r\nkey:{:012}\r\n", number)
                                                 : fmt::format("*3\r\n$3\r\nSET\r\n$16\r\nkey:{:012}\r\n${}\r\n{}\r\n",
                                                               number, value_.size(), value_);
    connection.reply.clear();
    connection.sent = now_seconds();
    if (::send(connection.socket, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()))
      give_up("the server does not take a request");
  }

  // Whether the reply is whole: +OK, $-1 or $n and as many bytes.
  bool complete(const Connection& connection) {
    const std::string& reply = connection.reply;
    const auto end = reply.find("\r\n");
    if (end == reply.npos) return false;
    if (reply[0] == '-') give_up(reply);
    if (reply[0] != '$') return true;
    const long size = std::atol(reply.c_str() + 1);
    if (size < 0) ++missing_;
    return size < 0 || reply.size() >= end + 4 + static_cast<size_t>(size);
  }

  void receive(Connection& connection) {
    char buffer[64 * 1024];
    const auto got = ::recv(connection.socket, buffer, sizeof buffer, 0);
    if (got <= 0) give_up("the server closed a connection");
    connection.reply.append(buffer, static_cast<size_t>(got));
    if (!complete(connection)) return;
    latencies_us_.push_back(static_cast<float>((now_seconds() - connection.sent) * 1e6));
    send(connection);
  }

  void turn_until(double end) {
    std::vector<epoll_event> events(connections_.size());
    while (now_seconds() < end) {
      const int ready = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < ready; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
    }
  }

  double percentile(double share) {
    if (latencies_us_.empty()) return 0;
    const auto rank = static_cast<size_t>(share * static_cast<double>(latencies_us_.size() - 1));
    std::nth_element(latencies_us_.begin(), latencies_us_.begin() + static_cast<long>(rank), latencies_us_.end());
    return latencies_us_[rank];
  }

  void report(double seconds) {
    fmt::print(
        R"({{"operations": {}, "seconds": {:.3f}, "p50_us": {:.1f}, "p99_us": {:.1f}, "p999_us": {:.1f}, "missing": {}}})"
        "\n",
        latencies_us_.size(), seconds, percentile(0.5), percentile(0.99), percentile(0.999), missing_);
  }

  std::string value_;
  int poll_;
  std::unique_ptr<Zipf> zipf_;
  std::vector<Connection> connections_;
  std::minstd_rand random_{std::random_device{}()};
  std::vector<float> latencies_us_;
  uint64_t missing_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  if (argc > 1 || FLAGS_connections < 1 || FLAGS_keys < 1) give_up("see --help");
  Load().run();
}
