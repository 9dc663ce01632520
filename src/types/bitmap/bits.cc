#include "types/bitmap/bits.h"

#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "base/number.h"

namespace basalt {
namespace {

uint64_t load_word(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// Pairs, nibbles, bytes, then their sum in the highest byte: faster than a library call where the machine's
// own instruction can't be counted on.
uint64_t count_word(uint64_t word) {
  word -= (word >> 1) & 0x5555555555555555;
  word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return (word * 0x0101010101010101) >> 56;
}

}  // namespace

uint64_t count_bits(std::string_view bytes) {
  uint64_t count = 0;
  for (; bytes.size() >= sizeof(uint64_t); bytes.remove_prefix(sizeof(uint64_t))) {
    count += count_word(load_word(bytes.data()));
  }
  for (char byte : bytes) count += count_word(static_cast<uint8_t>(byte));
  return count;
}

std::optional<uint64_t> find_bit(std::string_view bytes, bool bit) {
  const uint64_t other_word = bit ? 0 : ~uint64_t{0};
  size_t i = 0;
  while (i + sizeof(uint64_t) <= bytes.size() && load_word(bytes.data() + i) == other_word) i += sizeof(uint64_t);
  const auto other_byte = static_cast<uint8_t>(other_word);
  while (i < bytes.size() && static_cast<uint8_t>(bytes[i]) == other_byte) ++i;
  if (i == bytes.size()) return std::nullopt;
  const auto byte = static_cast<uint8_t>(bytes[i]);
  return i * 8 + static_cast<uint64_t>(bit ? std::countl_zero(byte) : std::countl_one(byte));
}

Result<uint64_t> bit_offset(const Call& call, size_t i, uint32_t field_bits) {
  std::string_view text = call.arg(i);
  const bool counts_fields = field_bits > 0 && text.starts_with('#');
  if (counts_fields) text.remove_prefix(1);
  auto offset = parse_int64(text);
  const bool fits = offset && !(counts_fields && __builtin_mul_overflow(*offset, int64_t{field_bits}, &*offset));
  const int64_t limit = call.txn.limits().proto_max_bulk_len.load(std::memory_order_relaxed);
  if (!fits || *offset < 0 || *offset / 8 >= limit) return fail("ERR bit offset is not an integer or out of range");
  return static_cast<uint64_t>(*offset);
}

}  // namespace basalt
