// The table of all options, in the order of conf/basalt.conf.
//
// Built once at first use, then read by any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/option.h"

namespace basalt {

/// A section of the table. Options of a group that is not honoured are kept for compatibility: accepted, checked,
/// returned, without effect.
struct OptionGroup {
  std::string_view title;
  std::string_view intro;
  bool honoured;
  std::span<const Option> options;
};

/// The honoured groups, then those kept for compatibility.
const std::vector<OptionGroup>& option_groups();

/// Every option, by index.
const std::vector<const Option*>& all_options();

struct OptionName {
  size_t index;  ///< into all_options()
  bool is_alias;
};
/// By name or alias, whatever the case.
std::optional<OptionName> find_option(std::string_view name);

/// The option whose name is nearest to one that doesn't exist; empty when none is near.
std::string_view nearest_option(std::string_view name);

/// Why a directive of Redis's files is refused that isn't an option here; empty when it is unknown.
std::string_view refused_directive(std::string_view name);
/// Directives without meaning since long ago, which Redis ignores.
bool is_obsolete_directive(std::string_view name);

// The two parts of the table.
std::span<const OptionGroup> honoured_option_groups();
std::span<const OptionGroup> compatibility_option_groups();

}  // namespace basalt
