#include "server/acl/user.h"

#include <algorithm>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/bytes.h"
#include "server/acl/password.h"

namespace basalt {

UserRules UserRules::of_default_user(const RuleContext& context) {
  UserRules rules(context);
  for (std::string_view rule : {"+@all", "~*", "&*", "on", "nopass"}) CHECK(rules.apply(rule, context));
  return rules;
}

// ---- rules ----

RuleResult UserRules::apply(std::string_view rule, const RuleContext& context) {
  if (rule.empty() || apply_flag(rule, context)) return {};
  if (std::string_view("><#!").find(rule.front()) != std::string_view::npos) return apply_password(rule);
  if (rule.starts_with('(') && rule.ends_with(')')) {
    auto selector = Selector::parse(rule, context);
    if (!selector) return tl::unexpected(selector.error());
    selectors_.push_back(*std::move(selector));
    return {};
  }
  return selectors_.front().apply(rule, context);
}

// False: it is another kind of rule.
bool UserRules::apply_flag(std::string_view rule, const RuleContext& context) {
  const auto is = [rule](std::string_view word) { return equals_ignore_case(rule, word); };
  if (is("on") || is("off")) on_ = is("on");
  else if (is("sanitize-payload")) sanitize_ = Sanitize::yes;
  else if (is("skip-sanitize-payload")) sanitize_ = Sanitize::no;
  else if (is("nopass") || is("resetpass")) needs_no_password_ = is("nopass"), password_hashes_.clear();
  else if (is("clearselectors")) selectors_.erase(selectors_.begin() + 1, selectors_.end());
  else if (is("reset")) reset(context);
  else return false;
  return true;
}

void UserRules::reset(const RuleContext& context) {
  *this = UserRules(context);
  sanitize_ = Sanitize::yes;
}

// ">password" and "#hash" add one, "<password" and "!hash" take one away.
RuleResult UserRules::apply_password(std::string_view rule) {
  const char kind = rule.front();
  rule.remove_prefix(1);
  const bool is_hash = kind == '#' || kind == '!';
  if (is_hash && !is_password_hash(rule)) return tl::unexpected(RuleError::bad_hash);
  std::string hash = is_hash ? std::string(rule) : hash_password(rule);
  const auto known = std::find(password_hashes_.begin(), password_hashes_.end(), hash);
  if (kind == '<' || kind == '!') {
    if (known == password_hashes_.end()) return tl::unexpected(RuleError::no_such_password);
    password_hashes_.erase(known);
    return {};
  }
  if (known == password_hashes_.end()) password_hashes_.push_back(std::move(hash));
  needs_no_password_ = false;
  return {};
}

// ---- judging ----

bool UserRules::accepts(std::string_view password) const {
  if (needs_no_password_) return true;
  const std::string hash = hash_password(password);
  return std::any_of(password_hashes_.begin(), password_hashes_.end(),
                     [&hash](const std::string& known) { return same_hash(hash, known); });
}

bool UserRules::unrestricted() const {
  return std::any_of(selectors_.begin(), selectors_.end(), [](const Selector& s) { return s.unrestricted(); });
}

std::optional<Denial> UserRules::judge(const CommandTable::Match& match, const Args& args) const {
  CommandUse use(match, args);
  Denial told{DenialReason::command};
  for (const Selector& selector : selectors_) {
    const auto denial = selector.judge(use);
    if (!denial) return std::nullopt;
    told = std::max(told, *denial);
  }
  return told;
}

bool UserRules::permits_all_keys(const CommandTable::Match& match, const Args& args, KeyAccess access) const {
  CommandUse use(match, args);
  return std::any_of(selectors_.begin(), selectors_.end(), [&](const Selector& selector) {
    return selector.permits_all_keys(access) && !selector.judge(use);
  });
}

// ---- describing ----

std::vector<std::string_view> UserRules::flags() const {
  std::vector<std::string_view> flags = {on_ ? "on" : "off"};
  if (needs_no_password_) flags.push_back("nopass");
  if (sanitize_ != Sanitize::unsaid)
    flags.push_back(sanitize_ == Sanitize::yes ? "sanitize-payload" : "skip-sanitize-payload");
  return flags;
}

std::string UserRules::text() const {
  std::string text;
  for (std::string_view flag : flags()) text += fmt::format("{} ", flag);
  for (const std::string& hash : password_hashes_) text += fmt::format("#{} ", hash);
  text += selectors_.front().rules();
  for (const Selector& selector : selectors().subspan(1)) text += fmt::format(" ({})", selector.rules());
  return text;
}

// ---- User ----

std::shared_ptr<const UserRules> User::rules() const {
  std::lock_guard lock(mutex_);
  return rules_;
}

// The flags last: whoever sees them finds the rules that they stand for.
void User::set_rules(UserRules rules) {
  auto shared = std::make_shared<const UserRules>(std::move(rules));
  {
    std::lock_guard lock(mutex_);
    rules_ = shared;
    version_.fetch_add(1, std::memory_order_release);
  }
  unrestricted_.store(shared->unrestricted(), std::memory_order_release);
  open_.store(shared->on() && shared->needs_no_password(), std::memory_order_release);
}

void User::remove(UserRules nothing) {
  removed_.store(true, std::memory_order_release);
  set_rules(std::move(nothing));
}

}  // namespace basalt
