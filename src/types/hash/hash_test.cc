#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "command/command_testing.h"
#include "types/families.h"
#include "types/hash/hash_writer.h"
#include "types/reply_testing.h"

namespace basalt {

std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> hash_expiry_commands();

namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class HashFixture : public CommandFixture {
 public:
  HashFixture() : CommandFixture({hash_commands(), hash_expiry_commands()}) {}

  std::vector<std::string> list(std::string_view line) { return reply_list(run(line)); }
  Head head(std::string_view name) {
    Txn txn(keyspace(), Access::blocking);
    auto record = txn.find({0, name}, Type::hash);
    CHECK(record && *record) << name;
    Head head = (*record)->head;
    head.body = {};
    return head;
  }
  bool exists(std::string_view name) {
    Txn txn(keyspace(), Access::blocking);
    return *txn.exists({0, name});
  }
  /// What the background does when a field is due.
  std::string expire_fields(std::string_view name) {
    recorder().clear();
    Txn txn(keyspace(), Access::blocking);
    const Key key{0, name};
    CHECK(txn.lock({&key, 1}));
    auto record = txn.find(key, Type::hash);
    CHECK(record && *record) << name;
    CHECK(expire_hash_fields(txn, key, **std::move(record)));
    CHECK(txn.commit());
    return events();
  }
  /// The rows of `scores`: how many fields the index says expire.
  size_t expiry_rows() {
    Txn txn(keyspace(), Access::blocking);
    Cursor cursor = txn.cursor(Column::scores, {});
    size_t rows = 0;
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++rows;
    return rows;
  }
  int64_t now_ms() { return clock().now_ms(); }
};

// Every test runs on a packed and on a spread hash.
class HashTest : public ::testing::TestWithParam<bool>, public HashFixture {
 public:
  HashTest() {
    if (GetParam()) limits().hash_max_listpack_entries = 0;
  }
};
INSTANTIATE_TEST_SUITE_P(Encodings, HashTest, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Spread" : "Packed"; });

TEST_P(HashTest, SetsAndGets) {
  EXPECT_EQ(run("HSET h a 1 b 2"), ":2\r\n");
  EXPECT_EQ(events(), "hset h");
  EXPECT_EQ(head("h").spread(), GetParam());
  EXPECT_EQ(run("HSET h b 3 c 4"), ":1\r\n");
  EXPECT_EQ(run("HMSET h d 5 d 6"), "+OK\r\n");
  EXPECT_EQ(run("HGET h b"), "$1\r\n3\r\n");
  EXPECT_EQ(run("HGET h none"), "$-1\r\n");
  EXPECT_EQ(run("HGET none a"), "$-1\r\n");
  EXPECT_EQ(run("HMGET h a none d"), "*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n6\r\n");
  EXPECT_EQ(run("HMGET none a b"), "*2\r\n$-1\r\n$-1\r\n");
  EXPECT_EQ(run("HLEN h"), ":4\r\n");
  EXPECT_EQ(run("HLEN none"), ":0\r\n");
  EXPECT_THAT(list("HKEYS h"), UnorderedElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(list("HVALS h"), UnorderedElementsAre("1", "3", "4", "6"));
  EXPECT_EQ(list("HGETALL h").size(), 8u);
  EXPECT_EQ(run("HGETALL none"), "*0\r\n");
  EXPECT_EQ(run("HEXISTS h a"), ":1\r\n");
  EXPECT_EQ(run("HEXISTS h none"), ":0\r\n");
  EXPECT_EQ(run("HSTRLEN h a"), ":1\r\n");
  EXPECT_EQ(run("HSTRLEN none a"), ":0\r\n");
  EXPECT_EQ(events(), "");
}

TEST_P(HashTest, SurvivesARestart) {
  run("HSET h a 1 b 2");
  run("HPEXPIRE h 1000 FIELDS 1 a");
  restart();
  EXPECT_EQ(run("HMGET h a b"), "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
  EXPECT_EQ(run("HPTTL h FIELDS 2 a b"), "*2\r\n:1000\r\n:-1\r\n");
}

TEST_P(HashTest, KeepsEmptyAndBinaryBytes) {
  const std::string binary("\0\r\n\xff", 4);
  EXPECT_EQ(run_words({"HSET", "h", "", "", binary, binary}), ":2\r\n");
  EXPECT_EQ(run_words({"HGET", "h", ""}), "$0\r\n\r\n");
  EXPECT_EQ(run_words({"HGET", "h", binary}), "$4\r\n" + binary + "\r\n");
  EXPECT_EQ(run_words({"HDEL", "h", "", binary}), ":2\r\n");
  EXPECT_FALSE(exists("h"));
}

TEST_P(HashTest, RefusesOddArguments) {
  EXPECT_EQ(run("HSET h a 1 b"), "-ERR wrong number of arguments for 'hset' command\r\n");
  EXPECT_EQ(run("HMSET h a 1 b"), "-ERR wrong number of arguments for 'hmset' command\r\n");
  EXPECT_FALSE(exists("h"));
}

TEST_P(HashTest, SetsOnlyWhatIsMissing) {
  EXPECT_EQ(run("HSETNX h a 1"), ":1\r\n");
  EXPECT_EQ(events(), "hset h");
  EXPECT_EQ(run("HSETNX h a 2"), ":0\r\n");
  EXPECT_EQ(events(), "");
  EXPECT_EQ(run("HGET h a"), "$1\r\n1\r\n");
}

TEST_P(HashTest, DeletesFieldsAndTheEmptiedKey) {
  run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(run("HDEL h a none a"), ":1\r\n");
  EXPECT_EQ(events(), "hdel h");
  EXPECT_EQ(run("HDEL h none"), ":0\r\n");
  EXPECT_TRUE(touches().empty());
  EXPECT_EQ(run("HDEL h b c d"), ":2\r\n");
  EXPECT_EQ(events(), "hdel h, del h");
  EXPECT_FALSE(exists("h"));
  EXPECT_EQ(run("HDEL h b"), ":0\r\n");
}

TEST_P(HashTest, Increments) {
  EXPECT_EQ(run("HINCRBY h n 5"), ":5\r\n");
  EXPECT_EQ(events(), "hincrby h");
  EXPECT_EQ(run("HINCRBY h n -7"), ":-2\r\n");
  EXPECT_EQ(run("HINCRBY h n x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(run("HSET h max 9223372036854775807 s x"), ":2\r\n");
  EXPECT_EQ(run("HINCRBY h max 1"), "-ERR increment or decrement would overflow\r\n");
  EXPECT_EQ(run("HINCRBY h s 1"), "-ERR hash value is not an integer\r\n");
  EXPECT_EQ(run("HINCRBYFLOAT h f 10.5"), "$4\r\n10.5\r\n");
  EXPECT_EQ(events(), "hincrbyfloat h");
  EXPECT_EQ(run("HINCRBYFLOAT h f 0.1"), "$4\r\n10.6\r\n");
  EXPECT_EQ(run("HINCRBYFLOAT h s 1"), "-ERR hash value is not a float\r\n");
  EXPECT_EQ(run("HINCRBYFLOAT h f x"), "-ERR value is not a valid float\r\n");
  EXPECT_EQ(run("HINCRBYFLOAT h f inf"), "-ERR value is NaN or Infinity\r\n");
  EXPECT_EQ(run("HGET h n"), "$2\r\n-2\r\n");
}

TEST_P(HashTest, RepliesInResp3) {
  run("HSET h a 1");
  use_protocol(Protocol::resp3);
  EXPECT_EQ(run("HGETALL h"), "%1\r\n$1\r\na\r\n$1\r\n1\r\n");
  EXPECT_EQ(run("HGETALL none"), "%0\r\n");
  EXPECT_EQ(run("HKEYS h"), "*1\r\n$1\r\na\r\n");
  EXPECT_EQ(run("HGET h x"), "_\r\n");
  EXPECT_EQ(run("HRANDFIELD h 1 WITHVALUES"), "*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
}

TEST_P(HashTest, ScansEveryFieldOnce) {
  std::map<std::string, std::string> fields;
  for (int i = 0; i < 60; ++i) {
    fields[fmt::format("f{}", i)] = fmt::format("{}", i);
    run(fmt::format("HSET h f{} {}", i, i));
  }
  std::map<std::string, std::string> seen;
  std::string cursor = "0";
  do {
    const auto page = list(fmt::format("HSCAN h {} COUNT 7", cursor));
    cursor = page[0];
    for (size_t i = 1; i + 1 < page.size(); i += 2) EXPECT_TRUE(seen.emplace(page[i], page[i + 1]).second) << page[i];
  } while (cursor != "0");
  EXPECT_EQ(seen, fields);
  EXPECT_THAT(list("HSCAN h 0 MATCH f1 COUNT 1000"), ElementsAre("0", "f1", "1"));
  EXPECT_THAT(list("HSCAN h 0 MATCH f1 COUNT 1000 NOVALUES"), ElementsAre("0", "f1"));
  EXPECT_EQ(list("HSCAN h 18446744073709551615").size(), GetParam() ? 1u : 121u);
}

TEST_P(HashTest, RefusesWrongScanArguments) {
  EXPECT_EQ(run("HSCAN h x"), "-ERR invalid cursor\r\n");
  EXPECT_EQ(run("HSCAN none 0 FOO"), "*2\r\n$1\r\n0\r\n*0\r\n");
  run("HSET h a 1");
  EXPECT_EQ(run("HSCAN h 0 FOO"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("HSCAN h 0 COUNT 0"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("HSCAN h 0 COUNT"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("HSCAN h 0 COUNT x"), "-ERR value is not an integer or out of range\r\n");
}

TEST_P(HashTest, PicksRandomFields) {
  EXPECT_EQ(run("HRANDFIELD none"), "$-1\r\n");
  EXPECT_EQ(run("HRANDFIELD none 3"), "*0\r\n");
  run("HSET h a 1 b 2 c 3");
  EXPECT_THAT(list("HRANDFIELD h")[0], AnyOf("a", "b", "c"));
  EXPECT_EQ(run("HRANDFIELD h 0"), "*0\r\n");
  EXPECT_THAT(list("HRANDFIELD h 9"), UnorderedElementsAre("a", "b", "c"));
  EXPECT_THAT(list("HRANDFIELD h 3 WITHVALUES"), UnorderedElementsAre("a", "1", "b", "2", "c", "3"));
  const auto two = list("HRANDFIELD h 2");
  EXPECT_EQ(std::set(two.begin(), two.end()).size(), 2u);
  EXPECT_EQ(list("HRANDFIELD h -50").size(), 50u);
  EXPECT_EQ(list("HRANDFIELD h -50 WITHVALUES").size(), 100u);
  EXPECT_EQ(run("HRANDFIELD h -9223372036854775808"),
            "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\r\n");
  EXPECT_EQ(run("HRANDFIELD h 4611686018427387904 WITHVALUES"), "-ERR value is out of range\r\n");
  EXPECT_EQ(run("HRANDFIELD h 1 FOO"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("HRANDFIELD h 1 WITHVALUES x"), "-ERR syntax error\r\n");
}

// ---- expiry of fields ----

TEST_P(HashTest, ExpiresFields) {
  run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 3 a b none"), "*3\r\n:1\r\n:1\r\n:-2\r\n");
  EXPECT_EQ(events(), "hexpire h");
  EXPECT_EQ(run("HTTL h FIELDS 3 a c none"), "*3\r\n:10\r\n:-1\r\n:-2\r\n");
  EXPECT_EQ(run("HPTTL h FIELDS 1 a"), "*1\r\n:10000\r\n");
  EXPECT_EQ(run("HEXPIRETIME h FIELDS 1 a"), fmt::format("*1\r\n:{}\r\n", (now_ms() + 10'000) / 1000));
  EXPECT_EQ(run("HPEXPIRETIME h FIELDS 1 a"), fmt::format("*1\r\n:{}\r\n", now_ms() + 10'000));
  EXPECT_EQ(head("h").next_field_expiry_ms, now_ms() + 10'000);

  clock().advance_ms(10'000);
  EXPECT_EQ(run("HGET h a"), "$1\r\n1\r\n") << "lives in the millisecond it expires in, as keys do";
  clock().advance_ms(1);
  EXPECT_EQ(run("HGET h a"), "$-1\r\n");
  EXPECT_EQ(run("HMGET h a b c"), "*3\r\n$-1\r\n$-1\r\n$1\r\n3\r\n");
  EXPECT_THAT(list("HGETALL h"), ElementsAre("c", "3"));
  EXPECT_THAT(list("HSCAN h 0"), ElementsAre("0", "c", "3"));
  EXPECT_THAT(list("HRANDFIELD h 5"), ElementsAre("c"));
  EXPECT_THAT(list("HRANDFIELD h"), ElementsAre("c"));
  EXPECT_EQ(run("HEXISTS h a"), ":0\r\n");
  EXPECT_EQ(run("HSTRLEN h a"), ":0\r\n");
  EXPECT_EQ(run("HPTTL h FIELDS 1 a"), "*1\r\n:-2\r\n");
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 1 a"), "*1\r\n:-2\r\n");
  EXPECT_EQ(run("HPERSIST h FIELDS 1 a"), "*1\r\n:-2\r\n");
  EXPECT_EQ(run("HLEN h"), ":3\r\n") << "not removed yet";

  EXPECT_EQ(expire_fields("h"), "hexpired h");
  EXPECT_EQ(run("HLEN h"), ":1\r\n");
  EXPECT_EQ(head("h").next_field_expiry_ms, 0);
  EXPECT_EQ(expiry_rows(), 0u);
}

TEST_P(HashTest, TheLastExpiredFieldTakesTheKey) {
  run("HSET h a 1 b 2");
  run("HPEXPIRE h 5 FIELDS 1 a");
  run("HPEXPIRE h 6 FIELDS 1 b");
  clock().advance_ms(6);
  EXPECT_EQ(expire_fields("h"), "hexpired h");
  EXPECT_EQ(head("h").next_field_expiry_ms, now_ms());
  EXPECT_EQ(expire_fields("h"), "") << "nothing is due";
  clock().advance_ms(1);
  EXPECT_EQ(run("HGETALL h"), "*0\r\n");
  EXPECT_EQ(run("HRANDFIELD h"), "$-1\r\n");
  EXPECT_EQ(run("HRANDFIELD h -3"), "*0\r\n");
  EXPECT_EQ(expire_fields("h"), "hexpired h, del h");
  EXPECT_FALSE(exists("h"));
}

TEST_P(HashTest, ExpiryConditions) {
  run("HSET h a 1 b 2");
  EXPECT_EQ(run("HPEXPIRE h 1000 XX FIELDS 1 a"), "*1\r\n:0\r\n");
  EXPECT_EQ(run("HPEXPIRE h 1000 GT FIELDS 1 a"), "*1\r\n:0\r\n") << "none is later than never";
  EXPECT_EQ(events(), "");
  EXPECT_EQ(run("HPEXPIRE h 1000 LT FIELDS 1 a"), "*1\r\n:1\r\n");
  EXPECT_EQ(run("HPEXPIRE h 2000 NX FIELDS 2 a b"), "*2\r\n:0\r\n:1\r\n");
  EXPECT_EQ(run("HPEXPIRE h 1000 GT FIELDS 1 a"), "*1\r\n:0\r\n");
  EXPECT_EQ(run("HPEXPIRE h 1001 GT FIELDS 1 a"), "*1\r\n:1\r\n");
  EXPECT_EQ(run("HPEXPIRE h 1001 lt FIELDS 1 a"), "*1\r\n:0\r\n");
  EXPECT_EQ(run("HPEXPIRE h 7 xx FIELDS 2 a none"), "*2\r\n:1\r\n:-2\r\n");
  EXPECT_EQ(run("HPTTL h FIELDS 2 a b"), "*2\r\n:7\r\n:2000\r\n");
  EXPECT_EQ(expiry_rows(), GetParam() ? 2u : 0u);
  EXPECT_EQ(head("h").next_field_expiry_ms, now_ms() + 7);
}

TEST_P(HashTest, ExpiryInThePastDeletes) {
  run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(run("HPEXPIREAT h 1 FIELDS 3 a a none"), "*3\r\n:2\r\n:-2\r\n:-2\r\n");
  EXPECT_EQ(events(), "hdel h");
  EXPECT_EQ(run("HLEN h"), ":2\r\n");
  EXPECT_EQ(run("HEXPIRE h 0 FIELDS 2 b c"), "*2\r\n:2\r\n:2\r\n");
  EXPECT_EQ(events(), "hdel h, del h");
  EXPECT_FALSE(exists("h"));
}

TEST_P(HashTest, WritingAndTimes) {
  run("HSET h a 1 b 2 c 3");
  run("HPEXPIRE h 1000 FIELDS 3 a b c");
  EXPECT_EQ(run("HSET h a 9"), ":0\r\n");
  EXPECT_EQ(run("HINCRBY h b 1"), ":3\r\n");
  EXPECT_EQ(run("HINCRBYFLOAT h c 0.5"), "$3\r\n3.5\r\n");
  EXPECT_EQ(run("HPTTL h FIELDS 3 a b c"), "*3\r\n:-1\r\n:1000\r\n:1000\r\n");
  EXPECT_EQ(run("HPERSIST h FIELDS 3 a b none"), "*3\r\n:-1\r\n:1\r\n:-2\r\n");
  EXPECT_EQ(events(), "hpersist h");
  EXPECT_EQ(expiry_rows(), GetParam() ? 1u : 0u);
  EXPECT_EQ(run("HDEL h c"), ":1\r\n");
  EXPECT_EQ(expiry_rows(), 0u);
  clock().advance_ms(2000);
  EXPECT_EQ(run("HMGET h a b"), "*2\r\n$1\r\n9\r\n$1\r\n3\r\n");
  EXPECT_EQ(expire_fields("h"), "");
  EXPECT_EQ(head("h").next_field_expiry_ms, 0);
}

TEST_P(HashTest, AnExpiredFieldIsAsIfMissingForWriters) {
  run("HSET h a 1 b 2 c 3");
  run("HPEXPIRE h 5 FIELDS 2 a b");
  clock().advance_ms(6);
  EXPECT_EQ(run("HINCRBY h a 7"), ":7\r\n");
  EXPECT_EQ(events(), "hexpired h, hincrby h");
  EXPECT_EQ(run("HSETNX h b new"), ":1\r\n");
  EXPECT_EQ(events(), "hexpired h, hset h");
  EXPECT_EQ(run("HPTTL h FIELDS 2 a b"), "*2\r\n:-1\r\n:-1\r\n");
  EXPECT_EQ(run("HLEN h"), ":3\r\n");
  EXPECT_EQ(expiry_rows(), 0u);
}

TEST_P(HashTest, TheOnlyFieldExpiredMakesANewHash) {
  run("HSET h a 1");
  run("HPEXPIRE h 5 FIELDS 1 a");
  clock().advance_ms(6);
  EXPECT_EQ(run("HSETNX h b new"), ":1\r\n") << "b was not there; a stays until it is removed";
  run("HDEL h b");
  EXPECT_EQ(run("HINCRBY h a 7"), ":7\r\n");
  EXPECT_EQ(events(), "hexpired h, del h, hincrby h");
  EXPECT_EQ(run("HGETALL h"), "*2\r\n$1\r\na\r\n$1\r\n7\r\n");
  EXPECT_EQ(run("HLEN h"), ":1\r\n");
  EXPECT_EQ(head("h").next_field_expiry_ms, 0);
}

TEST_P(HashTest, RefusesWrongExpiryArguments) {
  EXPECT_EQ(run("HEXPIRE none 10 FIELDS 2 a b"), "*2\r\n:-2\r\n:-2\r\n");
  EXPECT_EQ(run("HTTL none FIELDS 1 a"), "*1\r\n:-2\r\n");
  EXPECT_EQ(run("HPERSIST none FIELDS 1 a"), "*1\r\n:-2\r\n");
  run("HSET h a 1");
  EXPECT_EQ(run("HEXPIRE h -1 FIELDS 1 a"), "-ERR invalid expire time, must be >= 0\r\n");
  EXPECT_EQ(run("HEXPIRE h x FIELDS 1 a"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(run("HEXPIRE h 281474976710 FIELDS 1 a"), "-ERR invalid expire time in 'hexpire' command\r\n");
  EXPECT_EQ(run("HPEXPIREAT h 70368744177664 FIELDS 1 a"), "-ERR invalid expire time in 'hpexpireat' command\r\n");
  EXPECT_EQ(run("HPEXPIREAT h 70368744177663 FIELDS 1 a"), "*1\r\n:1\r\n");
  EXPECT_EQ(run("HEXPIRE h 10 FOO 1 a"), "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n");
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 0 a"), "-ERR Parameter `numFields` should be greater than 0\r\n");
  EXPECT_EQ(run("HEXPIRE h 10 FIELDS 2 a"), "-ERR The `numfields` parameter must match the number of arguments\r\n");
  EXPECT_EQ(run("HEXPIRE h 10 NX FIELDS 1"), "-ERR The `numfields` parameter must match the number of arguments\r\n");
  EXPECT_EQ(run("HTTL h FIELDS x a"), "-ERR Number of fields must be a positive integer\r\n");
  EXPECT_EQ(run("HPERSIST h FIELD 1 a"), "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n");
}

// ---- encodings ----

TEST(HashEncoding, SpreadsBeyondTheNumberOfEntries) {
  HashFixture f;
  f.limits().hash_max_listpack_entries = 3;
  f.run("HSET h a 1 b 2 c 3");
  f.run("HSET h a 4");
  EXPECT_FALSE(f.head("h").spread());
  f.run("HPEXPIRE h 100 FIELDS 1 b");
  f.run("HSET h d 5");
  EXPECT_TRUE(f.head("h").spread());
  EXPECT_EQ(f.head("h").size, 4u);
  EXPECT_EQ(f.expiry_rows(), 1u);
  EXPECT_EQ(f.head("h").next_field_expiry_ms, f.now_ms() + 100);
  EXPECT_EQ(f.run("HMGET h a b c d"), "*4\r\n$1\r\n4\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n5\r\n");
  f.run("HDEL h a b");
  EXPECT_TRUE(f.head("h").spread()) << "never back";
}

TEST(HashEncoding, SpreadsForALongFieldOrValue) {
  HashFixture f;
  const std::string at_limit(64, 'x');
  const std::string beyond(65, 'x');
  f.run_words({"HSET", "h", at_limit, at_limit});
  EXPECT_FALSE(f.head("h").spread());
  f.run_words({"HSET", "h", "a", beyond});
  EXPECT_TRUE(f.head("h").spread());
  f.run_words({"HSET", "g", beyond, "1"});
  EXPECT_TRUE(f.head("g").spread());
}

TEST(HashEncoding, SpreadsBeyondThePackedBytes) {
  HashFixture f;
  f.limits().packed_max_bytes = 100;
  const std::string value(40, 'x');
  f.run_words({"HSET", "h", "a", value, "b", value});
  EXPECT_FALSE(f.head("h").spread());
  f.run_words({"HSET", "h", "c", value});
  EXPECT_TRUE(f.head("h").spread());
  EXPECT_EQ(f.list("HGETALL h").size(), 6u);
}

TEST(HashEncoding, ManyFieldsAtOnce) {
  HashFixture f;
  std::vector<std::string> words{"HSET", "h"};
  for (int i = 0; i < 5000; ++i) {
    words.push_back(fmt::format("f{}", i % 4000));
    words.push_back(fmt::format("{}", i));
  }
  EXPECT_EQ(f.run_words(words), ":4000\r\n");
  EXPECT_EQ(f.run("HLEN h"), ":4000\r\n");
  EXPECT_EQ(f.list("HGETALL h").size(), 8000u);
  EXPECT_EQ(f.run("HGET h f17"), "$4\r\n4017\r\n");
  EXPECT_EQ(f.run_words(words), ":0\r\n");
}

TEST(HashEncoding, OverwritingASpreadFieldLeavesTheHeadAlone) {
  HashFixture f;
  f.limits().hash_max_listpack_entries = 0;
  f.run("HSET h a 1");
  auto records_written = [&](std::string_view line) {
    const uint64_t before = f.keyspace().store().ticker("rocksdb.number.keys.written");
    f.run(line);
    return f.keyspace().store().ticker("rocksdb.number.keys.written") - before;
  };
  EXPECT_EQ(records_written("HSET h a 2"), 1u);
  EXPECT_EQ(records_written("HSET h b 2"), 2u);
  EXPECT_EQ(records_written("HPEXPIRE h 100 FIELDS 1 a"), 4u) << "item, scores row, head, and its row in expiry";
}

TEST(HashExpiry, RemovesManyFieldsInSeveralBatches) {
  HashFixture f;
  std::vector<std::string> set{"HSET", "h"}, expire{"HPEXPIRE", "h", "5", "FIELDS", "2500"};
  for (int i = 0; i < 2500; ++i) {
    set.push_back(fmt::format("f{}", i));
    set.push_back("v");
    expire.push_back(fmt::format("f{}", i));
  }
  f.run_words(set);
  f.run("HSET h stays v");
  f.run_words(expire);
  EXPECT_EQ(f.expiry_rows(), 2500u);
  f.clock().advance_ms(6);
  int batches = 0;
  while (f.head("h").next_field_expiry_ms != 0) {
    EXPECT_EQ(f.expire_fields("h"), "hexpired h");
    ++batches;
  }
  EXPECT_EQ(batches, 3);
  EXPECT_EQ(f.run("HLEN h"), ":1\r\n");
  EXPECT_EQ(f.expiry_rows(), 0u);
}

// The way it goes in the server: the expiry index leads the keyspace to the hash.
TEST(HashExpiry, TheBackgroundRemovesWhatIsDue) {
  HashFixture f;
  connect_types(f.keyspace());
  std::vector<std::string> set{"HSET", "big"}, expire{"HPEXPIRE", "big", "5", "FIELDS", "2500"};
  for (int i = 0; i < 2500; ++i) {
    set.push_back(fmt::format("f{}", i));
    set.push_back("v");
    expire.push_back(fmt::format("f{}", i));
  }
  f.run_words(set);
  f.run("HSET big stays v");
  f.run_words(expire);
  f.run("HSET small a 1 b 2");
  f.run("HPEXPIRE small 5 FIELDS 1 a");
  f.run("HPEXPIRE small 7 FIELDS 1 b");
  f.clock().advance_ms(5);
  ASSERT_TRUE(f.keyspace().expire_due(1000));
  EXPECT_EQ(f.run("HLEN small"), ":2\r\n");

  f.clock().advance_ms(1);
  f.recorder().clear();
  ASSERT_TRUE(f.keyspace().expire_due(1000));
  EXPECT_EQ(f.events(), "hexpired big, hexpired small, hexpired big, hexpired big");
  EXPECT_EQ(f.run("HLEN big"), ":1\r\n");
  EXPECT_EQ(f.run("HKEYS small"), "*1\r\n$1\r\nb\r\n");
  EXPECT_EQ(f.expiry_rows(), 0u);

  f.clock().advance_ms(2);
  f.recorder().clear();
  ASSERT_TRUE(f.keyspace().expire_due(1000));
  EXPECT_EQ(f.events(), "hexpired small, del small");
  EXPECT_FALSE(f.exists("small"));
}

TEST(HashExpiry, AStaleTimeInTheHeadIsPutRight) {
  HashFixture f;
  connect_types(f.keyspace());
  f.limits().hash_max_listpack_entries = 0;
  f.run("HSET h a 1 b 2");
  f.run("HPEXPIRE h 5 FIELDS 1 a");
  f.run("HPEXPIRE h 9 FIELDS 1 b");
  f.run("HSET h a 3");
  EXPECT_EQ(f.head("h").next_field_expiry_ms, f.now_ms() + 5) << "clearing a time costs no write of the head";
  f.clock().advance_ms(6);
  f.recorder().clear();
  ASSERT_TRUE(f.keyspace().expire_due(1000));
  EXPECT_EQ(f.events(), "");
  EXPECT_EQ(f.head("h").next_field_expiry_ms, f.now_ms() + 3);
  f.clock().advance_ms(4);
  ASSERT_TRUE(f.keyspace().expire_due(1000));
  EXPECT_EQ(f.run("HGETALL h"), "*2\r\n$1\r\na\r\n$1\r\n3\r\n");
  EXPECT_EQ(f.run("HLEN h"), ":1\r\n");
}

TEST(HashTypes, RefusesOtherTypes) {
  HashFixture f;
  {
    Txn txn(f.keyspace(), Access::blocking);
    const Key key{0, "s"};
    ASSERT_TRUE(txn.lock({&key, 1}));
    ASSERT_TRUE(txn.put_string_blind(key, "x", 0));
    ASSERT_TRUE(txn.commit());
  }
  for (std::string_view line : {"HSET s a 1",     "HSETNX s a 1",
                                "HMSET s a 1",    "HGET s a",
                                "HMGET s a",      "HGETALL s",
                                "HKEYS s",        "HVALS s",
                                "HLEN s",         "HSTRLEN s a",
                                "HEXISTS s a",    "HDEL s a",
                                "HINCRBY s a 1",  "HINCRBYFLOAT s a 1",
                                "HRANDFIELD s",   "HRANDFIELD s 2",
                                "HSCAN s 0",      "HEXPIRE s x FIELDS 1 a",
                                "HTTL s FOO 1 a", "HPERSIST s FOO 1 a"}) {
    EXPECT_THAT(f.run(line), StartsWith("-WRONGTYPE")) << line;
  }
}

}  // namespace
}  // namespace basalt
