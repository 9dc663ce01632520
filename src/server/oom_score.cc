#include "server/oom_score.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <glog/logging.h>

namespace basalt {

namespace {
constexpr const char* kPath = "/proc/self/oom_score_adj";

std::optional<int> read_score() {
  int score = 0;
  if (std::ifstream(kPath) >> score) return score;
  return std::nullopt;
}

// Lowering it takes a privilege.
bool write_score(int score) {
  std::ofstream file(kPath);
  file << score << std::flush;
  return file.good();
}
}  // namespace

OomScore::OomScore(Config& config) : config_(config) {
  for (const char* option : {"oom-score-adj", "oom-score-adj-values"})
    config.on_change(option, [this](const OptionValue&) { return apply(); });
}

std::optional<std::string> OomScore::apply() {
  const std::string mode = config_.text("oom-score-adj");
  if (mode == "no" && !before_) return std::nullopt;  // not ours to touch
  if (!before_) before_ = read_score();
  const std::string values = config_.text("oom-score-adj-values");
  int score = before_.value_or(0);
  if (mode == "absolute") score = std::stoi(values);
  else if (mode != "no") score += std::stoi(values);
  constexpr int kLeast = -1000, kMost = 1000;
  if (!write_score(std::clamp(score, kLeast, kMost))) {
    LOG(WARNING) << "Unable to write " << kPath << ": " << std::strerror(errno);
    return "Failed to set current oom_score_adj. Check server logs.";
  }
  if (mode == "no") before_.reset();
  return std::nullopt;
}

}  // namespace basalt
