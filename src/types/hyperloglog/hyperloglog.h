// HyperLogLog in Redis's own format, so that a value may move between the two servers and counts the same.
//
// The format (Redis, hyperloglog.c): a string of
//
//   offset  bytes  what
//   0       4      "HYLL"
//   4       1      0: dense, 1: sparse
//   5       3      zeros
//   8       8      the last count, little-endian; highest bit set: registers changed since
//   16             the 16384 registers, each the longest run of zeros (plus one) seen in the hashes of its
//                  elements
//
//   dense:  six bits a register, from the lowest bit of a byte upwards: 12288 bytes
//   sparse: runs of equal registers:
//             00nnnnnn            n + 1 registers are 0             (1 … 64)
//             01nnnnnn nnnnnnnn   n + 1 registers are 0             (1 … 16384)
//             1vvvvvnn            n + 1 registers are v + 1         (1 … 4 registers, values 1 … 32)
//
// The estimator is Otmar Ertl's, "New cardinality estimation algorithms for HyperLogLog sketches"
// (arXiv:1702.01284), the hash MurmurHash64A with Redis's seed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace basalt {

class HyperLogLog {
 public:
  static constexpr uint32_t kRegisters = 1 << 14;
  using Registers = std::array<uint8_t, kRegisters>;

  /// Empty, sparse.
  HyperLogLog();
  /// Fails with Redis's WRONGTYPE when this is no HyperLogLog. Damage in sparse registers shows later.
  static Result<HyperLogLog> from_bytes(std::string_view bytes);
  const std::string& bytes() const { return bytes_; }

  bool sparse() const { return bytes_[kEncodingOffset] != 0; }
  /// Whether the element changed a register. A sparse one that grows past `sparse_max_bytes` becomes dense.
  Result<bool> add(std::string_view element, size_t sparse_max_bytes);
  /// Register `i` becomes `value` if it is less; whether it was.
  Result<bool> raise(uint32_t i, uint8_t value, size_t sparse_max_bytes);
  Result<void> make_dense();
  /// Raises every register of `into` to what it is here.
  Result<void> merge_into(Registers& into) const;
  /// The estimate of how many different elements were added; the one kept in the header when it is valid.
  Result<uint64_t> count() const;
  void invalidate_count() { bytes_[kCountOffset + 7] |= static_cast<char>(0x80); }
  /// The sparse runs as PFDEBUG DECODE prints them, damaged ones too.
  std::string describe_sparse() const;

  static uint64_t count(const Registers& registers);

 private:
  explicit HyperLogLog(std::string bytes) : bytes_(std::move(bytes)) {}
  uint8_t dense_register(uint32_t i) const;
  bool raise_dense(uint32_t i, uint8_t value);
  Result<bool> raise_sparse(uint32_t i, uint8_t value, size_t sparse_max_bytes);
  void join_runs(size_t position);

  static constexpr size_t kEncodingOffset = 4;
  static constexpr size_t kCountOffset = 8;
  static constexpr size_t kHeaderBytes = 16;
  static constexpr size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;
  std::string bytes_;
};

}  // namespace basalt
