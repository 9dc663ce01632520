#include "tools/backup/source.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "store/state_files.h"
#include "tools/common/files.h"
#include "tools/common/open_store.h"
#include "tools/common/server_link.h"

namespace basalt::tools {

namespace {

constexpr int64_t kPulse_us = 500'000;
// An export reads each block once; and beside a server its memory is not ours to take.
constexpr uint64_t kMemory = uint64_t{64} << 20;

Result<std::unique_ptr<Store>> open_to_read(const std::string& directory, bool exclusive) {
  StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  options.exclusive = exclusive;
  options.create_if_missing = false;
  options.open_files = 64;
  options.memory_budget = kMemory;
  return open_store(options, "give --server HOST:PORT");
}

class LentCheckpoint final : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(const Arguments& arguments) {
    auto link = TRY(ServerLink::connect(arguments));
    const auto reply = TRY(link.call({"BASALT", "CHECKPOINT"}));
    std::string directory(reply->type == REDIS_REPLY_STRING ? text_of(*reply) : "");
    if (::access((directory + "/CURRENT").c_str(), R_OK) != 0) {
      if (errno == EACCES) return file_failure("cannot read the server's checkpoint", directory);
      return fail(
          fmt::format("cannot read the server's checkpoint: {}: it is not on this machine; run this where the server "
                      "runs, with the same view of its files",
                      directory));
    }
    auto store = TRY(open_to_read(directory, false));
    return std::unique_ptr<Source>(new LentCheckpoint(std::move(link), std::move(store)));
  }

  Result<void> keep_alive() override {
    if (monotonic_us() < next_us_) return {};
    next_us_ = monotonic_us() + kPulse_us;
    TRY(link_.call({"PING"}));
    return {};
  }

  Result<void> release() override {
    TRY(link_.call({"BASALT", "RELEASE", directory()}));
    return {};
  }

 private:
  LentCheckpoint(ServerLink link, std::unique_ptr<Store> store)
      : Source(std::move(store), link.address()), link_(std::move(link)) {}
  ServerLink link_;
  int64_t next_us_ = 0;
};

class StoppedDirectory final : public Source {
 public:
  StoppedDirectory(std::unique_ptr<Store> store, std::string name) : Source(std::move(store), std::move(name)) {}
};

}  // namespace

Result<std::unique_ptr<Source>> open_source(const Arguments& arguments) {
  if (arguments.has("server")) return LentCheckpoint::open(arguments);
  const std::string directory = arguments.text("dir");
  if (is_restoring(directory))
    return fail(fmt::format("cannot read {}: it holds an unfinished restore; finish that first", directory));
  auto store = open_to_read(directory, true);
  if (!store) return fail("cannot read the data: " + words_of(store.error()));
  return std::unique_ptr<Source>(new StoppedDirectory(std::move(*store), directory));
}

}  // namespace basalt::tools
