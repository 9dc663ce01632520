#include "tools/admin/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "base/quote.h"

namespace basalt::tools {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

char plain_escape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'a': return '\a';
    case 'b': return '\b';
    default: return c;
  }
}

}  // namespace

std::string quoted(std::string_view bytes) {
  std::string out;
  append_quoted(out, bytes);
  return out;
}

std::string quoted(std::string_view bytes, size_t most) {
  if (bytes.size() <= most) return quoted(bytes);
  return fmt::format("{}… ({} bytes)", quoted(bytes.substr(0, most)), bytes.size());
}

std::optional<std::string> unescape(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] != 'x') {
      out += plain_escape(text[i]);
      continue;
    }
    const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

std::string time_text(int64_t ms) {
  constexpr int64_t kEndOfYear9999_ms = 253402300799999;
  if (ms < 0 || ms > kEndOfYear9999_ms) return fmt::format("{} ms after 1970", ms);
  const std::time_t seconds = ms / 1000;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} UTC", fmt::gmtime(seconds), ms % 1000);
}

std::string_view column_name(Column column) { return kColumnNames[static_cast<size_t>(column)]; }

std::optional<Column> column_named(std::string_view name) {
  for (size_t i = 0; i < kColumnCount; ++i) {
    if (kColumnNames[i] == name) return static_cast<Column>(i);
  }
  return std::nullopt;
}

}  // namespace basalt::tools
