// Bytes and times as people read them. What is printed can be given back: quoted() is what redis-cli and
// unescape() take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "layout/columns.h"

namespace basalt::tools {

/// As redis-cli prints and reads strings: "a\x00b", in double quotes.
std::string quoted(std::string_view bytes);
/// The same, cut to about `most` bytes: `"begins so"… (123456 bytes)`.
std::string quoted(std::string_view bytes, size_t most);
/// What quoted() gave (the quotes may be missing: then escapes still count); nullopt when it makes no sense.
std::optional<std::string> unescape(std::string_view text);
/// "2026-11-20 12:00:00.123 UTC".
std::string time_text(int64_t ms);
std::string_view column_name(Column column);
std::optional<Column> column_named(std::string_view name);

}  // namespace basalt::tools
