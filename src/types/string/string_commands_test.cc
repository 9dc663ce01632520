#include <gtest/gtest.h>

#include "command/command_testing.h"
#include "types/string/lcs.h"

namespace basalt {

std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_set_commands();
std::span<const CommandSpec> string_counter_commands();
std::span<const CommandSpec> expire_commands();
std::span<const CommandSpec> zset_commands();

namespace {

constexpr const char* kOk = "+OK\r\n";
constexpr const char* kNull = "$-1\r\n";
constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

class Strings : public testing::TestWithParam<int64_t> {
 protected:
  Strings() { f.limits().string_chunk_threshold = GetParam(); }
  CommandFixture f{string_commands(), string_set_commands(), string_counter_commands(), expire_commands(),
                   zset_commands()};
};

INSTANTIATE_TEST_SUITE_P(Encodings, Strings, testing::Values(0, 4 << 10));

TEST_P(Strings, SetOptions) {
  EXPECT_EQ(f.run("SET k a XX"), kNull);
  EXPECT_EQ(f.run("SET k a NX EX 10"), kOk);
  EXPECT_EQ(f.events(), "set k, expire k");
  EXPECT_EQ(f.run("SET k b NX"), kNull);
  EXPECT_EQ(f.events(), "");
  EXPECT_EQ(f.run("SET k b NX GET"), "$1\r\na\r\n");
  EXPECT_EQ(f.run("SET k b KEEPTTL"), kOk);
  EXPECT_EQ(f.run("PTTL k"), ":10000\r\n");
  EXPECT_EQ(f.run("APPEND k cd"), ":3\r\n");
  EXPECT_EQ(f.run("SET k e XX GET KEEPTTL"), "$3\r\nbcd\r\n");
  EXPECT_EQ(f.run("PTTL k"), ":10000\r\n");
  EXPECT_EQ(f.run("SET k f"), kOk);
  EXPECT_EQ(f.run("PTTL k"), ":-1\r\n");
  for (const char* line : {"SET k v NX XX", "SET k v EX 1 PX 1", "SET k v EX", "SET k v KEEPTTL EX 1",
                           "SET k v EX 1 KEEPTTL", "SET k v PERSIST", "SET k v x"}) {
    EXPECT_EQ(f.run(line), "-ERR syntax error\r\n") << line;
  }
  EXPECT_EQ(f.run("SET k v EX 0"), "-ERR invalid expire time in 'set' command\r\n");
  EXPECT_EQ(f.run("SET k v EX 9223372036854775"), "-ERR invalid expire time in 'set' command\r\n");
  EXPECT_EQ(f.run("SET k v EX x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(f.run("PSETEX k 0 v"), "-ERR invalid expire time in 'psetex' command\r\n");
}

TEST_P(Strings, SetOverOtherTypes) {
  f.run("ZADD z 1 x");
  EXPECT_EQ(f.run("SET z v GET"), kWrongType);
  EXPECT_EQ(f.run("GETSET z v"), kWrongType);
  EXPECT_EQ(f.run("MGET z missing"), "*2\r\n$-1\r\n$-1\r\n");
  EXPECT_EQ(f.run("SETNX z v"), ":0\r\n");
  EXPECT_EQ(f.run("SET z v"), kOk);
  EXPECT_EQ(f.run("GET z"), "$1\r\nv\r\n");
  f.run("ZADD z2 1 x");
  EXPECT_EQ(f.run("MSET z2 v z v2"), kOk);
  EXPECT_EQ(f.run("MGET z z2"), "*2\r\n$2\r\nv2\r\n$1\r\nv\r\n");
}

TEST_P(Strings, GetAndEnd) {
  f.run("SETRANGE k 0 value");
  EXPECT_EQ(f.run("GETEX k EX 10"), "$5\r\nvalue\r\n");
  EXPECT_EQ(f.events(), "expire k");
  EXPECT_EQ(f.run("PTTL k"), ":10000\r\n");
  EXPECT_EQ(f.run("GETEX k"), "$5\r\nvalue\r\n");
  EXPECT_EQ(f.events(), "");
  EXPECT_EQ(f.run("GETEX k PERSIST"), "$5\r\nvalue\r\n");
  EXPECT_EQ(f.events(), "persist k");
  EXPECT_EQ(f.run("GETEX k PERSIST"), "$5\r\nvalue\r\n");
  EXPECT_EQ(f.events(), "");
  EXPECT_EQ(f.run("GETEX k NX"), "-ERR syntax error\r\n");
  EXPECT_EQ(f.run("GETEX missing EX 0"), kNull);
  EXPECT_EQ(f.run("GETEX k PXAT 1"), "$5\r\nvalue\r\n");
  EXPECT_EQ(f.events(), "del k");
  EXPECT_EQ(f.run("GET k"), kNull);
  f.run("SETRANGE k 0 value");
  EXPECT_EQ(f.run("GETDEL k"), "$5\r\nvalue\r\n");
  EXPECT_EQ(f.events(), "del k");
  EXPECT_EQ(f.run("GETDEL k"), kNull);
  EXPECT_EQ(f.events(), "");
}

TEST_P(Strings, Ranges) {
  f.run("SETRANGE k 0 \"Hello World\"");
  EXPECT_EQ(f.run("GETRANGE k 0 4"), "$5\r\nHello\r\n");
  EXPECT_EQ(f.run("SUBSTR k -5 -1"), "$5\r\nWorld\r\n");
  EXPECT_EQ(f.run("GETRANGE k -1 -5"), "$0\r\n\r\n");
  EXPECT_EQ(f.run("GETRANGE k 5 100"), "$6\r\n World\r\n");
  EXPECT_EQ(f.run("GETRANGE k 50 100"), "$0\r\n\r\n");
  EXPECT_EQ(f.run("GETRANGE missing 0 -1"), "$0\r\n\r\n");
  EXPECT_EQ(f.run("SETRANGE missing 10 \"\""), ":0\r\n");
  EXPECT_EQ(f.run("SETRANGE k 6 Redis"), ":11\r\n");
  EXPECT_EQ(f.run("SETRANGE k 100 \"\""), ":11\r\n");
  EXPECT_EQ(f.events(), "");
  EXPECT_EQ(f.run("GET k"), "$11\r\nHello Redis\r\n");
  EXPECT_EQ(f.run("SETRANGE pad 5 x"), ":6\r\n");
  EXPECT_EQ(f.run("GET pad"), std::string("$6\r\n\0\0\0\0\0x\r\n", 12));
}

TEST_P(Strings, NothingGrowsPastTheLimit) {
  const std::string too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
  EXPECT_EQ(f.run("SETRANGE k 536870911 xy"), too_long);
  EXPECT_EQ(f.run("SETRANGE k 9223372036854775807 x"), too_long);
  EXPECT_EQ(f.run("SETRANGE k -1 x"), "-ERR offset is out of range\r\n");
  EXPECT_EQ(f.run("SETRANGE k 536870911 x"), ":536870912\r\n");
  EXPECT_EQ(f.run("APPEND k x"), too_long);
  EXPECT_EQ(f.run("GETRANGE k 536870911 -1"), "$1\r\nx\r\n");
}

TEST_P(Strings, Counters) {
  EXPECT_EQ(f.run("INCR n"), ":1\r\n");
  EXPECT_EQ(f.events(), "incrby n");
  EXPECT_EQ(f.run("APPEND n 0"), ":2\r\n");
  EXPECT_EQ(f.run("INCRBY n 5"), ":15\r\n");
  EXPECT_EQ(f.run("DECRBY n 20"), ":-5\r\n");
  EXPECT_EQ(f.run("DECR n"), ":-6\r\n");
  EXPECT_EQ(f.run("INCRBYFLOAT n 0.1"), "$4\r\n-5.9\r\n");
  EXPECT_EQ(f.run("INCR n"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(f.run("SETRANGE n 30 x"), ":31\r\n");
  EXPECT_EQ(f.run("INCR n"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(f.run("INCRBYFLOAT n 1"), "-ERR value is not a valid float\r\n");
  f.run("SET n 9223372036854775807 EX 100");
  EXPECT_EQ(f.run("INCR n"), "-ERR increment or decrement would overflow\r\n");
  EXPECT_EQ(f.run("DECRBY n -9223372036854775808"), "-ERR decrement would overflow\r\n");
  EXPECT_EQ(f.run("DECR n"), ":9223372036854775806\r\n");
  EXPECT_EQ(f.run("TTL n"), ":100\r\n");
  f.run("SET n 1e4931");
  EXPECT_EQ(f.run("INCRBYFLOAT n 1.1e4932"), "-ERR increment would produce NaN or Infinity\r\n");
}

TEST_P(Strings, LongValuesComeBackWhole) {
  std::string value;
  for (int i = 0; i < 300'000; ++i) value += static_cast<char>('a' + i * 7 % 26);
  f.run_words({"SETRANGE", "k", "0", value});
  const std::string bulk = fmt::format("${}\r\n{}\r\n", value.size(), value);
  EXPECT_EQ(f.run("GET k"), bulk);
  EXPECT_EQ(f.run("MGET k"), "*1\r\n" + bulk);
  EXPECT_EQ(f.run("GETRANGE k 4000 200000"), fmt::format("$196001\r\n{}\r\n", value.substr(4000, 196'001)));
  // Holes too, at either end.
  f.run_words({"SETRANGE", "hole", "50000", value});
  f.run("SETRANGE hole 500000 end");
  EXPECT_EQ(f.run("GET hole"),
            fmt::format("$500003\r\n{}{}{}end\r\n", std::string(50'000, '\0'), value, std::string(150'000, '\0')));
}

TEST_P(Strings, MsetMany) {
  EXPECT_EQ(f.run("MSETNX a 1 b 2"), ":1\r\n");
  EXPECT_EQ(f.run("MSETNX b 3 c 4"), ":0\r\n");
  EXPECT_EQ(f.run("MGET a b c"), "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n");
  EXPECT_EQ(f.run("MSET a 5 a 6"), kOk);
  EXPECT_EQ(f.events(), "set a, set a");
  EXPECT_EQ(f.run("GET a"), "$1\r\n6\r\n");
  EXPECT_EQ(f.run("MSET a 1 b"), "-ERR wrong number of arguments for 'mset' command\r\n");
}

TEST_P(Strings, Lcs) {
  f.run("SETRANGE a 0 ohmytext");
  f.run("SETRANGE b 0 mynewtext");
  EXPECT_EQ(f.run("LCS a b"), "$6\r\nmytext\r\n");
  EXPECT_EQ(f.run("LCS a b LEN"), ":6\r\n");
  EXPECT_EQ(f.run("LCS a b IDX"),
            "*4\r\n$7\r\nmatches\r\n*2\r\n*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n*2\r\n*2\r\n:2\r\n:3\r\n*2\r\n:"
            "0\r\n:1\r\n"
            "$3\r\nlen\r\n:6\r\n");
  EXPECT_EQ(f.run("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"),
            "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n$3\r\nlen\r\n:6\r\n");
  EXPECT_EQ(f.run("LCS a missing"), "$0\r\n\r\n");
  EXPECT_EQ(f.run("LCS a b IDX LEN"), "-ERR If you want both the length and indexes, please just use IDX.\r\n");
  f.run("ZADD z 1 x");
  EXPECT_EQ(f.run("LCS a z"), "-ERR The specified keys must contain string values\r\n");
  f.run_words({"SET", "big", std::string(20'000, 'x')});
  EXPECT_EQ(f.run("LCS big big"), "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n");
}

// Against the definition, by recursion.
TEST(LongestCommonSubsequences, AreCommonAndLongest) {
  for (uint32_t a_bits = 0; a_bits < 64; ++a_bits) {
    for (uint32_t b_bits = 0; b_bits < 64; ++b_bits) {
      std::string a;
      std::string b;
      for (int i = 0; i < 6; ++i) {
        a += a_bits >> i & 1 ? 'x' : 'y';
        b += b_bits >> i & 1 ? 'x' : 'y';
      }
      auto longest = [&](auto& self, size_t i, size_t j) -> size_t {
        if (i == a.size() || j == b.size()) return 0;
        if (a[i] == b[j]) return 1 + self(self, i + 1, j + 1);
        return std::max(self(self, i + 1, j), self(self, i, j + 1));
      };
      auto contains = [](std::string_view text, std::string_view part) {
        for (char c : text) {
          if (!part.empty() && c == part[0]) part.remove_prefix(1);
        }
        return part.empty();
      };
      const LongestCommonSubsequence lcs(a, b);
      ASSERT_EQ(lcs.length(), longest(longest, 0, 0));
      ASSERT_EQ(lcs.text().size(), lcs.length());
      ASSERT_TRUE(contains(a, lcs.text()) && contains(b, lcs.text()));
    }
  }
}

}  // namespace
}  // namespace basalt
