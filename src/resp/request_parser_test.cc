#include "resp/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <random>

#include "resp/request_parser_testing.h"

namespace {
std::atomic<size_t> allocations{0};
}  // namespace

// Counts, for the test that the parser needs no memory in the steady state. Never inlined: an optimizing
// compiler that inlines one of them alone warns that new and free do not match.
[[gnu::noinline]] void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace basalt {
namespace {

using namespace std::string_literals;
using Commands = std::vector<std::vector<std::string>>;
using Status = RequestParser::Status;

std::string encode(const std::vector<std::string>& words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return out;
}

struct Case {
  std::string stream;
  Commands commands;
  std::string error = "";  // what follows "ERR Protocol error: "
};

// What redis-server 7.0.15 makes of these streams.
const Case kCases[] = {
    {"", {}},
    {"*1\r\n$4\r\nPING\r\n", {{"PING"}}},
    {"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", {{"ECHO", ""}}},
    {"*2\r\n$4\r\nECHO\r\n$6\r\na\r\nb\0c\r\n"s, {{"ECHO", "a\r\nb\0c"s}}},
    {"*1\r\n$0\r\n\r\n", {{""}}},
    {"*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\nPING\r\n", {{"a"}, {"b"}, {"PING"}}},
    {"*0\r\n*-1\r\n*-10\r\nPING\r\n", {{"PING"}}},
    {"*1\r\n$4\r\nPIN", {}},
    {"*1\r\n$4\r\nPING\r", {}},
    {"*2147483647\r\n", {}},
    // The bytes behind CR and behind a bulk string are not looked at.
    {"*1\rX$4\r\nPING\r\n", {{"PING"}}},
    {"*1\r\n$4\rXPINGXXPING\r\n", {{"PING"}, {"PING"}}},

    {"*2147483648\r\n", {}, "invalid multibulk length"},
    {"*3000000000\r\n", {}, "invalid multibulk length"},
    {"*99999999999999999999\r\n", {}, "invalid multibulk length"},
    {"*\r\n", {}, "invalid multibulk length"},
    {"*x\r\n", {}, "invalid multibulk length"},
    {"*01\r\n", {}, "invalid multibulk length"},
    {"*+1\r\n", {}, "invalid multibulk length"},
    {"* 1\r\n", {}, "invalid multibulk length"},
    {"*1\r\n$\r\n", {}, "invalid bulk length"},
    {"*1\r\n$-1\r\n", {}, "invalid bulk length"},
    {"*1\r\n$x\r\n", {}, "invalid bulk length"},
    {"*1\r\n$04\r\nPING\r\n", {}, "invalid bulk length"},
    {"*1\r\n$536870913\r\n", {}, "invalid bulk length"},
    {"*1\r\n$2000000000\r\n", {}, "invalid bulk length"},
    {"PING\r\n*1\r\n$2000000000\r\n", {{"PING"}}, "invalid bulk length"},
    {"*1\r\nfoo", {}},
    {"*1\r\nfoo\r\n", {}, "expected '$', got 'f'"},
    {"*1\r\n:4\r\n", {}, "expected '$', got ':'"},
    {"*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n", {}, "expected '$', got 'f'"},
    // Reply::error makes these two a blank, as Redis does.
    {"*1\r\n\r\n", {}, "expected '$', got '\r'"},
    {"*1\r\n\n\r\n", {}, "expected '$', got '\n'"},

    {"PING\r\n", {{"PING"}}},
    {"PING\n", {{"PING"}}},
    {"PING", {}},
    {"\n\r\nPING\n", {{"PING"}}},
    {"  \t PING  \r\n", {{"PING"}}},
    {"SET key  value\r\nGET key\r\n", {{"SET", "key", "value"}, {"GET", "key"}}},
    {"SET \"a\\x41\\n\" 'b\\'c'\r\n", {{"SET", "aA\n", "b'c"}}},
    {"ECHO \"\\r\\t\\b\\a\\\\\\\"\"\r\n", {{"ECHO", "\r\t\b\a\\\""}}},
    {"ECHO \"\\xZZ\\q\"\r\n", {{"ECHO", "xZZq"}}},
    {"ECHO '\\n'\r\n", {{"ECHO", "\\n"}}},
    {"ECHO a\"b c\"\r\n", {{"ECHO", "ab c"}}},
    {"ECHO \"\"\r\n", {{"ECHO", ""}}},
    {"\"\"\r\n", {{""}}},
    {"ECHO a\x0b"
     "b\r\n",
     {{"ECHO",
       "a\x0b"
       "b"}}},
    {"\x0b"
     "ECHO a\r\n",
     {{"ECHO", "a"}}},
    {"ECHO \"a\"\x0b\r\n", {{"ECHO", "a"}}},
    {"ECHO a\rb\r\n", {{"ECHO", "a", "b"}}},
    {"GET \"a\"b\r\n", {}, "unbalanced quotes in request"},
    {"GET \"a\r\n", {}, "unbalanced quotes in request"},
    {"GET 'a\r\n", {}, "unbalanced quotes in request"},
    {"GET \"a\\\"\r\n", {}, "unbalanced quotes in request"},
    {"GET \\\"a\\\"\r\n", {}, "unbalanced quotes in request"},
    // Nothing behind a NUL byte ends a line.
    {"PING\0\nPING\n"s, {}},
    {"*1\0\r\n"s, {}},
    {"*1\r\n$1\0\r\n"s, {}},

    {"*" + std::string(70'000, '1'), {}, "too big mbulk count string"},
    {"*1\r\n$" + std::string(70'000, '1'), {}, "too big bulk count string"},
    {"*1\r\n" + std::string(70'000, 'x'), {}, "too big bulk count string"},
    {std::string(70'000, 'A'), {}, "too big inline request"},
    {"\0"s + std::string(70'000, 'A') + "\n", {}, "too big inline request"},
};

Transcript expected(const Case& c) {
  Transcript t;
  t.commands = c.commands;
  if (!c.error.empty()) t.error = "ERR Protocol error: " + c.error;
  return t;
}

void expect_same(const Transcript& got, const Transcript& wanted, const std::string& where) {
  EXPECT_EQ(got.commands, wanted.commands) << where;
  EXPECT_EQ(got.error, wanted.error) << where;
}

TEST(RequestParser, ReadsAsRedisDoes) {
  for (const Case& c : kCases) expect_same(play({c.stream}), expected(c), c.stream.substr(0, 60));
}

TEST(RequestParser, ReadsTheSameCutAnywhere) {
  for (const Case& c : kCases) {
    if (c.stream.size() > 1000) continue;
    std::string_view stream = c.stream;
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      expect_same(play({stream.substr(0, cut), stream.substr(cut)}), expected(c),
                  c.stream + " cut at " + std::to_string(cut));
    }
  }
}

TEST(RequestParser, ReadsTheSameByteByByte) {
  for (const Case& c : kCases) {
    if (c.stream.size() > 1000) continue;
    std::vector<std::string_view> bytes;
    for (size_t i = 0; i < c.stream.size(); ++i) bytes.push_back(std::string_view(c.stream).substr(i, 1));
    expect_same(play(bytes), expected(c), c.stream);
  }
}

TEST(RequestParser, LinesAreLimitedWhereverTheyAreCut) {
  const size_t limit = 64 * 1024;
  std::string longest = std::string(limit, 'A') + "\n";
  std::string too_long = "A" + longest;
  for (size_t cut : {size_t{1}, limit - 1, limit, limit + 1}) {
    EXPECT_EQ(play({longest.substr(0, cut), longest.substr(cut)}).commands.size(), 1u) << cut;
    EXPECT_EQ(play({too_long.substr(0, cut), too_long.substr(cut)}).error, "ERR Protocol error: too big inline request")
        << cut;
  }
}

TEST(RequestParser, LimitsTheUnauthenticated) {
  RequestParser::Limits limits;
  limits.unauthenticated = true;
  EXPECT_EQ(play({"*10\r\n"}, limits).error, "");
  EXPECT_EQ(play({"*11\r\n"}, limits).error, "ERR Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(play({"*1\r\n$16384\r\n"}, limits).error, "");
  EXPECT_EQ(play({"*1\r\n$16385\r\n"}, limits).error, "ERR Protocol error: unauthenticated bulk length");
}

TEST(RequestParser, LimitsBulksAsConfigured) {
  RequestParser::Limits limits;
  limits.max_bulk_length = 10;
  EXPECT_EQ(play({"*1\r\n$10\r\n"}, limits).error, "");
  EXPECT_EQ(play({"*1\r\n$11\r\n"}, limits).error, "ERR Protocol error: invalid bulk length");
  limits.max_bulk_length = int64_t{1} << 40;
  EXPECT_EQ(play({"*1\r\n$1099511627776\r\n"}, limits).error, "");
}

TEST(RequestParser, TellsHowManyBytesABulkNeeds) {
  RequestParser parser;
  Args args;
  size_t consumed = 0;
  EXPECT_EQ(parser.parse("*2\r\n$3\r\nGET\r\n$1", {}, args, consumed), Status::incomplete);
  EXPECT_EQ(parser.bytes_wanted(), 0u);
  EXPECT_EQ(parser.parse("*2\r\n$3\r\nGET\r\n$100000\r\nab", {}, args, consumed), Status::incomplete);
  EXPECT_EQ(parser.bytes_wanted(), 100'000u);
  std::string argument = "*2\r\n$3\r\nGET\r\n$100000\r\n" + std::string(100'000, 'a') + "\r\n";
  EXPECT_EQ(parser.parse(argument, {}, args, consumed), Status::complete);
  EXPECT_EQ(parser.bytes_wanted(), 0u);
  EXPECT_EQ(parser.parse("*2\r\n$3\r\nG", {}, args, consumed), Status::incomplete);
  EXPECT_EQ(parser.bytes_wanted(), 4u);
  EXPECT_EQ(parser.parse("*2\r\n$3\r\nGET\r\n", {}, args, consumed), Status::incomplete);
  EXPECT_EQ(parser.bytes_wanted(), 0u) << "the next length is not known yet";
}

TEST(RequestParser, LongQuotedLinesKeepTheirWords) {
  std::vector<std::string> words;
  std::string line;
  for (char c = 'a'; c <= 'z'; ++c) {
    words.emplace_back(1000, c);
    line += "\"" + words.back() + "\" ";
  }
  EXPECT_EQ(play({line + "\r\n"}).commands, Commands{words});
}

TEST(RequestParser, StartsAfreshAfterAnError) {
  RequestParser parser;
  Args args;
  size_t consumed = 0;
  EXPECT_EQ(parser.parse("*2\r\n$1\r\na\r\n!", {}, args, consumed), Status::incomplete);
  EXPECT_EQ(parser.parse("*2\r\n$1\r\na\r\n!\r\n", {}, args, consumed), Status::error);
  EXPECT_EQ(parser.parse("*1\r\n$4\r\nPING\r\n", {}, args, consumed), Status::complete);
  EXPECT_THAT(args, testing::ElementsAre("PING"));
  EXPECT_EQ(consumed, 14u);
}

// Parses all that a buffer holds; returns how many commands that was.
size_t parse_all(RequestParser& parser, std::string_view buffer, Args& args) {
  size_t commands = 0;
  size_t consumed = 0;
  while (parser.parse(buffer, {}, args, consumed) == Status::complete) {
    buffer.remove_prefix(consumed);
    ++commands;
  }
  return commands;
}

TEST(RequestParser, NeedsNoMemoryInTheSteadyState) {
  std::string pipeline;
  for (int i = 0; i < 100; ++i)
    pipeline += encode({"SET", "key:" + std::to_string(i), std::string(i, 'x')}) + "PING\r\n";
  RequestParser parser;
  Args args;
  ASSERT_EQ(parse_all(parser, pipeline, args), 200u);
  size_t before = allocations;
  size_t commands = parse_all(parser, pipeline, args);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(commands, 200u);
}

TEST(RequestParser, AnAnnouncedCountTakesNoMemory) {
  RequestParser parser;
  Args args;
  size_t consumed = 0;
  size_t before = allocations;
  Status status = parser.parse("*2147483647\r\n", {}, args, consumed);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(status, Status::incomplete);
}

TEST(RequestParser, ManyArgumentsInManyPieces) {
  std::vector<std::string> words;
  for (int i = 0; i < 20'000; ++i) words.push_back(std::to_string(i));
  std::string stream = encode(words);
  std::string_view rest = stream;
  std::vector<std::string_view> pieces;
  for (; rest.size() > 10'000; rest.remove_prefix(10'000)) pieces.push_back(rest.substr(0, 10'000));
  pieces.push_back(rest);
  EXPECT_EQ(play(pieces).commands, Commands{words});
}

class StreamMaker {
 public:
  explicit StreamMaker(uint32_t seed) : random_(seed) {}

  size_t below(size_t n) { return random_() % n; }

  // Commands of both kinds, sometimes spoilt, so that errors are met as well.
  std::string stream() {
    std::string out;
    for (size_t n = 1 + below(6); n > 0; --n) {
      std::vector<std::string> words;
      for (size_t w = below(5); w > 0; --w) words.push_back(bytes(below(8) == 0 ? 300 : 6));
      out += below(4) == 0 ? line() : encode(words);
    }
    if (below(3) == 0) out[below(out.size())] = kLetters[below(kLetters.size())];
    return out;
  }

  std::vector<std::string_view> cut(std::string_view stream) {
    std::vector<std::string_view> pieces;
    size_t longest = 1 + below(40);
    while (!stream.empty()) {
      size_t size = std::min(stream.size(), 1 + below(longest));
      pieces.push_back(stream.substr(0, size));
      stream.remove_prefix(size);
    }
    return pieces;
  }

 private:
  static constexpr std::string_view kLetters{"a1 \"'\\x\r\n\0*$-9", 15};

  std::string bytes(size_t longest) {
    std::string s(below(longest + 1), ' ');
    for (char& c : s) c = kLetters[below(kLetters.size())];
    return s;
  }
  std::string line() {
    static constexpr std::string_view kWords[] = {"SET", "\"a b\"", "'c d'", "", "\"\\x41\"", "e\"f\""};
    std::string out;
    for (size_t n = below(4); n > 0; --n) out += std::string(kWords[below(std::size(kWords))]) + " ";
    return out + (below(2) ? "\r\n" : "\n");
  }

  std::mt19937 random_;
};

TEST(RequestParser, AnyCutOfAnyStreamGivesTheSameCommands) {
  uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  StreamMaker maker(seed);
  size_t commands = 0, errors = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string stream = maker.stream();
    Transcript whole = play({stream});
    commands += whole.commands.size();
    errors += !whole.error.empty();
    for (int cuts = 0; cuts < 4; ++cuts) ASSERT_EQ(play(maker.cut(stream)), whole) << stream;
  }
  EXPECT_GT(commands, 1000u) << "the streams are too broken to tell much";
  EXPECT_GT(errors, 100u);
}

TEST(SplitQuotedWords, SplitsAsRedisDoes) {
  using Words = std::optional<std::vector<std::string>>;
  EXPECT_EQ(split_quoted_words(""), Words(std::in_place));
  EXPECT_EQ(split_quoted_words(" \t "), Words(std::in_place));
  EXPECT_EQ(split_quoted_words("save 900 1"), Words({"save", "900", "1"}));
  EXPECT_EQ(split_quoted_words("requirepass \"a b\\x21\""), Words({"requirepass", "a b!"}));
  EXPECT_EQ(split_quoted_words("rename 'x y' \"\""), Words({"rename", "x y", ""}));
  EXPECT_EQ(split_quoted_words("a\0b"s), Words({"a"}));
  EXPECT_EQ(split_quoted_words("\"a"), std::nullopt);
  EXPECT_EQ(split_quoted_words("'a'b"), std::nullopt);
}

}  // namespace
}  // namespace basalt
