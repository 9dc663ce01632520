// ROLE, MODULE, LOLWUT: what this server is.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "base/random.h"
#include "command/call.h"
#include "server/server_commands.h"

namespace basalt {

namespace {

Result<Outcome> role_command(Call& call) {
  call.reply.array(3);
  call.reply.bulk("master");
  call.reply.integer(0);
  call.reply.array(0);
  return kDone;
}

constexpr std::string_view kModuleHelp[] = {
    "LIST",
    "    Return a list of loaded modules: none, they can't be loaded here.",
};

Result<Outcome> module_list_command(Call& call) {
  call.reply.array(0);
  return kDone;
}

Result<Outcome> module_help_command(Call& call) {
  reply_help(call.reply, "MODULE", kModuleHelp);
  return kDone;
}

// Columns of basalt by the sea, broken off at heights that nobody can foresee.
std::string basalt_columns() {
  constexpr size_t kColumns = 14, kHeight = 9;
  std::array<size_t, kColumns> heights;
  for (size_t& height : heights) height = 2 + random_below(kHeight - 2);
  std::string text;
  for (size_t row = kHeight; row > 0; --row) {
    std::string line;
    for (size_t height : heights) line += row > height ? "    " : row == height ? "/__\\" : "|::|";
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) text += line + '\n';
  }
  for (size_t i = 0; i < kColumns; ++i) text += "~-~~";
  return text + "\n";
}

Result<Outcome> lolwut_command(Call& call) {
  // The version chooses among Redis's pictures; here there is one.
  if (call.argc() > 2 && call.arg_is(1, "version")) TRY(call.integer(2));
  call.reply.verbatim(fmt::format("{}\nBasalt {}, a Redis ver. {}\n", basalt_columns(), BASALT_VERSION, kRedisVersion));
  return kDone;
}

constexpr uint64_t kModuleFlags = kAdmin | kNoScript | kNoTxn;

constexpr KeylessRows row{Group::server};

constexpr CommandSpec kModule[] = {
    row("list", 2, kModuleFlags, "4.0.0", "List all modules loaded by the server",
        "O(N) where N is the number of loaded modules.", module_list_command),
    row("help", 2, kLoading | kStale | kNoTxn, "5.0.0", "Show helpful text about the different subcommands", "O(1)",
        module_help_command),
};

constexpr CommandSpec kCommands[] = {
    row("role", 1, kNoScript | kLoading | kStale | kFast | kDangerous | kNoTxn, "2.8.12",
        "Return the role of the instance in the context of replication", "O(1)", role_command, {}, "@admin"),
    row("module", -2, 0, "4.0.0", "A container for module commands", "Depends on subcommand.", nullptr, kModule),
    row("lolwut", -1, kReadonly | kFast | kNoTxn, "5.0.0", "Display some computer art and the Redis version", "",
        lolwut_command),
};

}  // namespace

std::span<const CommandSpec> about_commands() { return kCommands; }

}  // namespace basalt
