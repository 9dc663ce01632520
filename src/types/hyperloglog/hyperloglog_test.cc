#include "types/hyperloglog/hyperloglog.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "command/command_testing.h"

namespace basalt {

std::span<const CommandSpec> hyperloglog_commands();
std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_set_commands();

namespace {

constexpr size_t kSparseMax = 3000;

std::string element(int i) { return "element:" + std::to_string(i); }

// Made with redis-server 7.0.15: PFADD of element:0, element:1, … then PFCOUNT, STRLEN, and the CRC-64 of the value.
TEST(HyperLogLog, CountsAndBytesAreThoseOfRedis) {
  struct {
    int elements;
    uint64_t count;
    size_t size;
    uint64_t crc;
  } const kExpected[] = {
      {1, 1, 21, 0xab46b37270ab6281},
      {2, 2, 24, 0x5c5460a95a340d8a},
      {10, 10, 48, 0x36adf8b79abeec4e},
      {100, 99, 285, 0xf398de7532dc9b2b},
      {500, 502, 1050, 0xb84cd805ac4336f2},
      {1000, 997, 1897, 0xffc86f67e0531eff},
      {2000, 2004, 12304, 0x3aade1de2b9c1001},
      {5000, 5005, 12304, 0xad829a000f47547f},
      {20000, 19986, 12304, 0xf0c0f2c9253eda82},
      {100000, 100039, 12304, 0xeb3913654ccfd89f},
  };
  HyperLogLog log;
  log.invalidate_count();
  int added = 0;
  for (const auto& expected : kExpected) {
    for (; added < expected.elements; ++added) ASSERT_TRUE(log.add(element(added), kSparseMax).has_value());
    EXPECT_EQ(*log.count(), expected.count) << added;
    EXPECT_EQ(log.bytes().size(), expected.size) << added;
    EXPECT_EQ(crc64(0, log.bytes()), expected.crc) << added;
    EXPECT_EQ(log.sparse(), expected.size != 12304) << added;
  }
}

TEST(HyperLogLog, DenseAndSparseAgree) {
  HyperLogLog dense;
  HyperLogLog sparse;
  ASSERT_TRUE(dense.make_dense().has_value());
  for (int i = 0; i < 3000; ++i) {
    const bool changed = *dense.add(element(i), 0);
    EXPECT_EQ(*sparse.add(element(i), 100'000), changed) << i;
  }
  ASSERT_TRUE(sparse.sparse());
  HyperLogLog::Registers a{};
  HyperLogLog::Registers b{};
  ASSERT_TRUE(dense.merge_into(a).has_value());
  ASSERT_TRUE(sparse.merge_into(b).has_value());
  EXPECT_EQ(a, b);
  ASSERT_TRUE(sparse.make_dense().has_value());
  EXPECT_EQ(sparse.bytes(), dense.bytes());
}

TEST(HyperLogLog, AKeptCountIsBelieved) {
  HyperLogLog empty;
  EXPECT_EQ(*empty.count(), 0);
  std::string bytes = empty.bytes();
  bytes[8] = 7;
  EXPECT_EQ(*HyperLogLog::from_bytes(bytes)->count(), 7);
}

TEST(HyperLogLog, ForeignBytesAreRefused) {
  const std::string good = HyperLogLog().bytes();
  std::string other_encoding = good;
  other_encoding[4] = 2;
  std::string short_dense = good;
  short_dense[4] = 0;
  for (const std::string& bytes :
       {std::string(), std::string("HYLL"), "hYLL" + good.substr(4), other_encoding, short_dense}) {
    EXPECT_FALSE(HyperLogLog::from_bytes(bytes).has_value());
  }
}

// Sparse registers that end early, go on too far, or stop inside a run.
TEST(HyperLogLog, DamageIsFound) {
  const std::string header = HyperLogLog().bytes().substr(0, 15) + '\x80';
  for (const std::string& runs : {std::string("\x7f\xfe", 2), std::string("\x7f\xff\x80", 3), std::string("\x7f", 1)}) {
    auto log = HyperLogLog::from_bytes(header + runs);
    ASSERT_TRUE(log.has_value());
    EXPECT_FALSE(log->count().has_value());
    EXPECT_FALSE(log->make_dense().has_value());
  }
  auto log = HyperLogLog::from_bytes(header + "\x7f");
  EXPECT_FALSE(log->raise(16383, 3, kSparseMax).has_value());
}

TEST(HyperLogLog, LongRunsOfZerosMakeItDense) {
  HyperLogLog log;
  EXPECT_TRUE(*log.raise(5, 32, kSparseMax));
  EXPECT_TRUE(log.sparse());
  EXPECT_TRUE(*log.raise(16383, 33, kSparseMax));
  EXPECT_FALSE(log.sparse());
  EXPECT_FALSE(*log.raise(16383, 33, kSparseMax));
  HyperLogLog::Registers registers{};
  ASSERT_TRUE(log.merge_into(registers).has_value());
  EXPECT_EQ(registers[5], 32);
  EXPECT_EQ(registers[16383], 33);
}

class HyperLogLogCommands : public testing::Test {
 protected:
  CommandFixture f{hyperloglog_commands(), string_commands(), string_set_commands()};
};

TEST_F(HyperLogLogCommands, AddCountMerge) {
  EXPECT_EQ(f.run("PFADD a 1 2 3"), ":1\r\n");
  EXPECT_EQ(f.events(), "pfadd a");
  EXPECT_EQ(f.run("PFADD a 1 2"), ":0\r\n");
  EXPECT_EQ(f.events(), "");
  EXPECT_EQ(f.run("PFADD empty"), ":1\r\n");
  EXPECT_EQ(f.run("PFADD empty"), ":0\r\n");
  EXPECT_EQ(f.run("PFADD b 3 4"), ":1\r\n");
  EXPECT_EQ(f.run("PFCOUNT a"), ":3\r\n");
  EXPECT_EQ(f.run("PFCOUNT a b missing empty"), ":4\r\n");
  EXPECT_EQ(f.run("PFMERGE c a b"), "+OK\r\n");
  EXPECT_EQ(f.events(), "pfadd c");
  EXPECT_EQ(f.run("PFCOUNT c"), ":4\r\n");
  EXPECT_EQ(f.run("PFDEBUG TODENSE a"), ":1\r\n");
  EXPECT_EQ(f.run("PFDEBUG TODENSE a"), ":0\r\n");
  EXPECT_EQ(f.run("PFMERGE c a"), "+OK\r\n");
  EXPECT_EQ(f.run("PFDEBUG ENCODING c"), "+dense\r\n");
  EXPECT_EQ(f.run("PFCOUNT c"), ":4\r\n");
}

// As after SETRANGE of a large one.
TEST_F(HyperLogLogCommands, ASpreadStringIsReadToo) {
  for (int i = 0; i < 2000; ++i) f.run("PFADD a " + element(i));
  EXPECT_EQ(f.run("STRLEN a"), ":12304\r\n");
  f.limits().string_chunk_threshold = 100;
  EXPECT_EQ(f.run("SETRANGE a 0 H"), ":12304\r\n");
  EXPECT_EQ(f.run("PFCOUNT a"), ":2004\r\n");
  EXPECT_EQ(f.run("PFADD a more"), ":1\r\n");
  EXPECT_EQ(f.run("PFCOUNT a"), ":2005\r\n");
}

TEST_F(HyperLogLogCommands, Decode) {
  f.run("PFADD a 1");
  EXPECT_EQ(f.run("PFDEBUG DECODE a"), "$19\r\nZ:7527 v:1,1 Z:8856\r\n");
}

}  // namespace
}  // namespace basalt
