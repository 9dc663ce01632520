// Words to values, with Redis's error texts (redis.io/docs/management/config).
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/number.h"
#include "base/quote.h"
#include "base/split.h"
#include "server/config/option.h"

namespace basalt {
namespace {

using Kind = Option::Kind;

Checked<OptionValue> refuse(std::string text) { return tl::unexpected(std::move(text)); }

std::optional<int64_t> parse_octal(const std::string& word) {
  errno = 0;
  char* end = nullptr;
  int64_t number = std::strtoll(word.c_str(), &end, 8);
  if (errno != 0 || *end != '\0') return std::nullopt;
  return number;
}

std::optional<int64_t> parse_percent(std::string_view word) {
  if (word.size() < 2 || !word.ends_with('%')) return std::nullopt;
  auto number = parse_int64(word.substr(0, word.size() - 1));
  if (!number || *number < 0) return std::nullopt;
  return -*number;
}

std::optional<int64_t> parse_number(Kind kind, const std::string& word) {
  if (kind == Kind::integer) return parse_int64(word);
  if (kind == Kind::octal) return parse_octal(word);
  if (auto bytes = parse_memory(word)) return static_cast<int64_t>(*bytes);
  return kind == Kind::memory_or_percent ? parse_percent(word) : std::nullopt;
}

std::string_view not_a_number(Kind kind) {
  switch (kind) {
    case Kind::octal: return "argument couldn't be parsed as an octal number";
    case Kind::memory: return "argument must be a memory value";
    case Kind::memory_or_percent: return "argument must be a memory or percent value";
    default: return "argument couldn't be parsed into an integer";
  }
}

std::string number_text(Kind kind, int64_t number) {
  if (kind == Kind::octal) return fmt::format("{:o}", number);
  if (kind == Kind::memory) return std::to_string(static_cast<uint64_t>(number));
  if (kind == Kind::memory_or_percent && number < 0) return fmt::format("{}%", -number);
  return std::to_string(number);
}

Checked<OptionValue> read_number(const Option& option, const std::string& word) {
  auto number = parse_number(option.kind, word);
  if (!number) return refuse(std::string(not_a_number(option.kind)));
  if (option.kind == Kind::memory_or_percent && *number < 0) {
    if (*number < option.min)
      return refuse(fmt::format("percentage argument must be less or equal to {}", -option.min));
  } else if (*number < option.min || *number > option.max) {
    return refuse(option.kind == Kind::octal
                      ? fmt::format("argument must be between {:o} and {:o} inclusive", option.min, option.max)
                      : fmt::format("argument must be between {} and {} inclusive", option.min, option.max));
  }
  int64_t meant = option.adjust_number ? option.adjust_number(*number) : *number;
  return OptionValue{number_text(option.kind, meant), meant};
}

std::vector<std::string_view> choice_words(std::string_view choices) {
  auto words = split(choices, ',');
  for (std::string_view& word : words) word = strip_blanks(word);
  return words;
}

Checked<OptionValue> read_choice(const Option& option, std::string_view word) {
  auto choices = choice_words(option.choices);
  for (size_t i = 0; i < choices.size(); ++i) {
    if (!equals_ignore_case(word, choices[i])) continue;
    auto place = static_cast<int64_t>(i);
    if (option.adjust_number) place = option.adjust_number(place);
    return OptionValue{std::string(choices[static_cast<size_t>(place)]), place};
  }
  return refuse(fmt::format("argument(s) must be one of the following: {}", option.choices));
}

Checked<OptionValue> read_one_word(const Option& option, const std::string& word) {
  switch (option.kind) {
    case Kind::yes_no:
      if (equals_ignore_case(word, "yes")) return OptionValue{"yes", 1};
      if (equals_ignore_case(word, "no")) return OptionValue{"no", 0};
      return refuse("argument must be 'yes' or 'no'");
    case Kind::choice: return read_choice(option, word);
    case Kind::text: return OptionValue{word, 0};
    default: return read_number(option, word);
  }
}

bool needs_quotes(std::string_view word) {
  if (word.empty() || word.front() == '#') return true;
  for (char c : word) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\'' || c == '\\') return true;
  }
  return false;
}

}  // namespace

Checked<OptionValue> read_value(const Option& option, Words words, std::string_view base) {
  if (option.kind != Kind::words && words.size() != 1) return refuse("wrong number of arguments");
  auto value = option.read ? option.read(words, base) : read_one_word(option, words.front());
  if (value && option.refuse) {
    if (auto reason = option.refuse(*value)) return refuse(*std::move(reason));
  }
  return value;
}

std::vector<std::string> value_lines(const Option& option, const OptionValue& value) {
  if (option.to_lines) return option.to_lines(value);
  if (option.kind == Kind::words && !value.text.empty()) return {value.text};
  bool is_bytes = option.kind == Kind::memory || (option.kind == Kind::memory_or_percent && value.number >= 0);
  if (is_bytes) return {memory_text(static_cast<uint64_t>(value.number))};
  return {quote_word(value.text)};
}

std::string memory_text(uint64_t bytes) {
  struct Unit {
    uint64_t bytes;
    std::string_view name;
  };
  static constexpr Unit kUnits[] = {{1 << 30, "gb"}, {1 << 20, "mb"}, {1 << 10, "kb"}};
  for (const Unit& unit : kUnits) {
    if (bytes != 0 && bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.name);
  }
  return std::to_string(bytes);
}

std::string quote_word(std::string_view word) {
  if (!needs_quotes(word)) return std::string(word);
  std::string text;
  append_quoted(text, word);
  return text;
}

std::vector<std::string> SharedText::words() const {
  std::string text = get();
  auto words = split_nonempty(text, ' ');
  return {words.begin(), words.end()};
}

}  // namespace basalt
