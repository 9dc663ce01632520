#include "base/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>

namespace basalt {
namespace {

using namespace std::string_view_literals;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// The tables say what redis-server 7.0.15 answers to INCRBY, SCAN, XADD, ZADD and ZSCORE, INCRBYFLOAT
// and CONFIG SET maxmemory with these arguments.

TEST(Number, ParsesIntegers) {
  struct {
    std::string_view text;
    std::optional<int64_t> value;
  } const cases[] = {
      {"0", 0},
      {"1", 1},
      {"-1", -1},
      {"10", 10},
      {"9223372036854775807", kMax},
      {"-9223372036854775808", kMin},
      {"9223372036854775808", {}},
      {"-9223372036854775809", {}},
      {"9999999999999999999", {}},
      {"18446744073709551615", {}},
      {"18446744073709551616", {}},
      {"99999999999999999999", {}},
      {"184467440737095516161", {}},
      {"000000000000000000001", {}},
      {"", {}},
      {"-", {}},
      {"-0", {}},
      {"+0", {}},
      {"+1", {}},
      {" 1", {}},
      {"1 ", {}},
      {"00", {}},
      {"01", {}},
      {"-01", {}},
      {"a", {}},
      {"1a", {}},
      {"0x1", {}},
      {"1.0", {}},
      {"1e3", {}},
      {"1\0"sv, {}},
      {"--1", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_int64(c.text), c.value) << "'" << c.text << "'";
}

TEST(Number, ParsesUnsignedAsStreamIds) {
  struct {
    std::string_view text;
    std::optional<uint64_t> value;
  } const cases[] = {
      {"0", 0},
      {"1", 1},
      {"+1", 1},
      {"01", 1},
      {" 1", 1},
      {"\t1", 1},
      {"9223372036854775808", 9223372036854775808u},
      {"18446744073709551615", UINT64_MAX},
      {"18446744073709551616", {}},
      {"1\0a"sv, 1},
      {"", {}},
      {"\0"sv, {}},
      {" ", {}},
      {"-1", {}},
      {"1 ", {}},
      {"a", {}},
      {"1a", {}},
      {"-", {}},
      {"+", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_uint64(c.text), c.value) << "'" << c.text << "'";
}

TEST(Number, ParsesScanCursors) {
  struct {
    std::string_view text;
    std::optional<uint64_t> value;
  } const cases[] = {
      {"", 0},
      {"0", 0},
      {"-0", 0},
      {"+1", 1},
      {"01", 1},
      {"-1", UINT64_MAX},
      {"-2", UINT64_MAX - 1},
      {"18446744073709551615", UINT64_MAX},
      {"-18446744073709551615", 1},
      {"1\0a"sv, 1},
      {"\0"sv, 0},
      {" 1", {}},
      {"\t1", {}},
      {"1 ", {}},
      {"18446744073709551616", {}},
      {"-18446744073709551616", {}},
      {"a", {}},
      {"1a", {}},
      {"-", {}},
      {"+", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_scan_cursor(c.text), c.value) << "'" << c.text << "'";
}

TEST(Number, ParsesDoubles) {
  std::string zeros(300, '0');
  std::string long_integer = zeros + "1", long_fraction = "." + zeros + "1";
  struct {
    std::string_view text;
    std::optional<double> value;
  } const cases[] = {
      {"0", 0.0},
      {"+0", 0.0},
      {"1", 1.0},
      {"+1", 1.0},
      {"01", 1.0},
      {"-01", -1.0},
      {"1.5", 1.5},
      {".5", 0.5},
      {"5.", 5.0},
      {"-.5", -0.5},
      {"1e5", 1e5},
      {"1E5", 1e5},
      {"1e+5", 1e5},
      {"0.1e1", 1.0},
      {"1e308", 1e308},
      {"1.7976931348623157e308", 1.7976931348623157e308},
      {"1e-320", 1e-320},
      {"4.9e-324", 4.9e-324},
      {"0e-400", 0.0},
      {"9007199254740993", 9007199254740992.0},
      {"9223372036854775807", 9223372036854775808.0},
      {"123456789012345678901234567890", 123456789012345678901234567890.0},
      {long_integer, 1.0},
      {long_fraction, 1e-301},
      {"inf", kInf},
      {"-inf", -kInf},
      {"+inf", kInf},
      {"INF", kInf},
      {"Infinity", kInf},
      {"-infinity", -kInf},
      {"0x10", 16.0},
      {"0X1p4", 16.0},
      {"0x1.8p1", 3.0},
      {"-0x1p-3", -0.125},
      {"", {}},
      {" 1", {}},
      {"\t1", {}},
      {"\n1", {}},
      {"1 ", {}},
      {"1\n", {}},
      {" inf", {}},
      {".", {}},
      {"-", {}},
      {"+", {}},
      {"--1", {}},
      {"+-1", {}},
      {"e", {}},
      {"1e", {}},
      {"1e309", {}},
      {"-1e309", {}},
      {"10e308", {}},
      {"1.7976931348623159e308", {}},
      {"1e-400", {}},
      {"-1e-400", {}},
      {"1e1000000000000", {}},
      {"nan", {}},
      {"NaN", {}},
      {"-nan", {}},
      {"nan(1)", {}},
      {"infinit", {}},
      {"infx", {}},
      {"0x", {}},
      {"0xg", {}},
      {"1\0"sv, {}},
      {"\0001"sv, {}},
      {"1_000", {}},
      {"1,5", {}},
      {"1d", {}},
      {"1f", {}},
      {"1L", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_double(c.text), c.value) << "'" << c.text << "'";
  ASSERT_TRUE(parse_double("-0"));
  EXPECT_TRUE(std::signbit(*parse_double("-0")));
}

TEST(Number, ParsesAndPrintsLongDoubles) {
  std::string longest = std::string(5118, '0') + "1", too_long = "0" + longest;
  struct {
    std::string_view text;
    std::optional<std::string> printed;
  } const cases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"1", "1"},
      {"1e3", "1000"},
      {"0x10", "16"},
      {"5.0e3", "5000"},
      {"10.50", "10.5"},
      {"0.1", "0.1"},
      {"3.0000000000000001", "3.0000000000000001"},
      {"0.10000000000000000001", "0.1"},
      {"123456789.123456789", "123456789.12345678899873747"},
      {"1e-17", "0.00000000000000001"},
      {"6e-18", "0.00000000000000001"},
      {"5e-18", "0"},
      {"1e-18", "0"},
      {"-1e-18", "0"},
      {"-0.00000000000000000001", "0"},
      {"1e-4940", "0"},
      {"1e25", "10000000000000000000000000"},
      {"inf", "inf"},
      {"-inf", "-inf"},
      {longest, "1"},
      {too_long, {}},
      {"", {}},
      {" 1", {}},
      {"nan", {}},
      {"1.2e4932", {}},
      {"1e-5000", {}},
  };
  for (const auto& c : cases) {
    auto value = parse_long_double(c.text);
    std::optional<std::string> printed;
    if (value) printed = long_double_to_string(*value);
    EXPECT_EQ(printed, c.printed) << "'" << c.text << "'";
  }
  std::string largest = long_double_to_string(std::numeric_limits<long double>::max());
  EXPECT_EQ(largest.size(), 4933u);
  EXPECT_EQ(parse_long_double(largest), std::numeric_limits<long double>::max());
}

TEST(Number, PrintsIntegers) {
  char out[21];
  auto signed_text = [&](int64_t v) { return std::string(out, format_int64(out, v)); };
  auto unsigned_text = [&](uint64_t v) { return std::string(out, format_uint64(out, v)); };
  EXPECT_EQ(signed_text(kMin), "-9223372036854775808");
  EXPECT_EQ(signed_text(kMax), "9223372036854775807");
  EXPECT_EQ(signed_text(-1), "-1");
  EXPECT_EQ(unsigned_text(0), "0");
  EXPECT_EQ(unsigned_text(UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(int64_to_string(-42), "-42");
  uint64_t power = 1;
  for (int digits = 1; digits <= 20; ++digits, power *= 10) {
    for (uint64_t v : {power - 1, power, power + 1}) EXPECT_EQ(unsigned_text(v), std::to_string(v));
  }
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(unsigned_text(uint64_t{1} << bit), std::to_string(uint64_t{1} << bit));
    EXPECT_EQ(unsigned_text((uint64_t{1} << bit) - 1), std::to_string((uint64_t{1} << bit) - 1));
  }
}

TEST(Number, PrintsScores) {
  struct {
    double value;
    std::string_view text;
  } const cases[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {1.0, "1"},
      {-1.0, "-1"},
      {0.1, "0.10000000000000001"},
      {-0.125, "-0.125"},
      {3.0000000000000001, "3"},
      {1e16, "10000000000000000"},
      {99999999999999984.0, "99999999999999984"},
      {1e17, "1e+17"},
      {-1e17, "-1e+17"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {9223372036854775807.0, "9.2233720368547758e+18"},
      {9007199254740993.0, "9007199254740992"},
      {1e308, "1e+308"},
      {1e-308, "9.9999999999999991e-309"},
      {4.9e-324, "4.9406564584124654e-324"},
      {kInf, "inf"},
      {-kInf, "-inf"},
      {std::nan(""), "nan"},
      {-std::nan(""), "nan"},
  };
  for (const auto& c : cases) EXPECT_EQ(double_to_string(c.value), c.text);
}

TEST(Number, ScoresPrintAsPrintfDoesAndReadBack) {
  uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200'000; ++i) {
    // All kinds of doubles, then whole numbers and short fractions, which are what scores are.
    double v;
    uint64_t bits = random();
    if (i % 3 == 0) std::memcpy(&v, &bits, sizeof v);
    else if (i % 3 == 1) v = static_cast<double>(static_cast<int64_t>(bits) >> (bits % 64));
    else v = static_cast<double>(static_cast<int32_t>(bits)) / 1000;
    if (!std::isfinite(v)) continue;
    char expected[64];
    std::snprintf(expected, sizeof expected, "%.17g", v);
    ASSERT_EQ(double_to_string(v), expected);
    ASSERT_EQ(parse_double(expected), v) << expected;
  }
}

TEST(Number, ParsesMemorySizes) {
  struct {
    std::string_view text;
    std::optional<uint64_t> bytes;
  } const cases[] = {
      {"", 0},
      {"0", 0},
      {"b", 0},
      {"kb", 0},
      {"1", 1},
      {"100b", 100},
      {"1k", 1000},
      {"1K", 1000},
      {"1kb", 1024},
      {"1KB", 1024},
      {"1Kb", 1024},
      {"1m", 1000000},
      {"1mb", 1048576},
      {"1g", 1000000000},
      {"1gb", 1073741824},
      {"18446744073709551615", UINT64_MAX},
      // Redis wraps these around or cuts them; that is no size anyone asked for.
      {"18446744073709551616", {}},
      {"18014398509481984kb", {}},
      {"1t", {}},
      {"1tb", {}},
      {"1.5gb", {}},
      {" 1", {}},
      {"1 ", {}},
      {"1 kb", {}},
      {"-1", {}},
      {"+1", {}},
      {"1bb", {}},
      {"0x10", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_memory(c.text), c.bytes) << "'" << c.text << "'";
}

TEST(Number, PrintsBytesForPeople) {
  EXPECT_EQ(human_bytes(0), "0B");
  EXPECT_EQ(human_bytes(512), "512B");
  EXPECT_EQ(human_bytes(1023), "1023B");
  EXPECT_EQ(human_bytes(1024), "1.00K");
  EXPECT_EQ(human_bytes(1536), "1.50K");
  EXPECT_EQ(human_bytes((1 << 20) - 1), "1024.00K");
  EXPECT_EQ(human_bytes(3 << 19), "1.50M");
  EXPECT_EQ(human_bytes(uint64_t{1} << 30), "1.00G");
  EXPECT_EQ(human_bytes(uint64_t{1} << 40), "1.00T");
  EXPECT_EQ(human_bytes(uint64_t{1} << 50), "1.00P");
  EXPECT_EQ(human_bytes((uint64_t{1} << 60) - 1), "1024.00P");
  EXPECT_EQ(human_bytes(uint64_t{1} << 60), "1152921504606846976B");
}

}  // namespace
}  // namespace basalt
