// Commands on single bits and runs of bits. They see a string's chunks one by one, so that a bit far out
// costs one chunk, and counting takes no memory.
#include <algorithm>
#include <optional>
#include <vector>

#include "command/call.h"
#include "types/bitmap/bits.h"
#include "types/common/expiry.h"
#include "types/string/string_value.h"

namespace basalt {
namespace {

constexpr std::string_view kBadBit = "ERR bit is not an integer or out of range";

// The byte at `offset`, 0 behind the end.
Result<uint8_t> byte_at(StringValue& value, uint64_t offset) {
  auto bytes = TRY(value.read(offset, 1));
  return bytes.empty() ? uint8_t{0} : static_cast<uint8_t>(bytes[0]);
}

Result<Outcome> setbit(Call& call) {
  const Key key = call.key(1);
  const uint64_t offset = TRY(bit_offset(call, 2));
  const int64_t bit = TRY(call.integer(3, kBadBit));
  if (bit != 0 && bit != 1) return fail(std::string(kBadBit));
  StringValue value = TRY(StringValue::open(call.txn, key));
  const uint8_t old_byte = TRY(byte_at(value, offset / 8));
  const auto mask = static_cast<uint8_t>(0x80 >> offset % 8);
  const bool old_bit = (old_byte & mask) != 0;
  if (old_bit != (bit == 1) || offset / 8 >= value.size()) {
    const char new_byte = static_cast<char>(bit ? old_byte | mask : old_byte & ~mask);
    TRY(value.write(offset / 8, {&new_byte, 1}));
    value.save();
    call.txn.touch(key, EventClass::string, "setbit");
  }
  call.reply.integer(old_bit);
  return kDone;
}

Result<Outcome> getbit(Call& call) {
  const uint64_t offset = TRY(bit_offset(call, 2));
  StringValue value = TRY(StringValue::open(call.txn, call.key(1)));
  const uint8_t byte = TRY(byte_at(value, offset / 8));
  call.reply.integer(byte >> (7 - offset % 8) & 1);
  return kDone;
}

// The bits from `first` to `last`, both included.
struct BitRange {
  uint64_t first;
  uint64_t last;
  uint64_t first_byte() const { return first / 8; }
  uint64_t bytes() const { return last / 8 - first / 8 + 1; }
};

enum class Unit : uint8_t { byte, bit };

Result<Unit> unit_argument(const Call& call, size_t i) {
  if (call.arg_is(i, "bit")) return Unit::bit;
  if (call.arg_is(i, "byte")) return Unit::byte;
  return syntax_error();
}

// Negative indexes count from the end. nullopt: the range is empty.
std::optional<BitRange> bit_range(int64_t start, int64_t end, Unit unit, uint64_t string_size) {
  const int64_t size = static_cast<int64_t>(unit == Unit::bit ? string_size * 8 : string_size);
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (start > end) return std::nullopt;
  const auto first = static_cast<uint64_t>(start);
  const auto last = static_cast<uint64_t>(end);
  return unit == Unit::bit ? BitRange{first, last} : BitRange{first * 8, last * 8 + 7};
}

// The arguments in Redis's own order of complaints.
Result<std::optional<BitRange>> bitcount_range(const Call& call, uint64_t string_size) {
  if (call.argc() == 2) return bit_range(0, -1, Unit::byte, string_size);
  if (call.argc() != 4 && call.argc() != 5) return syntax_error();
  const int64_t start = TRY(call.integer(2));
  const int64_t end = TRY(call.integer(3));
  if (start < 0 && end < 0 && start > end) return std::nullopt;
  const Unit unit = call.argc() == 5 ? TRY(unit_argument(call, 4)) : Unit::byte;
  return bit_range(start, end, unit, string_size);
}

Result<uint64_t> count_range(StringValue& value, BitRange range) {
  uint64_t count = 0;
  TRY(value.visit(range.first_byte(), range.bytes(), [&](uint64_t position, std::string_view bytes) {
    count += count_bits(bytes);
    // Less what of the first and of the last byte lies outside.
    if (position == range.first / 8) {
      count -= count_bits({bytes.data(), 1});
      const char inside = static_cast<char>(static_cast<uint8_t>(bytes[0]) & (0xff >> range.first % 8));
      count += count_bits({&inside, 1});
    }
    if (position + bytes.size() - 1 == range.last / 8) {
      const char outside = static_cast<char>(static_cast<uint8_t>(bytes.back()) & (0x7f >> range.last % 8));
      count -= count_bits({&outside, 1});
    }
    return true;
  }));
  return count;
}

Result<Outcome> bitcount(Call& call) {
  StringValue value = TRY(StringValue::open(call.txn, call.key(1)));
  auto range = value.exists() ? TRY(bitcount_range(call, value.size())) : std::nullopt;
  call.reply.integer(range ? static_cast<int64_t>(TRY(count_range(value, *range))) : 0);
  return kDone;
}

// The first bit of the range that is `bit`; nullopt when there is none.
Result<std::optional<uint64_t>> find_in_range(StringValue& value, BitRange range, bool bit) {
  std::optional<uint64_t> found;
  uint64_t next = range.first_byte();  // the byte after those seen
  TRY(value.visit(next, range.bytes(), [&](uint64_t position, std::string_view bytes) {
    if (!bit && position > next) {  // a gap: zeros
      found = next * 8;
      return false;
    }
    next = position + bytes.size();
    // What of the first byte lies before the range is made to look like what is not wanted.
    if (position == range.first / 8 && range.first % 8 != 0) {
      const auto before = static_cast<uint8_t>(~(0xff >> range.first % 8));
      const auto byte = static_cast<uint8_t>(bytes[0]);
      const char first = static_cast<char>(bit ? byte & ~before : byte | before);
      if (auto i = find_bit({&first, 1}, bit)) found = position * 8 + *i;
      bytes.remove_prefix(1);
      ++position;
    }
    if (auto i = found ? std::nullopt : find_bit(bytes, bit)) found = position * 8 + *i;
    return !found;
  }));
  if (!found && !bit && next <= range.last / 8) found = next * 8;
  if (!found || *found > range.last) return std::nullopt;
  return std::max(*found, range.first);
}

Result<Outcome> bitpos(Call& call) {
  const int64_t bit = TRY(call.integer(2));
  if (bit != 0 && bit != 1) return fail("ERR The bit argument must be 1 or 0.");
  StringValue value = TRY(StringValue::open(call.txn, call.key(1)));
  if (!value.exists()) {
    call.reply.integer(bit ? -1 : 0);
    return kDone;
  }
  if (call.argc() > 6) return syntax_error();
  const int64_t start = call.argc() > 3 ? TRY(call.integer(3)) : 0;
  const Unit unit = call.argc() > 5 ? TRY(unit_argument(call, 5)) : Unit::byte;
  const bool end_given = call.argc() > 4;
  const int64_t end = end_given ? TRY(call.integer(4)) : -1;
  auto range = bit_range(start, end, unit, value.size());
  auto found = range ? TRY(find_in_range(value, *range, bit == 1)) : std::nullopt;
  // To the right of a range without end the string goes on with zeros.
  if (range && !found && bit == 0 && !end_given) found = range->last + 1;
  call.reply.integer(found ? static_cast<int64_t>(*found) : -1);
  return kDone;
}

enum class BitOp : uint8_t { and_, or_, xor_, not_ };

std::optional<BitOp> bit_op(const Call& call) {
  if (call.arg_is(1, "and")) return BitOp::and_;
  if (call.arg_is(1, "or")) return BitOp::or_;
  if (call.arg_is(1, "xor")) return BitOp::xor_;
  if (call.arg_is(1, "not")) return BitOp::not_;
  return std::nullopt;
}

// Combines `other`, which goes on with zeros, into `bytes`.
void combine(std::string& bytes, std::string_view other, BitOp op) {
  auto* p = bytes.data();
  for (size_t i = 0; i < other.size(); ++i) {
    if (op == BitOp::and_) p[i] &= other[i];
    else if (op == BitOp::or_) p[i] |= other[i];
    else p[i] ^= other[i];
  }
  if (op == BitOp::and_) std::fill(bytes.begin() + static_cast<ptrdiff_t>(other.size()), bytes.end(), '\0');
}

// The result's bytes from `offset` on, `length` of them.
Result<void> combine_stripe(std::vector<StringValue>& sources, BitOp op, uint64_t offset, uint64_t length,
                            std::string& stripe) {
  stripe = TRY(sources[0].read(offset, length));
  stripe.resize(length, '\0');
  if (op == BitOp::not_) {
    for (char& byte : stripe) byte = static_cast<char>(~byte);
  }
  for (size_t i = 1; i < sources.size(); ++i) combine(stripe, TRY(sources[i].read(offset, length)), op);
  return {};
}

Result<Outcome> bitop(Call& call) {
  constexpr uint64_t kStripeBytes = 256 * kChunkBytes;
  auto op = bit_op(call);
  if (!op) return syntax_error();
  if (op == BitOp::not_ && call.argc() != 4) return fail("ERR BITOP NOT must be called with a single source key.");
  std::vector<StringValue> sources;
  uint64_t size = 0;
  call.txn.count_lookups(true);  // the sources, not the target
  for (size_t i = 3; i < call.argc(); ++i) {
    sources.push_back(TRY(StringValue::open(call.txn, call.key(i))));
    size = std::max(size, sources.back().size());
  }
  call.txn.count_lookups(false);
  TRY(check_inline_bytes(call.txn, size * sources.size()));
  const Key target = call.key(2);
  auto previous = TRY(call.txn.find(target));
  if (size == 0) {
    if (previous) delete_key(call.txn, target, *previous);
    call.reply.integer(0);
    return kDone;
  }
  StringWriter result(call.txn, target, size);
  std::string stripe;
  for (uint64_t offset = 0; offset < size; offset += kStripeBytes) {
    TRY(combine_stripe(sources, *op, offset, std::min(kStripeBytes, size - offset), stripe));
    TRY(result.append(stripe));
  }
  TRY(result.finish(previous ? &*previous : nullptr));
  call.txn.touch(target, EventClass::string, "set");
  call.reply.integer(static_cast<int64_t>(size));
  return kDone;
}

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"setbit", 4, kWrite | kDenyOom, {1, 1, 1}, "RW access update", Group::bitmap, "2.2.0",
     "Sets or clears the bit at offset in the string value stored at key", "O(1)", setbit},
    {"getbit", 3, kReadonly | kFast, {1, 1, 1}, "RO access", Group::bitmap, "2.2.0",
     "Returns the bit value at offset in the string value stored at key", "O(1)", getbit},
    {"bitcount", -2, kReadonly, {1, 1, 1}, "RO access", Group::bitmap, "2.6.0", "Count set bits in a string",
     "O(N)", bitcount},
    {"bitpos", -3, kReadonly, {1, 1, 1}, "RO access", Group::bitmap, "2.8.7",
     "Find first bit set or clear in a string", "O(N)", bitpos},
    {"bitop", -4, kWrite | kDenyOom, {2, -1, 1}, "OW update;RO access", Group::bitmap, "2.6.0",
     "Perform bitwise operations between strings", "O(N)", bitop},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> bit_commands() { return kCommands; }

}  // namespace basalt
