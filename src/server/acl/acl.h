// The users there are: where they come from, how they change, where they are kept.
//
// Users stand in the configuration file (`user` lines, written back by CONFIG REWRITE) or in a file of their own
// (`aclfile`, ACL LOAD and SAVE), never in the database.
//
// Thread rules: thread-safe. load() is for the start.
//
// Invariants:
// 1. There is always a user "default", and it is always the same User.
// 2. A change of a user is done whole or not at all; so is the loading of a file.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/acl/acl_log.h"
#include "server/acl/user.h"
#include "server/config/option.h"

namespace basalt {

class Config;
struct ConfigLine;

class Acl {
 public:
  /// The default user alone, with requirepass as its password. `commands` is complete; both outlive the Acl.
  Acl(const CommandTable& commands, const Settings& settings);

  /// Users of the configuration file or of the ACL file. The error is a sentence for people.
  Checked<void> load(const std::vector<ConfigLine>& user_lines);

  // ---- who there is ----
  const std::shared_ptr<User>& default_user() const { return default_user_; }
  const CommandCatalog& commands() const { return commands_; }
  /// Null when there is none.
  std::shared_ptr<User> find(std::string_view name) const;
  std::vector<std::shared_ptr<User>> users() const;  ///< by name
  /// "default on nopass …" by name: what stands behind `user` in files.
  std::vector<std::string> lines() const;

  // ---- changes ----
  struct Change {
    std::shared_ptr<User> user;
    std::shared_ptr<const UserRules> before;  ///< null: the user is new
  };
  /// ACL SETUSER. Rules of one selector may stand in several arguments. The error is as Redis words it.
  Checked<Change> set_user(std::string_view name, std::span<const std::string_view> rules);
  /// Null when there is no such user. The default user stays: not for it.
  std::shared_ptr<User> remove_user(std::string_view name);
  /// requirepass: the default user's only password; empty: none needed.
  void set_default_password(std::string_view password);

  // ---- the ACL file ----
  bool has_file() const { return !settings_.aclfile.get().empty(); }
  /// ACL LOAD, the disk included. Gives the users that were there: all but the default user are removed, also those
  /// that are in the file. The error tells all that is wrong with the file, as Redis words it.
  Checked<std::vector<std::shared_ptr<User>>> load_file();
  Checked<void> save_file() const;

  AclLog& log() { return log_; }
  const AclLog& log() const { return log_; }
  size_t max_log_entries() const { return static_cast<size_t>(settings_.acllog_max_len.load()); }

 private:
  using Users = std::map<std::string, std::shared_ptr<User>, std::less<>>;
  RuleContext context() const;
  std::string file_path() const;
  Checked<void> load_line(const ConfigLine& line, std::vector<std::string>& names);

  const CommandCatalog commands_;
  const Settings& settings_;
  const std::shared_ptr<User> default_user_;
  mutable std::mutex mutex_;  // guards users_; held while a user's rules are changed
  Users users_;
  AclLog log_;
};

/// Rules with each selector in one piece: "(+get", "~k*)" becomes "(+get ~k*)". The error is the rule whose
/// parenthesis is never closed.
Checked<std::vector<std::string>> merge_selectors(std::span<const std::string_view> rules);

/// A user's name may not have blanks or zero bytes.
bool is_user_name(std::string_view name);

}  // namespace basalt
