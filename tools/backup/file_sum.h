// Reading and copying files with a checksum of their bytes (XXH3, 128 bits), at a limited rate.
//
// Thread rules: a Mover belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tools/common/progress.h"

namespace basalt::tools {

struct FileSum {
  uint64_t bytes = 0;
  std::string hash;  ///< 32 hexadecimal digits
  bool operator==(const FileSum&) const = default;
};

FileSum sum_of(std::string_view bytes);

class Mover {
 public:
  /// Called for every piece read; an Error ends the work.
  using Pulse = std::function<Result<void>()>;

  /// `bytes_per_second` 0: no limit. `progress` may be null.
  Mover(uint64_t bytes_per_second, Progress* progress, Pulse pulse = nullptr);

  /// Reads all of a file.
  Result<FileSum> read(const std::string& path);
  /// Copies into a new file, which is on the medium when it returns (its directory's entry is not).
  Result<FileSum> copy(const std::string& from, const std::string& to);

 private:
  Result<void> moved(uint64_t bytes);
  int64_t early() const;  ///< microseconds to wait, so as to keep to the rate
  const uint64_t bytes_per_second_;
  Progress* const progress_;
  const Pulse pulse_;
  std::vector<char> buffer_;
  const int64_t start_us_;
  uint64_t total_ = 0;
};

}  // namespace basalt::tools
