#include <gtest/gtest.h>

#include "base/random.h"
#include "command/command_testing.h"
#include "types/bitmap/bits.h"
#include "types/string/string_value.h"

namespace basalt {

std::span<const CommandSpec> bit_commands();
std::span<const CommandSpec> bitfield_commands();
std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_set_commands();
std::span<const CommandSpec> key_commands();

namespace {

// The parameter is the length beyond which a string is spread: all of them, those over a few chunks, none.
class Bitmaps : public testing::TestWithParam<int64_t> {
 protected:
  Bitmaps() { f.limits().string_chunk_threshold = GetParam(); }

  int64_t number(const std::string& line) {
    const std::string reply = f.run(line);
    CHECK(reply.starts_with(":")) << line << ": " << reply;
    return std::stoll(reply.substr(1));
  }
  std::string bytes(const std::string& key) {
    const std::string reply = f.run("GET " + key);
    if (reply == "$-1\r\n") return "";
    const size_t start = reply.find("\r\n") + 2;
    return reply.substr(start, reply.size() - 2 - start);
  }
  // A string with runs of zeros, of ones and of noise, as long as several chunks; written in place so that it
  // is stored as the parameter says.
  std::string make(const std::string& key) {
    std::string all;
    f.run("DEL " + key);
    for (int i = 0; i < 6; ++i) {
      std::string part(random_below(5000), i % 3 == 0 ? '\0' : '\xff');
      if (i % 3 == 2) {
        for (char& c : part) c = static_cast<char>(random_u64());
      }
      all += part;
    }
    f.run_words({"SETRANGE", key, "0", all});
    return all;
  }

  CommandFixture f{bit_commands(), bitfield_commands(), string_commands(), string_set_commands(), key_commands()};
};

INSTANTIATE_TEST_SUITE_P(Encodings, Bitmaps, testing::Values(0, 10'000, 100'000));

bool bit_of(const std::string& bytes, uint64_t i) { return static_cast<uint8_t>(bytes[i / 8]) >> (7 - i % 8) & 1; }

TEST(Bits, CountAndFind) {
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random_below(40), random_below(2) ? '\0' : '\xff');
    for (uint64_t i = random_below(3); i > 0 && !bytes.empty(); --i) {
      bytes[random_below(bytes.size())] = static_cast<char>(random_u64());
    }
    uint64_t count = 0;
    std::optional<uint64_t> first[2];
    for (uint64_t i = 0; i < bytes.size() * 8; ++i) {
      count += bit_of(bytes, i);
      if (!first[bit_of(bytes, i)]) first[bit_of(bytes, i)] = i;
    }
    ASSERT_EQ(count_bits(bytes), count);
    ASSERT_EQ(find_bit(bytes, false), first[0]);
    ASSERT_EQ(find_bit(bytes, true), first[1]);
  }
}

