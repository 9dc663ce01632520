#include "server/config/command_line.h"

#include <gflags/gflags.h>

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "base/split.h"
#include "resp/request_parser.h"
#include "server/config/options.h"

namespace basalt {
namespace {

constexpr char kProgram[] = "basalt-server";

std::string flag_name(const Option& option) {
  std::string name(option.name);
  std::replace(name.begin(), name.end(), '-', '_');  // gflags finds --a-b as a_b
  return name;
}

// gflags borrows names and values for as long as the process lives.
struct Flag {
  const Option& option;
  std::string name;
  std::string help;
  std::string value;
  std::string default_value;
};

void register_flags() {
  [[maybe_unused]] static const std::deque<Flag>& once = *[] {
    auto* all = new std::deque<Flag>;
    for (const Option* option : all_options()) {
      std::string_view help = option->help_text.empty() ? "Kept for compatibility, without effect." : option->help_text;
      std::string default_text(option->default_text);
      Flag& flag = all->emplace_back(Flag{*option, flag_name(*option), std::string(help), default_text, default_text});
      gflags::FlagRegisterer(flag.name.c_str(), flag.help.c_str(), "basalt-server.cc", &flag.value,
                             &flag.default_value);
    }
    return all;
  }();
}

const Option* find_flag_option(std::string name) {
  if (auto found = find_option(name)) return all_options()[found->index];
  std::replace(name.begin(), name.end(), '_', '-');
  auto found = find_option(name);
  return found ? all_options()[found->index] : nullptr;
}

std::optional<gflags::CommandLineFlagInfo> flag_info(const std::string& name) {
  gflags::CommandLineFlagInfo info;
  if (!gflags::GetCommandLineFlagInfo(name.c_str(), &info)) return std::nullopt;
  return info;
}

// --nolog_prefix
bool is_negated_flag(const std::string& name) {
  auto info = name.starts_with("no") ? flag_info(name.substr(2)) : std::nullopt;
  return info && info->type == "bool";
}

/// One --name and what belongs to it.
struct Argument {
  std::string name;
  std::vector<std::string> values;
};

bool starts_argument(std::string_view word) { return word.size() > 2 && word.starts_with("--"); }

// "--name", "--name=value", or "--name value …" in one word.
Checked<Argument> first_word(std::string_view word) {
  word.remove_prefix(2);
  size_t end = word.find_first_of("= ");
  Argument argument{std::string(word.substr(0, end)), {}};
  if (end == std::string_view::npos) return argument;
  if (word[end] == '=') {
    argument.values.emplace_back(word.substr(end + 1));
    return argument;
  }
  auto values = split_quoted_words(word.substr(end));
  if (!values) return tl::unexpected(fmt::format("command line: a quote is missing: --{}", word));
  argument.values = *std::move(values);
  return argument;
}

// Whether the word after a bare --name is its value even if it looks like another option (a password may).
bool takes_any_value(const std::string& name) {
  const Option* option = find_flag_option(name);
  if (!option) return false;
  return option->kind != Option::Kind::yes_no && !option->lines_add_up;
}

Checked<std::vector<Argument>> group_arguments(const std::vector<std::string>& words, size_t i) {
  std::vector<Argument> arguments;
  while (i < words.size()) {
    if (!starts_argument(words[i]))
      return tl::unexpected(fmt::format("command line: expected an option, not '{}'", words[i]));
    auto argument = first_word(words[i++]);
    if (!argument) return tl::unexpected(argument.error());
    if (argument->values.empty() && i < words.size() && takes_any_value(argument->name)) {
      argument->values.push_back(words[i++]);
    }
    while (i < words.size() && !starts_argument(words[i])) argument->values.push_back(words[i++]);
    arguments.push_back(*std::move(argument));
  }
  return arguments;
}

std::string quoted_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + quote_word(word);
  return line;
}

/// The arguments in gflags' form, and those that gflags has no part in.
class FlagArguments {
 public:
  FlagArguments() : words_{kProgram} {}

  Checked<void> add(Argument argument) {
    const Option* option = find_flag_option(argument.name);
    if (option) return add_option(*option, std::move(argument));
    if (flag_info(argument.name) || is_negated_flag(argument.name)) return add_foreign(argument);
    argument.values.insert(argument.values.begin(), argument.name);
    lines_.push_back({"", 0, std::move(argument.values)});
    return {};
  }

