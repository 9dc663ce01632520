// Rules and what they mean, files of users, the log of what was refused.
#include "server/acl/acl.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resp/request_parser.h"
#include "server/acl/acl_file.h"
#include "server/acl/password.h"
#include "server/config/config.h"
#include "server/server_commands.h"
#include "types/families.h"

namespace basalt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHashOfSecret = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

class AclTest : public ::testing::Test {
 protected:
  AclTest() {
    add_type_commands(table_);
    add_server_commands(table_);
    catalog_.emplace(table_);
  }

  RuleContext context() const { return {*catalog_, false}; }

  UserRules user(std::string_view rules) {
    UserRules user(context());
    const auto words = *split_quoted_words(rules);
    for (const std::string& rule : words) EXPECT_TRUE(user.apply(rule, context())) << rule;
    return user;
  }

  std::string error(std::string_view rules) {
    UserRules user(context());
    const auto words = *split_quoted_words(rules);
    for (const std::string& rule : words)
      if (auto applied = user.apply(rule, context()); !applied) return std::string(rule_error_text(applied.error()));
    return "";
  }

  /// "ok", or what is refused: "command", "key b", "channel c".
  std::string judge(const UserRules& user, std::string_view line) {
    const auto words = *split_quoted_words(line);
    const Args args(words.begin(), words.end());
    const auto match = table_.match(args);
    EXPECT_NE(match.spec, nullptr) << line;
    const auto denial = user.judge(match, args);
    if (!denial) return "ok";
    if (denial->reason == DenialReason::command) return "command";
    return (denial->reason == DenialReason::key ? "key " : "channel ") + words[static_cast<size_t>(denial->argument)];
  }

  CommandTable table_;
  std::optional<CommandCatalog> catalog_;
};

TEST(Password, IsHashedAsRedisHashesIt) {
  EXPECT_EQ(hash_password("secret"), kHashOfSecret);
  EXPECT_TRUE(is_password_hash(kHashOfSecret));
  EXPECT_FALSE(is_password_hash(kHashOfSecret.substr(1)));
  EXPECT_FALSE(is_password_hash(std::string(63, 'a') + 'A'));
  EXPECT_FALSE(same_hash("aa", "ab"));
}

TEST_F(AclTest, CommandsAndSubcommands) {
  const UserRules some = user("+get +config|get +client -client|kill allkeys");
  EXPECT_EQ(judge(some, "GET k"), "ok");
  EXPECT_EQ(judge(some, "SET k v"), "command");
  EXPECT_EQ(judge(some, "CONFIG GET x"), "ok");
  EXPECT_EQ(judge(some, "CONFIG SET x y"), "command");
  EXPECT_EQ(judge(some, "CLIENT ID"), "ok");
  EXPECT_EQ(judge(some, "CLIENT KILL a"), "command");
  EXPECT_EQ(judge(some, "AUTH x"), "ok");  // for everybody
  const UserRules most = user("+@all -@dangerous +keys allkeys");
  EXPECT_EQ(judge(most, "KEYS *"), "ok");
  EXPECT_EQ(judge(most, "FLUSHALL"), "command");
  EXPECT_EQ(judge(user("+select|0 +select|1"), "SELECT 1"), "ok");
  EXPECT_EQ(judge(user("+select|0 +select|1"), "SELECT 2"), "command");
  EXPECT_EQ(judge(user("+select|0 -select"), "SELECT 0"), "command");
}

