// Reading replies in unit tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace basalt {

/// Every string and number of a RESP2 reply in order, without its nesting; nulls are "(nil)".
inline std::vector<std::string> reply_list(std::string_view reply) {
  std::vector<std::string> elements;
  while (!reply.empty()) {
    const size_t line_end = reply.find("\r\n");
    const char type = reply[0];
    const std::string line(reply.substr(1, line_end - 1));
    reply.remove_prefix(line_end + 2);
    if (type == '*') continue;
    if (type != '$') {
      elements.push_back(line);
    } else if (line == "-1") {
      elements.push_back("(nil)");
    } else {
      const size_t size = std::stoul(line);
      elements.emplace_back(reply.substr(0, size));
      reply.remove_prefix(size + 2);
    }
  }
  return elements;
}

}  // namespace basalt
