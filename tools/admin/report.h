// What a check finds, line by line, and, when it is to mend, the writes that do so.
//
// Mending is shallow: each finding brings the writes that put right what it names, and what follows from
// them (the items of a head that was removed, say) is found and mended in the next round.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace basalt::tools {

class Report {
 public:
  using Sink = std::function<void(const std::string& line)>;
  /// `mended`: where mending writes go; null: looking only. Beyond `most_lines` findings are only counted.
  Report(Sink sink, Store* mended, uint64_t most_lines)
      : sink_(std::move(sink)), mended_(mended), most_lines_(most_lines) {}

  void damage(std::string_view line);
  /// Something worth a look that is no damage.
  void note(std::string_view line);

  /// Whether the finding's writes are wanted; they go into mend() then.
  bool mends() const { return mended_ != nullptr; }
  Batch& mend() { return batch_; }
  /// Writes what has gathered when it is much. Called between findings.
  Result<void> settle();
  /// Writes the rest.
  Result<void> finish();

  uint64_t damages() const { return damages_; }
  uint64_t notes() const { return notes_; }

 private:
  void show(std::string_view kind, std::string_view line);

  Sink sink_;
  Store* mended_;
  uint64_t most_lines_;
  Batch batch_;
  uint64_t damages_ = 0;
  uint64_t notes_ = 0;
  uint64_t shown_ = 0;
};

}  // namespace basalt::tools
