// Arguments that are the number of a database.
#pragma once

#include "command/call.h"

namespace basalt {

/// The integer argument `i` as Redis reads a C int; `error` for what is none, or Redis's own two messages.
Result<int64_t> int_argument(const Call& call, size_t i, std::string_view error = {});
/// The same, which must be the number of a database: "ERR DB index is out of range".
Result<uint16_t> database_argument(const Call& call, size_t i, std::string_view error = {});
/// Whether there is a database of that number; "ERR DB index is out of range".
Result<uint16_t> database_number(const Call& call, int64_t number);

}  // namespace basalt
