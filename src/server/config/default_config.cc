// conf/basalt.conf and --help, from the option table.
#include <fmt/format.h>

#include "base/split.h"
#include "server/config/command_line.h"
#include "server/config/options.h"

namespace basalt {
namespace {

constexpr size_t kWidth = 100;

constexpr std::string_view kPreamble =
    "Basalt's options, with their defaults. Start the server with this file: basalt-server basalt.conf; options on the "
    "command line (--port 7000) come after it. A line is an option and its value, in double quotes if it has spaces in "
    "it. Bytes may have a unit: 1k is 1000, 1kb is 1024 bytes, likewise m, mb, g, gb. \"include <path>\" reads another "
    "file in this place, or several (/etc/basalt/*.conf). CONFIG SET changes options while the server runs, except "
    "those marked \"at start only\"; CONFIG REWRITE writes the changes back to the file.";

// The words of `text` in lines of at most kWidth characters, each behind `prefix`.
std::string wrapped(std::string_view text, std::string_view prefix) {
  std::string all;
  std::string line(prefix);
  for (std::string_view word : split_nonempty(text, ' ')) {
    bool first = line.size() == prefix.size();
    if (!first && line.size() + 1 + word.size() > kWidth) {
      all += line + '\n';
      line = prefix;
      first = true;
    }
    if (!first) line += ' ';
    line += word;
  }
  return all + line + '\n';
}

std::string title_line(std::string_view title) {
  std::string line = fmt::format("# ---- {} ", title);
  line.append(kWidth - line.size(), '-');
  return line + '\n';
}

std::string explanation(const Option& option) {
  std::string text(option.help_text);
  if (option.kind == Option::Kind::choice) text += fmt::format(" One of: {}.", option.choices);
  if (!option.alias.empty()) text += fmt::format(" Also called {}.", option.alias);
  if (option.change == Option::Change::at_start_only) text += " At start only.";
  if (option.change == Option::Change::when_unprotected) text += " At start only.";
  return text;
}

// The default as it is written in the table: it may stand for something that differs by machine (0).
std::vector<std::string> default_lines(const Option& option) {
  std::vector<std::string> lines;
  if (option.to_lines) {
    std::vector<std::string> words;
    for (std::string_view word : split_nonempty(option.default_text, ' ')) words.emplace_back(word);
    lines = option.to_lines(read_value(option, words).value());
  } else {
    lines.push_back(option.kind == Option::Kind::words && !option.default_text.empty()
                        ? std::string(option.default_text)
                        : quote_word(option.default_text));
  }
  for (std::string& line : lines) line = fmt::format("{} {}\n", option.name, line);
  return lines;
}

void append_honoured(std::string& text, const OptionGroup& group) {
  for (const Option& option : group.options) {
    text += '\n' + wrapped(explanation(option), "# ");
    for (const std::string& line : default_lines(option)) text += line;
  }
}

void append_kept(std::string& text, const OptionGroup& group) {
  text += '\n';
  for (const Option& option : group.options) {
    if (option.is_hidden) continue;
    for (const std::string& line : default_lines(option)) text += '#' + line;
  }
}

std::string_view kind_name(Option::Kind kind) {
  switch (kind) {
    case Option::Kind::yes_no: return "yes|no";
    case Option::Kind::integer: return "<number>";
    case Option::Kind::memory: return "<bytes>";
    case Option::Kind::memory_or_percent: return "<bytes or percent>";
    case Option::Kind::octal: return "<octal>";
    case Option::Kind::choice: return "<word>";
    case Option::Kind::text: return "<text>";
    case Option::Kind::words: return "<words …>";
  }
  return "";
}

}  // namespace

std::string default_config_text() {
  std::string text = wrapped(kPreamble, "# ");
  bool honoured = true;
  for (const OptionGroup& group : option_groups()) {
    if (honoured && !group.honoured) {
      text += "\n\n" + wrapped(
                           "Kept for compatibility: the options of Redis below are accepted, checked and returned by "
                           "CONFIG GET, so that files, clients and tools made for Redis work. They have no effect.",
                           "# ");
    }
    honoured = group.honoured;
    text += (honoured ? "\n\n" : "\n") + title_line(group.title);
    if (!group.intro.empty()) text += wrapped(group.intro, "# ");
    if (honoured) append_honoured(text, group);
    else append_kept(text, group);
  }
  return text;
}

std::string help_text() {
  std::string text =
      "Usage: basalt-server [basalt.conf] [--option value …]\n"
      "\n"
      "  -h, --help               this text\n"
      "  -v, --version            the version\n"
      "  --print-default-config   a configuration file with every option, explained, at its default\n"
      "\n"
      "Options stand in the file as \"option value\", on the command line as --option value or --option=value.\n";
  std::string kept;
  for (const OptionGroup& group : option_groups()) {
    if (group.honoured) text += fmt::format("\n{}:\n", group.title);
    for (const Option& option : group.options) {
      if (option.is_hidden) continue;
      if (!group.honoured) {
        kept += fmt::format("{} ", option.name);
        continue;
      }
      std::string_view shown = option.default_text.empty() ? "\"\"" : option.default_text;
      text += fmt::format("  --{} {}  ({})\n", option.name, kind_name(option.kind), shown);
      text += wrapped(explanation(option), "      ");
    }
  }
  text += "\n  --rocksdb.<option> <value>\n";
  text += wrapped("Any database, column or table option of RocksDB, by RocksDB's name.", "      ");
  return text + "\nKept for compatibility with Redis, without effect:\n" + wrapped(kept, "  ");
}

}  // namespace basalt
