#include "types/hyperloglog/hyperloglog.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace basalt {
namespace {

constexpr uint32_t kIndexBits = 14;
constexpr uint32_t kHashBits = 64 - kIndexBits;  // those whose zeros are counted
constexpr uint8_t kMaxSparseValue = 32;
constexpr uint32_t kMaxValueRun = 4;
constexpr uint32_t kMaxShortZeroRun = 64;

tl::unexpected<Error> corrupted() { return fail("INVALIDOBJ Corrupted HLL object detected"); }

uint64_t load_little_endian(const char* p, size_t size) {
  uint64_t v = 0;
  std::memcpy(&v, p, size);
  return v;
}

// Austin Appleby's MurmurHash64A.
uint64_t murmur_hash(std::string_view bytes) {
  constexpr uint64_t kSeed = 0xadc83b19;
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  uint64_t h = kSeed ^ (bytes.size() * kFactor);
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t k = load_little_endian(bytes.data(), 8) * kFactor;
    k ^= k >> kShift;
    h = (h ^ (k * kFactor)) * kFactor;
  }
  if (!bytes.empty()) h = (h ^ load_little_endian(bytes.data(), bytes.size())) * kFactor;
  h = (h ^ (h >> kShift)) * kFactor;
  return h ^ (h >> kShift);
}

// ---- sparse runs ----

struct Run {
  uint32_t length;
  uint8_t value;
  size_t bytes;
};

std::optional<Run> decode_run(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto first = static_cast<uint8_t>(bytes[0]);
  if (first & 0x80) return Run{(first & 3u) + 1, static_cast<uint8_t>((first >> 2 & 0x1f) + 1), 1};
  if (!(first & 0x40)) return Run{(first & 0x3fu) + 1, 0, 1};
  if (bytes.size() < 2) return std::nullopt;
  return Run{((first & 0x3fu) << 8 | static_cast<uint8_t>(bytes[1])) + 1, 0, 2};
}

void append_run(std::string& out, uint32_t length, uint8_t value) {
  if (length == 0) return;
  const uint32_t n = length - 1;
  if (value > 0) {
    out += static_cast<char>(0x80 | (value - 1) << 2 | n);
  } else if (length <= kMaxShortZeroRun) {
    out += static_cast<char>(n);
  } else {
    out += static_cast<char>(0x40 | n >> 8);
    out += static_cast<char>(n);
  }
}

// Shows every run to `visit(first register, run)`. False when the runs are damaged: they must cover all
// registers, exactly.
template <typename Visit>
bool walk_runs(std::string_view runs, Visit visit) {
  uint32_t next = 0;
  while (!runs.empty()) {
    auto run = decode_run(runs);
    if (!run || run->length > HyperLogLog::kRegisters - next) return false;
    visit(next, *run);
    next += run->length;
    runs.remove_prefix(run->bytes);
  }
  return next == HyperLogLog::kRegisters;
}

// ---- the estimator; names as in Ertl's paper ----

// How many registers have each value.
using Histogram = std::array<uint32_t, 64>;

// Six bytes hold eight registers. Each of the eight has a histogram of its own, since most registers are alike and
// counting into one place again and again would wait for itself.
Histogram dense_histogram(std::string_view registers) {
  std::array<Histogram, 8> parts{};
  auto add = [&](uint64_t bits) {
    for (size_t k = 0; k < 8; ++k) ++parts[k][bits >> 6 * k & 0x3f];
  };
  size_t i = 0;
  for (; i + 8 <= registers.size(); i += 6) add(load_little_endian(registers.data() + i, 8));
  for (; i < registers.size(); i += 6) add(load_little_endian(registers.data() + i, 6));
  for (size_t value = 0; value < parts[0].size(); ++value) {
    for (size_t k = 1; k < 8; ++k) parts[0][value] += parts[k][value];
  }
  return parts[0];
}

double sigma(double x) {
  if (x == 1.) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  double previous;
  do {
    x *= x;
    previous = z;
    z += x * y;
    y += y;
  } while (previous != z);
  return z;
}

