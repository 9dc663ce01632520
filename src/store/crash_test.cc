// A process that is killed while it writes, memtables are flushed and WAL files change: what it was
// told is flushed is there afterwards, and no batch is there by half.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "store/store_testing.h"

namespace basalt {
namespace {

/// A number in a file that both processes map: it survives the one that is killed.
class SharedCounter {
 public:
  explicit SharedCounter(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ::ftruncate(fd, sizeof(*value_)) != 0) std::abort();
    void* mapped = ::mmap(nullptr, sizeof(*value_), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (mapped == MAP_FAILED) std::abort();
    value_ = static_cast<std::atomic<uint64_t>*>(mapped);
  }
  ~SharedCounter() { ::munmap(value_, sizeof(*value_)); }
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;
  std::atomic<uint64_t>& operator*() { return *value_; }

 private:
  std::atomic<uint64_t>* value_ = nullptr;
};

StoreOptions options_in(const std::string& directory) {
  return {.directory = directory + "/data", .memory_budget = 16 << 20};
}

std::string key(uint64_t i) { return "key:" + std::to_string(i); }

// Incompressible, and known from the number alone.
std::string value(uint64_t i, Column column) {
  std::mt19937_64 random(i * kColumnCount + static_cast<uint64_t>(column));
  std::string out;
  while (out.size() < 1000) {
    const uint64_t word = random();
    out.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return out;
}

constexpr Column kWritten[] = {Column::strings, Column::items, Column::system};

TEST(Crash, DISABLED_WriteUntilKilled) {
  const auto directory = child_argument();
  SharedCounter acknowledged(directory + "/acknowledged");
  auto store = Store::open(options_in(directory));
  ASSERT_TRUE(succeeded(store));
  Batch batch;
  for (uint64_t i = *acknowledged + 1;; ++i) {
    batch.clear();
    for (auto column : kWritten) batch.put(column, key(i), value(i, column));
    ASSERT_TRUE(succeeded((*store)->write(batch, WriteMode::blocking)));
    ASSERT_TRUE(succeeded((*store)->flush_wal()));
    *acknowledged = i;
  }
}

void check(const std::string& directory, uint64_t acknowledged) {
  auto store = Store::open(options_in(directory));
  ASSERT_TRUE(succeeded(store));
  Value read;
  for (uint64_t i = 1; i <= acknowledged; ++i) {
    for (auto column : kWritten) {
      auto found = (*store)->get(column, key(i), {}, &read);
      ASSERT_TRUE(succeeded(found));
      ASSERT_TRUE(*found) << key(i) << " was acknowledged";
      ASSERT_EQ(read.view(), value(i, column));
    }
  }
  // The one after: all of it or nothing.
  int there = 0;
  for (auto column : kWritten) there += *(*store)->get(column, key(acknowledged + 1), {}, &read);
  EXPECT_TRUE(there == 0 || there == static_cast<int>(std::size(kWritten))) << there;
}

TEST(Crash, NothingAcknowledgedIsLost) {
  const char* given = std::getenv("BASALT_TEST_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  SCOPED_TRACE("BASALT_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  TempDirectory directory;
  SharedCounter acknowledged(directory / "acknowledged");
  for (int round = 0; round < 6 && !HasFailure(); ++round) {
    const uint64_t before = *acknowledged;
    const pid_t child = start_child("Crash.DISABLED_WriteUntilKilled", directory.path());
    ASSERT_GT(child, 0);
    for (int i = 0; i < 200 && *acknowledged == before; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 200));
    ::kill(child, SIGKILL);
    ASSERT_EQ(wait_for_child(child), -1) << "the child failed by itself";
    ASSERT_GT(*acknowledged, before) << "the child wrote nothing";
    check(directory.path(), *acknowledged);
  }
}

}  // namespace
}  // namespace basalt
