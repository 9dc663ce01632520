#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace basalt {
namespace {

TEST(Hash, Crc64IsJones) {
  EXPECT_EQ(crc64(0, "123456789"), 0xe9c6d914c4b8d9cau);
  EXPECT_EQ(crc64(0, ""), 0u);
}

// One bit at a time, from the definition: polynomial 0xad93d23594c935a9, lowest bit first.
uint64_t slow_crc64(uint64_t crc, std::string_view bytes) {
  uint64_t reversed = 0;
  for (int i = 0; i < 64; ++i) reversed |= (0xad93d23594c935a9u >> i & 1) << (63 - i);
  for (unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ reversed : crc >> 1;
  }
  return crc;
}

TEST(Hash, Crc64OfEveryLengthAndInPieces) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    uint64_t whole = crc64(0, bytes);
    ASSERT_EQ(whole, slow_crc64(0, bytes)) << i;
    for (size_t cut = 0; cut <= bytes.size(); cut += 3) {
      ASSERT_EQ(crc64(crc64(0, std::string_view(bytes).substr(0, cut)), std::string_view(bytes).substr(cut)), whole);
    }
    bytes.push_back(static_cast<char>(i * 37 + 200));
  }
}

// These values are on disk: a failure here is a new format version, not a new expectation.
TEST(Hash, MemberHashNeverChanges) {
  // The low halves of the published xxHash64 values ef46db3751d8e999, d24ec4f1a98c6e5b, 8cb841db40e6ae83.
  EXPECT_EQ(member_hash(""), 0x51d8e999u);
  EXPECT_EQ(member_hash("a"), 0xa98c6e5bu);
  EXPECT_EQ(member_hash("123456789"), 0x40e6ae83u);
}

}  // namespace
}  // namespace basalt
