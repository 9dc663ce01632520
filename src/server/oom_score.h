// oom-score-adj: how ready the kernel is to end this process when memory runs out. See proc(5), oom_score_adj.
//
// Thread rules: apply() for the start, and for listeners of the configuration.
#pragma once

#include <optional>
#include <string>

#include "server/config/config.h"

namespace basalt {

class OomScore {
 public:
  /// Follows oom-score-adj and oom-score-adj-values, of which the first is a server's that is no replica.
  explicit OomScore(Config& config);

  /// Does what the options say. What it gives is why that was not possible.
  std::optional<std::string> apply();

 private:
  const Config& config_;
  std::optional<int> before_;  ///< what it was before the options changed it
};

}  // namespace basalt