double tau(double x) {
  if (x == 0. || x == 1.) return 0.;
  double y = 1.0;
  double z = 1 - x;
  double previous;
  do {
    x = std::sqrt(x);
    previous = z;
    y *= 0.5;
    z -= std::pow(1 - x, 2) * y;
  } while (previous != z);
  return z / 3;
}

uint64_t estimate(const Histogram& histogram) {
  constexpr double kAlphaInfinity = 0.721347520444481703680;  // 0.5 / ln(2)
  const double m = HyperLogLog::kRegisters;
  double z = m * tau((m - histogram[kHashBits + 1]) / m);
  for (uint32_t k = kHashBits; k >= 1; --k) {
    z += histogram[k];
    z *= 0.5;
  }
  z += m * sigma(histogram[0] / m);
  return static_cast<uint64_t>(std::llroundl(kAlphaInfinity * m * m / z));
}

}  // namespace

HyperLogLog::HyperLogLog() : bytes_("HYLL\1", 5) {
  bytes_.resize(kHeaderBytes, '\0');
  append_run(bytes_, kRegisters, 0);
}

Result<HyperLogLog> HyperLogLog::from_bytes(std::string_view bytes) {
  const bool header = bytes.size() >= kHeaderBytes && bytes.starts_with("HYLL");
  const uint8_t encoding = header ? static_cast<uint8_t>(bytes[kEncodingOffset]) : 0;
  if (!header || encoding > 1 || (encoding == 0 && bytes.size() != kDenseBytes)) {
    return fail("WRONGTYPE Key is not a valid HyperLogLog string value.");
  }
  return HyperLogLog(std::string(bytes));
}

Result<bool> HyperLogLog::add(std::string_view element, size_t sparse_max_bytes) {
  const uint64_t hash = murmur_hash(element);
  // The bit beyond the last ends every run of zeros.
  const uint64_t rest = hash >> kIndexBits | uint64_t{1} << kHashBits;
  return raise(hash % kRegisters, static_cast<uint8_t>(std::countr_zero(rest) + 1), sparse_max_bytes);
}

Result<bool> HyperLogLog::raise(uint32_t i, uint8_t value, size_t sparse_max_bytes) {
  return sparse() ? raise_sparse(i, value, sparse_max_bytes) : raise_dense(i, value);
}

// A register's six bits lie in one byte or in two; behind the last register nothing is touched.
uint8_t HyperLogLog::dense_register(uint32_t i) const {
  const size_t byte = kHeaderBytes + i * 6 / 8;
  const uint32_t shift = i * 6 % 8;
  uint32_t bits = static_cast<uint8_t>(bytes_[byte]);
  if (shift > 2) bits |= static_cast<uint32_t>(static_cast<uint8_t>(bytes_[byte + 1])) << 8;
  return bits >> shift & 0x3f;
}

bool HyperLogLog::raise_dense(uint32_t i, uint8_t value) {
  if (dense_register(i) >= value) return false;
  const size_t byte = kHeaderBytes + i * 6 / 8;
  const uint32_t shift = i * 6 % 8;
  const uint32_t mask = 0x3fu << shift;
  const uint32_t bits = static_cast<uint32_t>(value) << shift;
  bytes_[byte] = static_cast<char>((static_cast<uint8_t>(bytes_[byte]) & ~mask) | bits);
  if (shift > 2) {
    bytes_[byte + 1] = static_cast<char>((static_cast<uint8_t>(bytes_[byte + 1]) & ~(mask >> 8)) | bits >> 8);
  }
  return true;
}

