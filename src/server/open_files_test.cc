#include "server/open_files.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

namespace basalt {
namespace {

TEST(OpenFiles, ClientsAndTheStoreShareTheOpenFiles) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit lower = before;
  lower.rlim_cur = 1024;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  EXPECT_EQ(plan_open_files(100).store_files, 512);
  EXPECT_EQ(plan_open_files(100).clients, 448);
  EXPECT_EQ(plan_open_files(600).store_files, 360);
  EXPECT_EQ(plan_open_files(600).clients, 600);
  EXPECT_EQ(plan_open_files(10'000).store_files, 256);
  EXPECT_EQ(plan_open_files(10'000).clients, 704);
  raise_open_file_limit();
  rlimit raised{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &raised), 0);
  EXPECT_EQ(raised.rlim_cur, before.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(OpenFiles, LimitClients) {
  Config config;
  limit_clients(config, 700);
  EXPECT_EQ(config.settings().maxclients, 700);
  EXPECT_TRUE(config.set({{"maxclients", "600"}}));
  EXPECT_EQ(config.set({{"maxclients", "701"}}).error().command()->text,
            "ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to "
            "handle the specified number of clients, try with 700");
  EXPECT_EQ(config.settings().maxclients, 600);
}

}  // namespace
}  // namespace basalt