TEST_F(AclTest, KeysByTheWayTheyAreUsed) {
  const UserRules rules = user("+@all %R~r* %W~w* %RW~rw*");
  EXPECT_EQ(judge(rules, "GET r"), "ok");
  EXPECT_EQ(judge(rules, "SET r v"), "key r");
  EXPECT_EQ(judge(rules, "SET w v"), "ok");
  EXPECT_EQ(judge(rules, "SET w v GET"), "key w");
  EXPECT_EQ(judge(rules, "SET rw v GET"), "ok");
  EXPECT_EQ(judge(rules, "SET w get"), "ok");
  EXPECT_EQ(judge(rules, "COPY r w"), "ok");
  EXPECT_EQ(judge(rules, "COPY w r"), "key w");
  EXPECT_EQ(judge(rules, "SUNIONSTORE w r1 x"), "key x");
  EXPECT_EQ(judge(rules, "ZUNIONSTORE w 2 r1 r2"), "ok");
  EXPECT_EQ(judge(rules, "SORT r STORE w"), "ok");
  EXPECT_EQ(judge(rules, "SORT r STORE r2"), "key r2");
  EXPECT_EQ(judge(rules, "BITFIELD r GET u8 0"), "ok");
  EXPECT_EQ(judge(rules, "BITFIELD r SET u8 0 1"), "key r");
  EXPECT_EQ(judge(rules, "EXISTS w"), "ok");  // says nothing of the value
}

TEST_F(AclTest, Channels) {
  const UserRules rules = user("+@all resetchannels &news:*");
  EXPECT_EQ(judge(rules, "SUBSCRIBE news:a b"), "channel b");
  EXPECT_EQ(judge(rules, "PSUBSCRIBE news:*"), "ok");
  EXPECT_EQ(judge(rules, "PSUBSCRIBE news:a*"), "channel news:a*");
  EXPECT_EQ(judge(rules, "SPUBLISH x m"), "channel x");
  EXPECT_EQ(judge(rules, "PUBLISH news:x secret"), "ok");
  EXPECT_EQ(judge(rules, "UNSUBSCRIBE x"), "ok");
  EXPECT_EQ(judge(rules, "PUBSUB NUMSUB x"), "ok");
}

TEST_F(AclTest, OneSelectorHasToAllowTheWhole) {
  const UserRules rules = user("+get ~a* \"(+set ~b*)\" \"(+mget ~a* ~c*)\"");
  EXPECT_EQ(judge(rules, "SET b v"), "ok");
  EXPECT_EQ(judge(rules, "GET b"), "key b");
  EXPECT_EQ(judge(rules, "MGET a c"), "ok");
  EXPECT_EQ(judge(rules, "MGET a b"), "key b");
  EXPECT_EQ(judge(rules, "DEL a"), "command");
  EXPECT_TRUE(user("\"(+@all ~* &*)\"").unrestricted());
  EXPECT_FALSE(user("+@all ~* &* -get").unrestricted());
}

TEST_F(AclTest, RulesGiveTheSameUserAgain) {
  for (std::string_view rules :
       {"on nopass ~* &* +@all", "off resetchannels -@all", "on ~a %R~b %W~c resetchannels &x -@all +@string",
        "off resetchannels +@all -@dangerous", "off resetchannels -@all +config|get",
        "off resetchannels -@all +select|0 +select|1", "off resetchannels +@all -config|set",
        "on sanitize-payload ~k &* -@all +get (~x resetchannels -@all +set) (&c -@all)"}) {
    UserRules rebuilt(context());
    const auto split_rules = *split_quoted_words(rules);
    const std::vector<std::string_view> words(split_rules.begin(), split_rules.end());
    const auto merged = *merge_selectors(words);
    for (const std::string& rule : merged) ASSERT_TRUE(rebuilt.apply(rule, context())) << rule;
    const std::string text = rebuilt.text();
    UserRules again(context());
    const auto split_text = *split_quoted_words(text);
    const std::vector<std::string_view> more(split_text.begin(), split_text.end());
    const auto merged_again = *merge_selectors(more);
    for (const std::string& rule : merged_again) ASSERT_TRUE(again.apply(rule, context())) << rule;
    EXPECT_EQ(again.text(), text);
    if (rules.find('(') == std::string_view::npos) {
      EXPECT_EQ(text, rules);
    }
  }
  for (std::string_view category : all_acl_categories()) {  // also those without a command so far
    EXPECT_THAT(user(fmt::format("+@all -{}", category)).text(), HasSubstr(fmt::format("+@all -{}", category)));
    EXPECT_THAT(user(fmt::format("+{}", category)).text(), HasSubstr(fmt::format("-@all +{}", category)));
  }
  EXPECT_THAT(user("+@all -@all").text(), HasSubstr("-@all"));
  EXPECT_EQ(user(">secret").text(), "off #" + std::string(kHashOfSecret) + " resetchannels -@all");
}

