// The command line, in redis-server's style and in gflags':
//
//     basalt-server [basalt.conf] --port 7000 --save 900 1 --save 300 10 --protected-mode=no
//
// Every option is a gflag too, registered from the option table, so that gflags' own ways to set and show flags work
// (--flagfile, --fromenv, --helpshort). gflags knows only --name=value, once a name; so arguments are brought into
// that form first: several words become one quoted value, repeated options one value of several lines. The values
// are strings to gflags; the option table checks them, with the same errors wherever they come from.
//
// Thread rules: for main, before other threads start (gflags' registry is the process's).
#pragma once

#include <string>
#include <vector>

#include "server/config/config_file.h"

namespace basalt {

struct CommandLine {
  enum class Ask : uint8_t { run, help, version, default_config };
  Ask ask = Ask::run;
  std::string config_file;        ///< empty: none
  std::vector<ConfigLine> lines;  ///< for Config::load
};

/// `arguments` without the program's name. May end the process, as gflags does: on flags of gflags' own that are
/// wrong, and on those that print something (--helpshort).
Checked<CommandLine> read_command_line(const std::vector<std::string>& arguments);

/// The text of --help.
std::string help_text();

/// The text of conf/basalt.conf.
std::string default_config_text();

}  // namespace basalt
