#include "base/slot.h"

#include <gtest/gtest.h>

namespace basalt {
namespace {

TEST(Slot, Crc16IsXmodem) {
  EXPECT_EQ(crc16("123456789"), 0x31c3);
  EXPECT_EQ(crc16(""), 0);
}

// A byte at a time, as the CRC is defined.
TEST(Slot, Crc16IsTheSameForEveryLength) {
  std::string bytes;
  uint16_t crc = 0;
  for (int i = 0; i < 100; ++i) {
    bytes += static_cast<char>(i * 37 + 11);
    crc ^= static_cast<uint16_t>(static_cast<uint8_t>(bytes.back()) << 8);
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<uint16_t>(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    EXPECT_EQ(crc16(bytes), crc) << bytes.size();
  }
}

// What redis-server 7.0.15 answers to CLUSTER KEYSLOT.
TEST(Slot, KeysGoWhereRedisClusterPutsThem) {
  struct {
    std::string_view key;
    uint16_t slot;
  } const cases[] = {
      {"", 0},
      {"a", 15495},
      {"foo", 12182},
      {"bar", 5061},
      {"hello", 866},
      {"123456789", 12739},
      {"{user1000}.following", 3443},
      {"user1000", 3443},
      {"foo{}{bar}", 8363},
      {"foo{{bar}}zap", 4015},
      {"foo{bar}{zap}", 5061},
      {"foo{bar", 15278},
      {"foo}bar{x}", 16287},
      {"{}", 15257},
      {"{}x", 10595},
      {"{", 4092},
      {"}", 12090},
      {"}{", 12793},
      {"{a", 10276},
      {"a}", 5921},
      {"{a}", 15495},
      {"x{a}y", 15495},
      {"x{}a}", 3769},
      {"\xff", 7920},
  };
  for (const auto& c : cases) EXPECT_EQ(key_slot(c.key), c.slot) << c.key;
}

TEST(Slot, HashTagsKeepKeysTogether) {
  EXPECT_EQ(key_slot("{user1000}.following"), key_slot("{user1000}.followers"));
  EXPECT_EQ(key_slot("{user1000}.following"), key_slot("user1000"));
  EXPECT_NE(key_slot("foo{}{bar}"), key_slot("bar"));
}

}  // namespace
}  // namespace basalt
