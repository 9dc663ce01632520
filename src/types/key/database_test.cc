#include <gtest/gtest.h>

#include <set>

#include "base/number.h"
#include "command/command_testing.h"

namespace basalt {

std::span<const CommandSpec> key_commands();
std::span<const CommandSpec> database_commands();
std::span<const CommandSpec> string_set_commands();
std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> zset_commands();

namespace {

class Databases : public testing::Test {
 protected:
  CommandFixture f{key_commands(), database_commands(), string_set_commands(), string_commands(), zset_commands()};

  // The bulks of a reply, in order.
  static std::vector<std::string> bulks(const std::string& reply) {
    std::vector<std::string> all;
    for (size_t at = reply.find('$'); at != std::string::npos; at = reply.find('$', at)) {
      const size_t end = reply.find("\r\n", at);
      const auto size = static_cast<size_t>(std::stoi(reply.substr(at + 1, end - at - 1)));
      all.push_back(reply.substr(end + 2, size));
      at = end + 2 + size;
    }
    return all;
  }
  std::multiset<std::string> scan_all(const std::string& options) {
    std::multiset<std::string> keys;
    std::string cursor = "0";
    do {
      auto page = bulks(f.run("SCAN " + cursor + " " + options));
      CHECK(!page.empty());
      cursor = page[0];
      keys.insert(page.begin() + 1, page.end());
    } while (cursor != "0");
    return keys;
  }
};

TEST_F(Databases, ScanFindsAllOfEveryKind) {
  std::multiset<std::string> strings;
  for (int i = 0; i < 100; ++i) {
    f.run(fmt::format("SET s{} v", i));
    f.run(fmt::format("ZADD z{} 1 x", i));
    strings.insert(fmt::format("s{}", i));
  }
  f.run("SET \"\" nameless");
  f.run("SET gone v PX 10");
  f.clock().advance_ms(11);
  EXPECT_EQ(scan_all("COUNT 7").size(), 201);
  EXPECT_EQ(scan_all("MATCH s*"), strings);
  EXPECT_EQ(scan_all("TYPE ZSET COUNT 1000").size(), 100);
  EXPECT_EQ(scan_all("TYPE string MATCH *1"), scan_all("MATCH s*1"));
  EXPECT_TRUE(scan_all("TYPE nosuch").empty());
  EXPECT_EQ(scan_all("MATCH \"\""), (std::multiset<std::string>{""}));
  EXPECT_EQ(bulks(f.run("KEYS s1?")).size(), 10);
  EXPECT_EQ(bulks(f.run("KEYS \"\"")), (std::vector<std::string>{""}));
  EXPECT_EQ(f.run("DBSIZE"), ":202\r\n");  // as in Redis, what has expired counts until it is removed
}

TEST_F(Databases, ScanArguments) {
  EXPECT_EQ(f.run("SCAN x"), "-ERR invalid cursor\r\n");
  EXPECT_EQ(f.run("SCAN 0 COUNT 0"), "-ERR syntax error\r\n");
  EXPECT_EQ(f.run("SCAN 0 COUNT x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(f.run("SCAN 0 MATCH"), "-ERR syntax error\r\n");
  EXPECT_EQ(f.run("SCAN 0 WITH x"), "-ERR syntax error\r\n");
}

TEST_F(Databases, RandomKey) {
  EXPECT_EQ(f.run("RANDOMKEY"), "$-1\r\n");
  f.run("SET only v");
  EXPECT_EQ(f.run("RANDOMKEY"), "$4\r\nonly\r\n");
}

TEST_F(Databases, FlushAndSwap) {
  f.run("SET a 0");
  f.select(1);
  f.run("SET a 1");
  EXPECT_EQ(f.run("SWAPDB 0 1"), "+OK\r\n");
  EXPECT_EQ(f.run("GET a"), "$1\r\n0\r\n");
  EXPECT_EQ(f.run("FLUSHDB"), "+OK\r\n");
  EXPECT_EQ(f.run("DBSIZE"), ":0\r\n");
  f.select(0);
  EXPECT_EQ(f.run("GET a"), "$1\r\n1\r\n");
  EXPECT_EQ(f.run("FLUSHALL ASYNC"), "+OK\r\n");
  EXPECT_EQ(f.run("DBSIZE"), ":0\r\n");
  EXPECT_EQ(f.run("FLUSHALL NOW"), "-ERR syntax error\r\n");
  EXPECT_EQ(f.run("FLUSHDB SYNC ASYNC"), "-ERR syntax error\r\n");
  EXPECT_EQ(f.run("SWAPDB x 1"), "-ERR invalid first DB index\r\n");
  EXPECT_EQ(f.run("SWAPDB 1 99999999999"), "-ERR invalid second DB index\r\n");
  EXPECT_EQ(f.run("SWAPDB 1 16"), "-ERR DB index is out of range\r\n");
}

// A copy into a database that was just emptied, and a rename in one that was just swapped, by one Txn's reads.
TEST_F(Databases, CopiesSurviveAFlushOfTheSource) {
  f.run("SETRANGE s 100000 tail");
  EXPECT_EQ(f.run("COPY s s DB 5"), ":1\r\n");
  EXPECT_EQ(f.run("FLUSHDB"), "+OK\r\n");
  f.keyspace().purge_dropped_databases().value();
  f.select(5);
  EXPECT_EQ(f.run("GETRANGE s -4 -1"), "$4\r\ntail\r\n");
}

}  // namespace
}  // namespace basalt