TEST_P(Bitmaps, SetbitGetbit) {
  std::string model;
  for (int i = 0; i < 300; ++i) {
    const uint64_t offset = random_below(random_below(3) ? 200 : 200'000);
    const bool bit = random_below(2);
    if (model.size() <= offset / 8) model.resize(offset / 8 + 1);
    ASSERT_EQ(number(fmt::format("SETBIT k {} {:d}", offset, bit)), bit_of(model, offset));
    const auto mask = static_cast<char>(0x80 >> offset % 8);
    model[offset / 8] = static_cast<char>(bit ? model[offset / 8] | mask : model[offset / 8] & ~mask);
    ASSERT_EQ(number(fmt::format("GETBIT k {}", offset)), bit);
    ASSERT_EQ(number(fmt::format("GETBIT k {}", offset + 300'000)), 0);
  }
  EXPECT_EQ(bytes("k"), model);
  EXPECT_EQ(number("STRLEN k"), static_cast<int64_t>(model.size()));
}

TEST_P(Bitmaps, SetbitTouchesOnlyWhatChanges) {
  f.run("SETBIT k 100 0");
  EXPECT_EQ(f.events(), "setbit k");
  f.run("SETBIT k 100 0");
  EXPECT_EQ(f.events(), "");
  f.run("SETBIT k 100 1");
  EXPECT_EQ(f.events(), "setbit k");
  f.run("SETBIT k 100 1");
  EXPECT_EQ(f.events(), "");
}

// What Redis documents, bit by bit.
int64_t count_slowly(const std::string& bytes, int64_t first, int64_t last) {
  int64_t count = 0;
  for (int64_t i = first; i <= last; ++i) count += bit_of(bytes, static_cast<uint64_t>(i));
  return count;
}
int64_t find_slowly(const std::string& bytes, int64_t first, int64_t last, bool bit) {
  for (int64_t i = first; i <= last; ++i) {
    if (bit_of(bytes, static_cast<uint64_t>(i)) == bit) return i;
  }
  return -1;
}

TEST_P(Bitmaps, CountAndPositionInRanges) {
  for (int round = 0; round < 5; ++round) {
    const std::string model = make("k");
    const auto size = static_cast<int64_t>(model.size());
    if (size == 0) continue;
    ASSERT_EQ(bytes("k"), model);
    ASSERT_EQ(number("BITCOUNT k"), count_slowly(model, 0, size * 8 - 1));
    for (int i = 0; i < 40; ++i) {
      const bool in_bits = i % 2;
      const int64_t length = in_bits ? size * 8 : size;
      int64_t start = static_cast<int64_t>(random_below(static_cast<uint64_t>(length)));
      int64_t end = static_cast<int64_t>(random_below(static_cast<uint64_t>(length)));
      if (start > end) std::swap(start, end);
      const int64_t first = in_bits ? start : start * 8;
      const int64_t last = in_bits ? end : end * 8 + 7;
      const std::string range = fmt::format("{} {} {}", random_below(2) ? start : start - length,
                                            random_below(2) ? end : end - length, in_bits ? "BIT" : "BYTE");
      SCOPED_TRACE(range);
      ASSERT_EQ(number("BITCOUNT k " + range), count_slowly(model, first, last));
      ASSERT_EQ(number("BITPOS k 1 " + range), find_slowly(model, first, last, true));
      ASSERT_EQ(number("BITPOS k 0 " + range), find_slowly(model, first, last, false));
    }
  }
}

TEST_P(Bitmaps, PositionBehindTheEnd) {
  f.run_words({"SETRANGE", "k", "0", std::string(10'000, '\xff')});
  EXPECT_EQ(number("BITPOS k 0"), 80'000);
  EXPECT_EQ(number("BITPOS k 0 9999"), 80'000);
  EXPECT_EQ(number("BITPOS k 0 0 -1"), -1);
  EXPECT_EQ(number("BITPOS k 0 10000"), -1);
  f.run_words({"SETRANGE", "z", "9999", std::string("\0", 1)});
  EXPECT_EQ(number("BITPOS z 1"), -1);
  EXPECT_EQ(number("BITPOS z 0 5000"), 40'000);
}

TEST_P(Bitmaps, FarBits) {
  EXPECT_EQ(number("SETBIT k 4000000000 1"), 0);
  EXPECT_EQ(number("GETBIT k 4000000000"), 1);
  EXPECT_EQ(number("STRLEN k"), 500'000'001);
  EXPECT_EQ(number("BITCOUNT k"), 1);
  EXPECT_EQ(number("BITPOS k 1"), 4'000'000'000);
  EXPECT_EQ(number("BITPOS k 0"), 0);
  EXPECT_EQ(f.run("SETBIT k 4294967296 1"), "-ERR bit offset is not an integer or out of range\r\n");
}

TEST_P(Bitmaps, Bitop) {
  for (const char* op : {"AND", "OR", "XOR", "NOT"}) {
    const std::string a = make("a");
    const std::string b = make("b");
    const bool one = op == std::string_view("NOT");
    const std::string line =
        fmt::format("BITOP {} {} a{}", op, random_below(2) ? "a" : "target", one ? "" : " b missing");
    SCOPED_TRACE(line);
    std::string expected(one ? a.size() : std::max(a.size(), b.size()), '\0');
    for (size_t i = 0; i < expected.size(); ++i) {
      const char x = i < a.size() ? a[i] : 0;
      const char y = i < b.size() ? b[i] : 0;
      if (*op == 'A') expected[i] = 0;  // the missing key is all zeros
      else if (*op == 'O') expected[i] = static_cast<char>(x | y);
      else if (*op == 'X') expected[i] = static_cast<char>(x ^ y);
      else expected[i] = static_cast<char>(~x);
    }
    const std::string target = line.find("target") != std::string::npos ? "target" : "a";
    ASSERT_EQ(number(line), static_cast<int64_t>(expected.size()));
    EXPECT_EQ(f.events(), expected.empty() ? "" : "set " + target);
    ASSERT_EQ(bytes(target), expected);
  }
  const std::string a = make("a");
  f.run("COPY a both");
  ASSERT_EQ(number("BITOP AND target a both"), static_cast<int64_t>(a.size()));
  EXPECT_EQ(bytes("target"), a);
  EXPECT_EQ(number("BITOP OR target missing"), 0);
  EXPECT_EQ(f.run("EXISTS target"), ":0\r\n");
}

// Reads one field from the model.
int64_t field(const std::string& bytes, uint64_t offset, uint32_t bits, bool is_signed) {
  uint64_t v = 0;
  for (uint64_t i = offset; i < offset + bits; ++i) v = v << 1 | (i / 8 < bytes.size() && bit_of(bytes, i));
  if (is_signed && bits < 64 && v >> (bits - 1)) v |= ~uint64_t{0} << bits;
  return static_cast<int64_t>(v);
}

TEST_P(Bitmaps, BitfieldReadsAndWritesAnywhere) {
  for (int i = 0; i < 300; ++i) {
    const bool is_signed = random_below(2);
    const auto bits = static_cast<uint32_t>(1 + random_below(is_signed ? 64 : 63));
    // Around the border of two chunks, and elsewhere.
    const uint64_t offset =
        random_below(2) ? (1 + random_below(5)) * kChunkBytes * 8 - random_below(70) : random_below(100'000);
    const std::string before = bytes("k");
    const auto value = static_cast<int64_t>(random_u64());
    const std::string type = fmt::format("{}{}", is_signed ? 'i' : 'u', bits);
    const std::string reply =
        f.run(fmt::format("BITFIELD k SET {} {} {} GET {} {}", type, offset, value, type, offset));
    const std::string after = bytes("k");
    ASSERT_EQ(reply, fmt::format("*2\r\n:{}\r\n:{}\r\n", field(before, offset, bits, is_signed),
                                 field(after, offset, bits, is_signed)));
    const uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
    ASSERT_EQ(static_cast<uint64_t>(field(after, offset, bits, false)) & mask, static_cast<uint64_t>(value) & mask);
    // Nothing around it moved.
    ASSERT_EQ(field(before, offset + bits, 60, false), field(after, offset + bits, 60, false));
    if (offset >= 60) {
      ASSERT_EQ(field(before, offset - 60, 60, false), field(after, offset - 60, 60, false));
    }
  }
}

TEST_P(Bitmaps, BitfieldOverflow) {
  EXPECT_EQ(f.run("BITFIELD k INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1"), "*2\r\n:1\r\n:1\r\n");
  EXPECT_EQ(f.run("BITFIELD k INCRBY u2 100 3 OVERFLOW SAT INCRBY u2 102 3"), "*2\r\n:0\r\n:3\r\n");
  EXPECT_EQ(f.run("BITFIELD k OVERFLOW FAIL INCRBY u2 102 1"), "*1\r\n$-1\r\n");
  EXPECT_EQ(f.events(), "");
  EXPECT_EQ(f.run("BITFIELD new OVERFLOW FAIL SET u2 1000 9"), "*1\r\n$-1\r\n");
  EXPECT_EQ(f.events(), "");
  EXPECT_EQ(number("STRLEN new"), 126);
  EXPECT_EQ(f.run("BITFIELD k SET i64 0 9223372036854775807 OVERFLOW SAT INCRBY i64 0 5"),
            "*2\r\n:0\r\n:9223372036854775807\r\n");
  EXPECT_EQ(f.run("BITFIELD k OVERFLOW WRAP INCRBY i64 0 1"), "*1\r\n:-9223372036854775808\r\n");
  EXPECT_EQ(f.run("BITFIELD k OVERFLOW SAT SET u8 0 -1 GET u8 0"), "*2\r\n:128\r\n:255\r\n");
  // Two oddities of Redis: -1 is large for an unsigned field, and the smallest number for a signed one.
  EXPECT_EQ(f.run("BITFIELD k OVERFLOW SAT SET i6 0 -9223372036854775808 GET i6 0"), "*2\r\n:-1\r\n:31\r\n");
  EXPECT_EQ(f.run("BITFIELD k OVERFLOW SAT SET i6 0 -1000 GET i6 0"), "*2\r\n:31\r\n:-32\r\n");
  EXPECT_EQ(f.run("BITFIELD_RO k SET u8 0 1"), "-ERR BITFIELD_RO only supports the GET subcommand\r\n");
}

}  // namespace
}  // namespace basalt
