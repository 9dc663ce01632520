// A user: who sessions are, and what that user may do now.
//
// Thread rules: UserRules never change once a User has them. A User is thread-safe; only Acl gives it new rules. The
// question that every command asks, unrestricted(), is one atomic read; whoever has to look closer keeps rules() and
// takes them anew when version() has moved.
//
// Invariants:
// 1. UserRules always have a root selector, the first.
// 2. A removed user stays removed and may do nothing; a user of the same name made later is another one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/acl/selector.h"

namespace basalt {

class UserRules {
 public:
  /// Off, without passwords and permissions.
  explicit UserRules(const RuleContext& context) { selectors_.emplace_back(context); }
  /// On, without a password, everything allowed.
  static UserRules of_default_user(const RuleContext& context);

  RuleResult apply(std::string_view rule, const RuleContext& context);

  bool on() const { return on_; }
  bool needs_no_password() const { return needs_no_password_; }
  bool accepts(std::string_view password) const;
  bool unrestricted() const;
  /// Why the user may not run this; nullopt if it may.
  std::optional<Denial> judge(const CommandTable::Match& match, const Args& args) const;
  /// Whether the selector that allows the command allows this for every key too.
  bool permits_all_keys(const CommandTable::Match& match, const Args& args, KeyAccess access) const;

  std::vector<std::string_view> flags() const;
  const std::vector<std::string>& password_hashes() const { return password_hashes_; }
  std::span<const Selector> selectors() const { return selectors_; }
  /// What stands behind the name in ACL LIST and in files.
  std::string text() const;

 private:
  enum class Sanitize : uint8_t { unsaid, yes, no };
  bool apply_flag(std::string_view rule, const RuleContext& context);
  RuleResult apply_password(std::string_view rule);
  void reset(const RuleContext& context);

  bool on_ = false;
  bool needs_no_password_ = false;
  Sanitize sanitize_ = Sanitize::unsaid;
  std::vector<std::string> password_hashes_;
  std::vector<Selector> selectors_;
};

class User {
 public:
  User(std::string name, UserRules rules) : name_(std::move(name)) { set_rules(std::move(rules)); }
  User(const User&) = delete;

  const std::string& name() const { return name_; }
  bool unrestricted() const { return unrestricted_.load(std::memory_order_acquire); }
  /// Whether whoever comes is this user, without AUTH.
  bool is_open() const { return open_.load(std::memory_order_acquire); }
  bool removed() const { return removed_.load(std::memory_order_acquire); }
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  std::shared_ptr<const UserRules> rules() const;

 private:
  friend class Acl;
  void set_rules(UserRules rules);
  void remove(UserRules nothing);

  const std::string name_;
  // Read by every command of every thread, so on a line apart from the count of owners.
  alignas(64) std::atomic<bool> unrestricted_{false};
  std::atomic<bool> open_{false}, removed_{false};
  std::atomic<uint64_t> version_{0};
  mutable std::mutex mutex_;  // guards rules_
  std::shared_ptr<const UserRules> rules_;
};

}  // namespace basalt
