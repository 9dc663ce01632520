#include "tools/common/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace basalt::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Command copy_command() {
  return {"copy",
          "KEY",
          "copies",
          {{"server", FlagKind::text, "HOST:PORT", "the server"},
           kDirFlag,
           {"speed", FlagKind::text, "WORD", "of the connection", "server"},
           {"repo", FlagKind::text, "DIR", "where"},
           {"keep", FlagKind::number, "N", "how many"},
           {"rate", FlagKind::bytes, "SIZE", "how fast"},
           {"force", FlagKind::toggle, "", "even so"}},
          {"repo", "server|dir"},
          [](const Arguments&) -> Result<int> { return kFine; }};
}

std::string problem(const std::vector<std::string>& words) {
  const auto parsed = parse_arguments(copy_command(), words);
  return parsed ? "" : parsed.error();
}

TEST(CommandLine, FlagsAndWordsInAnyOrder) {
  const auto parsed =
      parse_arguments(copy_command(), {"--repo=/a=b", "--keep", "3", "--rate", "2mb", "--", "--key", "--dir"});
  EXPECT_FALSE(parsed);  // two words, one is taken
  const auto good = parse_arguments(
      copy_command(), {"--repo=/a=b", "--keep", "3", "--rate", "2mb", "--dir", "x", "--force", "--", "--key"});
  ASSERT_TRUE(good) << good.error();
  EXPECT_EQ(good->text("repo"), "/a=b");
  EXPECT_EQ(good->number("keep", 0), 3u);
  EXPECT_EQ(good->number("rate", 0), 2u * 1024 * 1024);
  EXPECT_TRUE(good->has("force"));
  EXPECT_FALSE(good->has("server"));
  EXPECT_EQ(good->text("server"), "");
  EXPECT_THAT(good->words(), ElementsAre("--key"));
}

TEST(CommandLine, ProblemsAreNamed) {
  EXPECT_EQ(problem({"k", "--dir", "x"}), "--repo is needed");
  EXPECT_EQ(problem({"k", "--repo", "r"}), "--server or --dir: one is needed");
  EXPECT_EQ(problem({"k", "--repo", "r", "--dir", "x", "--server", "y"}), "--server and --dir exclude each other");
  EXPECT_EQ(problem({"--repo", "r", "--dir", "x"}), "KEY is needed");
  EXPECT_EQ(problem({"k", "l", "--repo", "r", "--dir", "x"}), "what is 'l'?");
  EXPECT_EQ(problem({"k", "--nope"}), "there is no --nope");
  EXPECT_EQ(problem({"k", "--repo"}), "--repo needs a value");
  EXPECT_EQ(problem({"k", "--repo="}), "--repo must not be empty");
  EXPECT_EQ(problem({"k", "--keep", "-1"}), "--keep takes a whole number, not '-1'");
  EXPECT_EQ(problem({"k", "--rate", "fast"}), "--rate takes a size such as 100mb, not 'fast'");
  EXPECT_EQ(problem({"k", "--force=1"}), "--force takes no value");
  EXPECT_EQ(problem({"k", "--force", "--force"}), "--force is there twice");
  EXPECT_EQ(problem({"k", "--repo", "r", "--dir", "x", "--speed", "low"}), "--speed needs --server");
}

TEST(CommandLine, HelpOfTheToolShowsCommandsAndThatOfACommandItsFlags) {
  Command other{
      "drop", "", "drops", {{"repo", FlagKind::text, "DIR", "where"}}, {"repo"}, nullptr, "  basalt-x drop\n"};
  const Tool tool{"basalt-x", "a tool", {copy_command(), other}, "  basalt-x copy k\n"};
  const std::string help = help_text(tool);
  EXPECT_THAT(help, HasSubstr("basalt-x copy KEY --repo DIR (--server HOST:PORT | --dir DIR)\n      copies\n"));
  EXPECT_THAT(help, HasSubstr("Example:\n  basalt-x copy k\n"));
  const std::string of_copy = help_text(tool, &tool.commands[0]);
  EXPECT_THAT(of_copy, HasSubstr("--keep N               how many\n"));
  EXPECT_THAT(of_copy, Not(HasSubstr("Example")));
  EXPECT_EQ(help_text(tool, &tool.commands[1]),
            "  basalt-x drop --repo DIR\n      drops\n\n  --repo DIR             where\n\n"
            "Example:\n  basalt-x drop\n");
}

TEST(CommandLine, HelpOfAToolWithoutCommandsIsWhole) {
  Command only = copy_command();
  only.name = "";
  const std::string help = help_text({"basalt-x", "a tool", {only}, "  basalt-x k\n"});
  EXPECT_THAT(help, HasSubstr("basalt-x: a tool\n\n  basalt-x KEY --repo DIR (--server HOST:PORT | --dir DIR)\n"));
  EXPECT_THAT(help, HasSubstr("--force                even so\n"));
  EXPECT_THAT(help, HasSubstr("Example:\n  basalt-x k\n"));
}

TEST(CommandLine, ExitCodes) {
  const Tool tool{"basalt-x", "a tool", {copy_command()}, ""};
  const auto run = [&](std::vector<const char*> words) {
    words.insert(words.begin(), "basalt-x");
    return run_tool(tool, static_cast<int>(words.size()), const_cast<char**>(words.data()));
  };
  EXPECT_EQ(run({}), kUsage);
  EXPECT_EQ(run({"--help"}), kFine);
  EXPECT_EQ(run({"--version"}), kFine);
  EXPECT_EQ(run({"copy", "--help"}), kFine);
  EXPECT_EQ(run({"nope"}), kUsage);
  EXPECT_EQ(run({"copy"}), kUsage);
}

}  // namespace
}  // namespace basalt::tools
