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

}  // namespace

Result<ServerLink> ServerLink::connect(const Arguments& arguments) {
  std::string password = arguments.text("password");
  const char* variable = std::getenv("REDISCLI_AUTH");
  if (password.empty() && variable != nullptr) password = variable;
  return connect(arguments.text("server"), arguments.text("user"), password);
}

Result<ServerLink> ServerLink::connect(const std::string& address, const std::string& user,
                                       const std::string& password) {
  std::signal(SIGPIPE, SIG_IGN);  // a server that goes away is an error to tell, not a death
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
  if (!password.empty()) {
    auto logged_in = user.empty() ? link.call({"AUTH", password}) : link.call({"AUTH", user, password});
    if (!logged_in) return tl::unexpected(std::move(logged_in).error());
  }
  return link;
}

Result<ServerReply> ServerLink::call(const std::vector<std::string_view>& words) {
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  for (const auto word : words) {
    pointers.push_back(word.data());
    sizes.push_back(word.size());
  }
  ServerReply reply(static_cast<redisReply*>(
      redisCommandArgv(context_.get(), static_cast<int>(words.size()), pointers.data(), sizes.data())));
  if (reply == nullptr)
    return fail(fmt::format("{} failed: {}: {}; see the server's log", words.front(), address_, context_->errstr));
  if (reply->type == REDIS_REPLY_ERROR) {
    const std::string_view text = text_of(*reply);
    const bool login = text.starts_with("NOAUTH") || text.starts_with("WRONGPASS");
    return fail(fmt::format("{} failed: {}: {}{}", words.front(), address_, text,
                            login ? "; give --password or set REDISCLI_AUTH" : ""));
  }
  return reply;
}

}  // namespace basalt::tools
