#include "server/config_commands.h"

#include "server/server_commands.h"

namespace basalt {
namespace {

constexpr size_t kFirstArgument = 2;

}  // namespace

Result<void> config_get(const Config& config, const Args& args, Reply& reply) {
  auto found = config.matching({args.begin() + kFirstArgument, args.end()});
  reply.map(static_cast<int64_t>(found.size()));
  for (const auto& [name, value] : found) {
    reply.bulk(name);
    reply.bulk(value);
  }
  return {};
}

Result<void> config_set(Config& config, const Args& args, Reply& reply, bool local_caller) {
  if ((args.size() - kFirstArgument) % 2 != 0) return fail("ERR syntax error");
  std::vector<Config::Pair> pairs;
  for (size_t i = kFirstArgument; i < args.size(); i += 2) pairs.emplace_back(args[i], args[i + 1]);
  TRY(config.set(pairs, local_caller));
  reply.ok();
  return {};
}

Result<void> config_rewrite(Config& config, const Args&, Reply& reply, const std::vector<std::string>* users) {
  TRY(config.rewrite(users));
  reply.ok();
  return {};
}

Result<void> config_help(const Config&, const Args&, Reply& reply) {
  constexpr std::string_view kLines[] = {
      "GET <pattern>",
      "    Return parameters matching the glob-like <pattern> and their values.",
      "SET <directive> <value>",
      "    Set the configuration <directive> to <value>.",
      "RESETSTAT",
      "    Reset statistics reported by the INFO command.",
      "REWRITE",
      "    Rewrite the configuration file.",
  };
  reply_help(reply, "CONFIG", kLines);
  return {};
}

}  // namespace basalt
