// Whether standard error is a person's terminal.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace basalt {

/// https://no-color.org and terminals that say they are dumb are respected.
inline bool terminal_has_colours() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if ((no_color && *no_color) || !terminal || std::string_view(terminal) == "dumb") return false;
  return ::isatty(STDERR_FILENO) == 1;
}

}  // namespace basalt
