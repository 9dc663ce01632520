// CONFIG GET, SET, REWRITE and HELP over a Config; the command rows are in admin_commands.cc.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "resp/reply.h"
#include "resp/request_parser.h"
#include "server/config/config.h"

namespace basalt {

// `args` is the whole command: args[0] is CONFIG, args[1] the subcommand. The arity was checked.

Result<void> config_get(const Config& config, const Args& args, Reply& reply);
/// `local_caller`: the client is on this machine (enable-protected-configs local).
Result<void> config_set(Config& config, const Args& args, Reply& reply, bool local_caller);
/// Waits for the disk. `users`: see Config::rewrite.
Result<void> config_rewrite(Config& config, const Args& args, Reply& reply,
                            const std::vector<std::string>* users = nullptr);
Result<void> config_help(const Config& config, const Args& args, Reply& reply);

}  // namespace basalt
