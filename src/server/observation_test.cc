// What SLOWLOG, MONITOR and LATENCY keep and show of commands.
#include <gtest/gtest.h>

#include "server/latency_monitor.h"
#include "server/monitors.h"
#include "server/redaction.h"
#include "server/slow_log.h"

namespace basalt {
namespace {

TEST(SlowLog, ShortensArguments) {
  const std::string edge(128, 'x'), longer(130, 'x');
  EXPECT_EQ(shortened_arguments({"SET", edge, longer}),
            (std::vector<std::string>{"SET", edge, edge + "... (2 more bytes)"}));
  EXPECT_EQ(shortened_arguments(Args(32, "a")).back(), "a");
  const auto many = shortened_arguments(Args(33, "a"));
  EXPECT_EQ(many.size(), 32u);
  EXPECT_EQ(many.back(), "... (2 more arguments)");
}

TEST(SlowLog, KeepsTheNewestAndCountsOn) {
  SlowLog log;
  for (int64_t i = 0; i < 5; ++i) log.add({.duration_us = i}, 3);
  ASSERT_EQ(log.size(), 3u);
  EXPECT_EQ(log.newest(1).front()->id, 4u);
  EXPECT_EQ(log.newest(10).back()->duration_us, 2);
  log.reset();
  log.add({}, 3);
  EXPECT_EQ(log.newest(10).front()->id, 5u);
  log.add({}, 0);
  EXPECT_EQ(log.size(), 0u);
}

TEST(Monitors, QuotesArguments) {
  using namespace std::string_view_literals;
  EXPECT_EQ(monitor_line(1339518083'107412, 3, "127.0.0.1:60866", {"set", "a\0\"b\\\n\xff"sv}),
            "+1339518083.107412 [3 127.0.0.1:60866] \"set\" \"a\\x00\\\"b\\\\\\n\\xff\"\r\n");
}

TEST(Redaction, HidesSecretsOnly) {
  EXPECT_EQ(redacted("auth", {"AUTH", "u", "p"}), (Args{"AUTH", "(redacted)", "(redacted)"}));
  EXPECT_EQ(redacted("hello", {"HELLO", "3", "AUTH", "u", "p", "SETNAME", "n"}),
            (Args{"HELLO", "3", "AUTH", "(redacted)", "(redacted)", "SETNAME", "n"}));
  EXPECT_EQ(redacted("config|set", {"CONFIG", "SET", "maxmemory", "1", "RequirePass", "p"}),
            (Args{"CONFIG", "SET", "maxmemory", "1", "RequirePass", "(redacted)"}));
  EXPECT_EQ(redacted("set", {"SET", "auth", "x"}), (Args{"SET", "auth", "x"}));
}

TEST(LatencyMonitor, KeepsTheHighestOfASecond) {
  LatencyMonitor monitor;
  monitor.add("command", 10, 100);
  monitor.add("command", 10, 300);
  monitor.add("command", 10, 200);
  monitor.add("command", 11, 50);
  const LatencySeries series = monitor.series("command");
  ASSERT_EQ(series.samples.size(), 2u);
  EXPECT_EQ(series.samples[0].ms, 300);
  EXPECT_EQ(series.highest_ms, 300);
  for (int64_t second = 0; second < 500; ++second) monitor.add("command", 20 + second, 1);
  EXPECT_EQ(monitor.series("command").samples.size(), LatencyMonitor::kSamples);
  EXPECT_EQ(monitor.series("command").highest_ms, 300);
  EXPECT_TRUE(monitor.reset("command"));
  EXPECT_FALSE(monitor.reset("command"));
}

TEST(LatencyMonitor, DrawsSamples) {
  LatencySeries series{{{100, 101}, {148, 201}, {160, 500}}, 500};
  EXPECT_EQ(latency_graph("command", series, 165), "command - high 500 ms, low 101 ms (all time high 500 ms)\n" +
                                                       std::string(80, '-') +
                                                       "\n  #\n  |\n _|\n_||\n\n115\nm7s\n s \n");
}

}  // namespace
}  // namespace basalt
