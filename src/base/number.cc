#include "base/number.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/bytes.h"

namespace basalt {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The text up to its first NUL byte, where Redis's C strings end.
std::string c_string(std::string_view s) { return std::string(s.substr(0, s.find('\0'))); }

// Two digits at a time, from the end.
constexpr std::array<char, 200> make_digit_pairs() {
  std::array<char, 200> pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr auto kDigitPairs = make_digit_pairs();

constexpr std::array<uint64_t, 20> make_powers_of_ten() {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (auto& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}
constexpr auto kPowersOfTen = make_powers_of_ten();

size_t count_digits(uint64_t v) {
  // 1233 / 4096 is log10(2), near enough for 64 bits; the table settles the border.
  size_t guess = static_cast<size_t>(std::bit_width(v | 1)) * 1233 >> 12;
  return guess + ((v | 1) >= kPowersOfTen[guess]);
}

// The rules common to both kinds of float: the whole string, no space before it, no NaN, and
// nothing too large or too small to be told from infinity or zero.
template <typename Float, Float (*parse)(const char*, char**)>
std::optional<Float> parse_c_float(const char* s, size_t size) {
  if (size == 0 || is_space(s[0])) return std::nullopt;
  errno = 0;
  char* end = nullptr;
  Float v = parse(s, &end);
  if (end != s + size || std::isnan(v)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(v) || v == 0)) return std::nullopt;
  return v;
}

}  // namespace

std::optional<int64_t> parse_int64(std::string_view s) {
  bool negative = !s.empty() && s[0] == '-';
  const char* p = s.data() + negative;
  const char* end = s.data() + s.size();
  // Nineteen digits are at most 9999999999999999999, which fits 64 bits unsigned.
  if (p == end || end - p > 19) return std::nullopt;
  if (*p == '0') return s.size() == 1 ? std::optional<int64_t>(0) : std::nullopt;
  uint64_t v = 0;
  for (; p != end; ++p) {
    if (!is_digit(*p)) return std::nullopt;
    v = v * 10 + static_cast<uint64_t>(*p - '0');
  }
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (v > kMax + negative) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - v : v);
}

std::optional<uint64_t> parse_uint64(std::string_view s) {
  if (auto v = parse_int64(s)) return *v < 0 ? std::nullopt : std::optional<uint64_t>(*v);
  std::string text = c_string(s);
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  uint64_t v = std::strtoull(text.c_str(), &end, 10);
  if (errno != 0 || *end != '\0' || end == text.c_str()) return std::nullopt;
  return v;
}

std::optional<uint64_t> parse_scan_cursor(std::string_view s) {
  if (auto v = parse_int64(s)) return static_cast<uint64_t>(*v);
  std::string text = c_string(s);
  if (!text.empty() && is_space(text[0])) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  uint64_t v = std::strtoull(text.c_str(), &end, 10);
  if (errno == ERANGE || *end != '\0') return std::nullopt;
  return v;
}

std::optional<double> parse_double(std::string_view s) {
  // Nearly all scores are whole numbers: exact in a double up to 2^53.
  constexpr int64_t kExact = int64_t{1} << 53;
  if (auto v = parse_int64(s); v && *v >= -kExact && *v <= kExact) return static_cast<double>(*v);
  char buffer[256];
  if (s.size() < sizeof buffer) {
    s.copy(buffer, s.size());
    buffer[s.size()] = '\0';
    return parse_c_float<double, std::strtod>(buffer, s.size());
  }
  std::string copy(s);
  return parse_c_float<double, std::strtod>(copy.c_str(), copy.size());
}

std::optional<long double> parse_long_double(std::string_view s) {
  char buffer[5 * 1024];  // Redis refuses what doesn't fit in as much.
  if (s.size() >= sizeof buffer) return std::nullopt;
  s.copy(buffer, s.size());
  buffer[s.size()] = '\0';
  return parse_c_float<long double, std::strtold>(buffer, s.size());
}

size_t format_uint64(char* out, uint64_t v) {
  size_t size = count_digits(v);
  char* p = out + size;
  while (v >= 100) {
    p -= 2;
    std::memcpy(p, &kDigitPairs[v % 100 * 2], 2);
    v /= 100;
  }
  if (v >= 10) std::memcpy(p - 2, &kDigitPairs[v * 2], 2);
  else p[-1] = static_cast<char>('0' + v);
  return size;
}

size_t format_int64(char* out, int64_t v) {
  if (v >= 0) return format_uint64(out, static_cast<uint64_t>(v));
  *out = '-';
  return 1 + format_uint64(out + 1, 0 - static_cast<uint64_t>(v));
}

std::string int64_to_string(int64_t v) {
  char digits[21];
  return std::string(digits, format_int64(digits, v));
}

std::string double_to_string(double v) {
  if (std::isnan(v)) return "nan";
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  // %.17g writes a whole number of up to 17 digits without exponent or fraction.
  if (std::abs(v) < 1e17 && v == std::trunc(v) && (v != 0 || !std::signbit(v))) {
    return int64_to_string(static_cast<int64_t>(v));
  }
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, v, std::chars_format::general, 17).ptr;
  return std::string(text, end);
}

std::string long_double_to_string(long double v) {
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  char text[5 * 1024];  // the largest long double has 4933 digits before the point
  size_t size = static_cast<size_t>(std::snprintf(text, sizeof text, "%.17Lf", v));
  std::string_view digits(text, size);
  if (digits.find('.') != std::string_view::npos) {
    digits = digits.substr(0, digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.remove_suffix(1);
  }
  if (digits == "-0") digits = "0";
  return std::string(digits);
}

std::optional<uint64_t> parse_memory(std::string_view s) {
  struct Unit {
    std::string_view name;
    uint64_t bytes;
  };
  static constexpr Unit kUnits[] = {
      {"", 1},         {"b", 1},        {"k", 1000},         {"kb", 1 << 10},
      {"m", 1000'000}, {"mb", 1 << 20}, {"g", 1000'000'000}, {"gb", 1 << 30},
  };
  size_t digits = 0;
  uint64_t v = 0;
  for (; digits < s.size() && is_digit(s[digits]); ++digits) {
    uint64_t digit = static_cast<uint64_t>(s[digits] - '0');
    if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v)) return std::nullopt;
  }
  for (const Unit& unit : kUnits) {
    if (!equals_ignore_case(s.substr(digits), unit.name)) continue;
    if (__builtin_mul_overflow(v, unit.bytes, &v)) return std::nullopt;
    return v;
  }
  return std::nullopt;
}

std::string human_bytes(uint64_t bytes) {
  constexpr std::string_view kUnits = "KMGTP";
  uint64_t unit = 1024;
  // Past 1024P Redis is back at bytes.
  if (bytes < unit || bytes >= uint64_t{1} << 60) return fmt::format("{}B", bytes);
  size_t i = 0;
  while (bytes / unit >= 1024) {
    unit *= 1024;
    ++i;
  }
  return fmt::format("{:.2f}{}", static_cast<double>(bytes) / static_cast<double>(unit), kUnits[i]);
}

}  // namespace basalt
