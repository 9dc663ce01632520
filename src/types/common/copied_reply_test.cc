// That nobody can tell a copied reply from one that is made anew.
#include "types/common/copied_reply.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "command/command_testing.h"

namespace basalt {

std::span<const CommandSpec> list_commands();
std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> set_commands();
std::span<const CommandSpec> zset_commands();
std::span<const CommandSpec> expire_commands();

namespace {

int times_made = 0;

Result<Outcome> counted_reply(Call& call) {
  ++times_made;
  const auto record = TRY(call.txn.find_frozen(call.key(1), Type::list));
  call.reply.bulk(record ? std::string(1000, 'x') : "");
  return kDone;
}

std::span<const CommandSpec> counted_commands() {
  static const CommandSpec kCommands[] = {{"counted",
                                           -2,
                                           kReadonly,
                                           {1, 1, 1},
                                           "RO access",
                                           Group::list,
                                           "1.0.0",
                                           "Counts",
                                           "O(1)",
                                           copied<counted_reply>}};
  return kCommands;
}

class CopiedReply : public CommandFixture, public ::testing::Test {
 protected:
  CopiedReply()
      : CommandFixture({list_commands(), hash_commands(), set_commands(), zset_commands(), expire_commands(),
                        counted_commands()}) {
    times_made = 0;
  }
  void make_list(std::string_view name, int elements) {
    for (int i = 0; i < elements; ++i) run(fmt::format("RPUSH {} element-number-{}", name, i));
  }
  int made_by(std::string_view line) {
    const int before = times_made;
    run(line);
    return times_made - before;
  }
};

TEST_F(CopiedReply, TheThirdOneIsACopyUntilTheKeyChanges) {
  make_list("l", 300);
  EXPECT_EQ(made_by("COUNTED l"), 1);
  EXPECT_EQ(made_by("COUNTED l"), 1);
  EXPECT_EQ(made_by("COUNTED l"), 0);
  EXPECT_EQ(made_by("COUNTED l other words"), 1);
  EXPECT_EQ(made_by("COUNTED l"), 0);
  run("LSET l 7 changed");
  EXPECT_EQ(made_by("COUNTED l"), 1);
  run("COUNTED l");
  EXPECT_EQ(made_by("COUNTED l"), 0);
}

TEST_F(CopiedReply, APackedCollectionIsReadAsItIs) {
  make_list("l", 5);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(made_by("COUNTED l"), 1);
}

TEST_F(CopiedReply, ItGoesWithItsKey) {
  make_list("l", 300);
  for (int i = 0; i < 3; ++i) run("COUNTED l");
  run("PEXPIRE l 1000");
  for (int i = 0; i < 3; ++i) run("COUNTED l");
  EXPECT_EQ(made_by("COUNTED l"), 0);
  clock().advance_ms(1001);
  EXPECT_EQ(run("COUNTED l"), "$0\r\n\r\n");
}

// Reads three times after every write, so that each reply comes from a copy once.
TEST_F(CopiedReply, RandomWritesShow) {
  std::mt19937 random(7);
  const std::vector<std::string> reads = {"LRANGE l 0 -1",    "LRANGE l 3 80", "HGETALL h",
                                          "HKEYS h",          "SMEMBERS s",    "ZRANGE z 0 200",
                                          "ZREVRANGE z 0 -1", "HVALS h",       "ZRANGEBYSCORE z 5 (400 WITHSCORES"};
  auto number = [&] { return random() % 400; };
  const std::vector<std::function<std::string()>> writes = {
      [&] { return fmt::format("LPUSH l element-{}", number()); },
      [&] { return fmt::format("LSET l 4 set-{}", number()); },
      [&] { return fmt::format("HSET h field-{} value-{}", number(), number()); },
      [&] { return fmt::format("HDEL h field-{}", number()); },
      [&] { return fmt::format("SADD s member-{}", number()); },
      [&] { return fmt::format("SREM s member-{}", number()); },
      [&] { return fmt::format("ZADD z {} member-{}", number(), number()); },
      [&] { return fmt::format("ZREM z member-{}", number()); },
      [&] { return std::string("RPOP l"); },
  };
  make_list("l", 200);
  for (int i = 0; i < 200; ++i) {
    run(fmt::format("HSET h field-{} value", i));
    run(fmt::format("SADD s member-{}", i));
    run(fmt::format("ZADD z {} member-{}", i, i));
  }
  for (int step = 0; step < 300; ++step) {
    run(writes[random() % writes.size()]());
    const std::string& read = reads[random() % reads.size()];
    // Other words, and so never a copy: their case is nobody's business but the copies'.
    std::string anew = read;
    anew[0] = static_cast<char>(std::tolower(anew[0]));
    anew[1 + step % 3] = static_cast<char>(std::tolower(anew[1 + step % 3]));
    const std::string expected = run(anew);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(run(read), expected) << read << " at step " << step;
  }
}

}  // namespace
}  // namespace basalt