TEST_F(AclTest, WhatIsNoRule) {
  EXPECT_EQ(error("nonsense"), "Syntax error");
  EXPECT_EQ(error("+nosuch"), "Unknown command or category name in ACL");
  EXPECT_EQ(error("-get|x"), "Unknown command or category name in ACL");
  EXPECT_EQ(error("+config|nosuch"), "Unknown command or category name in ACL");
  EXPECT_EQ(error("+config|get|x"), "Allowing first-arg of a subcommand is not supported");
  EXPECT_EQ(error("+select|"), "Syntax error");
  EXPECT_EQ(error("+@nosuch"), "Unknown command or category name in ACL");
  EXPECT_EQ(error("%X~k"), "Syntax error");
  EXPECT_EQ(error("%~k"), "Syntax error");
  EXPECT_EQ(error("%RR~k"), "Syntax error");
  EXPECT_EQ(error("\"~a b\""), "Syntax error");
  EXPECT_EQ(error("(on)"), "Syntax error");
  EXPECT_THAT(error("~* ~k"), HasSubstr("resetkeys"));
  EXPECT_THAT(error("&* &k"), HasSubstr("resetchannels"));
  EXPECT_EQ(error(">a <b"), "The password you are trying to remove from the user does not exist");
  EXPECT_THAT(error("#abc"), HasSubstr("exactly 64"));
}

TEST_F(AclTest, AFileIsLoadedWholeOrNotAtAll) {
  const auto parse = [this](std::string_view text) { return parse_acl_file(text, "users.acl", context()); };
  const auto users = parse("user alice on >p ~* +@all\n\n  user bob (~k +get)  \r\n");
  ASSERT_TRUE(users) << users.error();
  EXPECT_EQ(users->size(), 2u);
  EXPECT_TRUE(users->at("alice").accepts("p"));
  EXPECT_EQ(judge(users->at("bob"), "GET k"), "ok");
  const std::string kNothingDone =
      "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";
  EXPECT_EQ(parse("user a on\n# remark\nuser a off").error(),
            "users.acl:2 should start with user keyword followed by the username. WARNING: Duplicate user 'a' found on "
            "line 3. " +
                kNothingDone);
  EXPECT_EQ(parse("user a +nosuch ~* ~k nonsense").error(),
            "users.acl:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. users.acl:1: "
            "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. "
            "Try 'resetkeys' to start with an empty list of patterns. " +
                kNothingDone);
  EXPECT_EQ(parse("user a (+get").error(), "users.acl:1: Unmatched parenthesis in selector definition." + kNothingDone);
}

