// For tests of this layer and those above: a store in a directory that goes when the test ends.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace basalt {

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "basalt-test-XXXXXX").string();
    if (::mkdtemp(pattern.data())) path_ = pattern;
  }
  ~TempDirectory() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// What an Error says, for test output.
inline std::string describe(const Error& error) {
  if (error.would_block()) return "would block";
  if (error.command()) return error.command()->text;
  return error.storage()->detail;
}

template <typename T>
::testing::AssertionResult succeeded(const Result<T>& result) {
  if (result) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << describe(result.error());
}

/// Starts a test of this binary whose name begins with DISABLED_ in a process of its own, which finds
/// `argument` in child_argument(). (A store must not be opened in a forked process that does not exec:
/// RocksDB's threads are not there.)
inline pid_t start_child(const std::string& test, const std::string& argument) {
  std::string filter = "--gtest_filter=" + test;
  std::string disabled = "--gtest_also_run_disabled_tests";
  std::string name = "child", variable = "BASALT_TEST_CHILD_ARGUMENT=" + argument;
  char* arguments[] = {name.data(), filter.data(), disabled.data(), nullptr};
  std::vector<char*> environment;
  for (char** entry = environ; *entry; ++entry) environment.push_back(*entry);
  environment.push_back(variable.data());
  environment.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execve("/proc/self/exe", arguments, environment.data());
    ::_exit(127);
  }
  return child;
}

/// The exit code, -1 when it was killed.
inline int wait_for_child(pid_t child) {
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline int run_in_child(const std::string& test, const std::string& argument) {
  return wait_for_child(start_child(test, argument));
}

inline std::string child_argument() {
  const char* argument = ::getenv("BASALT_TEST_CHILD_ARGUMENT");
  return argument ? argument : "";
}

/// A store with a small budget in a directory of its own. `close` and `open` again to restart it.
class TempStore {
 public:
  explicit TempStore(uint64_t memory_budget = 32 << 20) {
    options.directory = directory_ / "data";
    options.memory_budget = memory_budget;
    open();
  }

  void open() {
    auto opened = Store::open(options);
    if (!opened) {
      ADD_FAILURE() << "cannot open a store: " << describe(opened.error());
      abort();  // the test could only crash from here on
    }
    store_ = std::move(*opened);
  }
  void close() { store_.reset(); }
  void restart() {
    close();
    open();
  }

  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }
  const std::string& path() const { return options.directory; }

  StoreOptions options;

 private:
  TempDirectory directory_;
  std::unique_ptr<Store> store_;
};

/// What the store's tables say of their filters: fullfilter. or partitionedfilter., in any order.
inline std::string filter_kinds(const TempStore& store) {
  std::string kinds;
  for (const auto& file : std::filesystem::directory_iterator(store.path())) {
    if (file.path().extension() != ".sst") continue;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    for (const char* kind : {"fullfilter.", "partitionedfilter."}) {
      if (bytes.find(kind) != bytes.npos) kinds += kind;
    }
  }
  return kinds;
}

}  // namespace basalt
