// A tool's connection to a running server.
//
// Thread rules: one thread at a time.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/common/command_line.h"
#include "tools/common/tls_channel.h"

namespace basalt::tools {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ServerReply = std::unique_ptr<redisReply, FreeReply>;

inline std::string_view text_of(const redisReply& reply) { return {reply.str, reply.len}; }

/// The flags of a command that talks to a server: `flags`, and behind them those that ServerLink::connect reads.
std::vector<Flag> with_server_flags(std::vector<Flag> flags);

class ServerLink {
 public:
  /// Connects to --server, with TLS if --tls is there, and logs in with --user and --password, or the variable
  /// REDISCLI_AUTH. The address: HOST:PORT, HOST, [IPv6]:PORT, :PORT, or the path of a Unix socket (it begins with
  /// '/').
  static Result<ServerLink> connect(const Arguments& arguments);

  /// Waits for the reply, however long the command runs. An error reply is a failure with its text.
  Result<ServerReply> call(const std::vector<std::string_view>& words);

  const std::string& address() const { return address_; }

 private:
  struct Close {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  ServerLink(std::unique_ptr<redisContext, Close> context, std::string address)
      : context_(std::move(context)), address_(std::move(address)) {}
  Result<void> begin_tls(const TlsFiles& files);
  Result<void> log_in(const std::string& user, const std::string& password);
  Result<ServerReply> exchange(const std::vector<std::string_view>& words);
  Result<ServerReply> exchange_over_tls(std::string_view request);

  std::unique_ptr<redisContext, Close> context_;
  std::optional<TlsChannel> tls_;  // over the context's socket: ends before it
  std::string address_;
};

}  // namespace basalt::tools