TEST_F(AclTest, UsersComeChangeAndGo) {
  Config config;
  Acl acl(table_, config.settings());
  const std::string_view rules[] = {"on", "(+get", "~k)"};
  const auto made = acl.set_user("alice", rules);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(made->before, nullptr);
  const uint64_t version = made->user->version();
  const std::string_view wrong[] = {"off", "+nosuch"};
  EXPECT_EQ(acl.set_user("alice", wrong).error(),
            "Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL");
  EXPECT_EQ(made->user->version(), version);
  const std::string_view open[] = {"(+get"};
  EXPECT_EQ(acl.set_user("alice", open).error(), "Unmatched parenthesis in acl selector starting at '(+get'.");
  const std::string_view more[] = {"+@all", "~*", "&*"};
  EXPECT_EQ(acl.set_user("alice", more)->user, made->user);
  EXPECT_TRUE(made->user->unrestricted());
  EXPECT_NE(made->user->version(), version);
  EXPECT_THAT(acl.lines(),
              ElementsAre("alice on ~* &* +@all (~k resetchannels -@all +get)", "default on nopass ~* &* +@all"));
  EXPECT_EQ(acl.remove_user("alice"), made->user);
  EXPECT_TRUE(made->user->removed());
  EXPECT_FALSE(made->user->unrestricted());
  EXPECT_EQ(acl.find("alice"), nullptr);
  EXPECT_EQ(acl.remove_user("default"), nullptr);
  EXPECT_TRUE(acl.default_user()->is_open());
  acl.set_default_password("secret");
  EXPECT_FALSE(acl.default_user()->is_open());
  EXPECT_THAT(acl.lines(), ElementsAre(HasSubstr(kHashOfSecret)));
}

TEST_F(AclTest, FileAndUserLinesAreNotForBoth) {
  const std::string directory = ::testing::TempDir() + "/acl_test";
  std::filesystem::create_directories(directory);
  Config config;
  ASSERT_TRUE(config.load(
      "", {{"", 0, {"dir", directory}}, {"", 0, {"aclfile", "users.acl"}}, {"test.conf", 3, {"user", "alice", "on"}}}));
  Acl acl(table_, config.settings());
  EXPECT_THAT(acl.load(config.user_lines()).error(), HasSubstr("is invalid"));
  EXPECT_THAT(acl.load({}).error(), HasSubstr("opening file 'users.acl': No such file or directory"));
  std::ofstream(directory + "/users.acl") << "user alice on nopass\n";
  EXPECT_TRUE(acl.load({}));
  const auto alice = acl.find("alice");
  ASSERT_NE(alice, nullptr);
  EXPECT_TRUE(acl.save_file());
  EXPECT_THAT(*acl.load_file(), ElementsAre(alice));
  EXPECT_THAT(acl.lines(), ElementsAre("alice on nopass resetchannels -@all", "default on nopass ~* &* +@all"));
  std::filesystem::remove_all(directory);
}

TEST_F(AclTest, UserLinesOfTheConfigurationFile) {
  Config config;
  Acl acl(table_, config.settings());
  const ConfigLine alice{"test.conf", 3, {"user", "alice", "on", "+get"}};
  EXPECT_TRUE(acl.load({alice, {"test.conf", 4, {"user", "default", "off"}}}));
  EXPECT_FALSE(acl.default_user()->is_open());
  EXPECT_FALSE(acl.default_user()->unrestricted());
  Acl other(table_, config.settings());
  EXPECT_THAT(other.load({alice, alice}).error(), HasSubstr("test.conf:3: Error in user declaration 'alice': Dup"));
  EXPECT_THAT(other.load({{"test.conf", 5, {"user", "bob", "+nosuch"}}}).error(),
              HasSubstr("test.conf:5: Error in user declaration '+nosuch': Unknown command"));
}

TEST(AclLog, CountsWhatIsAlike) {
  AclLog log;
  const RefusedUse get{DenialReason::command, "toplevel", "get", "alice", 1000, "first"};
  log.add(get, 10);
  log.add({DenialReason::key, "toplevel", "k", "alice", 2000, ""}, 10);
  RefusedUse again = get;
  again.time_ms = 60'000;
  again.client = "second";
  log.add(again, 10);
  auto entries = log.newest(10);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].count, 2u);
  EXPECT_EQ(entries[0].client, "second");
  again.time_ms = 200'000;  // long after
  log.add(again, 2);
  entries = log.newest(10);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].count, 1u);
  EXPECT_EQ(log.total(DenialReason::command), 3u);
  log.reset();
  EXPECT_TRUE(log.newest(10).empty());
}

}  // namespace
}  // namespace basalt
