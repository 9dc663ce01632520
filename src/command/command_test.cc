#include <gmock/gmock.h>

#include "command/command_testing.h"

namespace basalt {
namespace {

using ::testing::ElementsAre;

Result<Outcome> get_command(Call& call) {
  auto record = TRY(call.txn.find(call.key(1), Type::string));
  if (record) call.reply.bulk(record->head.body);
  else call.reply.null();
  return kDone;
}

Result<Outcome> set_command(Call& call) {
  TRY(call.txn.put_string_blind(call.key(1), call.arg(2), 0));
  call.txn.touch(call.key(1), EventClass::string, "set");
  call.reply.ok();
  return kDone;
}

Result<Outcome> add_command(Call& call) {
  call.reply.integer(TRY(call.integer(2)) + TRY(call.integer(3)));
  return kDone;
}

constexpr CommandSpec kSubcommands[] = {
    {.name = "add", .arity = 4, .flags = kFast, .group = Group::server, .handler = add_command},
};

constexpr CommandSpec kFamily[] = {
    {.name = "get",
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {1, 1, 1},
     .key_use = "RO access",
     .group = Group::string,
     .handler = get_command},
    {.name = "set",
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .keys = {1, 1, 1},
     .key_use = "OW update",
     .group = Group::string,
     .handler = set_command},
    {.name = "box", .arity = -2, .flags = 0, .group = Group::generic, .handler = nullptr, .subcommands = kSubcommands},
    {.name = "sort",
     .arity = -2,
     .flags = kWrite | kDangerous,
     .group = Group::generic,
     .handler = get_command,
     .acl = "@set @sortedset @list"},
    {.name = "averylongcommandname", .arity = 1, .flags = kAdmin, .group = Group::connection, .handler = get_command},
    {.name = "eval_ro", .arity = 1, .flags = kReadonly, .group = Group::scripting, .handler = get_command},
};

TEST(CommandTable, FindsNamesWhateverTheirCase) {
  CommandTable table;
  table.add(kFamily);
  EXPECT_EQ(table.find("GeT"), &kFamily[0]);
  EXPECT_EQ(table.find("AVeryLongCommandName"), &kFamily[4]);
  EXPECT_EQ(table.find("ge"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
  EXPECT_EQ(table.find("g\x05t"), nullptr);  // equal to "get" after folding bit 5
}

TEST(CommandTable, MatchesSubcommands) {
  CommandTable table;
  table.add(kFamily);
  auto match = table.match({"BOX", "ADD", "1"});
  EXPECT_EQ(match.spec, &kSubcommands[0]);
  EXPECT_EQ(match.container, &kFamily[2]);
  EXPECT_EQ(table.full_name(match.index), "box|add");
  match = table.match({"box", "nothing"});
  EXPECT_EQ(match.spec, nullptr);
  EXPECT_EQ(match.container, &kFamily[2]);
  match = table.match({"box"});
  EXPECT_EQ(match.spec, &kFamily[2]);
  match = table.match({"nothing"});
  EXPECT_EQ(match.spec, nullptr);
  EXPECT_EQ(match.container, nullptr);
  EXPECT_EQ(table.index_count(), 7u);
  EXPECT_EQ(table.rows().size(), 6u);
  EXPECT_EQ(table.full_name(table.match({"Set"}).index), "set");
}

TEST(CommandSpec, CategoriesAndFlagsInRedisWords) {
  EXPECT_THAT(acl_categories(kFamily[0]), ElementsAre("@read", "@string", "@fast"));
  EXPECT_THAT(acl_categories(kFamily[1]), ElementsAre("@write", "@string", "@slow"));
  EXPECT_THAT(acl_categories(kFamily[2]), ElementsAre("@slow"));
  EXPECT_THAT(acl_categories(kFamily[3]), ElementsAre("@write", "@set", "@sortedset", "@list", "@slow", "@dangerous"));
  EXPECT_THAT(acl_categories(kFamily[4]), ElementsAre("@admin", "@slow", "@dangerous", "@connection"));
  EXPECT_THAT(acl_categories(kFamily[5]), ElementsAre("@slow", "@scripting"));
  EXPECT_THAT(flag_names(kFamily[1]), ElementsAre("write", "denyoom"));
  EXPECT_EQ(group_name(Group::sorted_set), "sorted-set");
}

TEST(CommandSpec, KeyPositions) {
  auto keys_of = [](KeyPositions keys, Args args) {
    CommandSpec spec{.name = "x", .keys = keys};
    std::vector<int> positions;
    find_keys(spec, args, positions);
    return positions;
  };
  EXPECT_THAT(keys_of({1, 1, 1}, {"get", "a"}), ElementsAre(1));
  EXPECT_THAT(keys_of({1, -1, 1}, {"del", "a", "b", "c"}), ElementsAre(1, 2, 3));
  EXPECT_THAT(keys_of({1, -1, 2}, {"mset", "a", "1", "b", "2"}), ElementsAre(1, 3));
  EXPECT_THAT(keys_of({1, -2, 1}, {"blpop", "a", "b", "0"}), ElementsAre(1, 2));
  EXPECT_THAT(keys_of({0, 0, 0}, {"ping", "a"}), ElementsAre());
  EXPECT_THAT(keys_of({2, 2, 1}, {"object"}), ElementsAre());
  EXPECT_THAT(keys_of({.find = [](const Args&, std::vector<int>& p) { p.push_back(7); }}, {"sort"}), ElementsAre(7));
}

TEST(CommandFixture, RunsCommands) {
  CommandFixture redis({kFamily});
  EXPECT_EQ(redis.run("get a"), "$-1\r\n");
  EXPECT_EQ(redis.run("SET a \"1 2\""), "+OK\r\n");
  EXPECT_EQ(redis.events(), "set a");
  EXPECT_EQ(redis.run("get a"), "$3\r\n1 2\r\n");
  EXPECT_EQ(redis.events(), "");
  redis.restart();
  EXPECT_EQ(redis.run("get a"), "$3\r\n1 2\r\n");
  redis.select(1);
  EXPECT_EQ(redis.run("get a"), "$-1\r\n");
  redis.use_protocol(Protocol::resp3);
  EXPECT_EQ(redis.run("get a"), "_\r\n");
  EXPECT_EQ(redis.run("get"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(redis.run("box"), "-ERR wrong number of arguments for 'box' command\r\n");
  EXPECT_EQ(redis.run("box add 1 2"), ":3\r\n");
  EXPECT_EQ(redis.run("box add 1 x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(redis.run("box add"), "-ERR wrong number of arguments for 'box|add' command\r\n");
}

TEST(ErrorText, SaysWhatAndWhere) {
  EXPECT_EQ(error_text(CommandError{"ERR syntax error"}), "ERR syntax error");
  const std::string full = error_text(StorageError{StorageError::Cause::no_space, "/data: no space left on device"});
  EXPECT_THAT(full, ::testing::StartsWith("MISCONF "));
  EXPECT_THAT(full, ::testing::HasSubstr("/data: no space left on device"));
  EXPECT_THAT(error_text(StorageError{StorageError::Cause::corruption, "x"}), ::testing::StartsWith("ERR "));
}

}  // namespace
}  // namespace basalt
