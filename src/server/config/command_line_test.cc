#include "server/config/command_line.h"

#include <gflags/gflags.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/split.h"
#include "server/config/config.h"

namespace basalt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() { EXPECT_TRUE(read_command_line({})); }  // registers the flags, so that the saver knows them
  static std::vector<std::vector<std::string>> words(const std::vector<std::string>& arguments) {
    gflags::FlagSaver saver;
    auto line = read_command_line(arguments);
    EXPECT_TRUE(line) << line.error();
    std::vector<std::vector<std::string>> all;
    for (const ConfigLine& l : line->lines) all.push_back(l.words);
    return all;
  }
  static std::string error(const std::vector<std::string>& arguments) {
    gflags::FlagSaver saver;
    auto line = read_command_line(arguments);
    if (!line) return line.error();
    Config config;
    auto loaded = config.load("", line->lines);
    return loaded ? "" : loaded.error();
  }
};

TEST_F(CommandLineTest, RedisStyleAndFlagStyle) {
  EXPECT_THAT(words({"--port", "7000"}), ElementsAre(ElementsAre("port", "7000")));
  EXPECT_THAT(words({"--port=7000"}), ElementsAre(ElementsAre("port", "7000")));
  EXPECT_THAT(words({"--port 7000"}), ElementsAre(ElementsAre("port", "7000")));
  EXPECT_THAT(words({"--TCP-keepalive", "1"}), ElementsAre(ElementsAre("tcp-keepalive", "1")));
  EXPECT_THAT(words({"--tcp_keepalive=1"}), ElementsAre(ElementsAre("tcp-keepalive", "1")));
  EXPECT_THAT(words({"--slave-priority", "1"}), ElementsAre(ElementsAre("replica-priority", "1")));
  EXPECT_THAT(words({"--port", "1", "--timeout", "2", "--port", "3"}),
              ElementsAre(ElementsAre("port", "3"), ElementsAre("timeout", "2")));
  EXPECT_THAT(words({}), IsEmpty());
}

TEST_F(CommandLineTest, SeveralWords) {
  EXPECT_THAT(words({"--save", "900", "1", "--save", "300", "10"}),
              ElementsAre(ElementsAre("save", "900", "1"), ElementsAre("save", "300", "10")));
  EXPECT_THAT(words({"--save", ""}), ElementsAre(ElementsAre("save", "")));
  EXPECT_THAT(words({"--save", "--port", "1"}), ElementsAre(ElementsAre("port", "1"), ElementsAre("save", "")));
  EXPECT_THAT(words({"--bind", "127.0.0.1", "::1"}), ElementsAre(ElementsAre("bind", "127.0.0.1", "::1")));
  EXPECT_THAT(words({"--bind", "127.0.0.1 ::1"}), ElementsAre(ElementsAre("bind", "127.0.0.1 ::1")));
}

TEST_F(CommandLineTest, ValuesMayLookLikeOptions) {
  EXPECT_THAT(words({"--requirepass", "--secret", "--port", "1"}),
              ElementsAre(ElementsAre("port", "1"), ElementsAre("requirepass", "--secret")));
  EXPECT_THAT(words({"--requirepass", "a \"b\"\n"}), ElementsAre(ElementsAre("requirepass", "a \"b\"\n")));
  EXPECT_THAT(words({"--list-max-listpack-size", "-5"}), ElementsAre(ElementsAre("list-max-listpack-size", "-5")));
}

TEST_F(CommandLineTest, SwitchesNeedNoValue) {
  EXPECT_THAT(words({"--daemonize", "--port", "1"}),
              ElementsAre(ElementsAre("port", "1"), ElementsAre("daemonize", "yes")));
  EXPECT_THAT(words({"--daemonize", "no"}), ElementsAre(ElementsAre("daemonize", "no")));
}

