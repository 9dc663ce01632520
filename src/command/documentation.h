// What COMMAND tells of a command beyond its row: tips for cluster clients, and where its keys are.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "command/spec.h"

namespace basalt {

/// Redis's command tips ("nondeterministic_output", "request_policy:all_shards", …). `full_name`: "config|set".
std::vector<std::string_view> command_tips(std::string_view full_name);

/// One of Redis's key specifications: where to begin, and which arguments from there on are keys.
struct KeySpecification {
  std::string_view notes;
  std::vector<std::string_view> flags;  ///< "RW", "access", …

  enum class Begin : uint8_t { unknown, index, keyword };
  Begin begin = Begin::unknown;
  std::string_view keyword;
  int index = 0;  ///< of the argument; keyword: where to start looking, from the end when negative

  enum class Find : uint8_t { unknown, range, keynum };
  Find find = Find::unknown;
  std::array<int, 3> numbers{};  ///< range: last key, step, limit; keynum: place of the number, first key, step
};

/// From the row; where a row can't say it, from a table here.
std::vector<KeySpecification> key_specifications(const CommandSpec& spec, std::string_view full_name);

}  // namespace basalt
