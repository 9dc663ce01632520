#include "base/bytes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace basalt {
namespace {

using namespace std::string_view_literals;

TEST(Bytes, BigEndianSortsAsNumbers) {
  std::string small, large;
  append_be<uint32_t>(small, 255);
  append_be<uint32_t>(large, 256);
  EXPECT_EQ(large, "\0\0\1\0"sv);
  EXPECT_LT(small, large);
  EXPECT_EQ(load_big_endian<uint32_t>(large.data()), 256u);
}

TEST(Bytes, VarintsReadBack) {
  for (int bit = 0; bit < 64; ++bit) {
    for (uint64_t v : {(uint64_t{1} << bit) - 1, uint64_t{1} << bit, std::numeric_limits<uint64_t>::max() >> bit}) {
      std::string bytes;
      append_varint(bytes, v);
      ByteReader reader(bytes);
      EXPECT_EQ(reader.varint(), v);
      EXPECT_TRUE(reader.empty());
      for (size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_EQ(ByteReader(std::string_view(bytes).substr(0, cut)).varint(), std::nullopt);
      }
    }
  }
  std::string bytes;
  append_varint(bytes, 300);
  EXPECT_EQ(bytes, "\xac\x02");
}

TEST(Bytes, DamagedVarintsAreRefused) {
  EXPECT_EQ(ByteReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02").varint(), std::nullopt) << "65 bits";
  EXPECT_EQ(ByteReader("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01").varint(), std::nullopt) << "eleven bytes";
  EXPECT_EQ(ByteReader("\x80\0"sv).varint(), std::nullopt) << "zero in two bytes";
  EXPECT_EQ(ByteReader("").varint(), std::nullopt);
}

TEST(Bytes, ReaderStopsAtTheEnd) {
  ByteReader reader("\0\1abc"sv);
  EXPECT_EQ(reader.be<uint64_t>(), std::nullopt);
  EXPECT_EQ(reader.be<uint16_t>(), 1);
  EXPECT_EQ(reader.take(4), std::nullopt);
  EXPECT_EQ(reader.take(2), "ab");
  EXPECT_EQ(reader.rest(), "c");
}

TEST(Bytes, KeyBufferGrowsAndCopies) {
  KeyBuffer key;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    key.be<uint16_t>(static_cast<uint16_t>(i)).append("key");
    append_be<uint16_t>(expected, static_cast<uint16_t>(i));
    expected += "key";
    KeyBuffer copy(key);
    ASSERT_EQ(copy.view(), expected);
    copy.append("more");
    ASSERT_EQ(key.view(), expected);
  }
  KeyBuffer assigned;
  assigned.append("old");
  assigned = key;
  EXPECT_EQ(assigned.view(), expected);
  key.truncate(5);
  EXPECT_EQ(key.view(), "\0\0key"sv);
}

TEST(Bytes, PrefixSuccessor) {
  EXPECT_EQ(prefix_successor("abc"), "abd");
  EXPECT_EQ(prefix_successor("a\xff"), "b");
  EXPECT_EQ(prefix_successor("\x7f"), "\x80");
  EXPECT_EQ(prefix_successor("a\xff\xff"), "b");
  EXPECT_EQ(prefix_successor("\xff\xff"), std::nullopt);
  EXPECT_EQ(prefix_successor(""), std::nullopt);
}

TEST(Bytes, CaseIsAsciiOnly) {
  EXPECT_TRUE(equals_ignore_case("GeT", "gEt"));
  EXPECT_TRUE(equals_ignore_case("", ""));
  EXPECT_FALSE(equals_ignore_case("get", "gets"));
  EXPECT_FALSE(equals_ignore_case("@", "`"));
  EXPECT_FALSE(equals_ignore_case("[", "{"));
  EXPECT_FALSE(equals_ignore_case("\xc4", "\xe4"));
  EXPECT_EQ(to_lower("AbZ[@\xc4"), "abz[@\xc4");
  EXPECT_EQ(to_upper("aBz{`\xe4"), "ABZ{`\xe4");
}

}  // namespace
}  // namespace basalt
