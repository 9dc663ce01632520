#include "tools/backup/file_sum.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "tools/common/files.h"

namespace basalt::tools {

namespace {

constexpr size_t kPiece_bytes = 1 << 20;
constexpr size_t kLimitedPiece_bytes = 64 << 10;  // small enough that a low limit stays smooth

constexpr int64_t kLongestSleep_us = 200'000;

class Summing {
 public:
  Summing() : state_(XXH3_createState(), XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
  void add(std::string_view bytes) {
    XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
    bytes_ += bytes.size();
  }
  FileSum finish() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return {bytes_, fmt::format("{:016x}{:016x}", hash.high64, hash.low64)};
  }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
  uint64_t bytes_ = 0;
};

}  // namespace

FileSum sum_of(std::string_view bytes) {
  Summing sum;
  sum.add(bytes);
  return sum.finish();
}

Mover::Mover(uint64_t bytes_per_second, Progress* progress, Pulse pulse)
    : bytes_per_second_(bytes_per_second),
      progress_(progress),
      pulse_(std::move(pulse)),
      buffer_(bytes_per_second > 0 ? kLimitedPiece_bytes : kPiece_bytes),
      start_us_(monotonic_us()) {}

Result<void> Mover::moved(uint64_t bytes) {
  total_ += bytes;
  if (progress_ != nullptr) progress_->add(bytes);
  if (pulse_) TRY(pulse_());
  // With a low limit the wait is long: the pulse goes on in it.
  for (int64_t early_us = early(); early_us > 0; early_us = early()) {
    std::this_thread::sleep_for(std::chrono::microseconds(std::min(early_us, kLongestSleep_us)));
    if (pulse_) TRY(pulse_());
  }
  return {};
}

int64_t Mover::early() const {
  if (bytes_per_second_ == 0) return 0;
  const double due_us = static_cast<double>(total_) * 1e6 / static_cast<double>(bytes_per_second_);
  return static_cast<int64_t>(due_us) - (monotonic_us() - start_us_);
}

Result<FileSum> Mover::read(const std::string& path) {
  auto file = TRY(OpenFile::read(path));
  Summing sum;
  for (;;) {
    const std::string_view piece = TRY(file.read_some(buffer_));
    if (piece.empty()) return sum.finish();
    sum.add(piece);
    TRY(moved(piece.size()));
  }
}

Result<FileSum> Mover::copy(const std::string& from, const std::string& to) {
  auto source = TRY(OpenFile::read(from));
  auto target = TRY(OpenFile::create(to));
  Summing sum;
  for (;;) {
    const std::string_view piece = TRY(source.read_some(buffer_));
    if (piece.empty()) break;
    sum.add(piece);
    TRY(target.write(piece));
    TRY(moved(piece.size()));
  }
  TRY(target.sync());
  return sum.finish();
}

}  // namespace basalt::tools
