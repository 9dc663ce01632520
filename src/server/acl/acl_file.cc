#include "server/acl/acl_file.h"

#include <fmt/format.h>

#include "base/split.h"
#include "server/acl/acl.h"

namespace basalt {

namespace {

class Reader {
 public:
  Reader(std::string_view file, const RuleContext& context) : file_(file), context_(context) {}

  void read(std::string_view line, size_t number) {
    number_ = number;
    line = strip_blanks(line);
    if (line.empty()) return;
    const auto words = split(line, ' ');
    if (words[0] != "user" || words.size() < 2) {
      add_error("{}:{} should start with user keyword followed by the username. ", file_, number);
    } else if (!is_user_name(words[1])) {
      add_error("'{}:{}: username '{}' contains invalid characters. ", file_, number, words[1]);
    } else if (auto [user, added] = users_.try_emplace(std::string(words[1]), context_); !added) {
      add_error("WARNING: Duplicate user '{}' found on line {}. ", words[1], number);
    } else {
      read_rules(user->second, std::span(words).subspan(2));
    }
  }

  Checked<std::map<std::string, UserRules>> result() && {
    if (errors_.empty()) return std::move(users_);
    return tl::unexpected(errors_ +
                          "WARNING: ACL errors detected, no change to the previously active ACL rules was performed");
  }

 private:
  template <typename... Args>
  void add_error(fmt::format_string<Args...> format, Args&&... args) {
    errors_ += fmt::format(format, std::forward<Args>(args)...);
  }

  // Of rules that are wrong in themselves only the first is told: it may have spoilt those that follow, and others
  // may be secrets.
  void read_rules(UserRules& user, std::span<const std::string_view> words) {
    const auto rules = merge_selectors(words);
    if (!rules) return add_error("{}:{}: Unmatched parenthesis in selector definition.", file_, number_);
    bool told = false;
    for (const std::string& rule : *rules) {
      const auto applied = user.apply(strip_blanks(rule), context_);
      if (applied) continue;
      const std::string_view why = rule_error_text(applied.error());
      if (applied.error() == RuleError::unknown_command)
        add_error("{}:{}: Error in applying operation '{}': {}. ", file_, number_, rule, why);
      else if (!std::exchange(told, true)) add_error("{}:{}: {}. ", file_, number_, why);
    }
  }

  const std::string_view file_;
  const RuleContext& context_;
  size_t number_ = 0;
  std::map<std::string, UserRules> users_;
  std::string errors_;
};

}  // namespace

Checked<std::map<std::string, UserRules>> parse_acl_file(std::string_view text, std::string_view name,
                                                         const RuleContext& context) {
  Reader reader(name, context);
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) reader.read(line, ++number);
  return std::move(reader).result();
}

}  // namespace basalt
