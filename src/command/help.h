// The replies of the HELP subcommands.
#pragma once

#include <span>
#include <string_view>

#include "resp/reply.h"

namespace basalt {

/// The reply of X HELP: `lines` as Redis words them, between its own first and last lines.
void reply_help(Reply& reply, std::string_view command, std::span<const std::string_view> lines);

}  // namespace basalt
