// Which commands may be run: a bit for each row of the command table and for each subcommand.
//
// Thread rules: a CommandCatalog never changes; a CommandSet is a value.
//
// Invariants:
// 1. Allowing or denying a container does the same to its subcommands.
// 2. Applying rules() to an empty set gives the same set.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command/table.h"

namespace basalt {

/// What permissions need to know of the command table, by CommandTable::Match::index.
class CommandCatalog {
 public:
  explicit CommandCatalog(const CommandTable& table);

  struct Row {
    uint32_t categories = 0;   ///< bits, by place in all_acl_categories()
    uint32_t subcommands = 0;  ///< that many rows follow
    bool no_auth = false;      ///< AUTH and the like: for everybody
  };
  uint32_t size() const { return static_cast<uint32_t>(rows_.size()); }
  const Row& row(uint32_t command) const { return rows_[command]; }
  const std::string& name(uint32_t command) const { return table_.full_name(command); }
  /// "get", "config", "config|get", in any case.
  std::optional<uint32_t> find(std::string_view name) const;
  bool is_subcommand(uint32_t command) const { return name(command).find('|') != std::string::npos; }
  /// A category's place in all_acl_categories(), by its name without '@', in any case.
  static std::optional<uint32_t> category(std::string_view name);

 private:
  const CommandTable& table_;
  std::vector<Row> rows_;
};

class CommandSet {
 public:
  /// Empty. The catalog must outlive the set.
  explicit CommandSet(const CommandCatalog& catalog) : catalog_(&catalog), allowed_(catalog.size()) {}

  void allow_all();
  void deny_all();
  void set(uint32_t command, bool allowed);
  void set_category(uint32_t category, bool allowed);
  /// Allows a command that is otherwise denied, with this first argument ("select|0").
  void allow_first_argument(uint32_t command, std::string_view argument);

  bool everything() const { return everything_; }
  bool permits(uint32_t command, const Args& args) const;
  /// "-@all +@read +set": a short list of rules that gives this set, found as Redis finds it.
  std::string rules() const;

 private:
  struct Count {
    uint32_t allowed = 0, denied = 0;
  };
  Count count(uint32_t category) const;
  std::optional<uint32_t> nearest_category(bool adding, uint32_t applied) const;

  const CommandCatalog* catalog_;
  std::vector<bool> allowed_;
  bool from_all_ = false;    // grew from +@all by taking away: also allows what future versions add
  bool everything_ = false;  // +@all and nothing taken away
  std::map<uint32_t, std::vector<std::string>> first_arguments_;
};

}  // namespace basalt
