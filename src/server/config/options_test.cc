#include "server/config/options.h"

#include <gmock/gmock.h>

#include "resp/request_parser.h"

namespace basalt {
namespace {

std::vector<std::string> one(std::string word) { return {std::move(word)}; }

std::string error_of(std::string_view name, const std::vector<std::string>& words) {
  auto value = read_value(*all_options()[find_option(name)->index], words);
  return value ? "" : value.error();
}
std::string text_of(std::string_view name, const std::vector<std::string>& words) {
  return read_value(*all_options()[find_option(name)->index], words).value().text;
}

TEST(Options, AreFoundByNameAndAliasWhateverTheCase) {
  EXPECT_FALSE(find_option("PORT")->is_alias);
  EXPECT_TRUE(find_option("slaveof")->is_alias);
  EXPECT_EQ(find_option("slaveof")->index, find_option("replicaof")->index);
  EXPECT_FALSE(find_option("no-such-option"));
}

TEST(Options, HonouredOnesAreExplained) {
  for (const OptionGroup& group : option_groups()) {
    for (const Option& option : group.options) {
      EXPECT_EQ(group.honoured, !option.help_text.empty()) << option.name;
      EXPECT_TRUE(group.honoured || !option.store) << option.name << " is read, so it isn't only kept";
    }
  }
}

// What a rewritten file says is read as the value that it was written for.
TEST(Options, LinesReadBackAsTheSameValue) {
  for (const Option* option : all_options()) {
    auto words_of = [&](std::string_view text) {
      if (option->kind != Option::Kind::words) return one(std::string(text));
      return split_quoted_words(text).value();
    };
    auto value = read_value(*option, words_of(option->default_text));
    ASSERT_TRUE(value) << option->name << ": " << value.error();
    OptionValue read;
    for (const std::string& line : value_lines(*option, *value)) {
      auto again = read_value(*option, split_quoted_words(line).value(), read.text);
      ASSERT_TRUE(again) << option->name << " " << line << ": " << again.error();
      read = *again;
    }
    EXPECT_EQ(read.text, value->text) << option->name;
    EXPECT_EQ(read.number, value->number) << option->name;
  }
}

TEST(Options, Numbers) {
  EXPECT_EQ(text_of("unixsocketperm", one("0755")), "755");
  EXPECT_EQ(error_of("unixsocketperm", one("9")), "argument couldn't be parsed as an octal number");
  EXPECT_EQ(error_of("unixsocketperm", one("1000")), "argument must be between 0 and 777 inclusive");
  EXPECT_EQ(text_of("maxmemory", one("1gb")), "1073741824");
  EXPECT_EQ(text_of("maxmemory", one("18446744073709551615")), "18446744073709551615");
  EXPECT_EQ(error_of("maxmemory", one("-1")), "argument must be a memory value");
  EXPECT_EQ(text_of("maxmemory-clients", one("5%")), "5%");
  EXPECT_EQ(text_of("maxmemory-clients", one("1k")), "1000");
  EXPECT_EQ(error_of("maxmemory-clients", one("x")), "argument must be a memory or percent value");
  EXPECT_EQ(error_of("maxclients", one("4294967296")), "argument must be between 1 and 4294967295 inclusive");
  EXPECT_EQ(error_of("hash-max-listpack-entries", one("-1")),
            "argument must be between 0 and 9223372036854775807 inclusive");
  EXPECT_EQ(error_of("timeout", one("01")), "argument couldn't be parsed into an integer");
  EXPECT_EQ(error_of("proto-max-bulk-len", one("1")),
            "argument must be between 1048576 and 9223372036854775807 inclusive");
}

TEST(Options, Words) {
  EXPECT_EQ(text_of("bind", one("")), "");
  EXPECT_EQ(error_of("bind", std::vector<std::string>(17, "::1")), "Too many bind addresses specified.");
  EXPECT_EQ(error_of("save", {"0", "1"}), "Invalid save parameters");
  EXPECT_EQ(error_of("save", {"1"}), "Invalid save parameters");
  EXPECT_EQ(error_of("client-output-buffer-limit", {"normal", "1"}),
            "Wrong number of arguments in buffer limit configuration.");
  EXPECT_EQ(error_of("client-output-buffer-limit", {"master", "0", "0", "0"}),
            "Invalid client class specified in buffer limit configuration.");
  EXPECT_EQ(error_of("client-output-buffer-limit", {"normal", "0", "0", "-1"}),
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  EXPECT_EQ(error_of("oom-score-adj-values", {"1", "2"}), "wrong number of arguments");
  EXPECT_EQ(error_of("oom-score-adj-values", {"1", "2", "2001"}),
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
  EXPECT_EQ(text_of("shutdown-on-sigterm", {"now", "NOSAVE", "default"}), "nosave now");
  EXPECT_EQ(error_of("shutdown-on-sigterm", {}),
            "argument(s) must be one of the following: default, save, nosave, now, force");
  EXPECT_EQ(text_of("latency-tracking-info-percentiles", {"0", "50.10", "100"}), "0 50.1 100");
  EXPECT_EQ(error_of("latency-tracking-info-percentiles", {"x"}),
            "Invalid latency-tracking-info-percentiles parameters");
  EXPECT_EQ(error_of("latency-tracking-info-percentiles", {"101"}),
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
}

TEST(Options, NotifyFlagsAreCanonical) {
  EXPECT_EQ(text_of("notify-keyspace-events", one("KEA")), "AKE");
  EXPECT_EQ(text_of("notify-keyspace-events", one("g$lshzxetdK")), "AK");
  EXPECT_EQ(text_of("notify-keyspace-events", one("Kgxnm")), "gxnKm");
  EXPECT_EQ(text_of("notify-keyspace-events", one("mEA")), "AEm");
  EXPECT_EQ(text_of("notify-keyspace-events", one("")), "");
}

TEST(Options, Checks) {
  EXPECT_EQ(text_of("dir", one("/a/b/../c/")), "/a/c");
  EXPECT_EQ(error_of("appendfilename", one("")), "appendfilename can't be empty");
  EXPECT_EQ(error_of("appenddirname", one("a/b")), "appenddirname can't be a path, just a dirname");
  EXPECT_EQ(error_of("cluster-announce-hostname", one("a_b")),
            "Hostnames may only contain alphanumeric characters, hyphens or dots");
  EXPECT_EQ(error_of("proc-title-template", one("{x}")), "template format is invalid or contains unknown variables");
  EXPECT_EQ(error_of("proc-title-template", one("{{ {title} {port}")), "");
  EXPECT_EQ(error_of("min-replicas-to-write", one("1")),
            "replication is not supported: no replica could confirm a write");
}

TEST(Options, WordsAreQuotedWhenNeeded) {
  EXPECT_EQ(quote_word("plain-word:1"), "plain-word:1");
  EXPECT_EQ(quote_word(""), "\"\"");
  EXPECT_EQ(quote_word("#a"), "\"#a\"");
  EXPECT_EQ(quote_word("a \"b\"\\\n\x01"), "\"a \\\"b\\\"\\\\\\n\\x01\"");
  EXPECT_EQ(quote_word("\a\b"), "\"\\a\\b\"");
}

TEST(Options, MemoryText) {
  EXPECT_EQ(memory_text(0), "0");
  EXPECT_EQ(memory_text(3000), "3000");
  EXPECT_EQ(memory_text(64 << 20), "64mb");
  EXPECT_EQ(memory_text(uint64_t{4} << 30), "4gb");
}

}  // namespace
}  // namespace basalt
