#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "command/command_testing.h"
#include "layout/system_record.h"
#include "types/reply_testing.h"

namespace basalt {

std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> set_commands();
std::span<const CommandSpec> set_operation_commands();

namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class SetFixture : public CommandFixture {
 public:
  SetFixture() : CommandFixture({hash_commands(), set_commands(), set_operation_commands()}) {}

  std::vector<std::string> list(std::string_view line) { return reply_list(run(line)); }
  std::set<std::string> members(std::string_view name) {
    const auto all = list(fmt::format("SMEMBERS {}", name));
    std::set<std::string> distinct(all.begin(), all.end());
    EXPECT_EQ(distinct.size(), all.size());
    return distinct;
  }
  void add_all(std::string_view name, const std::set<std::string>& members) {
    std::vector<std::string> words{"SADD", std::string(name)};
    words.insert(words.end(), members.begin(), members.end());
    if (!members.empty()) run_words(words);
  }
  std::optional<Head> head(std::string_view name) {
    Txn txn(keyspace(), Access::blocking);
    auto record = txn.find({0, name}, Type::set);
    if (!record || !*record) return std::nullopt;
    Head head = (*record)->head;
    head.body = {};
    return head;
  }
  Encoding encoding(std::string_view name) { return head(name)->encoding; }
  bool exists(std::string_view name) { return *Txn(keyspace(), Access::blocking).exists({0, name}); }
  void expire(std::string_view name, int64_t expire_ms) {
    Txn txn(keyspace(), Access::blocking);
    const Key key{0, name};
    CHECK(txn.lock({&key, 1}));
    const auto record = *txn.find(key);
    Head head = record->head;
    head.expire_ms = expire_ms;
    txn.put(key, head, &*record);
    CHECK(txn.commit());
  }
};

// Every test runs on a packed and on a spread set.
class SetTest : public ::testing::TestWithParam<bool>, public SetFixture {
 public:
  SetTest() {
    if (!GetParam()) return;
    limits().set_max_intset_entries = 0;
    limits().set_max_listpack_entries = 0;
  }
};
INSTANTIATE_TEST_SUITE_P(Encodings, SetTest, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Spread" : "Packed"; });

TEST_P(SetTest, AddsAndRemoves) {
  EXPECT_EQ(run("SADD s a b a"), ":2\r\n");
  EXPECT_EQ(events(), "sadd s");
  EXPECT_EQ(head("s")->spread(), GetParam());
  EXPECT_EQ(run("SADD s a"), ":0\r\n");
  EXPECT_TRUE(touches().empty());
  EXPECT_EQ(run("SADD s c 1"), ":2\r\n");
  EXPECT_EQ(run("SCARD s"), ":4\r\n");
  EXPECT_EQ(run("SCARD none"), ":0\r\n");
  EXPECT_EQ(members("s"), (std::set<std::string>{"1", "a", "b", "c"}));
  EXPECT_EQ(run("SMEMBERS none"), "*0\r\n");
  EXPECT_EQ(run("SISMEMBER s a"), ":1\r\n");
  EXPECT_EQ(run("SISMEMBER s x"), ":0\r\n");
  EXPECT_EQ(run("SISMEMBER none a"), ":0\r\n");
  EXPECT_EQ(run("SMISMEMBER s a x c"), "*3\r\n:1\r\n:0\r\n:1\r\n");
  EXPECT_EQ(run("SMISMEMBER none a x"), "*2\r\n:0\r\n:0\r\n");
  EXPECT_EQ(run("SREM s a x a"), ":1\r\n");
  EXPECT_EQ(events(), "srem s");
  EXPECT_EQ(run("SREM s x"), ":0\r\n");
  EXPECT_TRUE(touches().empty());
  EXPECT_EQ(run("SREM none x"), ":0\r\n");
  EXPECT_EQ(run("SREM s b c 1 d"), ":3\r\n");
  EXPECT_EQ(events(), "srem s, del s");
  EXPECT_FALSE(exists("s"));
}

TEST_P(SetTest, SurvivesARestart) {
  run("SADD s a b 3");
  restart();
  EXPECT_EQ(members("s"), (std::set<std::string>{"3", "a", "b"}));
}

TEST_P(SetTest, KeepsEmptyAndBinaryMembers) {
  const std::string binary("\0\r\n\xff", 4);
  EXPECT_EQ(run_words({"SADD", "s", "", binary}), ":2\r\n");
  EXPECT_EQ(run_words({"SMISMEMBER", "s", "", binary}), "*2\r\n:1\r\n:1\r\n");
  EXPECT_EQ(run_words({"SREM", "s", "", binary}), ":2\r\n");
}

TEST_P(SetTest, Moves) {
  run("SADD a 1 x");
  run("SADD b 2");
  EXPECT_EQ(run("SMOVE a b x"), ":1\r\n");
  EXPECT_EQ(events(), "srem a, sadd b");
  EXPECT_EQ(run("SMOVE a b x"), ":0\r\n");
  EXPECT_EQ(run("SMOVE a a 1"), ":1\r\n");
  EXPECT_EQ(run("SMOVE a a 2"), ":0\r\n");
  EXPECT_TRUE(touches().empty());
  EXPECT_EQ(run("SMOVE none b 1"), ":0\r\n");
  run("SADD b 1");
  EXPECT_EQ(run("SMOVE a b 1"), ":1\r\n");
  EXPECT_EQ(events(), "srem a, del a");
  EXPECT_FALSE(exists("a"));
  EXPECT_EQ(run("SMOVE b new 1"), ":1\r\n");
  EXPECT_EQ(members("new"), (std::set<std::string>{"1"}));
  EXPECT_EQ(members("b"), (std::set<std::string>{"2", "x"}));
}

TEST_P(SetTest, ScansEveryMemberOnce) {
  std::set<std::string> all;
  for (int i = 0; i < 60; ++i) all.insert(fmt::format("m{}", i));
  add_all("s", all);
  std::set<std::string> seen;
  std::string cursor = "0";
  int pages = 0;
  do {
    const auto page = list(fmt::format("SSCAN s {} COUNT 7", cursor));
    cursor = page[0];
    for (size_t i = 1; i < page.size(); ++i) EXPECT_TRUE(seen.insert(page[i]).second) << page[i];
    ++pages;
  } while (cursor != "0");
  EXPECT_EQ(seen, all);
  EXPECT_EQ(pages, GetParam() ? 9 : 1);
  EXPECT_THAT(list("SSCAN s 0 MATCH m1? COUNT 1000"),
              UnorderedElementsAre("0", "m10", "m11", "m12", "m13", "m14", "m15", "m16", "m17", "m18", "m19"));
  EXPECT_THAT(list("SSCAN s 0 MATCH \"\" COUNT 1000"), ElementsAre("0"));
  EXPECT_EQ(run("SSCAN s 0 NOVALUES"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("SSCAN s x"), "-ERR invalid cursor\r\n");
}

TEST_P(SetTest, PicksRandomMembers) {
  EXPECT_EQ(run("SRANDMEMBER none"), "$-1\r\n");
  EXPECT_EQ(run("SRANDMEMBER none 3"), "*0\r\n");
  run("SADD s a b c");
  EXPECT_THAT(list("SRANDMEMBER s")[0], AnyOf("a", "b", "c"));
  EXPECT_EQ(run("SRANDMEMBER s 0"), "*0\r\n");
  EXPECT_THAT(list("SRANDMEMBER s 9"), UnorderedElementsAre("a", "b", "c"));
  const auto two = list("SRANDMEMBER s 2");
  EXPECT_EQ(std::set(two.begin(), two.end()).size(), 2u);
  EXPECT_EQ(list("SRANDMEMBER s -50").size(), 50u);
  EXPECT_EQ(run("SRANDMEMBER s -9223372036854775808"),
            "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\r\n");
  EXPECT_EQ(run("SRANDMEMBER s 1 2"), "-ERR syntax error\r\n");
  EXPECT_EQ(members("s").size(), 3u);
}

TEST_P(SetTest, Pops) {
  EXPECT_EQ(run("SPOP none"), "$-1\r\n");
  EXPECT_EQ(run("SPOP none 3"), "*0\r\n");
  std::set<std::string> left{"a", "b", "c", "d", "e", "f", "g", "h"};
  add_all("s", left);
  EXPECT_EQ(run("SPOP s 0"), "*0\r\n");
  EXPECT_TRUE(touches().empty());
  EXPECT_EQ(left.erase(list("SPOP s")[0]), 1u);
  EXPECT_EQ(events(), "spop s");
  for (const auto& member : list("SPOP s 3")) EXPECT_EQ(left.erase(member), 1u);
  EXPECT_EQ(left.size(), 4u);
  EXPECT_EQ(members("s"), left);
  EXPECT_EQ(run("SCARD s"), ":4\r\n");
  for (const auto& member : list("SPOP s 4")) EXPECT_EQ(left.erase(member), 1u);
  EXPECT_TRUE(left.empty());
  EXPECT_EQ(events(), "spop s, del s");
  EXPECT_FALSE(exists("s"));
  run("SADD s only");
  EXPECT_EQ(run("SPOP s"), "$4\r\nonly\r\n");
  EXPECT_EQ(events(), "spop s, del s");
  EXPECT_EQ(run("SPOP s -1"), "-ERR value is out of range, must be positive\r\n");
  EXPECT_EQ(run("SPOP s x"), "-ERR value is out of range, must be positive\r\n");
  EXPECT_EQ(run("SPOP s 1 2"), "-ERR syntax error\r\n");
}

TEST_P(SetTest, PopsNearlyAll) {
  std::set<std::string> left;
  for (int i = 0; i < 100; ++i) left.insert(fmt::format("m{}", i));
  add_all("s", left);
  const int64_t later_ms = clock().now_ms() + 5000;
  expire("s", later_ms);
  const auto popped = list("SPOP s 97");
  EXPECT_EQ(popped.size(), 97u);
  for (const auto& member : popped) EXPECT_EQ(left.erase(member), 1u);
  EXPECT_EQ(members("s"), left);
  EXPECT_EQ(run("SCARD s"), ":3\r\n");
  EXPECT_EQ(head("s")->expire_ms, later_ms) << "the expiry stays";
}

TEST_P(SetTest, RepliesInResp3) {
  run("SADD s a");
  use_protocol(Protocol::resp3);
  EXPECT_EQ(run("SMEMBERS s"), "~1\r\n$1\r\na\r\n");
  EXPECT_EQ(run("SMEMBERS none"), "~0\r\n");
  EXPECT_EQ(run("SINTER s s"), "~1\r\n$1\r\na\r\n");
  EXPECT_EQ(run("SINTER s none"), "~0\r\n");
  EXPECT_EQ(run("SRANDMEMBER s 1"), "*1\r\n$1\r\na\r\n");
  EXPECT_EQ(run("SRANDMEMBER none"), "_\r\n");
  EXPECT_EQ(run("SPOP s 1"), "~1\r\n$1\r\na\r\n");
  EXPECT_EQ(run("SPOP s 1"), "~0\r\n");
  EXPECT_EQ(run("SPOP s"), "_\r\n");
}

// ---- combining sets ----

TEST_P(SetTest, Combines) {
  run("SADD a 1 2 3 4");
  run("SADD b 2 3 4 x");
  run("SADD c 3 4 5");
  EXPECT_THAT(list("SINTER a b c"), UnorderedElementsAre("3", "4"));
  EXPECT_THAT(list("SINTER a"), UnorderedElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(list("SINTER a b none"), IsEmpty());
  EXPECT_THAT(list("SUNION a b none c"), UnorderedElementsAre("1", "2", "3", "4", "5", "x"));
  EXPECT_THAT(list("SUNION none"), IsEmpty());
  EXPECT_THAT(list("SDIFF a b none"), ElementsAre("1"));
  EXPECT_THAT(list("SDIFF b a c"), ElementsAre("x"));
  EXPECT_THAT(list("SDIFF none a"), IsEmpty());
  EXPECT_THAT(list("SDIFF a a"), IsEmpty());
  EXPECT_EQ(run("SINTERCARD 3 a b c"), ":2\r\n");
  EXPECT_EQ(run("SINTERCARD 2 a b LIMIT 2"), ":2\r\n");
  EXPECT_EQ(run("SINTERCARD 2 a b limit 0"), ":3\r\n");
  EXPECT_EQ(run("SINTERCARD 2 a none"), ":0\r\n");
}

TEST_P(SetTest, RefusesWrongIntercardArguments) {
  EXPECT_EQ(run("SINTERCARD 0 a"), "-ERR numkeys should be greater than 0\r\n");
  EXPECT_EQ(run("SINTERCARD x a"), "-ERR numkeys should be greater than 0\r\n");
  EXPECT_EQ(run("SINTERCARD 2 a"), "-ERR Number of keys can't be greater than number of args\r\n");
  EXPECT_EQ(run("SINTERCARD 1 a LIMIT -1"), "-ERR LIMIT can't be negative\r\n");
  EXPECT_EQ(run("SINTERCARD 1 a LIMIT x"), "-ERR LIMIT can't be negative\r\n");
  EXPECT_EQ(run("SINTERCARD 1 a LIMIT"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("SINTERCARD 1 a FOO 1"), "-ERR syntax error\r\n");
}

TEST_P(SetTest, StoresResults) {
  run("SADD a 1 2 3");
  run("SADD b 2 3 4");
  EXPECT_EQ(run("SINTERSTORE d a b"), ":2\r\n");
  EXPECT_EQ(events(), "sinterstore d");
  EXPECT_EQ(members("d"), (std::set<std::string>{"2", "3"}));
  expire("d", clock().now_ms() + 1000);
  EXPECT_EQ(run("SUNIONSTORE d d b a"), ":4\r\n");
  EXPECT_EQ(events(), "sunionstore d");
  EXPECT_EQ(head("d")->expire_ms, 0);
  EXPECT_EQ(members("d"), (std::set<std::string>{"1", "2", "3", "4"}));
  EXPECT_EQ(run("SDIFFSTORE d d a"), ":1\r\n");
  EXPECT_EQ(events(), "sdiffstore d");
  EXPECT_EQ(members("d"), (std::set<std::string>{"4"}));
  EXPECT_EQ(run("SINTERSTORE d a none"), ":0\r\n");
  EXPECT_EQ(events(), "del d");
  EXPECT_FALSE(exists("d"));
  EXPECT_EQ(run("SINTERSTORE d a none"), ":0\r\n");
  EXPECT_TRUE(touches().empty());
  run("HSET h f v");
  EXPECT_EQ(run("SUNIONSTORE h a"), ":3\r\n") << "whatever was there";
  EXPECT_EQ(members("h").size(), 3u);
  run("HSET h2 f v");
  EXPECT_EQ(run("SDIFFSTORE h2 a a"), ":0\r\n");
  EXPECT_EQ(events(), "del h2");
}

// Members are drawn for several pops at once: what others do meanwhile counts.
TEST(SetPops, OfALargeSetGiveEachMemberOnce) {
  SetFixture f;
  std::set<std::string> model;
  for (int i = 0; i < 2500; ++i) model.insert(fmt::format("{}{}", i, std::string(i % 50 == 0 ? 2000 : 0, 'x')));
  f.add_all("s", model);
  for (int i = 0; !model.empty(); ++i) {
    const auto popped = f.list("SPOP s");
    ASSERT_EQ(popped.size(), 1u);
    ASSERT_EQ(model.erase(popped[0]), 1u) << popped[0];
    if (i % 7 == 0 && !model.empty()) {
      const std::string gone = *model.begin();
      model.erase(gone);
      ASSERT_EQ(f.run("SREM s " + gone), ":1\r\n");
    }
    if (i % 11 == 0 && i < 1000) {
      ASSERT_EQ(f.run("SADD s " + popped[0]), ":1\r\n");
      model.insert(popped[0]);
    }
  }
  EXPECT_FALSE(f.exists("s"));
}

TEST(SetPops, OfALargeSetAreRandom) {
  SetFixture f;
  std::set<std::string> members, first;
  for (int i = 0; i < 2000; ++i) members.insert(fmt::format("{}", i));
  for (int i = 0; i < 40; ++i) {
    f.add_all("s", members);
    first.insert(f.list("SPOP s").at(0));
    f.run("DEL s");
  }
  EXPECT_GT(first.size(), 30u);
}

// Against std::set, with sizes on both sides of every limit.
TEST(SetOperations, AgreeWithAModel) {
  SetFixture f;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int round = 0; round < 60; ++round) {
    std::vector<std::set<std::string>> model(1 + below(4));
    std::string keys;
    for (size_t k = 0; k < model.size(); ++k) {
      const int sizes[] = {0, 3, 100, 300, 3000};
      const int size = sizes[below(5)];
      const bool integers = below(2) == 0;
      for (int i = 0; i < size; ++i) model[k].insert(fmt::format("{}{}", integers ? "" : "m", below(size * 2)));
      const std::string key = fmt::format("r{}k{}", round, k);
      f.add_all(key, model[k]);
      keys += " " + key;
    }
    std::set<std::string> both = model[0], any, only = model[0];
    for (size_t k = 0; k < model.size(); ++k) {
      any.insert(model[k].begin(), model[k].end());
      std::erase_if(both, [&](const auto& member) { return !model[k].contains(member); });
      if (k > 0) std::erase_if(only, [&](const auto& member) { return model[k].contains(member); });
    }
    auto check = [&](std::string_view command, const std::set<std::string>& expected) {
      auto got = f.list(fmt::format("{}{}", command, keys));
      std::sort(got.begin(), got.end());
      EXPECT_EQ(got, std::vector<std::string>(expected.begin(), expected.end())) << command;
      EXPECT_EQ(f.run(fmt::format("{}STORE d{}", command, keys)), fmt::format(":{}\r\n", expected.size()));
      EXPECT_EQ(f.members("d"), expected) << command;
    };
    check("SINTER", both);
    check("SUNION", any);
    check("SDIFF", only);
    EXPECT_EQ(f.run(fmt::format("SINTERCARD {}{}", model.size(), keys)), fmt::format(":{}\r\n", both.size()));
    if (HasFailure()) break;
  }
}

// More than a command holds in memory: written ahead of its commit.
TEST(SetOperations, StoreResultsOfAnySize) {
  SetFixture f;
  std::set<std::string> all;
  for (int i = 0; i < 120'000; ++i) all.insert(fmt::format("a member of some length, number {}", i));
  f.add_all("a", all);
  f.add_all("b", {"x"});
  EXPECT_EQ(f.run("SUNIONSTORE d a b"), ":120001\r\n");
  EXPECT_EQ(f.events(), "sunionstore d");
  EXPECT_EQ(f.run("SCARD d"), ":120001\r\n");
  EXPECT_EQ(f.run("SDIFFSTORE e d a"), ":1\r\n");
  EXPECT_THAT(f.list("SMEMBERS e"), ElementsAre("x"));
  EXPECT_EQ(f.run("SINTERSTORE d d a"), ":120000\r\n") << "the destination is a source";
  EXPECT_EQ(f.members("d"), all);
  Txn txn(f.keyspace(), Access::blocking);
  Cursor system = txn.cursor(Column::system, {.lower = layout::garbage_prefix()});
  int garbage = 0;
  for (system.seek_to_first(); system.valid() && system.key().starts_with(layout::garbage_prefix()); system.next()) {
    EXPECT_EQ(layout::decode_garbage(system.key(), system.value())->size, 120'001u) << "the first d, and nothing else";
    ++garbage;
  }
  EXPECT_EQ(garbage, 1);
}

// ---- encodings ----

TEST(SetEncoding, IntsetsAreInAscendingOrder) {
  SetFixture f;
  f.run("SADD s 10 9 -3 100 0 -20");
  EXPECT_EQ(f.encoding("s"), Encoding::packed_intset);
  EXPECT_THAT(f.list("SMEMBERS s"), ElementsAre("-20", "-3", "0", "9", "10", "100"));
  f.run("SADD t 11 -4 10");
  EXPECT_THAT(f.list("SUNION s t"), ElementsAre("-20", "-4", "-3", "0", "9", "10", "11", "100"));
  f.run("SUNIONSTORE u s t");
  EXPECT_EQ(f.encoding("u"), Encoding::packed_intset);
  EXPECT_THAT(f.list("SMEMBERS u"), ElementsAre("-20", "-4", "-3", "0", "9", "10", "11", "100"));
}

TEST(SetEncoding, OnlyCanonicalIntegersAreIntegers) {
  SetFixture f;
  for (std::string_view word : {"01", "+1", "1.0", "9223372036854775808", "-0", "1 "}) {
    f.run_words({"SADD", "s", "1"});
    EXPECT_EQ(f.encoding("s"), Encoding::packed_intset);
    f.run_words({"SADD", "s", std::string(word)});
    EXPECT_EQ(f.encoding("s"), Encoding::packed) << word;
    EXPECT_EQ(f.run("SISMEMBER s 1"), ":1\r\n");
    f.run_words({"SREM", "s", std::string(word)});
    EXPECT_EQ(f.encoding("s"), Encoding::packed) << "never back";
    f.run("SREM s 1");
  }
}

TEST(SetEncoding, IntsetsGrowIntoTheNextThatFits) {
  SetFixture f;
  f.limits().set_max_intset_entries = 3;
  f.run("SADD s 1 2 3");
  EXPECT_EQ(f.encoding("s"), Encoding::packed_intset);
  f.run("SADD s 4");
  EXPECT_EQ(f.encoding("s"), Encoding::packed);
  f.limits().set_max_listpack_entries = 5;
  f.run("SADD s 5");
  EXPECT_EQ(f.encoding("s"), Encoding::packed);
  f.run("SADD s 6");
  EXPECT_EQ(f.encoding("s"), Encoding::spread);
  EXPECT_EQ(f.members("s").size(), 6u);
  f.run("SREM s 1 2 3 4 5");
  EXPECT_EQ(f.encoding("s"), Encoding::spread) << "never back";
  f.run("SADD i 1 2 3");
  f.limits().set_max_listpack_entries = 3;
  f.run("SADD i 4");
  EXPECT_EQ(f.encoding("i"), Encoding::spread);
  f.run("SADD j 1 2");
  f.run("SADD j x");
  EXPECT_EQ(f.encoding("j"), Encoding::packed);
}

TEST(SetEncoding, SpreadsForALongMemberOrALongBody) {
  SetFixture f;
  f.run_words({"SADD", "s", std::string(64, 'x')});
  EXPECT_EQ(f.encoding("s"), Encoding::packed);
  f.run_words({"SADD", "s", std::string(65, 'x')});
  EXPECT_EQ(f.encoding("s"), Encoding::spread);
  f.limits().packed_max_bytes = 20;
  f.run("SADD t 111111111 222222222");
  EXPECT_EQ(f.encoding("t"), Encoding::packed_intset);
  f.run("SADD t 333333333");
  EXPECT_EQ(f.encoding("t"), Encoding::spread);
  EXPECT_EQ(f.members("t").size(), 3u);
}

TEST(SetEncoding, ManyMembersAtOnce) {
  SetFixture f;
  std::vector<std::string> words{"SADD", "s"};
  for (int i = 0; i < 5000; ++i) words.push_back(fmt::format("{}", i % 4000));
  EXPECT_EQ(f.run_words(words), ":4000\r\n");
  EXPECT_EQ(f.members("s").size(), 4000u);
  EXPECT_EQ(f.run_words(words), ":0\r\n");
  words[0] = "SREM";
  EXPECT_EQ(f.run_words(words), ":4000\r\n");
  EXPECT_EQ(f.events(), "srem s, del s");
}

// A fair SPOP: which of 200 members goes first, over many rounds, by the chi-square test. The bound lies 8
// standard deviations from the mean: a fair one fails less than once in 10^10 runs.
TEST(SetRandom, PopsFairly) {
  SetFixture f;
  f.limits().set_max_listpack_entries = 0;
  constexpr int kMembers = 200, kRounds = 10'000;
  std::map<std::string, int> counts;
  std::set<std::string> all;
  for (int i = 0; i < kMembers; ++i) all.insert(fmt::format("m{}", i));
  f.add_all("s", all);
  for (int i = 0; i < kRounds; ++i) {
    const std::string popped = f.list("SPOP s")[0];
    ++counts[popped];
    f.run_words({"SADD", "s", popped});
  }
  double chi_square = 0;
  const double expected = static_cast<double>(kRounds) / kMembers;
  for (const auto& member : all) chi_square += std::pow(counts[member] - expected, 2) / expected;
  EXPECT_LT(std::abs(chi_square - (kMembers - 1)), 8 * std::sqrt(2.0 * (kMembers - 1)));
}

TEST(SetTypes, RefusesOtherTypes) {
  SetFixture f;
  f.run("HSET h f v");
  f.run("SADD s a");
  for (std::string_view line :
       {"SADD h a",         "SREM h a",     "SMEMBERS h",        "SISMEMBER h a",     "SMISMEMBER h a",
        "SCARD h",          "SPOP h",       "SPOP h 2",          "SRANDMEMBER h",     "SRANDMEMBER h 2",
        "SMOVE h s a",      "SMOVE s h a",  "SINTER s h",        "SINTER none h",     "SUNION s h",
        "SDIFF s h",        "SDIFF none h", "SINTERSTORE d s h", "SUNIONSTORE d s h", "SDIFFSTORE d none h",
        "SINTERCARD 2 s h", "SSCAN h 0"}) {
    EXPECT_THAT(f.run(line), StartsWith("-WRONGTYPE")) << line;
  }
  EXPECT_EQ(f.run("SMOVE none h a"), ":0\r\n");
  EXPECT_EQ(f.members("s"), (std::set<std::string>{"a"}));
}

}  // namespace
}  // namespace basalt
