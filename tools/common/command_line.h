// The command lines of the tools: one table per tool says its commands and flags; the parser, the
// checks and --help derive from it.
//
//   tool [COMMAND] [ARGUMENT…] [--flag value | --flag=value | --switch]…
//
// Everywhere alike: data goes to stdout, talk and progress to stderr; exit code 0 is fine, 1 failed
// or damage was found, 2 the command line was wrong; an error is one line,
// "TOOL: what failed: file: cause; next step".
//
// Thread rules: none needed; everything is const once run_tool has parsed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace basalt::tools {

constexpr int kFine = 0;
constexpr int kFailed = 1;  ///< also: damage was found
constexpr int kUsage = 2;

/// What a flag takes; checked before the command runs.
enum class FlagKind : uint8_t {
  text,
  number,  ///< a whole number, not negative
  bytes,   ///< a size as redis.conf writes it: 100mb, 1gb
  toggle,  ///< nothing: it is there or not
};

struct Flag {
  std::string_view name;  ///< without the dashes
  FlagKind kind;
  std::string_view value;      ///< the value's word in the help: DIR; empty for a toggle
  std::string_view help;       ///< one short line
  std::string_view with = {};  ///< flags without which this one means nothing: "tls key"; given alone it is refused
};

class Arguments;

struct Command {
  std::string_view name;       ///< empty: the tool has no commands, and this is all it does
  std::string_view arguments;  ///< the words it takes besides flags, all required: "KEY"; "" for none
  std::string_view summary;
  std::vector<Flag> flags;
  /// Flags that must be given; "server|dir": exactly one of them.
  std::vector<std::string_view> needs;
  /// Gives the exit code; an Error is printed in the tools' style and is kFailed.
  std::function<Result<int>(const Arguments&)> run;
  std::string_view example = {};  ///< lines for the end of its --help, each indented by two
};

struct Tool {
  std::string_view name;     ///< "basalt-backup"
  std::string_view summary;  ///< what it is for, one line
  std::vector<Command> commands;
  std::string_view example;  ///< lines for the end of --help, as in Command
};

/// A parsed and checked command line.
class Arguments {
 public:
  bool has(std::string_view flag) const { return flags_.contains(flag); }
  /// The flag's value; empty when it was not given.
  std::string text(std::string_view flag) const;
  /// FlagKind::number and bytes.
  uint64_t number(std::string_view flag, uint64_t otherwise) const;
  /// The words besides flags, as many as Command::arguments names.
  const std::vector<std::string>& words() const { return words_; }

 private:
  friend tl::expected<Arguments, std::string> parse_arguments(const Command&, const std::vector<std::string>&);
  std::map<std::string, std::string, std::less<>> flags_;
  std::vector<std::string> words_;
};

/// The words after the command's name, by the command's table; the error says what is wrong with them.
tl::expected<Arguments, std::string> parse_arguments(const Command& command, const std::vector<std::string>& words);

/// --help of the tool, which leaves the flags of several commands to theirs, or of one of its commands. Both fit a
/// terminal of 80 columns and 24 lines.
std::string help_text(const Tool& tool, const Command* command = nullptr);

/// All of main(): parses, answers --help and --version, runs the command, prints its error; the exit code.
int run_tool(const Tool& tool, int argc, char** argv);

/// What went wrong, for people: a storage error's detail, or a failure's text.
std::string words_of(const Error& error);

// Flags that several tools have; those of a connection to a server: with_server_flags() in server_link.h.
inline constexpr Flag kDirFlag{"dir", FlagKind::text, "DIR", "the data directory of a stopped server"};
inline constexpr Flag kJsonFlag{"json", FlagKind::toggle, "", "JSON instead of a table"};

}  // namespace basalt::tools
