#include "tools/common/server_link.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "base/number.h"

namespace basalt::tools {

namespace {

constexpr int kDefaultPort = 6379;
constexpr timeval kConnectTimeout{5, 0};

struct Endpoint {
  std::string host;  // or a socket's path
  int port = kDefaultPort;
};

std::optional<Endpoint> parse_endpoint(const std::string& address) {
  if (address.starts_with('/')) return Endpoint{address, 0};
  Endpoint endpoint;
  const size_t colon = address.rfind(':');
  const bool bare_ipv6 = colon != std::string::npos && !address.starts_with('[') && address.find(':') != colon;
  const bool has_port = colon != std::string::npos && !bare_ipv6 && !address.ends_with(']');
  endpoint.host = has_port ? address.substr(0, colon) : address;
  if (has_port) {
    const auto port = parse_int64(address.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return std::nullopt;
    endpoint.port = static_cast<int>(*port);
  }
  if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']'))
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  if (endpoint.host.empty()) endpoint.host = "127.0.0.1";
  return endpoint;
}

std::string_view next_step(std::string_view error) {
  if (error.starts_with("NOAUTH") || error.starts_with("WRONGPASS"))
    return "; give --user and --password, or set REDISCLI_AUTH";
  if (error.starts_with("NOPERM")) return "; the user needs +ping and +basalt";
  if (error.starts_with("ERR unknown command")) return "; is it a Basalt?";
  return "";
}

std::string password_of(const Arguments& arguments) {
  const char* variable = std::getenv("REDISCLI_AUTH");
  if (arguments.has("password") || variable == nullptr) return arguments.text("password");
  return variable;
}

}  // namespace

std::vector<Flag> with_server_flags(std::vector<Flag> flags) {
  constexpr Flag kServerFlags[] = {
      {"server", FlagKind::text, "HOST:PORT", "the running server, or its Unix socket's path"},
      {"user", FlagKind::text, "NAME", "who logs in; the default user", "server"},
      {"password", FlagKind::text, "WORD", "better in the variable REDISCLI_AUTH", "server"},
      {"tls", FlagKind::toggle, "", "HOST:PORT is the server's tls-port", "server"},
      {"cacert", FlagKind::text, "FILE", "who signed the server's certificate", "tls"},
      {"cert", FlagKind::text, "FILE", "a certificate to show, if the server asks", "tls key"},
      {"key", FlagKind::text, "FILE", "the certificate's private key", "tls cert"},
  };
  flags.insert(flags.end(), std::begin(kServerFlags), std::end(kServerFlags));
  return flags;
}

Result<ServerLink> ServerLink::connect(const Arguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a server that goes away is an error to tell, not a death
  const std::string address = arguments.text("server");
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) return fail(fmt::format("cannot connect: {}: not an address; give HOST:PORT", address));
  std::unique_ptr<redisContext, Close> context(
      endpoint->port == 0 ? redisConnectUnixWithTimeout(endpoint->host.c_str(), kConnectTimeout)
                          : redisConnectWithTimeout(endpoint->host.c_str(), endpoint->port, kConnectTimeout));
  if (context == nullptr || context->err != 0) {
    return fail(fmt::format("cannot connect: {}: {}; is the server running?", address,
                            context != nullptr ? context->errstr : "out of memory"));
  }
  redisEnableKeepAlive(context.get());
  ServerLink link(std::move(context), address);
  if (arguments.has("tls"))
    TRY(link.begin_tls({arguments.text("cacert"), arguments.text("cert"), arguments.text("key")}));
  TRY(link.log_in(arguments.text("user"), password_of(arguments)));
  return link;
}

Result<void> ServerLink::begin_tls(const TlsFiles& files) {
  redisSetTimeout(context_.get(), kConnectTimeout);
  auto channel = TlsChannel::open(context_->fd, files);
  if (!channel) {
    return fail(fmt::format("cannot connect: {}: {}", address_, words_of(channel.error())));
  }
  tls_.emplace(*std::move(channel));
  redisSetTimeout(context_.get(), {0, 0});
  return {};
}

Result<void> ServerLink::log_in(const std::string& user, const std::string& password) {
  if (!user.empty()) TRY(call({"AUTH", user, password}));  // a user may be one without a password
  else if (!password.empty()) TRY(call({"AUTH", password}));
  return {};
}

Result<ServerReply> ServerLink::call(const std::vector<std::string_view>& words) {
  auto reply = exchange(words);
  if (!reply)
    return fail(
        fmt::format("{} failed: {}: {}; see the server's log", words.front(), address_, words_of(reply.error())));
  if ((*reply)->type == REDIS_REPLY_ERROR) {
    std::string_view text = text_of(**reply);
    if (text.ends_with('.')) text.remove_suffix(1);  // the next step follows
    return fail(fmt::format("{} failed: {}: {}{}", words.front(), address_, text, next_step(text)));
  }
  return reply;
}

Result<ServerReply> ServerLink::exchange(const std::vector<std::string_view>& words) {
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  for (const auto word : words) {
    pointers.push_back(word.data());
    sizes.push_back(word.size());
  }
  const int count = static_cast<int>(words.size());
  if (tls_) {
    char* request = nullptr;
    const int bytes = redisFormatCommandArgv(&request, count, pointers.data(), sizes.data());
    if (bytes < 0) return fail("out of memory");
    const std::unique_ptr<char, decltype(&redisFreeCommand)> owned(request, redisFreeCommand);
    return exchange_over_tls({request, static_cast<size_t>(bytes)});
  }
  ServerReply reply(static_cast<redisReply*>(redisCommandArgv(context_.get(), count, pointers.data(), sizes.data())));
  if (reply == nullptr) return fail(context_->errstr);
  return reply;
}

Result<ServerReply> ServerLink::exchange_over_tls(std::string_view request) {
  TRY(tls_->write(request));
  redisReader* reader = context_->reader;
  void* reply = nullptr;
  while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply == nullptr) {
    const std::string_view bytes = TRY(tls_->read());
    redisReaderFeed(reader, bytes.data(), bytes.size());
  }
  if (reply == nullptr) return fail(reader->errstr);
  return ServerReply(static_cast<redisReply*>(reply));
}

}  // namespace basalt::tools
