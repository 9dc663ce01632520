#include "server/storage_pool.h"

#include <atomic>
#include <barrier>

#include <gtest/gtest.h>

namespace basalt {
namespace {

// Jobs that wait for each other in a test: only if every thread is woken do they end.
TEST(StoragePool, wakes_a_thread_for_each_job) {
  constexpr unsigned kThreads = 8;
  std::atomic<unsigned> done = 0;
  std::barrier together(kThreads);
  StoragePool pool(kThreads);
  for (int round = 0; round < 50; ++round) {
    for (unsigned i = 0; i < kThreads; ++i) {
      pool.submit([&](unsigned) {
        together.arrive_and_wait();
        ++done;
      });
    }
    pool.wait_until_idle(std::chrono::seconds(60));
    ASSERT_EQ(done, (round + 1) * kThreads);
  }
}

TEST(StoragePool, runs_all_that_several_threads_submit) {
  constexpr int kEach = 5000;
  std::atomic<int> done = 0;
  {
    StoragePool pool(3);
    std::vector<std::thread> submitters;
    for (int t = 0; t < 4; ++t) {
      submitters.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) pool.submit([&](unsigned) { ++done; });
      });
    }
    for (auto& submitter : submitters) submitter.join();
  }
  EXPECT_EQ(done, 4 * kEach);
}

TEST(StoragePool, alone_excludes_other_jobs) {
  std::atomic<int> running = 0, together = 0, done = 0;
  {
    StoragePool pool(4);
    for (int i = 0; i < 400; ++i) {
      pool.submit([&, i](unsigned) {
        if (i % 20 == 0) {
          pool.alone([&] { together += running; });
        } else {
          ++running;
          std::this_thread::yield();
          --running;
        }
        ++done;
      });
    }
  }
  EXPECT_EQ(together, 0);
  EXPECT_EQ(done, 400);
}

}  // namespace
}  // namespace basalt
