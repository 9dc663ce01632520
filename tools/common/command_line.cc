#include "tools/common/command_line.h"

#include <fmt/format.h>
#include <glog/logging.h>

#include <algorithm>
#include <cstdio>

#include "base/number.h"
#include "base/split.h"

namespace basalt::tools {

namespace {

using Words = std::vector<std::string>;

const Flag* find_flag(const Command& command, std::string_view name) {
  const auto found = std::find_if(command.flags.begin(), command.flags.end(), [&](auto& f) { return f.name == name; });
  return found == command.flags.end() ? nullptr : &*found;
}

// What is wrong with a flag's value; empty when nothing is.
std::string value_problem(const Flag& flag, const std::string& value) {
  if (flag.kind == FlagKind::text && value.empty()) return fmt::format("--{} must not be empty", flag.name);
  if (flag.kind == FlagKind::number && parse_int64(value).value_or(-1) < 0)
    return fmt::format("--{} takes a whole number, not '{}'", flag.name, value);
  if (flag.kind == FlagKind::bytes && (value.empty() || !parse_memory(value)))
    return fmt::format("--{} takes a size such as 100mb, not '{}'", flag.name, value);
  return {};
}

// The first of the command's needs that the flags do not meet, in words; empty when all are met.
std::string unmet_need(const Command& command, const Arguments& arguments) {
  for (const std::string_view need : command.needs) {
    const auto choices = split_nonempty(need, '|');
    const auto given = std::count_if(choices.begin(), choices.end(), [&](auto name) { return arguments.has(name); });
    if (given == 1 || (choices.size() == 1 && given > 0)) continue;
    const auto names = fmt::format("--{}", fmt::join(choices, given > 1 ? " and --" : " or --"));
    if (given > 1) return names + " exclude each other";
    return names + (choices.size() > 1 ? ": one is needed" : " is needed");
  }
  return {};
}

// A flag that says something about another one, which is missing.
std::string lone_flag(const Command& command, const Arguments& arguments) {
  for (const Flag& flag : command.flags) {
    if (!arguments.has(flag.name)) continue;
    for (const std::string_view other : split_nonempty(flag.with, ' ')) {
      if (!arguments.has(other)) return fmt::format("--{} needs --{}", flag.name, other);
    }
  }
  return {};
}

std::string usage_line(const Tool& tool, const Command& command) {
  std::string line = fmt::format("{}{}{}", tool.name, command.name.empty() ? "" : " ", command.name);
  if (!command.arguments.empty()) line += fmt::format(" {}", command.arguments);
  for (const std::string_view need : command.needs) {
    std::vector<std::string> choices;
    for (const auto name : split_nonempty(need, '|')) {
      const Flag* flag = find_flag(command, name);
      choices.push_back(fmt::format("--{} {}", name, flag != nullptr ? flag->value : ""));
    }
    line += choices.size() > 1 ? fmt::format(" ({})", fmt::join(choices, " | ")) : " " + choices.front();
  }
  return line;
}

void append_flags(std::string& text, const Command& command) {
  text += '\n';
  for (const Flag& flag : command.flags) {
    const auto head = fmt::format("--{}{}{}", flag.name, flag.value.empty() ? "" : " ", flag.value);
    text += fmt::format("  {:<22} {}\n", head, flag.help);
  }
}

// The only command of a tool without commands.
const Command* whole_of(const Tool& tool) {
  return tool.commands.size() == 1 && tool.commands[0].name.empty() ? &tool.commands[0] : nullptr;
}

int refuse_usage(const Tool& tool, const Command* command, const std::string& why) {
  const std::string name = command != nullptr && !command->name.empty() ? fmt::format(" {}", command->name) : "";
  fmt::print(stderr, "{}: {}; see {}{} --help\n", tool.name, why, tool.name, name);
  return kUsage;
}

bool asks_for_help(const Words& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end, [](const auto& word) { return word == "--help" || word == "-h"; });
}

// The engine's own messages: only errors, as plain lines on stderr.
void quiet_log(const Tool& tool) {
  FLAGS_logtostderr = true;
  FLAGS_log_prefix = false;
  FLAGS_minloglevel = google::GLOG_ERROR;
  static const std::string name(tool.name);
  google::InitGoogleLogging(name.c_str());
}

int run_command(const Tool& tool, const Command& command, const Words& words) {
  const auto arguments = parse_arguments(command, words);
  if (!arguments) return refuse_usage(tool, &command, arguments.error());
  quiet_log(tool);
  const auto code = command.run(*arguments);
  if (!code) fmt::print(stderr, "{}: {}\n", tool.name, words_of(code.error()));
  // What was printed counts only when it arrived.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    fmt::print(stderr, "{}: cannot write to stdout; is the disk full or the reader gone?\n", tool.name);
    return kFailed;
  }
  return code ? *code : kFailed;
}

}  // namespace