  /// Has gflags set what it knows, and gives everything that was set as lines.
  std::vector<ConfigLine> parse() {
    for (const auto& [option, value] : values_) words_.push_back(fmt::format("--{}={}", flag_name(*option), value));
    std::vector<char*> argv;
    for (std::string& word : words_) argv.push_back(word.data());
    argv.push_back(nullptr);
    int argc = static_cast<int>(words_.size());
    char** arguments = argv.data();
    gflags::ParseCommandLineFlags(&argc, &arguments, true);
    std::vector<ConfigLine> lines;
    for (const Option* option : all_options()) append_lines(*option, lines);
    lines.insert(lines.end(), lines_.begin(), lines_.end());
    return lines;
  }

 private:
  Checked<void> add_option(const Option& option, Argument argument) {
    if (argument.values.empty()) {
      if (option.kind == Option::Kind::yes_no) argument.values = {"yes"};
      else if (option.lines_add_up) argument.values = {""};  // redis-server: --save alone empties it
      else return tl::unexpected(fmt::format("command line: {}: expected a value", option.name));
    }
    bool several = option.kind == Option::Kind::words;
    if (!several && argument.values.size() > 1) {
      return tl::unexpected(
          fmt::format("command line: {}: expected one value, got {}", option.name, argument.values.size()));
    }
    std::string value = several ? quoted_line(argument.values) : argument.values.front();
    auto earlier = std::find_if(values_.begin(), values_.end(), [&](const auto& v) { return v.first == &option; });
    if (earlier == values_.end()) values_.emplace_back(&option, std::move(value));
    else if (several) earlier->second += '\n' + value;
    else earlier->second = std::move(value);
    return {};
  }

  Checked<void> add_foreign(const Argument& argument) {
    if (argument.values.size() > 1) {
      return tl::unexpected(fmt::format("command line: {}: expected one value", argument.name));
    }
    words_.push_back("--" + argument.name + (argument.values.empty() ? "" : "=" + argument.values.front()));
    return {};
  }

  static void append_lines(const Option& option, std::vector<ConfigLine>& lines) {
    auto info = flag_info(flag_name(option));
    if (!info || info->is_default) return;
    bool several = option.kind == Option::Kind::words;
    auto values = several ? split(info->current_value, '\n') : std::vector<std::string_view>{info->current_value};
    for (std::string_view value : values) {
      std::vector<std::string> words = {std::string(option.name)};
      auto parts = several ? split_quoted_words(value) : std::nullopt;
      if (parts && !parts->empty()) words.insert(words.end(), parts->begin(), parts->end());
      else words.emplace_back(value);
      lines.push_back({"", 0, std::move(words)});
    }
  }

  std::vector<std::string> words_;
  std::vector<std::pair<const Option*, std::string>> values_;
  std::vector<ConfigLine> lines_;
};

}  // namespace

Checked<CommandLine> read_command_line(const std::vector<std::string>& arguments) {
  using Ask = CommandLine::Ask;
  auto is_any_of = [&](std::initializer_list<std::string_view> words) {
    return !arguments.empty() && std::find(words.begin(), words.end(), arguments[0]) != words.end();
  };
  if (is_any_of({"-h", "--help"})) return CommandLine{Ask::help, {}, {}};
  if (is_any_of({"-v", "--version"})) return CommandLine{Ask::version, {}, {}};
  if (is_any_of({"--print-default-config"})) return CommandLine{Ask::default_config, {}, {}};

  register_flags();
  gflags::SetUsageMessage("[basalt.conf] [--option value …]; --help explains the options");
  gflags::SetVersionString(BASALT_VERSION);
  CommandLine line;
  size_t first = 0;
  if (!arguments.empty() && !arguments[0].starts_with('-')) line.config_file = arguments[first++];
  auto grouped = group_arguments(arguments, first);
  if (!grouped) return tl::unexpected(grouped.error());
  FlagArguments flags;
  for (Argument& argument : *grouped) {
    if (auto added = flags.add(std::move(argument)); !added) return tl::unexpected(added.error());
  }
  line.lines = flags.parse();
  return line;
}

}  // namespace basalt
