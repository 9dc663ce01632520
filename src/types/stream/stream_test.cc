// Streams: what transcripts don't reach: nodes, trimming of many, what is on disk after a restart, waiting.
#include "types/stream/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "command/command_testing.h"
#include "types/reply_testing.h"
#include "types/stream/stream_id.h"
#include "types/stream/stream_records.h"

namespace basalt {

std::span<const CommandSpec> stream_commands();
std::span<const CommandSpec> key_commands();
std::span<const CommandSpec> expire_commands();

namespace {

using ::testing::StartsWith;

std::string bulk(std::string_view text) { return fmt::format("${}\r\n{}\r\n", text.size(), text); }

class StreamTest : public ::testing::Test, public CommandFixture {
 protected:
  StreamTest() : CommandFixture({stream_commands(), key_commands(), expire_commands()}) {}

  void add(std::string_view key, int from, int to) {
    for (int i = from; i <= to; ++i) run(fmt::format("XADD {} {} f {}", key, i, i));
  }
  /// A number that XINFO STREAM tells.
  std::string told(std::string_view key, std::string_view field) {
    const std::string reply = run(fmt::format("XINFO STREAM {}", key));
    const std::string name = fmt::format("{}\r\n", field);
    const size_t at = reply.find(name);
    if (at == std::string::npos) return "?";
    std::string_view value = std::string_view(reply).substr(at + name.size());
    if (value.front() == '$') value.remove_prefix(value.find("\r\n") + 2);
    else value.remove_prefix(1);
    return std::string(value.substr(0, value.find("\r\n")));
  }
  /// How many records the stream column has.
  size_t records() {
    Txn txn(keyspace(), Access::blocking);
    Cursor cursor = txn.cursor(Column::streams, {});
    size_t count = 0;
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++count;
    return count;
  }
};

TEST_F(StreamTest, IdsAreReadAsRedisReadsThem) {
  EXPECT_EQ(*parse_stream_id("5"), (StreamId{5, 0}));
  EXPECT_EQ(*parse_stream_id("5", 7), (StreamId{5, 7}));
  EXPECT_EQ(*parse_stream_id("18446744073709551615-18446744073709551615"), kMaxStreamId);
  EXPECT_FALSE(parse_stream_id("18446744073709551616-0"));
  EXPECT_FALSE(parse_stream_id(""));
  EXPECT_FALSE(parse_stream_id("-"));
  EXPECT_FALSE(parse_stream_id("1-"));
  EXPECT_FALSE(parse_stream_id("1-*"));
  EXPECT_EQ(*parse_stream_bound("-"), kMinStreamId);
  EXPECT_EQ(*parse_stream_bound("+"), kMaxStreamId);
  EXPECT_EQ(*parse_range_start("(5-18446744073709551615"), (StreamId{6, 0}));
  EXPECT_EQ(*parse_range_end("(5-0"), (StreamId{4, UINT64_MAX}));
  EXPECT_FALSE(parse_range_start("(18446744073709551615-18446744073709551615"));
  EXPECT_FALSE(parse_range_end("(0-0"));
  EXPECT_TRUE(parse_new_stream_id("*")->auto_ms);
  EXPECT_TRUE(parse_new_stream_id("9-*")->auto_sequence);
  EXPECT_EQ(to_string({3, 4}), "3-4");
}

TEST_F(StreamTest, AnIdIsNeverBelowTheLastWhateverTheClockSays) {
  EXPECT_EQ(run("XADD s * f v"), bulk("1700000000000-0"));
  EXPECT_EQ(run("XADD s * f v"), bulk("1700000000000-1"));
  clock().advance_ms(-5000);
  EXPECT_EQ(run("XADD s * f v"), bulk("1700000000000-2"));
  clock().advance_ms(10'000);
  EXPECT_EQ(run("XADD s * f v"), bulk("1700000005000-0"));
}

TEST_F(StreamTest, EverythingIsThereAfterARestart) {
  limits().stream_node_max_entries = 3;
  add("s", 1, 10);
  run("XDEL s 2 5");
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g alice COUNT 4 STREAMS s >");
  run("XACK s g 3-0");
  const std::string info = run("XINFO STREAM s FULL");
  const std::string range = run("XRANGE s - +");
  restart();
  limits().stream_node_max_entries = 3;
  EXPECT_EQ(run("XINFO STREAM s FULL"), info);
  EXPECT_EQ(run("XRANGE s - +"), range);
  EXPECT_EQ(run("XADD s 11 f v"), bulk("11-0"));
  EXPECT_EQ(run("XLEN s"), ":9\r\n");
}

TEST_F(StreamTest, NodesFollowTheirLimits) {
  limits().stream_node_max_entries = 3;
  add("s", 1, 7);
  EXPECT_EQ(told("s", "radix-tree-keys"), "3");
  run("XDEL s 4 5");
  EXPECT_EQ(told("s", "radix-tree-keys"), "3");
  run("XDEL s 6");
  EXPECT_EQ(told("s", "radix-tree-keys"), "2") << "a node without entries goes";
  run("XDEL s 7");
  EXPECT_EQ(told("s", "radix-tree-keys"), "1") << "the one before is the last one now";
  run("XADD s 8 f v");
  EXPECT_EQ(told("s", "radix-tree-keys"), "2") << "and full";
  run("XDEL s 8 3 2 1");
  EXPECT_EQ(told("s", "radix-tree-keys"), "0");
  EXPECT_EQ(told("s", "recorded-first-entry-id"), "0-0");
  EXPECT_EQ(run("XADD s 9 f v"), bulk("9-0"));
  EXPECT_EQ(told("s", "recorded-first-entry-id"), "9-0");
  EXPECT_EQ(records(), 1u);
}

TEST_F(StreamTest, NodesHaveAsManyBytesAsInRedis) {
  // Redis 7.0 begins a new node with the 36th, the 105th, … of these.
  limits().stream_node_max_entries = 0;
  for (int i = 1; i <= 35; ++i) run(fmt::format("XADD s {} field{} {}", i, i % 2, std::string(100, 'x')));
  const std::string before = told("s", "radix-tree-keys");
  EXPECT_EQ(before, "1");
  run(fmt::format("XADD s 36 field0 {}", std::string(100, 'x')));
  run(fmt::format("XADD s 37 field0 {}", std::string(100, 'x')));
  EXPECT_EQ(told("s", "radix-tree-keys"), "2");
}

TEST_F(StreamTest, TrimmingWholeNodes) {
  limits().stream_node_max_entries = 10;
  add("s", 1, 55);
  EXPECT_EQ(run("XTRIM s MAXLEN ~ 25"), ":30\r\n");
  EXPECT_EQ(told("s", "recorded-first-entry-id"), "31-0");
  EXPECT_EQ(run("XTRIM s MINID ~ 41"), ":10\r\n");
  EXPECT_EQ(run("XTRIM s MAXLEN = 12"), ":3\r\n");
  EXPECT_EQ(told("s", "recorded-first-entry-id"), "44-0");
  EXPECT_EQ(told("s", "radix-tree-keys"), "2");
  EXPECT_EQ(run("XTRIM s MAXLEN 0"), ":12\r\n");
  EXPECT_EQ(run("XLEN s"), ":0\r\n");
  EXPECT_EQ(run("XRANGE s - +"), "*0\r\n");
  EXPECT_EQ(records(), 0u);
}

TEST_F(StreamTest, TrimmingVeryMany) {
  const int many = static_cast<int>(kManyStreamRecords) + 500;
  add("s", 1, many);
  EXPECT_EQ(run("XTRIM s MAXLEN 5"), fmt::format(":{}\r\n", many - 5));
  EXPECT_EQ(told("s", "recorded-first-entry-id"), fmt::format("{}-0", many - 4));
  EXPECT_THAT(run("XRANGE s - +"), StartsWith("*5\r\n"));
  EXPECT_EQ(run("XTRIM s MAXLEN 0"), ":5\r\n");
  // New entries where the old ones were.
  EXPECT_EQ(run("XSETID s 1"), "+OK\r\n");
  EXPECT_EQ(run("XADD s 7 f v"), bulk("7-0"));
  EXPECT_THAT(run("XRANGE s - +"), StartsWith("*1\r\n"));
  EXPECT_EQ(records(), 1u);
}

TEST_F(StreamTest, AGroupLeavesNothingBehind) {
  add("s", 1, 20);
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g alice COUNT 10 STREAMS s >");
  run("XREADGROUP GROUP g bob STREAMS s >");
  run("XCLAIM s g bob 0 1 2 3");
  EXPECT_EQ(run("XGROUP DELCONSUMER s g alice"), ":7\r\n");
  EXPECT_EQ(run("XPENDING s g"),
            "*4\r\n:13\r\n" + bulk("1-0") + bulk("20-0") + "*1\r\n*2\r\n" + bulk("bob") + bulk("13"));
  EXPECT_EQ(run("XGROUP DESTROY s g"), ":1\r\n");
  EXPECT_EQ(records(), 20u);
}

TEST_F(StreamTest, TheFirstPendingIdFollows) {
  add("s", 1, 6);
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g c STREAMS s >");
  const auto first = [&] {
    const std::string reply = run("XPENDING s g");
    return reply.substr(reply.find('$'), 9);
  };
  run("XACK s g 2 1");
  EXPECT_EQ(first(), bulk("3-0"));
  run("XACK s g 5");
  EXPECT_EQ(first(), bulk("3-0"));
  run("XCLAIM s g c 0 2 FORCE");
  EXPECT_EQ(first(), bulk("2-0"));
  run("XACK s g 2 3 4");
  EXPECT_EQ(first(), bulk("6-0"));
  run("XACK s g 6");
  EXPECT_EQ(run("XPENDING s g"), "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n");
  EXPECT_EQ(run("XREADGROUP GROUP g c STREAMS s 0"), "*1\r\n*2\r\n" + bulk("s") + "*0\r\n");
}

TEST_F(StreamTest, TheSameStreamTwiceInOneRead) {
  add("s", 1, 2);
  run("XGROUP CREATE s g 0");
  EXPECT_THAT(run("XREADGROUP GROUP g c STREAMS s s > >"), StartsWith("*1\r\n"));
  EXPECT_THAT(run("XREADGROUP GROUP g c STREAMS s s 0 0"), StartsWith("*2\r\n"));
}

TEST_F(StreamTest, CopiesAndDeletesCarryEverything) {
  add("s", 1, 5);
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g alice STREAMS s >");
  const std::string info = run("XINFO STREAM s FULL");
  EXPECT_EQ(run("COPY s t"), ":1\r\n");
  run("XTRIM s MAXLEN 0");
  EXPECT_EQ(run("XINFO STREAM t FULL"), info);
  EXPECT_EQ(run("RENAME t u"), "+OK\r\n");
  EXPECT_EQ(run("XINFO STREAM u FULL"), info);
  EXPECT_EQ(run("TYPE u"), "+stream\r\n");
  EXPECT_EQ(run("DEL u s"), ":2\r\n");
  clock().advance_ms(24 * 60 * 60 * 1000);
  ASSERT_TRUE(keyspace().collect_garbage(10));
  EXPECT_EQ(records(), 0u);
}

TEST_F(StreamTest, WhoWaitsKeepsTheIdThatItMeant) {
  add("s", 1, 3);
  EXPECT_EQ(run("XREAD BLOCK 500 STREAMS s t $ $"), "");
  EXPECT_EQ(last_outcome().kind, Outcome::Kind::wait);
  EXPECT_EQ(last_outcome().timeout_ms, 500);
  EXPECT_TRUE(last_outcome().each_for_itself);
  ASSERT_TRUE(last_outcome().later_args);
  EXPECT_THAT(*last_outcome().later_args,
              ::testing::ElementsAre("XREAD", "BLOCK", "500", "STREAMS", "s", "t", "3-0", "0-0"));
  add("s", 4, 4);
  EXPECT_EQ(run_woken("s", "XREAD BLOCK 500 STREAMS s t 3-0 0-0"),
            "*1\r\n*2\r\n" + bulk("s") + "*1\r\n*2\r\n" + bulk("4-0") + "*2\r\n" + bulk("f") + bulk("4"));
  EXPECT_EQ(run_woken("t", "XREAD BLOCK 500 STREAMS s t 3-0 0-0"), "") << "woken by the other one";
  EXPECT_EQ(last_outcome().kind, Outcome::Kind::wait);
}

TEST_F(StreamTest, AGroupThatGoesWakesWithAnError) {
  run("XGROUP CREATE s g $ MKSTREAM");
  EXPECT_EQ(run("XREADGROUP GROUP g c BLOCK 0 STREAMS s >"), "");
  EXPECT_EQ(last_outcome().kind, Outcome::Kind::wait);
  run("XGROUP DESTROY s g");
  EXPECT_EQ(run_woken("s", "XREADGROUP GROUP g c BLOCK 0 STREAMS s >"),
            "-NOGROUP the consumer group this client was blocked on no longer exists\r\n");
  run("DEL s");
  EXPECT_EQ(run_woken("s", "XREADGROUP GROUP g c BLOCK 0 STREAMS s >"),
            "-UNBLOCKED the stream key no longer exists\r\n");
}

TEST_F(StreamTest, Events) {
  run("XADD s 1 f v");
  EXPECT_EQ(events(), "xadd s");
  run("XADD s MAXLEN 1 2 f v");
  EXPECT_EQ(events(), "xadd s, xtrim s");
  run("XGROUP CREATE s g 0");
  EXPECT_EQ(events(), "xgroup-create s");
  EXPECT_FALSE(touches().front().modified) << "a group breaks no WATCH";
  run("XREADGROUP GROUP g c STREAMS s >");
  EXPECT_EQ(events(), "xgroup-createconsumer s");
  run("XACK s g 2");
  EXPECT_EQ(events(), "");
  recorder().want_rare_events(true);
  run("XADD new 1 f v");
  EXPECT_EQ(events(), "new new, xadd new");
}

}  // namespace
}  // namespace basalt
