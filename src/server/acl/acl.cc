#include "server/acl/acl.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <glog/logging.h>

#include "server/acl/acl_file.h"
#include "server/config/config_file.h"
#include "server/config/settings.h"

namespace basalt {

Checked<std::vector<std::string>> merge_selectors(std::span<const std::string_view> rules) {
  std::vector<std::string> merged;
  std::optional<std::string> open;
  std::string_view first;
  for (std::string_view rule : rules) {
    if (rule.starts_with('(') && !rule.ends_with(')')) {
      open = first = rule;
    } else if (!open) {
      merged.emplace_back(rule);
    } else {
      *open += fmt::format(" {}", rule);
      if (rule.ends_with(')')) {
        merged.push_back(*std::move(open));
        open.reset();
      }
    }
  }
  if (open) return tl::unexpected(std::string(first));
  return merged;
}

bool is_user_name(std::string_view name) {
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; });
}

Acl::Acl(const CommandTable& commands, const Settings& settings)
    : commands_(commands),
      settings_(settings),
      default_user_(std::make_shared<User>("default", UserRules::of_default_user(context()))) {
  users_.emplace("default", default_user_);
  if (const std::string password = settings.requirepass.get(); !password.empty()) set_default_password(password);
}

RuleContext Acl::context() const {
  return {commands_, settings_.acl_pubsub_default.load() == AclPubsubDefault::allchannels};
}

// ---- start ----

Checked<void> Acl::load(const std::vector<ConfigLine>& user_lines) {
  if (has_file() && !user_lines.empty())
    return tl::unexpected(std::string(
        "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This "
        "setup is very likely to lead to configuration errors and security holes, please define either an ACL file or "
        "declare users directly in your redis.conf, but not both."));
  std::vector<std::string> names;
  for (const ConfigLine& line : user_lines)
    if (auto loaded = load_line(line, names); !loaded) return loaded;
  if (!has_file()) return {};
  if (auto loaded = load_file(); !loaded) return tl::unexpected("ACL errors: " + loaded.error());
  if (!settings_.requirepass.get().empty())
    LOG(WARNING) << "requirepass has no effect: the default user is as the ACL file says";
  return {};
}

Checked<void> Acl::load_line(const ConfigLine& line, std::vector<std::string>& names) {
  const auto wrong = [&line](std::string_view what, std::string_view why) {
    return tl::unexpected(fmt::format("{}: Error in user declaration '{}': {}", line.where(), what, why));
  };
  const std::string& name = line.words[1];
  if (!is_user_name(name)) return wrong(name, "Spaces not allowed in ACL usernames");
  if (std::find(names.begin(), names.end(), name) != names.end())
    return wrong(name, "Duplicate user found. A user can only be defined once in config files");
  names.push_back(name);
  const std::vector<std::string_view> words(line.words.begin() + 2, line.words.end());
  const auto merged = merge_selectors(words);
  if (!merged) return wrong(merged.error(), "Unmatched parenthesis in selector definition");
  UserRules rules(context());
  if (name == "default") CHECK(rules.apply("reset", context()));
  for (const std::string& rule : *merged)
    if (auto applied = rules.apply(rule, context()); !applied) return wrong(rule, rule_error_text(applied.error()));
  if (!rules.on())
    LOG(WARNING) << fmt::format(
        "The user '{}' is disabled (there is no 'on' modifier in the user description). Make "
        "sure this is not a configuration error.",
        name);
  if (name == "default") default_user_->set_rules(std::move(rules));
  else users_.emplace(name, std::make_shared<User>(name, std::move(rules)));
  return {};
}

// ---- who there is ----

std::shared_ptr<User> Acl::find(std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<User>> Acl::users() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<User>> users;
  for (const auto& [name, user] : users_) users.push_back(user);
  return users;
}

std::vector<std::string> Acl::lines() const {
  std::vector<std::string> lines;
  for (const auto& user : users()) lines.push_back(fmt::format("{} {}", user->name(), user->rules()->text()));
  return lines;
}

// ---- changes ----

Checked<Acl::Change> Acl::set_user(std::string_view name, std::span<const std::string_view> words) {
  const auto merged = merge_selectors(words);
  if (!merged)
    return tl::unexpected(fmt::format("Unmatched parenthesis in acl selector starting at '{}'.", merged.error()));
  std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  Change change;
  if (found != users_.end()) change = {found->second, found->second->rules()};
  UserRules rules = change.before ? *change.before : UserRules(context());
  for (const std::string& rule : *merged) {
    if (auto applied = rules.apply(rule, context()); !applied)
      return tl::unexpected(
          fmt::format("Error in ACL SETUSER modifier '{}': {}", rule, rule_error_text(applied.error())));
  }
  if (change.user) {
    change.user->set_rules(std::move(rules));
  } else {
    change.user = std::make_shared<User>(std::string(name), std::move(rules));
    users_.emplace(name, change.user);
  }
  return change;
}

std::shared_ptr<User> Acl::remove_user(std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  if (found == users_.end() || found->second == default_user_) return nullptr;
  auto user = std::move(found->second);
  users_.erase(found);
  user->remove(UserRules({commands_, false}));
  return user;
}

void Acl::set_default_password(std::string_view password) {
  std::lock_guard lock(mutex_);
  UserRules rules = *default_user_->rules();
  CHECK(rules.apply("resetpass", context()));
  CHECK(rules.apply(password.empty() ? "nopass" : fmt::format(">{}", password), context()));
  default_user_->set_rules(std::move(rules));
}

// ---- the ACL file ----

// As other paths of the configuration: relative to the data directory.
std::string Acl::file_path() const {
  return (std::filesystem::path(settings_.dir.get()) / settings_.aclfile.get()).string();
}

Checked<std::vector<std::shared_ptr<User>>> Acl::load_file() {
  const std::string name = settings_.aclfile.get();
  const auto text = read_whole_file(file_path());
  if (!text) return tl::unexpected(fmt::format("Error loading ACLs, opening file '{}': {}", name, text.error()));
  auto parsed = parse_acl_file(*text, name, context());
  if (!parsed) return tl::unexpected(parsed.error());

  std::lock_guard lock(mutex_);
  Users before = std::exchange(users_, {});
  std::vector<std::shared_ptr<User>> removed;
  for (auto& [user_name, user] : before) {
    if (user == default_user_) continue;
    user->remove(UserRules({commands_, false}));
    removed.push_back(std::move(user));
  }
  users_.emplace("default", default_user_);
  const auto rules_of_default = parsed->find("default");
  default_user_->set_rules(rules_of_default == parsed->end() ? UserRules::of_default_user(context())
                                                             : std::move(rules_of_default->second));
  for (auto& [user_name, rules] : *parsed)
    if (user_name != "default") users_.emplace(user_name, std::make_shared<User>(user_name, std::move(rules)));
  return removed;
}

Checked<void> Acl::save_file() const {
  std::string text;
  for (const std::string& line : lines()) text += fmt::format("user {}\n", line);
  return replace_file(file_path(), text);
}

}  // namespace basalt
