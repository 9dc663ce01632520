#include "server/checkpoints.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/utc_stamp.h"
#include "command/error_text.h"

namespace basalt {

namespace fs = std::filesystem;

namespace {
constexpr std::string_view kPrefix = "checkpoint-";
constexpr std::string_view kLentPrefix = "lent-";

std::vector<fs::path> directories_of(const std::string& parent, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory() && it->path().filename().string().starts_with(prefix)) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

Checkpoints::Checkpoints(Store& store, const Settings& settings, const Clock& clock)
    : store_(store), settings_(settings), clock_(clock), last_success_s_(clock.now_ms() / 1000) {
  remove_leftovers();
}

bool Checkpoints::begin() { return !running_.exchange(true); }

Result<std::string> Checkpoints::create() {
  std::lock_guard lock(mutex_);
  running_ = true;
  const int64_t start_us = monotonic_us();
  const uint64_t changes = changes_.load();
  auto directory = make(kPrefix);
  if (directory) prune(parent());
  last_duration_s_ = (monotonic_us() - start_us) / 1'000'000;
  last_ok_ = directory.has_value();
  running_ = false;
  if (!directory) {
    LOG(ERROR) << "Checkpoint failed: " << error_text(directory.error());
    return directory;
  }
  last_success_s_ = clock_.now_ms() / 1000;
  made_.fetch_add(1);
  changes_.fetch_sub(changes);  // those since then may be in it, or not
  LOG(INFO) << "Checkpoint made: " << *directory;
  return directory;
}

std::string Checkpoints::parent() const {
  fs::path parent(settings_.checkpoint_dir.get());
  if (parent.is_relative()) parent = fs::path(store_.directory()) / parent;
  return fs::absolute(parent).lexically_normal().string();
}

Result<std::string> Checkpoints::make(std::string_view prefix) {
  const fs::path folder(parent());
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return fail(fmt::format("ERR cannot create the checkpoint directory {}: {}", folder.string(), error.message()));
  int64_t now_ms = clock_.now_ms();
  fs::path directory;
  do directory = folder / fmt::format("{}{}", prefix, utc_stamp(now_ms++));
  while (fs::exists(directory, error));
  TRY(store_.checkpoint(directory.string()));
  return directory.string();
}

Result<std::string> Checkpoints::lend(uint64_t owner) {
  std::lock_guard lock(mutex_);
  auto directory = TRY(make(kLentPrefix));
  LOG(INFO) << "Checkpoint lent to client " << owner << ": " << directory;
  std::lock_guard lent_lock(lent_mutex_);
  lent_.emplace(owner, directory);
  return directory;
}

bool Checkpoints::give_back(uint64_t owner, const std::string& directory) {
  {
    std::lock_guard lock(lent_mutex_);
    const auto [begin, end] = lent_.equal_range(owner);
    const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == directory; });
    if (found == end) return false;
    lent_.erase(found);
  }
  remove(directory);
  return true;
}

bool Checkpoints::lent_to(uint64_t owner) const {
  std::lock_guard lock(lent_mutex_);
  return lent_.contains(owner);
}

void Checkpoints::take_back(uint64_t owner) {
  std::vector<std::string> directories;
  {
    std::lock_guard lock(lent_mutex_);
    const auto [begin, end] = lent_.equal_range(owner);
    for (auto it = begin; it != end; ++it) directories.push_back(it->second);
    lent_.erase(begin, end);
  }
  for (const auto& directory : directories) remove(directory);
}

void Checkpoints::remove(const std::string& directory) {
  std::error_code error;
  fs::remove_all(directory, error);
  if (error) LOG(WARNING) << "Cannot remove the checkpoint " << directory << ": " << error.message();
}

void Checkpoints::remove_leftovers() {
  for (const auto& directory : directories_of(parent(), kLentPrefix)) remove(directory.string());
}

void Checkpoints::prune(const std::string& parent) {
  const auto made = directories_of(parent, kPrefix);
  const size_t keep = static_cast<size_t>(settings_.checkpoint_keep.load());
  for (size_t i = 0; i + keep < made.size(); ++i) remove(made[i].string());
}

}  // namespace basalt
