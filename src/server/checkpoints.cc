#include "server/checkpoints.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <glog/logging.h>

#include "command/error_text.h"

namespace basalt {

namespace fs = std::filesystem;

namespace {
constexpr std::string_view kPrefix = "checkpoint-";
}

Checkpoints::Checkpoints(Store& store, const Settings& settings, const Clock& clock)
    : store_(store), settings_(settings), clock_(clock), last_success_s_(clock.now_ms() / 1000) {}

bool Checkpoints::begin() { return !running_.exchange(true); }

Result<std::string> Checkpoints::create() {
  std::lock_guard lock(mutex_);
  running_ = true;
  const int64_t start_us = monotonic_us();
  auto directory = create_one();
  last_duration_s_ = (monotonic_us() - start_us) / 1'000'000;
  last_ok_ = directory.has_value();
  running_ = false;
  if (!directory) {
    LOG(ERROR) << "Checkpoint failed: " << error_text(directory.error());
    return directory;
  }
  last_success_s_ = clock_.now_ms() / 1000;
  made_.fetch_add(1);
  LOG(INFO) << "Checkpoint made: " << *directory;
  return directory;
}

Result<std::string> Checkpoints::create_one() {
  fs::path parent(settings_.checkpoint_dir.get());
  if (parent.is_relative()) parent = fs::path(store_.directory()) / parent;
  std::error_code error;
  fs::create_directories(parent, error);
  if (error)
    return fail(fmt::format("ERR cannot create the checkpoint directory {}: {}", parent.string(), error.message()));
  // Milliseconds in the name keep names of one second apart and in order.
  const int64_t now_ms = clock_.now_ms();
  const std::time_t seconds = now_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
  const fs::path directory = parent / fmt::format("{}{}-{:03}", kPrefix, stamp, now_ms % 1000);
  TRY(store_.checkpoint(directory.string()));
  prune(parent.string());
  return directory.string();
}

void Checkpoints::prune(const std::string& parent) {
  std::vector<fs::path> made;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error))
    if (entry.is_directory(error) && entry.path().filename().string().starts_with(kPrefix))
      made.push_back(entry.path());
  std::sort(made.begin(), made.end());
  const size_t keep = static_cast<size_t>(settings_.checkpoint_keep.load());
  for (size_t i = 0; i + keep < made.size(); ++i) {
    fs::remove_all(made[i], error);
    if (error) LOG(WARNING) << "Cannot remove the old checkpoint " << made[i] << ": " << error.message();
  }
}

}  // namespace basalt
