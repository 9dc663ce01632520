// The command table: every CommandSpec by name. Built once at start, read by all threads.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "command/spec.h"

namespace basalt {

class CommandTable {
 public:
  /// Later families may not repeat a name: CHECK.
  void add(std::span<const CommandSpec> family);
  /// Case-insensitive, without copying the name. Null when unknown.
  const CommandSpec* find(std::string_view name) const;
  /// The row that runs: for a container its subcommand (args[1]), or itself when there is no args[1]. Null when
  /// unknown; `container` then tells whether the first word at least was known.
  struct Match {
    const CommandSpec* spec = nullptr;
    const CommandSpec* container = nullptr;  ///< set for a subcommand, known or not
    uint32_t index = 0;                      ///< a small dense number of the row, for per-command counters
  };
  Match match(const Args& args) const;
  /// "config|get" for subcommands, "get" for others, by index.
  const std::string& full_name(uint32_t index) const { return full_names_[index]; }
  uint32_t index_count() const { return static_cast<uint32_t>(full_names_.size()); }
  /// Top-level rows in the order added.
  const std::vector<const CommandSpec*>& rows() const { return rows_; }

 private:
  uint32_t add_name(std::string full_name);

  struct Entry {
    const CommandSpec* spec;
    uint32_t index;
    std::vector<uint32_t> subcommand_indexes;
  };
  struct IgnoreCase {
    using is_transparent = void;
    size_t operator()(std::string_view s) const;
    bool operator()(std::string_view a, std::string_view b) const;
  };
  absl::flat_hash_map<std::string_view, Entry, IgnoreCase, IgnoreCase> by_name_;
  std::vector<const CommandSpec*> rows_;
  std::vector<std::string> full_names_;
};

/// ACL categories ("@read", "@hash", …) and flags ("write", "denyoom", …) of a row, in the order of COMMAND INFO.
/// Most categories follow from flags and group; a row's `acl` replaces what its group would give. A pure
/// container has none of its group's.
std::vector<std::string_view> acl_categories(const CommandSpec& spec);
std::vector<std::string_view> flag_names(const CommandSpec& spec);
/// "sorted-set", … as COMMAND DOCS has it.
std::string_view group_name(Group group);
/// Every ACL category there is, with its '@' (ACL CAT).
std::span<const std::string_view> all_acl_categories();

}  // namespace basalt
