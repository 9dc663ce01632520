// Secrets among a command's arguments: shown to nobody who looks at commands (SLOWLOG, MONITOR).
#pragma once

#include <string_view>

#include "resp/request_parser.h"

namespace basalt {

/// `args` with each secret as "(redacted)". `full_name` as CommandTable::full_name gives it.
Args redacted(std::string_view full_name, const Args& args);

}  // namespace basalt
