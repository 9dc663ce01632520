#include "server/config/options.h"

#include <algorithm>
#include <numeric>

#include <absl/container/flat_hash_map.h>
#include <glog/logging.h>

#include "base/bytes.h"

namespace basalt {
namespace {

absl::flat_hash_map<std::string_view, OptionName> index_names() {
  absl::flat_hash_map<std::string_view, OptionName> names;
  const auto& options = all_options();
  for (size_t i = 0; i < options.size(); ++i) {
    CHECK(names.emplace(options[i]->name, OptionName{i, false}).second) << options[i]->name;
    if (options[i]->alias.empty()) continue;
    CHECK(names.emplace(options[i]->alias, OptionName{i, true}).second) << options[i]->alias;
  }
  return names;
}

// Levenshtein's distance: how many letters must be added, dropped or changed.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

struct RefusedDirective {
  std::string_view name;
  std::string_view why;
};
constexpr RefusedDirective kRefused[] = {
    {"rename-command", "commands cannot be renamed; take them away with ACL rules (user default -flushall …)"},
    {"loadmodule", "modules are not supported"},
    {"sentinel", "this server is not a sentinel"},
};

}  // namespace

const std::vector<OptionGroup>& option_groups() {
  static const std::vector<OptionGroup> groups = [] {
    std::vector<OptionGroup> all;
    for (const OptionGroup& group : honoured_option_groups()) all.push_back(group);
    for (const OptionGroup& group : compatibility_option_groups()) all.push_back(group);
    return all;
  }();
  return groups;
}

const std::vector<const Option*>& all_options() {
  static const std::vector<const Option*> options = [] {
    std::vector<const Option*> all;
    for (const OptionGroup& group : option_groups()) {
      for (const Option& option : group.options) all.push_back(&option);
    }
    return all;
  }();
  return options;
}

std::optional<OptionName> find_option(std::string_view name) {
  static const absl::flat_hash_map<std::string_view, OptionName> names = index_names();
  auto found = names.find(to_lower(name));
  if (found == names.end()) return std::nullopt;
  return found->second;
}

std::string_view nearest_option(std::string_view name) {
  std::string lower = to_lower(name);
  std::string_view nearest;
  size_t least = std::max<size_t>(2, name.size() / 4) + 1;
  for (const Option* option : all_options()) {
    if (option->is_hidden) continue;
    size_t distance = edit_distance(lower, option->name);
    if (distance >= least) continue;
    least = distance;
    nearest = option->name;
  }
  return nearest;
}

std::string_view refused_directive(std::string_view name) {
  std::string lower = to_lower(name);
  for (const RefusedDirective& refused : kRefused) {
    if (lower == refused.name) return refused.why;
  }
  return {};
}

bool is_obsolete_directive(std::string_view name) {
  constexpr std::string_view kObsolete[] = {"list-max-ziplist-entries", "list-max-ziplist-value",
                                            "lua-replicate-commands"};
  return std::any_of(std::begin(kObsolete), std::end(kObsolete),
                     [name](std::string_view obsolete) { return equals_ignore_case(name, obsolete); });
}

}  // namespace basalt
