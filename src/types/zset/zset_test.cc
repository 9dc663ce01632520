// The sorted set commands, in both encodings.
#include "types/zset/zset_testing.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <set>
#include <thread>

#include "layout/record_key.h"
#include "types/zset/zset_writer.h"

namespace basalt {
namespace {

using ::testing::TestWithParam;
using std::string_literals::operator""s;

constexpr std::string_view kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

// Every test of this suite runs with small zsets packed, and with all of them spread.
class ZsetCommands : public Zsets, public TestWithParam<bool> {
 protected:
  ZsetCommands() {
    if (GetParam()) limits().zset_max_listpack_entries = 0;
  }
};
INSTANTIATE_TEST_SUITE_P(Encoding, ZsetCommands, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Spread" : "Packed"; });

TEST_P(ZsetCommands, AddReplaceRemove) {
  EXPECT_EQ(run("ZADD z 1 a 2 b 3 c"), ":3\r\n");
  EXPECT_EQ(events(), "zadd z");
  EXPECT_EQ(spread("z"), GetParam());
  EXPECT_EQ(run("ZADD z 5 a 2 b 4 d"), ":1\r\n");
  EXPECT_EQ(run("ZADD z CH 6 a 2 b 7 e"), ":2\r\n");
  EXPECT_EQ(list("ZRANGE z 0 -1 WITHSCORES"), (List{"b", "2", "c", "3", "d", "4", "a", "6", "e", "7"}));
  EXPECT_EQ(run("ZADD z 2 b"), ":0\r\n");
  EXPECT_TRUE(touches().empty()) << "nothing changed";
  EXPECT_EQ(run("ZREM z a nothing b a"), ":2\r\n");
  EXPECT_EQ(events(), "zrem z");
  EXPECT_EQ(run("ZCARD z"), ":3\r\n");
  EXPECT_EQ(run("ZREM z c d e f"), ":3\r\n");
  EXPECT_EQ(events(), "zrem z, del z");
  EXPECT_FALSE(exists({0, "z"}));
  EXPECT_EQ(run("ZREM z a"), ":0\r\n");
}

TEST_P(ZsetCommands, TheSameMemberTwiceInOneCommand) {
  EXPECT_EQ(run("ZADD z 1 a 2 a 1 b"), ":2\r\n");
  EXPECT_EQ(list("ZRANGE z 0 -1 WITHSCORES"), (List{"b", "1", "a", "2"}));
  EXPECT_EQ(run("ZADD z CH 3 a 2 a 5 b"), ":3\r\n") << "each change counts, even back";
  EXPECT_EQ(list("ZRANGE z 0 -1 WITHSCORES"), (List{"a", "2", "b", "5"}));
  EXPECT_EQ(run("ZCOUNT z 2 2"), ":1\r\n") << "no row is left behind";
  EXPECT_EQ(run("ZADD z NX 9 c 8 c"), ":1\r\n");
  EXPECT_EQ(run("ZSCORE z c"), "$1\r\n9\r\n");
}

TEST_P(ZsetCommands, AddOptions) {
  run("ZADD z 5 a");
  EXPECT_EQ(run("ZADD z NX 9 a 1 b"), ":1\r\n");
  EXPECT_EQ(run("ZADD z XX CH 6 a 1 c"), ":1\r\n");
  EXPECT_EQ(run("ZADD z GT CH 5 a 2 b 3 c"), ":2\r\n");
  EXPECT_EQ(run("ZADD z LT CH 7 a 1 b"), ":1\r\n");
  EXPECT_EQ(list("ZRANGE z 0 -1 WITHSCORES"), (List{"b", "1", "c", "3", "a", "6"}));
  EXPECT_EQ(run("ZADD z INCR 2.5 a"), "$3\r\n8.5\r\n");
  EXPECT_EQ(events(), "zincr z");
  EXPECT_EQ(run("ZADD z NX INCR 1 a"), "$-1\r\n");
  EXPECT_EQ(run("ZADD z XX INCR 1 nothing"), "$-1\r\n");
  EXPECT_EQ(run("ZADD z GT INCR -1 a"), "$-1\r\n");
  EXPECT_EQ(run("ZADD nothing XX 1 a"), ":0\r\n");
  EXPECT_FALSE(exists({0, "nothing"}));
  EXPECT_EQ(run("ZADD z NX XX 1 a"), "-ERR XX and NX options at the same time are not compatible\r\n");
  EXPECT_EQ(run("ZADD z GT LT 1 a"), "-ERR GT, LT, and/or NX options at the same time are not compatible\r\n");
  EXPECT_EQ(run("ZADD z INCR 1 a 2 b"), "-ERR INCR option supports a single increment-element pair\r\n");
  EXPECT_EQ(run("ZADD z 1 a 2"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("ZADD z 1 d x e"), "-ERR value is not a valid float\r\n");
  EXPECT_EQ(run("ZCARD z"), ":3\r\n") << "all or nothing";
}

TEST_P(ZsetCommands, ScoresAtTheEdges) {
  run("ZADD z inf up -inf down 1e17 big 0x10 hex -0 zero 1e-320 tiny");
  EXPECT_EQ(list("ZRANGE z 0 -1"), (List{"down", "zero", "tiny", "hex", "big", "up"}));
  EXPECT_EQ(list("ZMSCORE z up down big hex tiny nothing"),
            (List{"inf", "-inf", "1e+17", "16", "9.9998886718268301e-321", "(nil)"}));
  EXPECT_EQ(run("ZINCRBY z -inf up"), "-ERR resulting score is not a number (NaN)\r\n");
  EXPECT_EQ(run("ZADD z nan a"), "-ERR value is not a valid float\r\n");
  // Redis's listpacks have no -0, its skiplists do.
  const std::string zero = GetParam() ? "-0" : "0";
  EXPECT_EQ(run("ZADD z 0 zero"), ":0\r\n") << "they are equal";
  EXPECT_EQ(list("ZSCORE z zero"), List{zero});
  EXPECT_EQ(list("ZRANGEBYSCORE z 0 0 WITHSCORES"), (List{"zero", zero}));
  EXPECT_EQ(list("ZRANGEBYSCORE z (-0 (1"), List{"tiny"});
  run("ZADD z 1 zero");
  run("ZADD z 0 zero");
  EXPECT_EQ(list("ZRANGEBYSCORE z 0 0 WITHSCORES"), (List{"zero", "0"}));
}

TEST_P(ZsetCommands, MembersAreBytes) {
  EXPECT_EQ(run_words({"ZADD", "z", "1", "", "1", std::string("\0", 1), "1", "\xff", "1", "\r\n"}), ":4\r\n");
  EXPECT_EQ(run("ZRANGE z 0 -1"), "*4\r\n$0\r\n\r\n$1\r\n\0\r\n$2\r\n\r\n\r\n$1\r\n\xff\r\n"s);
  EXPECT_EQ(run("ZREVRANGEBYSCORE z 1 1 LIMIT 3 1"), "*1\r\n$0\r\n\r\n");
  EXPECT_EQ(run("ZREM z \"\""), ":1\r\n");
  EXPECT_EQ(run("ZRANGEBYSCORE z (0 1 LIMIT 0 1"), "*1\r\n$1\r\n\0\r\n"s);
}

TEST_P(ZsetCommands, RangesByRank) {
  run("ZADD z 1 a 2 b 3 c 4 d");
  EXPECT_EQ(list("ZRANGE z 1 2"), (List{"b", "c"}));
  EXPECT_EQ(list("ZRANGE z -2 100"), (List{"c", "d"}));
  EXPECT_EQ(list("ZRANGE z 0 0 REV WITHSCORES"), (List{"d", "4"}));
  EXPECT_EQ(list("ZREVRANGE z 1 -2"), (List{"c", "b"}));
  EXPECT_EQ(run("ZRANGE z 3 2"), "*0\r\n");
  EXPECT_EQ(run("ZRANGE z 4 9"), "*0\r\n");
  EXPECT_EQ(run("ZRANGE z 0 -9223372036854775808"), "*0\r\n");
  EXPECT_EQ(list("ZRANGE z -9223372036854775808 9223372036854775807"), (List{"a", "b", "c", "d"}));
  EXPECT_EQ(run("ZRANGE nothing 0 -1"), "*0\r\n");
  EXPECT_EQ(run("ZRANGE z a b"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(run("ZRANGE z 0 1 LIMIT 0 1"),
            "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX\r\n");
}

TEST_P(ZsetCommands, RangesByScore) {
  run("ZADD z 1 a 2 b 2 c 3 d inf e");
  EXPECT_EQ(list("ZRANGEBYSCORE z -inf +inf"), (List{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(list("ZRANGEBYSCORE z (1 (3"), (List{"b", "c"}));
  EXPECT_EQ(list("ZRANGEBYSCORE z 2 3 LIMIT 1 1"), List{"c"});
  EXPECT_EQ(list("ZRANGEBYSCORE z 0 (inf LIMIT 1 -1 WITHSCORES"), (List{"b", "2", "c", "2", "d", "3"}));
  EXPECT_EQ(list("ZREVRANGEBYSCORE z +inf 2"), (List{"e", "d", "c", "b"}));
  EXPECT_EQ(list("ZREVRANGEBYSCORE z (2 -inf"), List{"a"});
  EXPECT_EQ(list("ZRANGE z (3 (1 BYSCORE REV LIMIT 0 1"), List{"c"});
  EXPECT_EQ(run("ZRANGEBYSCORE z 3 2"), "*0\r\n");
  EXPECT_EQ(run("ZRANGEBYSCORE z (2 2"), "*0\r\n");
  EXPECT_EQ(run("ZRANGEBYSCORE z 1 9 LIMIT -1 5"), "*0\r\n");
  EXPECT_EQ(run("ZRANGEBYSCORE z 1 9 LIMIT 5 5"), "*0\r\n");
  EXPECT_EQ(run("ZCOUNT z (1 3"), ":3\r\n");
  EXPECT_EQ(run("ZCOUNT z -inf inf"), ":5\r\n");
  EXPECT_EQ(run("ZCOUNT z 9 1"), ":0\r\n");
  EXPECT_EQ(run("ZCOUNT z a 1"), "-ERR min or max is not a float\r\n");
  EXPECT_EQ(run("ZCOUNT z nan 1"), "-ERR min or max is not a float\r\n");
}

TEST_P(ZsetCommands, RangesByMember) {
  run("ZADD z 0 a 0 b 0 bb 0 c 0 d");
  EXPECT_EQ(list("ZRANGEBYLEX z - +"), (List{"a", "b", "bb", "c", "d"}));
  EXPECT_EQ(list("ZRANGEBYLEX z [b (c"), (List{"b", "bb"}));
  EXPECT_EQ(list("ZRANGEBYLEX z (b [c LIMIT 1 5"), List{"c"});
  EXPECT_EQ(list("ZREVRANGEBYLEX z [c (a"), (List{"c", "bb", "b"}));
  EXPECT_EQ(list("ZRANGE z (c - BYLEX REV LIMIT 0 2"), (List{"bb", "b"}));
  EXPECT_EQ(run("ZRANGEBYLEX z + -"), "*0\r\n");
  EXPECT_EQ(run("ZRANGEBYLEX z (b [b"), "*0\r\n");
  EXPECT_EQ(run("ZLEXCOUNT z [a (c"), ":3\r\n");
  EXPECT_EQ(run("ZLEXCOUNT z - +"), ":5\r\n");
  EXPECT_EQ(run("ZLEXCOUNT z a b"), "-ERR min or max not valid string range item\r\n");
  EXPECT_EQ(run("ZRANGE z - + BYLEX WITHSCORES"),
            "-ERR syntax error, WITHSCORES not supported in combination with BYLEX\r\n");
  EXPECT_EQ(run("ZREMRANGEBYLEX z [b [c"), ":3\r\n");
  EXPECT_EQ(events(), "zremrangebylex z");
  EXPECT_EQ(list("ZRANGE z 0 -1"), (List{"a", "d"}));
}

TEST_P(ZsetCommands, Ranks) {
  run("ZADD z 1 a 2 b 2 c 9 d");
  EXPECT_EQ(run("ZRANK z a"), ":0\r\n");
  EXPECT_EQ(run("ZRANK z c"), ":2\r\n");
  EXPECT_EQ(run("ZREVRANK z c"), ":1\r\n");
  EXPECT_EQ(run("ZREVRANK z a"), ":3\r\n");
  EXPECT_EQ(list("ZRANK z d WITHSCORE"), (List{"3", "9"}));
  EXPECT_EQ(run("ZRANK z nothing"), "$-1\r\n");
  EXPECT_EQ(run("ZRANK z nothing WITHSCORE"), "*-1\r\n");
  EXPECT_EQ(run("ZRANK nothing a"), "$-1\r\n");
  EXPECT_EQ(run("ZRANK z a WITHSCORES"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("ZRANK z a WITHSCORE x"), "-ERR wrong number of arguments for 'zrank' command\r\n");
}

TEST_P(ZsetCommands, RemoveRanges) {
  run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f");
  EXPECT_EQ(run("ZREMRANGEBYRANK z 1 2"), ":2\r\n");
  EXPECT_EQ(events(), "zremrangebyrank z");
  EXPECT_EQ(list("ZRANGE z 0 -1"), (List{"a", "d", "e", "f"}));
  EXPECT_EQ(run("ZREMRANGEBYSCORE z (4 5"), ":1\r\n");
  EXPECT_EQ(events(), "zremrangebyscore z");
  EXPECT_EQ(run("ZREMRANGEBYSCORE z 10 20"), ":0\r\n");
  EXPECT_TRUE(touches().empty());
  EXPECT_EQ(run("ZREMRANGEBYRANK z 0 -1"), ":3\r\n");
  EXPECT_EQ(events(), "zremrangebyrank z, del z");
  EXPECT_EQ(run("ZREMRANGEBYRANK z 0 -1"), ":0\r\n");
}

TEST_P(ZsetCommands, Pop) {
  run("ZADD z 1 a 2 b 3 c 4 d 5 e");
  EXPECT_EQ(list("ZPOPMIN z"), (List{"a", "1"}));
  EXPECT_EQ(events(), "zpopmin z");
  EXPECT_EQ(list("ZPOPMAX z 2"), (List{"e", "5", "d", "4"}));
  EXPECT_EQ(run("ZPOPMAX z 0"), "*0\r\n");
  EXPECT_EQ(run("ZPOPMIN z -1"), "-ERR value is out of range, must be positive\r\n");
  EXPECT_EQ(run("ZPOPMIN z x"), "-ERR value is out of range, must be positive\r\n");
  EXPECT_EQ(list("ZPOPMIN z 100"), (List{"b", "2", "c", "3"}));
  EXPECT_EQ(events(), "zpopmin z, del z");
  EXPECT_EQ(run("ZPOPMIN z"), "*0\r\n");
  run("ZADD z2 1 a 2 b 3 c");
  EXPECT_EQ(run("ZMPOP 2 z z2 MAX COUNT 2"),
            "*2\r\n$2\r\nz2\r\n*2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
  EXPECT_EQ(run("ZMPOP 1 z MIN"), "*-1\r\n");
}

TEST_P(ZsetCommands, BlockingPop) {
  EXPECT_EQ(run("BZPOPMIN z z2 1.5"), "");
  EXPECT_EQ(last_outcome().kind, Outcome::Kind::wait);
  EXPECT_EQ(last_outcome().timeout_ms, 1500);
  EXPECT_EQ(last_outcome().on_timeout, Outcome::OnTimeout::null_array);
  run("ZADD z2 1 a 2 b 3 c");
  EXPECT_EQ(list("BZPOPMIN z z2 0"), (List{"z2", "a", "1"}));
  EXPECT_EQ(events(), "zpopmin z2");
  EXPECT_EQ(list("BZPOPMAX z z2 0"), (List{"z2", "c", "3"}));
  EXPECT_EQ(run("BZMPOP 0 2 z z2 MIN COUNT 5"), "*2\r\n$2\r\nz2\r\n*1\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
  EXPECT_EQ(events(), "zpopmin z2, del z2");
  EXPECT_EQ(run("BZMPOP 0 1 z MAX"), "");
  EXPECT_EQ(last_outcome().timeout_ms, 0);
  EXPECT_EQ(run("BZPOPMAX z -1"), "-ERR timeout is negative\r\n");
  EXPECT_EQ(run("BZPOPMAX z x"), "-ERR timeout is not a float or out of range\r\n");
  set_may_wait(false);
  EXPECT_EQ(run("BZPOPMAX z 0"), "*-1\r\n");
}

TEST_P(ZsetCommands, PoppedEndsGetElementsAgain) {
  run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f");
  run("ZPOPMIN z 2");
  run("ZPOPMAX z 2");
  run("ZADD z 0 low 9 high");
  EXPECT_EQ(list("ZPOPMIN z"), (List{"low", "0"}));
  EXPECT_EQ(list("ZPOPMAX z"), (List{"high", "9"}));
  EXPECT_EQ(list("ZPOPMIN z"), (List{"c", "3"}));
  run("ZADD z 3 b");
  EXPECT_EQ(list("ZPOPMIN z"), (List{"b", "3"}));
  EXPECT_EQ(list("ZPOPMAX z"), (List{"d", "4"}));
}

TEST_P(ZsetCommands, ShapesOfResp3) {
  use_protocol(Protocol::resp3);
  run("ZADD z 1.5 a 2 b");
  EXPECT_EQ(run("ZRANGE z 0 -1 WITHSCORES"), "*2\r\n*2\r\n$1\r\na\r\n,1.5\r\n*2\r\n$1\r\nb\r\n,2\r\n");
  EXPECT_EQ(run("ZRANGEBYSCORE z 2 2 WITHSCORES"), "*1\r\n*2\r\n$1\r\nb\r\n,2\r\n");
  EXPECT_EQ(run("ZSCORE z a"), ",1.5\r\n");
  EXPECT_EQ(run("ZSCORE z x"), "_\r\n");
  EXPECT_EQ(run("ZRANDMEMBER z 2 WITHSCORES").substr(0, 8), "*2\r\n*2\r\n");
  EXPECT_EQ(run("ZUNION 1 z WITHSCORES"), "*2\r\n*2\r\n$1\r\na\r\n,1.5\r\n*2\r\n$1\r\nb\r\n,2\r\n");
  EXPECT_EQ(run("ZPOPMIN z"), "*2\r\n$1\r\na\r\n,1.5\r\n");
  EXPECT_EQ(run("ZPOPMIN z 1"), "*1\r\n*2\r\n$1\r\nb\r\n,2\r\n");
  EXPECT_EQ(run("ZRANK z a WITHSCORE"), "_\r\n");
}

TEST_P(ZsetCommands, Combine) {
  run("ZADD a 1 x 2 y 3 z");
  run("ZADD b 10 y 20 z 30 w");
  EXPECT_EQ(list("ZUNION 2 a b WITHSCORES"), (List{"x", "1", "y", "12", "z", "23", "w", "30"}));
  EXPECT_EQ(list("ZUNION 2 a b WEIGHTS 2 -1 AGGREGATE MAX WITHSCORES"),
            (List{"w", "-30", "x", "2", "y", "4", "z", "6"}));
  EXPECT_EQ(list("ZINTER 2 a b AGGREGATE min WITHSCORES"), (List{"y", "2", "z", "3"}));
  EXPECT_EQ(list("ZDIFF 2 a b WITHSCORES"), (List{"x", "1"}));
  EXPECT_EQ(list("ZDIFF 3 b nothing a WITHSCORES"), (List{"w", "30"}));
  EXPECT_EQ(run("ZDIFF 2 a a"), "*0\r\n");
  EXPECT_EQ(run("ZINTER 2 a nothing"), "*0\r\n");
  EXPECT_EQ(list("ZINTER 2 a a WITHSCORES"), (List{"x", "2", "y", "4", "z", "6"}));
  EXPECT_EQ(run("ZINTERCARD 2 a b"), ":2\r\n");
  EXPECT_EQ(run("ZINTERCARD 2 a b LIMIT 1"), ":1\r\n");
  EXPECT_EQ(run("ZINTERCARD 2 a b LIMIT -1"), "-ERR LIMIT can't be negative\r\n");
  EXPECT_EQ(run("ZUNION 0 a"), "-ERR at least 1 input key is needed for 'zunion' command\r\n");
  EXPECT_EQ(run("ZUNION 3 a b"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("ZUNION 2 a b WEIGHTS 1 x"), "-ERR weight value is not a float\r\n");
  EXPECT_EQ(run("ZDIFF 2 a b WEIGHTS 1 1"), "-ERR syntax error\r\n");
}

TEST_P(ZsetCommands, InfiniteScoresCombine) {
  run("ZADD a inf x");
  run("ZADD b -inf x");
  EXPECT_EQ(list("ZUNION 2 a b WITHSCORES"), (List{"x", "0"}));
  EXPECT_EQ(list("ZUNION 1 a WEIGHTS 0 WITHSCORES"), (List{"x", "0"}));
  EXPECT_EQ(list("ZINTER 2 a b WEIGHTS 0 1 AGGREGATE SUM WITHSCORES"), (List{"x", "-inf"}));
}

TEST_P(ZsetCommands, StoreCommandsReplace) {
  run("ZADD a 1 x 2 y 3 z");
  run("ZADD target 9 old");
  set_expiry({0, "target"}, 1'800'000'000'000);
  EXPECT_EQ(run("ZUNIONSTORE target 2 a target"), ":4\r\n");
  EXPECT_EQ(events(), "zunionstore target");
  EXPECT_EQ(head({0, "target"}).expire_ms, 0);
  EXPECT_EQ(spread("target"), GetParam());
  EXPECT_EQ(list("ZRANGE target 0 -1 WITHSCORES"), (List{"x", "1", "y", "2", "z", "3", "old", "9"}));
  EXPECT_EQ(run("ZRANGESTORE target target (9 (1 BYSCORE REV LIMIT 0 1"), ":1\r\n");
  EXPECT_EQ(list("ZRANGE target 0 -1 WITHSCORES"), (List{"z", "3"}));
  EXPECT_EQ(run("ZINTERSTORE target 2 a nothing"), ":0\r\n");
  EXPECT_EQ(events(), "del target");
  EXPECT_FALSE(exists({0, "target"}));
  EXPECT_EQ(run("ZDIFFSTORE target 2 a a"), ":0\r\n");
  EXPECT_EQ(events(), "");
  set_string({0, "target"});
  EXPECT_EQ(run("ZDIFFSTORE target 1 a"), ":3\r\n") << "whatever was there";
  EXPECT_EQ(run("ZCARD target"), ":3\r\n");
}

TEST_P(ZsetCommands, RandomMembers) {
  run("ZADD z 1 a 2 b 3 c");
  EXPECT_EQ(run("ZRANDMEMBER nothing"), "$-1\r\n");
  EXPECT_EQ(run("ZRANDMEMBER nothing 3"), "*0\r\n");
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(list("ZRANDMEMBER z").at(0));
  EXPECT_EQ(seen, (std::set<std::string>{"a", "b", "c"}));
  EXPECT_EQ(list("ZRANDMEMBER z -7").size(), 7);
  const List two = list("ZRANDMEMBER z 2 WITHSCORES");
  ASSERT_EQ(two.size(), 4);
  EXPECT_NE(two[0], two[2]);
  EXPECT_EQ(two[1], std::to_string(two[0][0] - 'a' + 1));
  List all = list("ZRANDMEMBER z 10");
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (List{"a", "b", "c"}));
  EXPECT_EQ(run("ZRANDMEMBER z 1 x"), "-ERR syntax error\r\n");
}

TEST_P(ZsetCommands, Scan) {
  run("ZADD z 1 a 2.5 b 1e17 big");
  const List all = list("ZSCAN z 0 COUNT 100");
  ASSERT_EQ(all.size(), 7);
  EXPECT_EQ(all[0], "0");
  EXPECT_EQ(list("ZSCAN z 0 COUNT 100 MATCH b"), (List{"0", "b", "2.5"}));
  EXPECT_EQ(list("ZSCAN z 0 COUNT 100 MATCH big"), (List{"0", "big", GetParam() ? "1e+17" : "100000000000000000"}));
  EXPECT_EQ(run("ZSCAN nothing 0 MATCH"), "*2\r\n$1\r\n0\r\n*0\r\n");
  EXPECT_EQ(run("ZSCAN z x"), "-ERR invalid cursor\r\n");
}

TEST_P(ZsetCommands, WrongTypes) {
  set_string({0, "s"});
  for (const char* line : {"ZADD s 1 a",
                           "ZINCRBY s 1 a",
                           "ZREM s a",
                           "ZCARD s",
                           "ZSCORE s a",
                           "ZMSCORE s a",
                           "ZRANK s a",
                           "ZREVRANK s a",
                           "ZCOUNT s 0 1",
                           "ZLEXCOUNT s - +",
                           "ZRANGE s 0 1",
                           "ZRANGESTORE t s 0 1",
                           "ZREVRANGE s 0 1",
                           "ZRANGEBYSCORE s 0 1",
                           "ZREVRANGEBYSCORE s 0 1",
                           "ZRANGEBYLEX s - +",
                           "ZREVRANGEBYLEX s + -",
                           "ZREMRANGEBYRANK s 0 1",
                           "ZREMRANGEBYSCORE s 0 1",
                           "ZREMRANGEBYLEX s - +",
                           "ZPOPMIN s",
                           "ZPOPMAX s 0",
                           "ZMPOP 1 s MIN",
                           "BZPOPMIN s 0",
                           "BZPOPMAX s 0",
                           "BZMPOP 0 1 s MIN",
                           "ZRANDMEMBER s",
                           "ZRANDMEMBER s 1",
                           "ZUNION 1 s",
                           "ZINTER 1 s",
                           "ZDIFF 1 s",
                           "ZUNIONSTORE t 1 s",
                           "ZINTERSTORE t 1 s",
                           "ZDIFFSTORE t 1 s",
                           "ZINTERCARD 1 s",
                           "ZSCAN s 0"}) {
    EXPECT_EQ(run(line), kWrongType) << line;
  }
}

TEST_P(ZsetCommands, ExpiryStaysWithTheKey) {
  run("ZADD z 1 a 2 b");
  set_expiry({0, "z"}, clock().now_ms() + 1000);
  run("ZADD z 3 c");
  run("ZREM z a");
  EXPECT_EQ(head({0, "z"}).expire_ms, clock().now_ms() + 1000);
  clock().advance_ms(1001);
  EXPECT_EQ(run("ZCARD z"), ":0\r\n");
  EXPECT_EQ(run("ZADD z 9 d"), ":1\r\n");
  EXPECT_EQ(list("ZRANGE z 0 -1"), List{"d"});
  EXPECT_EQ(head({0, "z"}).expire_ms, 0);
}

TEST_P(ZsetCommands, SurvivesRestart) {
  run("ZADD z 1 a -0 b inf c");
  const std::string before = run("ZRANGE z 0 -1 WITHSCORES");
  restart();
  EXPECT_EQ(run("ZRANGE z 0 -1 WITHSCORES"), before);
}

// ---- from packed to spread ----

TEST(ZsetEncoding, TooManyElements) {
  Zsets zsets;
  zsets.limits().packed_max_bytes = 1 << 20;  // it would be reached first
  for (int i = 0; i < 128; ++i) zsets.run(fmt::format("ZADD z {} m{}", i % 7, i));
  EXPECT_FALSE(zsets.spread("z"));
  const std::string before = zsets.run("ZRANGE z 0 -1 WITHSCORES");
  zsets.run("ZADD z 3 m5");
  EXPECT_FALSE(zsets.spread("z")) << "none was added";
  zsets.run("ZADD z 5 m5");
  zsets.run("ZADD z 100 more");
  EXPECT_TRUE(zsets.spread("z"));
  EXPECT_EQ(zsets.run("ZREM z more"), ":1\r\n");
  EXPECT_TRUE(zsets.spread("z")) << "never back";
  EXPECT_EQ(zsets.run("ZRANGE z 0 -1 WITHSCORES"), before);
  EXPECT_EQ(zsets.rows(Column::items), 128);
  EXPECT_EQ(zsets.rows(Column::scores), 128);
}

TEST(ZsetEncoding, TooLongAMember) {
  Zsets zsets;
  zsets.run("ZADD z 1 " + std::string(64, 'x'));
  EXPECT_FALSE(zsets.spread("z"));
  zsets.run("ZADD z 1 " + std::string(65, 'x'));
  EXPECT_TRUE(zsets.spread("z"));
}

TEST(ZsetEncoding, TooManyBytes) {
  Zsets zsets;
  int added = 0;
  for (; added < 100; ++added) {
    zsets.run(fmt::format("ZADD z 1 {}{:02}", std::string(40, 'x'), added));
    if (zsets.spread("z")) break;
  }
  // 1 + 42 + 1 + 8 bytes each
  EXPECT_EQ(added, 1024 / 52);
  EXPECT_EQ(zsets.run("ZCARD z"), fmt::format(":{}\r\n", added + 1));
}

TEST(ZsetEncoding, OneCommandThatCrossesTheLimits) {
  Zsets zsets;
  std::vector<std::string> add{"ZADD", "z"};
  for (int i = 0; i < 300; ++i) {
    add.push_back(std::to_string(i % 11));
    add.push_back("m" + std::to_string(i % 290));
  }
  EXPECT_EQ(zsets.run_words(add), ":290\r\n");
  EXPECT_TRUE(zsets.spread("z"));
  EXPECT_EQ(zsets.rows(Column::items), 290);
  EXPECT_EQ(zsets.rows(Column::scores), 290);
  EXPECT_EQ(zsets.list("ZSCORE z m3"), List{"7"}) << "the last of both: 293 % 11";
}

TEST(ZsetEncoding, ReplacedAndEmptiedObjectsBecomeGarbage) {
  Zsets zsets;
  zsets.limits().zset_max_listpack_entries = 0;
  zsets.run("ZADD z 1 a 2 b");
  zsets.run("ZADD y 1 a");
  const ObjectId before = zsets.head({0, "z"}).object;
  zsets.run("ZUNIONSTORE z 2 z y");
  EXPECT_NE(zsets.head({0, "z"}).object, before);
  zsets.run("ZREMRANGEBYRANK z 0 -1");
  zsets.run("ZPOPMIN y");
  zsets.clock().advance_ms(60'000);
  EXPECT_EQ(zsets.keyspace().collect_garbage(100).value(), 3);
  EXPECT_EQ(zsets.rows(Column::items), 0);
  EXPECT_EQ(zsets.rows(Column::scores), 0);
}

TEST(ZsetStore, ResultsOfAnySize) {
  // More than a ZsetBuilder holds; every third member is in the other set as well.
  Zsets zsets;
  const std::string long_name(100, 'x');
  for (int block = 0; block < 12; ++block) {
    std::vector<std::string> a{"ZADD", "a"}, b{"ZADD", "b"};
    for (int i = block * 1000; i < block * 1000 + 1000; ++i) {
      a.insert(a.end(), {std::to_string(i), fmt::format("{}{}", long_name, i)});
      if (i % 3 == 0) b.insert(b.end(), {"0.5", fmt::format("{}{}", long_name, i)});
    }
    zsets.run_words(a);
    zsets.run_words(b);
  }
  zsets.run("ZADD u 1 old");
  EXPECT_EQ(zsets.run("ZUNIONSTORE u 2 a b"), ":12000\r\n");
  EXPECT_EQ(zsets.events(), "zunionstore u");
  EXPECT_EQ(zsets.list("ZRANGE u 11998 11999 WITHSCORES"),
            (List{long_name + "11998", "11998", long_name + "11999", "11999"}));
  EXPECT_EQ(zsets.list("ZMSCORE u old " + long_name + "3 " + long_name + "4"), (List{"(nil)", "3.5", "4"}));
  EXPECT_EQ(zsets.run("ZCOUNT u -inf 9"), ":9\r\n");
  EXPECT_EQ(zsets.run("ZINTERSTORE i 2 a b WEIGHTS 1 2"), ":4000\r\n");
  EXPECT_EQ(zsets.list("ZRANGE i 0 0 WITHSCORES"), (List{long_name + "0", "1"}));
  EXPECT_EQ(zsets.run("ZDIFFSTORE a 2 a b"), ":8000\r\n") << "onto a source";
  EXPECT_EQ(zsets.run("ZRANK a " + long_name + "11999"), ":7999\r\n");
  EXPECT_EQ(zsets.run("ZRANGESTORE r u 0 -1"), ":12000\r\n");
  EXPECT_EQ(zsets.run("ZINTERCARD 3 r u i"), ":4000\r\n");
  EXPECT_EQ(zsets.run("ZREMRANGEBYSCORE r -inf +inf"), ":12000\r\n");
}

// ---- what is not written ----

TEST(ZsetWriting, TheHeadOfASpreadZsetIsLeftWhenItsSizeStays) {
  Zsets zsets;
  zsets.limits().zset_max_listpack_entries = 0;
  zsets.run("ZADD z 1 a 2 b");
  const auto puts_of_an_update = [&] {
    const uint64_t before = zsets.keyspace().store().property(Column::heads, "rocksdb.num-entries-active-mem-table");
    zsets.run("ZINCRBY z 1 a");
    return zsets.keyspace().store().property(Column::heads, "rocksdb.num-entries-active-mem-table") - before;
  };
  EXPECT_EQ(puts_of_an_update(), 0);
}

TEST(ZsetPops, SkipWhatWasPopped) {
  Zsets zsets;
  zsets.limits().zset_max_listpack_entries = 0;
  zsets.run("ZADD z 1 a 2 b 3 c 4 d");
  const ObjectId object = zsets.head({0, "z"}).object;
  const auto hint = [&] {
    Txn txn(zsets.keyspace(), Access::blocking);
    return txn.seek_hint(object);
  };
  zsets.run("ZPOPMIN z");
  EXPECT_EQ(hint().low, std::string(layout::score_key(object, 1, "a").view()) + '\0');
  zsets.run("ZPOPMAX z");
  EXPECT_EQ(hint().high, layout::score_key(object, 4, "d").view());
  zsets.run("ZREMRANGEBYSCORE z -inf 2");
  EXPECT_EQ(hint().low, std::string(layout::score_key(object, 2, "b").view()) + '\0');
  zsets.run("ZADD z 0 low 9 high");
  EXPECT_TRUE(hint().empty());
  EXPECT_EQ(zsets.list("ZRANGE z 0 -1"), (List{"low", "c", "high"}));
}

TEST(ZsetPops, ElementsTakenOneByOneAreSkippedToo) {
  Zsets zsets;
  zsets.limits().zset_max_listpack_entries = 0;
  for (int i = 0; i < 3000; ++i) zsets.run(fmt::format("ZADD z {} m{}", i, i));
  const ObjectId object = zsets.head({0, "z"}).object;
  const auto hint = [&] {
    Txn txn(zsets.keyspace(), Access::blocking);
    return txn.seek_hint(object);
  };
  for (int i = 0; i < 1400; ++i) {
    zsets.run(fmt::format("ZREM z m{}", i));
    zsets.run(fmt::format("ZADD z {} m{}", -i, 2999 - i));  // from the high end to the low one
    ASSERT_EQ(zsets.list("ZRANGE z 0 0"), List{fmt::format("m{}", 2999 - i)}) << i;
    ASSERT_EQ(zsets.list("ZRANGE z -1 -1"), List{fmt::format("m{}", 2998 - i)}) << i;
  }
  // A look is due every 64 changes or so.
  EXPECT_LT(hint().high, layout::score_key(object, 2000, "m2000").view());
  EXPECT_FALSE(hint().high.empty());
  for (int i = 0; i < 1400; ++i) zsets.run(fmt::format("ZREM z m{}", 1600 + i));
  EXPECT_GT(hint().low, layout::score_key(object, -700, "").view());
  EXPECT_EQ(zsets.list("ZRANGE z 0 0 WITHSCORES"), (List{"m1400", "1400"}));
}

// Readers have no lock: their first and last element must be those of their snapshot all the same.
TEST(ZsetPops, ReadersBesideWriters) {
  Zsets zsets;
  zsets.limits().zset_max_listpack_entries = 0;
  zsets.keyspace().set_observer(nullptr);
  const Key key{0, "z"};
  std::atomic<bool> stop = false;
  const auto write = [&](uint64_t id) {
    std::mt19937_64 random(id);
    for (uint64_t i = 0; !stop; ++i) {
      Txn txn(zsets.keyspace(), Access::blocking);
      CHECK(txn.lock({&key, 1}));
      ZsetWriter zset(txn, key);
      CHECK(zset.open());
      const std::string member = std::to_string(id * 1'000'000'000 + i);
      if (zset.size() < 100 || random() % 2) zset.set(member, static_cast<double>(random() % 100), std::nullopt);
      else CHECK(zset.take({.range = RankRange{0, 0}, .reverse = random() % 2 == 0}));
      zset.save("any");
      CHECK(txn.commit());
    }
  };
  uint64_t hints = 0;
  std::thread writers[] = {std::thread(write, 1), std::thread(write, 2)};
  const int64_t end_us = monotonic_us() + 500'000;
  while (monotonic_us() < end_us && !testing::Test::HasFailure()) {
    Txn txn(zsets.keyspace(), Access::blocking);
    const auto zset = Zset::find_frozen(txn, key).value();
    if (!zset) continue;
    const ObjectId object = zset->head().object;
    hints += !txn.frozen_seek_hint(object).empty();
    const auto seen = zset->place().value();
    SpreadZsetPlace whole(txn, object, zset->size(), SeekHint());
    seen->first(), whole.first();
    EXPECT_EQ(seen->member(), whole.member());
    seen->last(), whole.last();
    EXPECT_EQ(seen->member(), whole.member());
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(hints, 0u);
}

}  // namespace
}  // namespace basalt
