// ACL files: a line "user <name> <rules …>" each, nothing else but empty lines.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "server/acl/user.h"
#include "server/config/option.h"

namespace basalt {

/// The users of a file's text. The error tells everything that is wrong with it, as Redis words it; `name` is the
/// file's as configured.
Checked<std::map<std::string, UserRules>> parse_acl_file(std::string_view text, std::string_view name,
                                                         const RuleContext& context);

}  // namespace basalt
