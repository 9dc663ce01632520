// LCS: the longest common subsequence of two strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>

#include "command/call.h"

namespace basalt {

/// A run of bytes that both strings have in their longest common subsequence: [a, a + length) of one,
/// [b, b + length) of the other.
struct CommonRun {
  uint32_t a;
  uint32_t b;
  uint32_t length;
};

/// The textbook's table of lengths, row by row; of each cell one bit is kept, which tells the way back. So
/// memory is |a| * |b| / 8 bytes, and time |a| * |b|.
class LongestCommonSubsequence {
 public:
  LongestCommonSubsequence(std::string_view a, std::string_view b);
  uint32_t length() const { return length_; }
  /// Walks the runs from the last to the first, as Redis lists them.
  void runs(absl::FunctionRef<void(CommonRun)> visit) const;
  std::string text() const;

 private:
  bool go_up(uint32_t i, uint32_t j) const;
  std::string_view a_;
  std::string_view b_;
  uint32_t length_ = 0;
  std::vector<bool> up_;  // of cell (i, j): whether dropping a's last byte is better than dropping b's
};

Result<Outcome> lcs_command(Call& call);

}  // namespace basalt
