#include "tools/common/json.h"

#include <fmt/format.h>

namespace basalt::tools {

std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) < 0x20) json += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else json += c;
  }
  return json + '"';
}

std::string json_lines(const std::vector<std::string>& elements, size_t indent) {
  if (elements.empty()) return "[]";
  const std::string margin(indent, ' ');
  return fmt::format("[\n{0}  {1}\n{0}]", margin, fmt::join(elements, ",\n" + margin + "  "));
}

}  // namespace basalt::tools
