// Configuration files, in redis.conf's syntax: a directive a line, words in quotes where needed, '#' in front of
// comments, `include` with wildcards. (redis.io/docs/management/config-file)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/option.h"

namespace basalt {

/// One directive and where it stands.
struct ConfigLine {
  std::string file;                ///< empty: the command line
  int number = 0;                  ///< from 1
  std::vector<std::string> words;  ///< at least one
  /// "basalt.conf:12", or "command line".
  std::string where() const;
};

/// The directives of a file, those of included files in the places of their includes. The error names
/// file and line.
Checked<std::vector<ConfigLine>> read_config_file(const std::string& path);
/// The same of a text; `file` is what errors and lines name.
Checked<std::vector<ConfigLine>> read_config_text(std::string_view text, const std::string& file);

/// The whole file. The error is the system's reason alone.
Checked<std::string> read_whole_file(const std::string& path);
/// The sentence for a configuration file that can't be read.
std::string unreadable_file(const std::string& path, const std::string& why);
/// Replaces the file, or creates it: whoever looks, and whenever the machine stops, it is the old or the new text.
Checked<void> replace_file(const std::string& path, std::string_view text);

}  // namespace basalt