std::string Arguments::text(std::string_view flag) const {
  const auto found = flags_.find(flag);
  return found == flags_.end() ? std::string() : found->second;
}

uint64_t Arguments::number(std::string_view flag, uint64_t otherwise) const {
  return has(flag) ? parse_memory(text(flag)).value_or(otherwise) : otherwise;
}

tl::expected<Arguments, std::string> parse_arguments(const Command& command, const Words& words) {
  Arguments arguments;
  bool flags_over = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (flags_over || !word.starts_with("--")) {
      arguments.words_.push_back(word);
      continue;
    }
    if (word == "--") {
      flags_over = true;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Flag* flag = find_flag(command, name);
    if (flag == nullptr) return tl::unexpected(fmt::format("there is no --{}", name));
    std::string value;
    if (flag->kind == FlagKind::toggle) {
      if (equals != std::string::npos) return tl::unexpected(fmt::format("--{} takes no value", name));
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return tl::unexpected(fmt::format("--{} needs a value", name));
    }
    if (auto problem = value_problem(*flag, value); !problem.empty()) return tl::unexpected(std::move(problem));
    if (!arguments.flags_.emplace(name, value).second) return tl::unexpected(fmt::format("--{} is there twice", name));
  }
  const auto expected = split_nonempty(command.arguments, ' ');
  if (arguments.words_.size() > expected.size())
    return tl::unexpected(fmt::format("what is '{}'?", arguments.words_[expected.size()]));
  if (arguments.words_.size() < expected.size())
    return tl::unexpected(fmt::format("{} is needed", expected[arguments.words_.size()]));
  if (auto unmet = unmet_need(command, arguments); !unmet.empty()) return tl::unexpected(std::move(unmet));
  if (auto lone = lone_flag(command, arguments); !lone.empty()) return tl::unexpected(std::move(lone));
  return arguments;
}

std::string help_text(const Tool& tool, const Command* command) {
  if (command == nullptr) command = whole_of(tool);
  const bool whole = command == nullptr || command == whole_of(tool);
  std::string text = whole ? fmt::format("{}: {}\n\n", tool.name, tool.summary) : std::string();
  for (const Command& each : tool.commands) {
    if (command != nullptr && command != &each) continue;
    text += fmt::format("  {}\n", usage_line(tool, each));
    if (!each.summary.empty()) text += fmt::format("      {}\n", each.summary);
  }
  if (command != nullptr) append_flags(text, *command);
  else text += fmt::format("\n  {} COMMAND --help tells the flags; --version the version\n", tool.name);
  const std::string_view example = whole ? tool.example : command->example;
  if (!example.empty()) text += fmt::format("\nExample:\n{}", example);
  return text;
}

int run_tool(const Tool& tool, int argc, char** argv) {
  Words words(argv + std::min(argc, 1), argv + argc);
  if (words.size() == 1 && words[0] == "--version") {
    fmt::print("{} {}\n", tool.name, BASALT_VERSION);
    return kFine;
  }
  const Command* command = whole_of(tool);
  if (command == nullptr && !words.empty() && !words[0].starts_with("-")) {
    const auto found =
        std::find_if(tool.commands.begin(), tool.commands.end(), [&](auto& c) { return c.name == words[0]; });
    if (found == tool.commands.end())
      return refuse_usage(tool, nullptr, fmt::format("there is no command '{}'", words[0]));
    command = &*found;
    words.erase(words.begin());
  }
  if (asks_for_help(words)) {
    fmt::print("{}", help_text(tool, command));
    return kFine;
  }
  if (command == nullptr) return refuse_usage(tool, nullptr, "a command is needed");
  return run_command(tool, *command, words);
}

std::string words_of(const Error& error) {
  if (const auto* storage = error.storage()) return storage->detail;
  if (const auto* command = error.command()) return command->text;
  return "it would have to wait";
}

}  // namespace basalt::tools
