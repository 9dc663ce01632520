#include "resp/reply.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

namespace basalt {
namespace {

std::string written(Protocol protocol, const std::function<void(Reply&)>& write) {
  std::string out;
  Reply reply(out, protocol);
  write(reply);
  EXPECT_EQ(reply.size(), out.size());
  return out;
}

// Both protocols' bytes for one value.
void expect(const std::function<void(Reply&)>& write, std::string_view resp2, std::string_view resp3) {
  EXPECT_EQ(written(Protocol::resp2, write), resp2);
  EXPECT_EQ(written(Protocol::resp3, write), resp3);
}
void expect(const std::function<void(Reply&)>& write, std::string_view both) { expect(write, both, both); }

TEST(Reply, WhatBothProtocolsShare) {
  expect([](Reply& r) { r.ok(); }, "+OK\r\n");
  expect([](Reply& r) { r.simple("PONG"); }, "+PONG\r\n");
  expect([](Reply& r) { r.simple(""); }, "+\r\n");
  expect([](Reply& r) { r.integer(0); }, ":0\r\n");
  expect([](Reply& r) { r.integer(INT64_MIN); }, ":-9223372036854775808\r\n");
  expect([](Reply& r) { r.integer(INT64_MAX); }, ":9223372036854775807\r\n");
  expect([](Reply& r) { r.bulk(""); }, "$0\r\n\r\n");
  expect([](Reply& r) { r.bulk({"a\r\n\0b", 5}); }, {"$5\r\na\r\n\0b\r\n", 11});
  expect([](Reply& r) { r.bulk_integer(-42); }, "$3\r\n-42\r\n");
  expect([](Reply& r) { r.array(0); }, "*0\r\n");
  expect([](Reply& r) { r.array(1000); }, "*1000\r\n");
}

TEST(Reply, ErrorsAreOneLine) {
  expect([](Reply& r) { r.error("ERR syntax error"); }, "-ERR syntax error\r\n");
  expect([](Reply& r) { r.error("ERR unknown command 'a\r\nb'"); }, "-ERR unknown command 'a  b'\r\n");
  expect([](Reply& r) { r.error("ERR trailing\r\n"); }, "-ERR trailing\r\n");
  std::string out = "+a\r\n";
  Reply(out, Protocol::resp2).error("ERR b\nc");
  EXPECT_EQ(out, "+a\r\n-ERR b c\r\n") << "what was there before stays";
}

TEST(Reply, TypesOfTheirOwnInResp3) {
  expect([](Reply& r) { r.null(); }, "$-1\r\n", "_\r\n");
  expect([](Reply& r) { r.null_array(); }, "*-1\r\n", "_\r\n");
  expect([](Reply& r) { r.boolean(true); }, ":1\r\n", "#t\r\n");
  expect([](Reply& r) { r.boolean(false); }, ":0\r\n", "#f\r\n");
  expect([](Reply& r) { r.big_number("123"); }, "$3\r\n123\r\n", "(123\r\n");
  expect([](Reply& r) { r.verbatim("text"); }, "$4\r\ntext\r\n", "=8\r\ntxt:text\r\n");
  expect([](Reply& r) { r.verbatim("", "mkd"); }, "$0\r\n\r\n", "=4\r\nmkd:\r\n");
  expect([](Reply& r) { r.map(2); }, "*4\r\n", "%2\r\n");
  expect([](Reply& r) { r.set(2); }, "*2\r\n", "~2\r\n");
  expect([](Reply& r) { r.push(3); }, "*3\r\n", ">3\r\n");
  EXPECT_EQ(written(Protocol::resp3, [](Reply& r) { r.attribute(1); }), "|1\r\n");
}

// As redis-server 7.0.15 answers ZSCORE.
TEST(Reply, Numbers) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  expect([](Reply& r) { r.number(3); }, "$1\r\n3\r\n", ",3\r\n");
  expect([](Reply& r) { r.number(0.1); }, "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n");
  expect([](Reply& r) { r.number(1e17); }, "$5\r\n1e+17\r\n", ",1e+17\r\n");
  expect([](Reply& r) { r.number(-0.0); }, "$2\r\n-0\r\n", ",-0\r\n");
  expect([](Reply& r) { r.number(kInf); }, "$3\r\ninf\r\n", ",inf\r\n");
  expect([](Reply& r) { r.number(-kInf); }, "$4\r\n-inf\r\n", ",-inf\r\n");
  // As it answers GEOPOS.
  expect([](Reply& r) { r.human_number(13.361389338970184); }, "$20\r\n13.36138933897018433\r\n",
         ",13.36138933897018433\r\n");
  expect([](Reply& r) { r.human_number(-1e17); }, "$19\r\n-100000000000000000\r\n", ",-100000000000000000\r\n");
}

TEST(Reply, MarksAreFilledInAfterwards) {
  auto write = [](Reply& r) {
    auto outer = r.open(Reply::Aggregate::array);
    r.integer(1);
    auto map = r.open(Reply::Aggregate::map);
    r.bulk("k");
    r.bulk("v");
    r.close(map, 1);
    auto set = r.open(Reply::Aggregate::set);
    r.close(set, 0);
    r.close(outer, 3);
  };
  expect(write, "*3\r\n:1\r\n*2\r\n$1\r\nk\r\n$1\r\nv\r\n*0\r\n", "*3\r\n:1\r\n%1\r\n$1\r\nk\r\n$1\r\nv\r\n~0\r\n");
}

TEST(Reply, RollsBack) {
  std::string out = "+before\r\n";
  Reply reply(out, Protocol::resp2);
  size_t size = reply.size();
  reply.array(2);
  reply.bulk("half");
  reply.truncate(size);
  reply.error("ERR sorry");
  EXPECT_EQ(out, "+before\r\n-ERR sorry\r\n");
}

}  // namespace
}  // namespace basalt
