#include "server/config_commands.h"

#include <gtest/gtest.h>

namespace basalt {
namespace {

class ConfigCommandsTest : public testing::Test {
 protected:
  template <typename Command>
  std::string run(Command command, const Args& args, Protocol protocol = Protocol::resp2) {
    std::string out;
    Reply reply(out, protocol);
    auto done = command(args, reply);
    return done ? out : "-" + done.error().command()->text + "\r\n";
  }
  std::string get(const Args& args, Protocol protocol = Protocol::resp2) {
    return run([&](const Args& a, Reply& r) { return config_get(config_, a, r); }, args, protocol);
  }
  std::string set(const Args& args) {
    return run([&](const Args& a, Reply& r) { return config_set(config_, a, r, false); }, args);
  }
  Config config_;
};

TEST_F(ConfigCommandsTest, Get) {
  EXPECT_EQ(get({"CONFIG", "GET", "port", "hash-max-z*es"}),
            "*4\r\n$4\r\nport\r\n$4\r\n6379\r\n$24\r\nhash-max-ziplist-entries\r\n$3\r\n512\r\n");
  EXPECT_EQ(get({"CONFIG", "GET", "port"}, Protocol::resp3), "%1\r\n$4\r\nport\r\n$4\r\n6379\r\n");
  EXPECT_EQ(get({"CONFIG", "GET", "nothing"}), "*0\r\n");
}

TEST_F(ConfigCommandsTest, Set) {
  EXPECT_EQ(set({"CONFIG", "SET", "timeout", "3", "hz", "20"}), "+OK\r\n");
  EXPECT_EQ(config_.settings().timeout_s, 3);
  EXPECT_EQ(set({"CONFIG", "SET", "timeout", "4", "hz"}), "-ERR syntax error\r\n");
  EXPECT_EQ(config_.settings().timeout_s, 3);
}

TEST_F(ConfigCommandsTest, RewriteWithoutAFile) {
  EXPECT_EQ(run([&](const Args& a, Reply& r) { return config_rewrite(config_, a, r); }, {"CONFIG", "REWRITE"}),
            "-ERR The server is running without a config file\r\n");
}

TEST_F(ConfigCommandsTest, Help) {
  auto help = run([&](const Args& a, Reply& r) { return config_help(config_, a, r); }, {"CONFIG", "HELP"});
  EXPECT_TRUE(
      help.starts_with("*11\r\n+CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"
                       "+GET <pattern>\r\n"))
      << help;
}

}  // namespace
}  // namespace basalt
