// Redis's glob patterns (KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET): * ? [set] [^set] [a-z] \escape.
#pragma once

#include <string>
#include <string_view>

namespace basalt {

/// Whether `text` matches `pattern` as Redis's stringmatchlen says, including its limit on nesting.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

/// The literal bytes every match must start with (escapes resolved): "user:*" gives "user:".
/// `exact` tells that the pattern has no wildcard at all, so that only this very string matches.
struct GlobPrefix {
  std::string literal;
  bool exact = false;
};
GlobPrefix glob_prefix(std::string_view pattern);

}  // namespace basalt