TEST_F(CommandLineTest, FileFirst) {
  auto line = read_command_line({"/etc/basalt.conf"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->config_file, "/etc/basalt.conf");
}

TEST_F(CommandLineTest, LinesThatAreNoOptions) {
  EXPECT_THAT(words({"--rocksdb.max_open_files", "100", "--user", "alice", "on", ">a b"}),
              ElementsAre(ElementsAre("rocksdb.max_open_files", "100"), ElementsAre("user", "alice", "on", ">a b")));
}

TEST_F(CommandLineTest, Questions) {
  EXPECT_EQ(read_command_line({"--help"})->ask, CommandLine::Ask::help);
  EXPECT_EQ(read_command_line({"-v"})->ask, CommandLine::Ask::version);
  EXPECT_EQ(read_command_line({"--print-default-config"})->ask, CommandLine::Ask::default_config);
}

TEST_F(CommandLineTest, FlagsOfLibrariesWork) {
  gflags::FlagSaver saver;
  ASSERT_TRUE(read_command_line({"--v=3", "--port", "7", "--nolog_prefix", "--vmodule", "a=1"}));
  std::string value;
  ASSERT_TRUE(gflags::GetCommandLineOption("v", &value));
  EXPECT_EQ(value, "3");
  ASSERT_TRUE(gflags::GetCommandLineOption("log_prefix", &value));
  EXPECT_EQ(value, "false");
  ASSERT_TRUE(gflags::GetCommandLineOption("port", &value));
  EXPECT_EQ(value, "7");
}

TEST_F(CommandLineTest, FlagFiles) {
  std::string path = testing::TempDir() + "/basalt.flags";
  std::ofstream(path) << "--port=7000\n--hash-max-listpack-entries=3\n--save=900 1\n";
  EXPECT_THAT(words({"--flagfile=" + path}),
              ElementsAre(ElementsAre("port", "7000"), ElementsAre("hash-max-listpack-entries", "3"),
                          ElementsAre("save", "900", "1")));
}

TEST_F(CommandLineTest, Errors) {
  EXPECT_EQ(error({"--port"}), "command line: port: expected a value");
  EXPECT_EQ(error({"--port", "1", "2"}), "command line: port: expected one value, got 2");
  EXPECT_EQ(error({"--port", "70000"}), "command line: port 70000: argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(error({"--prot", "1"}), "command line: unknown option 'prot'; did you mean 'port'?");
  EXPECT_EQ(error({"a.conf", "b.conf"}), "command line: expected an option, not 'b.conf'");
  EXPECT_EQ(error({"-port", "1"}), "command line: expected an option, not '-port'");
  EXPECT_EQ(error({"--include", "a.conf"}), "command line: include: only files can include files");
}

// The build directory is inside the source tree (CMakePresets.json).
std::filesystem::path committed_config() {
  auto directory = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  while (!std::filesystem::exists(directory / "conf/basalt.conf") && directory.has_relative_path()) {
    directory = directory.parent_path();
  }
  return directory / "conf/basalt.conf";
}

TEST(DefaultConfig, TheCommittedFileIsUpToDate) {
  auto committed = read_whole_file(committed_config().string());
  ASSERT_TRUE(committed) << committed.error();
  EXPECT_TRUE(*committed == default_config_text())
      << "write it anew: basalt-server --print-default-config > conf/basalt.conf";
}

TEST(DefaultConfig, LoadsAsTheDefaults) {
  Config defaults;
  Config loaded;
  auto lines = read_config_text(default_config_text(), "basalt.conf");
  ASSERT_TRUE(lines) << lines.error();
  auto done = loaded.load("", *lines);
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(loaded.matching({"*"}), defaults.matching({"*"}));
}

TEST(DefaultConfig, KeptOptionsUncommentedAreTheDefaultsToo) {
  std::string file = default_config_text();
  std::string text;
  size_t count = 0;
  for (std::string_view line : split(file, '\n')) {
    if (line.size() < 2 || line[0] != '#' || line[1] == ' ') continue;
    text += std::string(line.substr(1)) + '\n';
    ++count;
  }
  EXPECT_GT(count, 100u);
  Config defaults;
  Config loaded;
  auto done = loaded.load("", read_config_text(text, "basalt.conf").value());
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(loaded.matching({"*"}), defaults.matching({"*"}));
}

TEST(DefaultConfig, EveryOptionIsInFileAndHelp) {
  std::string file = default_config_text();
  std::string help = help_text();
  for (const Option* option : all_options()) {
    if (option->is_hidden) continue;
    EXPECT_THAT(file, HasSubstr(std::string(option->name) + " "));
    EXPECT_THAT(help, HasSubstr(std::string(option->name)));
  }
}

}  // namespace
}  // namespace basalt
