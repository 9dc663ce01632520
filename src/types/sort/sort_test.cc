#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "command/command_testing.h"
#include "types/reply_testing.h"
#include "types/sort/sort_options.h"

namespace basalt {

std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_set_commands();
std::span<const CommandSpec> list_commands();
std::span<const CommandSpec> set_commands();
std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> zset_commands();
std::span<const CommandSpec> key_commands();
std::span<const CommandSpec> expire_commands();
std::span<const CommandSpec> sort_commands();

namespace {

using ::testing::ElementsAre;

// Every test runs on packed and on spread collections.
class SortTest : public ::testing::TestWithParam<bool>, public CommandFixture {
 public:
  SortTest()
      : CommandFixture({string_commands(), string_set_commands(), list_commands(), set_commands(), hash_commands(),
                        zset_commands(), key_commands(), expire_commands(), sort_commands()}) {
    if (GetParam()) limits().packed_max_bytes = 0;
  }
  std::vector<std::string> list(std::string_view line) { return reply_list(run(line)); }
};
INSTANTIATE_TEST_SUITE_P(Encodings, SortTest, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Spread" : "Packed"; });

TEST_P(SortTest, SortsEveryKindOfCollection) {
  run("RPUSH l 10 9 1.5 -3");
  run("SADD s 10 9 1.5 -3");
  run("ZADD z 1 10 2 9 3 1.5 4 -3");
  for (std::string key : {"l", "s", "z"}) {
    EXPECT_THAT(list("SORT " + key), ElementsAre("-3", "1.5", "9", "10"));
    EXPECT_THAT(list("SORT " + key + " DESC LIMIT 1 2"), ElementsAre("9", "1.5"));
    EXPECT_THAT(list("SORT_RO " + key + " ALPHA"), ElementsAre("-3", "1.5", "10", "9"));
  }
  EXPECT_EQ(run("SORT none"), "*0\r\n");
  run("SET string v");
  EXPECT_THAT(run("SORT string"), ::testing::StartsWith("-WRONGTYPE"));
  run("RPUSH words a 1");
  EXPECT_EQ(run("SORT words"), "-ERR One or more scores can't be converted into double\r\n");
}

TEST_P(SortTest, KeepsTheOrderOfListsAndZsets) {
  run("RPUSH l c a b");
  run("ZADD z 3 a 1 b 2 c");
  EXPECT_THAT(list("SORT l BY nosort"), ElementsAre("c", "a", "b"));
  EXPECT_THAT(list("SORT l BY nosort DESC LIMIT 0 2"), ElementsAre("b", "a"));
  EXPECT_THAT(list("SORT z BY nosort LIMIT 1 2"), ElementsAre("c", "a"));
  EXPECT_THAT(list("SORT z BY nosort DESC"), ElementsAre("a", "c", "b"));
  EXPECT_EQ(run("SORT z BY nosort LIMIT 3 1"), "*0\r\n");
}

TEST_P(SortTest, LooksUpStringsAndFields) {
  run("RPUSH ids 1 2 3");
  run("MSET w_1 30 w_2 20 name_1 one name_3 three");
  run("HSET h_1 w 1 n uno");
  run("HSET h_3 w -1");
  EXPECT_THAT(list("SORT ids BY w_* GET # GET name_*"), ElementsAre("3", "three", "2", "(nil)", "1", "one"));
  EXPECT_THAT(list("SORT ids BY h_*->w GET # GET h_*->n"), ElementsAre("3", "(nil)", "2", "(nil)", "1", "uno"));
  EXPECT_THAT(list("SORT ids BY name_* ALPHA"), ElementsAre("2", "1", "3"));
  EXPECT_THAT(list("SORT ids GET h_*"), ElementsAre("(nil)", "(nil)", "(nil)")) << "hashes are no strings";
  EXPECT_THAT(list("SORT ids GET w_*->f LIMIT 0 1"), ElementsAre("(nil)")) << "strings are no hashes";
}

TEST_P(SortTest, StoresAList) {
  run("SADD s 3 1 2");
  run("SET out v EX 100");
  EXPECT_EQ(run("SORT s DESC STORE out"), ":3\r\n");
  EXPECT_EQ(events(), "sortstore out");
  EXPECT_THAT(list("LRANGE out 0 -1"), ElementsAre("3", "2", "1"));
  EXPECT_EQ(run("TTL out"), ":-1\r\n");
  EXPECT_EQ(run("SORT s GET none_* STORE out"), ":3\r\n");
  EXPECT_THAT(list("LRANGE out 0 -1"), ElementsAre("", "", ""));
  EXPECT_EQ(run("SORT none STORE out"), ":0\r\n");
  EXPECT_EQ(events(), "del out");
  EXPECT_EQ(run("SORT none STORE out"), ":0\r\n");
  EXPECT_EQ(events(), "");
  EXPECT_EQ(run("SORT s BY nosort STORE s"), ":3\r\n");
  EXPECT_THAT(list("LRANGE s 0 -1"), ElementsAre("1", "2", "3")) << "a set has no order to keep";
}

TEST_P(SortTest, DoesNotSeeExpiredKeys) {
  run("RPUSH ids 1 2");
  run("SET w_1 5 PX 10");
  run("SET w_2 1");
  EXPECT_THAT(list("SORT ids BY w_*"), ElementsAre("2", "1"));
  clock().advance_ms(11);
  EXPECT_THAT(list("SORT ids BY w_* GET w_*"), ElementsAre("(nil)", "1"));
}

TEST_P(SortTest, SortsMoreThanATurnOfTheLoopTakes) {
  std::vector<std::string> words = {"RPUSH", "l"};
  for (int i = 0; i < 5000; ++i) words.push_back(std::to_string(i * 7919 % 5000));
  run_words(words);
  const auto sorted = list("SORT l");
  ASSERT_EQ(sorted.size(), 5000u);
  EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end(),
                             [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); }));
  EXPECT_THAT(list("SORT l LIMIT 100 3"), ElementsAre("100", "101", "102"));
  EXPECT_EQ(run("SORT l STORE l"), ":5000\r\n");
  EXPECT_EQ(list("LRANGE l 0 -1"), sorted);
}

TEST(SortKeys, AreTheKeyAndTheLastDestination) {
  const auto keys = [](Args args) {
    std::vector<int> positions;
    find_sort_keys(args, positions);
    return positions;
  };
  EXPECT_THAT(keys({"sort", "k"}), ElementsAre(1));
  EXPECT_THAT(keys({"sort", "k", "by", "store", "get", "store", "limit", "store", "store", "STORE", "d"}),
              ElementsAre(1, 10));
  EXPECT_THAT(keys({"sort", "k", "store", "a", "store", "b"}), ElementsAre(1, 5));
  EXPECT_THAT(keys({"sort", "k", "store"}), ElementsAre(1));
  EXPECT_THAT(keys({"sort"}), ElementsAre());
}

}  // namespace
}  // namespace basalt