// Splits the run that covers the register in up to three, and joins equal neighbours, both just as Redis does:
// the same elements give the same bytes.
Result<bool> HyperLogLog::raise_sparse(uint32_t i, uint8_t value, size_t sparse_max_bytes) {
  size_t position = kHeaderBytes;
  size_t previous = position;
  uint32_t first = 0;
  std::optional<Run> run;
  if (value <= kMaxSparseValue) {
    for (;;) {
      run = decode_run(std::string_view(bytes_).substr(position));
      if (!run) return corrupted();
      if (i < first + run->length) break;
      previous = position;
      position += run->bytes;
      first += run->length;
    }
    if (run->value >= value) return false;
    std::string runs;
    append_run(runs, i - first, run->value);
    append_run(runs, 1, value);
    append_run(runs, first + run->length - 1 - i, run->value);
    if (runs.size() <= run->bytes || bytes_.size() + runs.size() - run->bytes <= sparse_max_bytes) {
      bytes_.replace(position, run->bytes, runs);
      join_runs(previous);
      return true;
    }
  }
  TRY(make_dense());
  return raise_dense(i, value);
}

// Joins neighbours of one value, looking at five runs from `position` on.
void HyperLogLog::join_runs(size_t position) {
  for (int looks = 0; looks < 5; ++looks) {
    auto run = decode_run(std::string_view(bytes_).substr(position));
    if (!run) return;
    auto next = decode_run(std::string_view(bytes_).substr(position + run->bytes));
    if (run->value > 0 && next && next->value == run->value && run->length + next->length <= kMaxValueRun) {
      std::string joined;
      append_run(joined, run->length + next->length, run->value);
      bytes_.replace(position, 2, joined);
    } else {
      position += run->bytes;
    }
  }
}

Result<void> HyperLogLog::make_dense() {
  if (!sparse()) return {};
  HyperLogLog dense(bytes_.substr(0, kHeaderBytes));
  dense.bytes_[kEncodingOffset] = 0;
  dense.bytes_.resize(kDenseBytes, '\0');
  const bool whole = walk_runs(std::string_view(bytes_).substr(kHeaderBytes), [&](uint32_t first, Run run) {
    if (run.value == 0) return;
    for (uint32_t i = 0; i < run.length; ++i) dense.raise_dense(first + i, run.value);
  });
  if (!whole) return corrupted();
  bytes_ = std::move(dense.bytes_);
  return {};
}

Result<void> HyperLogLog::merge_into(Registers& into) const {
  if (!sparse()) {
    for (uint32_t i = 0; i < kRegisters; ++i) into[i] = std::max(into[i], dense_register(i));
    return {};
  }
  const bool whole = walk_runs(std::string_view(bytes_).substr(kHeaderBytes), [&](uint32_t first, Run run) {
    for (uint32_t i = 0; i < run.length; ++i) into[first + i] = std::max(into[first + i], run.value);
  });
  return whole ? Result<void>() : corrupted();
}

Result<uint64_t> HyperLogLog::count() const {
  const uint64_t kept = load_little_endian(bytes_.data() + kCountOffset, 8);
  if (!(kept >> 63)) return kept;
  if (!sparse()) return estimate(dense_histogram(std::string_view(bytes_).substr(kHeaderBytes)));
  Histogram histogram{};
  const bool whole = walk_runs(std::string_view(bytes_).substr(kHeaderBytes),
                               [&](uint32_t, Run run) { histogram[run.value] += run.length; });
  if (!whole) return corrupted();
  return estimate(histogram);
}

uint64_t HyperLogLog::count(const Registers& registers) {
  Histogram histogram{};
  for (uint8_t value : registers) ++histogram[value];
  return estimate(histogram);
}

std::string HyperLogLog::describe_sparse() const {
  std::string text;
  std::string_view runs = std::string_view(bytes_).substr(kHeaderBytes);
  for (auto run = decode_run(runs); run; run = decode_run(runs)) {
    if (!text.empty()) text += ' ';
    if (run->value > 0) text += fmt::format("v:{},{}", run->value, run->length);
    else text += fmt::format("{}:{}", run->bytes == 1 ? 'z' : 'Z', run->length);
    runs.remove_prefix(run->bytes);
  }
  return text;
}

}  // namespace basalt
