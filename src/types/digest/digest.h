// Digests of values and of everything, as Redis defines them (DEBUG DIGEST, DEBUG DIGEST-VALUE): equal for equal data,
// whatever order and encoding it is stored in, and equal to what redis-server says of the same data.
//
//   add(d, bytes):  d = d xor SHA1(bytes)             where order does not count
//   mix(d, bytes):  d = SHA1(d xor SHA1(bytes))       where it does
//
// Thread rules: those of the Txn. Both walk all they tell of: for the storage pool.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "keyspace/txn.h"

namespace basalt {

class Digest {
 public:
  void add(std::string_view bytes);
  void mix(std::string_view bytes);
  void add(const Digest& other) { add(other.view()); }
  /// Forty hexadecimal digits.
  std::string text() const;

 private:
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  std::array<uint8_t, 20> bytes_{};
};

/// Of a key's value and whether it expires; zeros for a key that is not there.
Result<Digest> value_digest(Txn& txn, Key key);

/// Of every live key of every database.
Result<Digest> dataset_digest(Txn& txn);

}  // namespace basalt
