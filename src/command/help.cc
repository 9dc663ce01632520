#include "command/help.h"

#include <fmt/format.h>

namespace basalt {

void reply_help(Reply& reply, std::string_view command, std::span<const std::string_view> lines) {
  reply.array(static_cast<int64_t>(lines.size()) + 3);
  reply.simple(fmt::format("{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", command));
  for (auto line : lines) reply.simple(line);
  reply.simple("HELP");
  reply.simple("    Prints this help.");
}

}  // namespace basalt
