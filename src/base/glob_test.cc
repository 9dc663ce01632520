#include "base/glob.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace basalt {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

// What redis-server 7.0.15 answers to KEYS with one key in the database (but for KEYS *, which it
// does not match at all).
const Case kCases[] = {
    {"*"sv, ""sv, false},
    {""sv, ""sv, true},
    {""sv, "a"sv, false},
    {"**"sv, ""sv, false},
    {"a*"sv, ""sv, false},
    {"a"sv, ""sv, false},
    {"*"sv, "a"sv, true},
    {"**"sv, "abc"sv, true},
    {"a*c"sv, "abc"sv, true},
    {"a*c"sv, "abd"sv, false},
    {"a**"sv, "a"sv, true},
    {"a*"sv, "a"sv, true},
    {"?"sv, "a"sv, true},
    {"?"sv, ""sv, false},
    {"??"sv, "a"sv, false},
    {"a?c"sv, "abc"sv, true},
    {"[abc]"sv, "b"sv, true},
    {"[abc]"sv, "d"sv, false},
    {"[^abc]"sv, "d"sv, true},
    {"[^abc]"sv, "a"sv, false},
    {"[^"sv, "x"sv, true},
    {"["sv, "x"sv, false},
    {"["sv, "["sv, false},
    {"[a"sv, "a"sv, true},
    {"[a"sv, "b"sv, false},
    {"[]"sv, "]"sv, false},
    {"[]a]"sv, "a"sv, false},
    {"[^]a]"sv, "b"sv, false},
    {"[^]"sv, "x"sv, true},
    {"[a-c]"sv, "b"sv, true},
    {"[c-a]"sv, "b"sv, true},
    {"[a-]"sv, "a"sv, true},
    {"[a-]"sv, "-"sv, false},
    {"[a-]"sv, "]"sv, true},
    {"[a-]"sv, "^"sv, true},
    {"[a-"sv, "-"sv, true},
    {"[a-"sv, "a"sv, true},
    {"[-a]"sv, "-"sv, true},
    {"[a\\]b]"sv, "]"sv, true},
    {"[a\\]b]"sv, "b"sv, true},
    {"[\\"sv, "\\"sv, true},
    {"[\\a]"sv, "\\"sv, false},
    {"[\\a]"sv, "a"sv, true},
    {"[a\\-c]"sv, "-"sv, true},
    {"[a\\-c]"sv, "b"sv, false},
    {"[!a]"sv, "!"sv, true},
    {"[!a]"sv, "b"sv, false},
    {"\\"sv, "\\"sv, true},
    {"a\\"sv, "a\\"sv, true},
    {"\\a"sv, "a"sv, true},
    {"\\*"sv, "*"sv, true},
    {"\\*"sv, "a"sv, false},
    {"\\\\"sv, "\\"sv, true},
    {"\\?x"sv, "?x"sv, true},
    {"*\\"sv, "a\\"sv, true},
    {"a*b*c"sv, "axxbyyc"sv, true},
    {"a*b*c"sv, "axxcyyb"sv, false},
    {"*a*a*a*b"sv, "aaaaaaaaaaaaaaaaaaaa"sv, false},
    {"a*?"sv, "a"sv, false},
    {"a*?"sv, "ab"sv, true},
    {"*?*"sv, "x"sv, true},
    {"h[^e]llo"sv, "hallo"sv, true},
    {"h[^e]llo"sv, "hello"sv, false},
    {"h[a-b]llo"sv, "hbllo"sv, true},
    {"[\200-\377]"sv, "\240"sv, true},
    {"[\001-\377]"sv, "A"sv, false},
    {"[\377-\001]"sv, "\000"sv, true},
    {"\377"sv, "\377"sv, true},
    {"[a-z]"sv, "\344"sv, false},
    {"a\000b"sv, "a\000b"sv, true},
    {"a\000*"sv, "a\000bc"sv, true},
    {"[\000]"sv, "\000"sv, true},
    {"*["sv, "ab["sv, false},
    {"*]"sv, "b]"sv, true},
    {"ab]"sv, "ab]"sv, true},
    {"[a]]"sv, "a]"sv, true},
    {"*.*"sv, "a.b"sv, true},
    {"foo*bar"sv, "foobar"sv, true},
    {"foo*bar"sv, "foobarx"sv, false},
    {"a[b"sv, "ab"sv, true},
    {"a[^b"sv, "ac"sv, true},
    {"a[b*"sv, "ab"sv, true},
    {"[a*]"sv, "*"sv, true},
    {"[?]"sv, "?"sv, true},
    {"[[]"sv, "["sv, true},
};

TEST(Glob, MatchesAsRedisDoes) {
  for (const Case& c : kCases) {
    EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << "pattern " << c.pattern << " text " << c.text;
  }
}

TEST(Glob, IgnoresCaseOnRequestOnly) {
  EXPECT_FALSE(glob_match("MaxMem*", "maxmemory"));
  EXPECT_TRUE(glob_match("MaxMem*", "maxmemory", true));
  EXPECT_TRUE(glob_match("[A-C]", "b", true));
  EXPECT_TRUE(glob_match("[a-c]", "B", true));
  EXPECT_TRUE(glob_match("[ABC]", "b", true));
  EXPECT_TRUE(glob_match("\\A", "a", true));
  // An escaped character of a set keeps its case, in Redis too.
  EXPECT_FALSE(glob_match("[\\A]", "a", true));
  // Only ASCII letters have a case.
  EXPECT_FALSE(glob_match("\xc4", "\xe4", true));
}

TEST(Glob, GivesUpPastAThousandStars) {
  auto repeated = [](int n) {
    std::string pattern;
    for (int i = 0; i < n; ++i) pattern += "*a";
    return pattern;
  };
  std::string text(5000, 'a');
  EXPECT_TRUE(glob_match(repeated(1000), text));
  EXPECT_TRUE(glob_match(repeated(1000) + "*", text));
  EXPECT_FALSE(glob_match(repeated(1001), text));
}

TEST(Glob, HostilePatternsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 900; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(100'000, 'a')));
}

TEST(Glob, PrefixIsWhatEveryMatchStartsWith) {
  struct {
    std::string_view pattern, literal;
    bool exact;
  } const cases[] = {
      {"", "", true},           {"abc", "abc", true},   {"user:*", "user:", false},
      {"*", "", false},         {"a?b", "a", false},    {"a[b]", "a", false},
      {"a\\*b*", "a*b", false}, {"a\\*b", "a*b", true}, {"tail\\", "tail\\", true},
      {"\\\\x", "\\x", true},
  };
  for (const auto& c : cases) {
    GlobPrefix prefix = glob_prefix(c.pattern);
    EXPECT_EQ(prefix.literal, c.literal) << c.pattern;
    EXPECT_EQ(prefix.exact, c.exact) << c.pattern;
  }
}

TEST(Glob, PrefixAgreesWithMatching) {
  uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  auto draw = [&](std::string_view letters, size_t longest) {
    std::string s(random() % (longest + 1), ' ');
    for (char& c : s) c = letters[random() % letters.size()];
    return s;
  };
  for (int i = 0; i < 100'000; ++i) {
    std::string pattern = draw("ab*?[]\\^-", 6), text = draw("ab*[\\", 4);
    GlobPrefix prefix = glob_prefix(pattern);
    bool matches = glob_match(pattern, text);
    // An exact pattern matches its literal and nothing else; what matches starts with the literal.
    bool expected = prefix.exact ? text == prefix.literal : matches && text.starts_with(prefix.literal);
    ASSERT_EQ(matches, expected) << pattern << " " << text;
  }
}

}  // namespace
}  // namespace basalt
