#include "server/log.h"

#include <gflags/gflags.h>
#include <glog/logging.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "base/split.h"
#include "server/banner.h"

namespace basalt {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class LogTest : public testing::Test {
 protected:
  LogTest() {
    char pattern[] = "/tmp/log_test.XXXXXX";
    directory_ = ::mkdtemp(pattern);
    path_ = (directory_ / "basalt.log").string();
  }
  ~LogTest() override { std::filesystem::remove_all(directory_); }

  void start(const std::string& level) {
    ASSERT_TRUE(config_.load("", {{"", 0, {"logfile", path_}}, {"", 0, {"loglevel", level}}}));
    auto started = start_logging(config_);
    ASSERT_TRUE(started) << started.error();
    writer_ = *std::move(started);
  }
  std::string text() { return read_whole_file(path_).value(); }

  gflags::FlagSaver flags_;  // of glog
  std::filesystem::path directory_;
  std::string path_;
  Config config_;
  std::unique_ptr<LogWriter> writer_;
};

TEST_F(LogTest, OneLineAMessage) {
  start("notice");
  LOG(WARNING) << "two\nlines";
  EXPECT_THAT(text(), MatchesRegex("20..-[01].-[0-3]. ..:..:..\\.... warn  two\\\\nlines\n"));
}

TEST_F(LogTest, ErrorsSayWhere) {
  start("notice");
  LOG(ERROR) << "bad";
  EXPECT_THAT(text(), MatchesRegex(".* error bad \\(log_test.cc:[0-9]+\\)\n"));
}

TEST_F(LogTest, LevelsFollowTheOption) {
  start("warning");
  LOG(INFO) << "first";
  LOG(WARNING) << "second";
  ASSERT_TRUE(config_.set({{"loglevel", "verbose"}}));
  LOG(INFO) << "third";
  VLOG(1) << "fourth";
  VLOG(2) << "fifth";
  ASSERT_TRUE(config_.set({{"loglevel", "debug"}}));
  VLOG(2) << "sixth";
  ASSERT_TRUE(config_.set({{"loglevel", "notice"}}));
  VLOG(1) << "seventh";
  std::string all = text();
  for (const char* shown : {"second", "third", "fourth", "sixth"}) EXPECT_THAT(all, HasSubstr(shown));
  for (const char* hidden : {"first", "fifth", "seventh"}) EXPECT_THAT(all, Not(HasSubstr(hidden)));
}

TEST_F(LogTest, FollowsARenamedFile) {
  start("notice");
  LOG(INFO) << "before";
  std::filesystem::rename(path_, path_ + ".1");
  LOG(INFO) << "after";
  EXPECT_THAT(text(), AllOf(HasSubstr("after"), Not(HasSubstr("before"))));
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsAnError) {
  ASSERT_TRUE(config_.load("", {{"", 0, {"logfile", (directory_ / "no/such.log").string()}}}));
  auto started = start_logging(config_);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("no/such.log: cannot open it: No such file or directory"));
}

Banner example_banner() {
  Banner banner;
  banner.version = "1.2.3";
  banner.redis_version = "7.0.15";
  banner.engine = "9.10.0 (release build)";
  banner.pid = 42;
  banner.endpoints = {"127.0.0.1:6379", "/run/basalt.sock"};
  banner.directory = "/data";
  banner.appendfsync = "everysec";
  banner.memory_budget = uint64_t{3} << 30;
  banner.io_threads = 2;
  banner.storage_threads = 8;
  banner.recovery = {.created = false, .wal_bytes = 2048, .sst_files = 3, .sst_bytes = 5 << 20, .open_ms = 12};
  return banner;
}

TEST(Banner, SaysEverything) {
  EXPECT_THAT(banner_lines(example_banner(), false),
              testing::ElementsAre("Basalt 1.2.3, behaving as Redis 7.0.15, on RocksDB 9.10.0 (release build)",
                                   "  listening  127.0.0.1:6379, /run/basalt.sock",
                                   "  data       /data (5.00M in 3 files, 2.00K of log replayed, opened in 12 ms)",
                                   "  memory     3.00G for cache and memtables",
                                   "  threads    2 for connections, 8 for storage", "  durability appendfsync everysec",
                                   "  config     defaults and command line", "  process    42"));
}

TEST(Banner, ColoursOnlyWhenAsked) {
  for (const std::string& line : banner_lines(example_banner(), false)) EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  EXPECT_THAT(banner_lines(example_banner(), true).front(), HasSubstr("\x1b[1mBasalt"));
}

}  // namespace
}  // namespace basalt
