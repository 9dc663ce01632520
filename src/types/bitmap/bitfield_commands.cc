// BITFIELD: integers of 1 to 64 bits at any bit offset of a string, the highest bit first.
#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/number.h"
#include "command/call.h"
#include "types/bitmap/bits.h"
#include "types/string/string_value.h"

namespace basalt {
namespace {

using Wide = __int128;  // holds any field, any increment and their sum

enum class Overflow : uint8_t { wrap, saturate, fail };

struct FieldType {
  bool is_signed;
  uint32_t bits;
  Wide min() const { return is_signed ? -(Wide{1} << (bits - 1)) : Wide{0}; }
  Wide max() const { return (Wide{1} << (is_signed ? bits - 1 : bits)) - 1; }
};

struct Operation {
  enum class Kind : uint8_t { get, set, increment };
  Kind kind;
  FieldType type;
  uint64_t offset;  ///< bits
  int64_t operand = 0;
  Overflow overflow = Overflow::wrap;
};

Result<FieldType> field_type(std::string_view text) {
  const bool is_signed = text.starts_with('i');
  auto bits = is_signed || text.starts_with('u') ? parse_int64(text.substr(1)) : std::nullopt;
  if (!bits || *bits < 1 || *bits > (is_signed ? 64 : 63)) {
    return fail("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
  }
  return FieldType{is_signed, static_cast<uint32_t>(*bits)};
}

Result<Overflow> overflow_word(std::string_view word) {
  if (equals_ignore_case(word, "wrap")) return Overflow::wrap;
  if (equals_ignore_case(word, "sat")) return Overflow::saturate;
  if (equals_ignore_case(word, "fail")) return Overflow::fail;
  return fail("ERR Invalid OVERFLOW type specified");
}

Result<std::vector<Operation>> parse_operations(const Call& call) {
  std::vector<Operation> operations;
  Overflow overflow = Overflow::wrap;
  for (size_t i = 2; i < call.argc();) {
    const size_t left = call.argc() - i - 1;
    Operation operation{};
    if (call.arg_is(i, "get") && left >= 2) {
      operation.kind = Operation::Kind::get;
    } else if (call.arg_is(i, "set") && left >= 3) {
      operation.kind = Operation::Kind::set;
    } else if (call.arg_is(i, "incrby") && left >= 3) {
      operation.kind = Operation::Kind::increment;
    } else if (call.arg_is(i, "overflow") && left >= 1) {
      overflow = TRY(overflow_word(call.arg(i + 1)));
      i += 2;
      continue;
    } else {
      return syntax_error();
    }
    operation.overflow = overflow;
    operation.type = TRY(field_type(call.arg(i + 1)));
    operation.offset = TRY(bit_offset(call, i + 2, operation.type.bits));
    i += 3;
    if (operation.kind != Operation::Kind::get) operation.operand = TRY(call.integer(i++));
    operations.push_back(operation);
  }
  return operations;
}

// A field and the up to nine bytes around it, as one number.
struct Window {
  uint64_t first_byte;
  uint32_t bytes;
  uint32_t shift;  ///< bits behind the field
  unsigned __int128 raw = 0;

  Window(uint64_t offset, uint32_t bits)
      : first_byte(offset / 8),
        bytes(static_cast<uint32_t>((offset % 8 + bits + 7) / 8)),
        shift(static_cast<uint32_t>(bytes * 8 - offset % 8 - bits)) {}
};

unsigned __int128 ones(uint32_t bits) { return (static_cast<unsigned __int128>(1) << bits) - 1; }

Result<Window> read_window(StringValue& value, const Operation& operation) {
  Window window(operation.offset, operation.type.bits);
  const std::string_view bytes = TRY(value.read(window.first_byte, window.bytes));
  for (size_t i = 0; i < window.bytes; ++i) {
    window.raw = window.raw << 8 | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0);
  }
  return window;
}

// The low bits of `raw` as a field of this type.
Wide to_field(unsigned __int128 raw, FieldType type) {
  const auto number = static_cast<Wide>(raw & ones(type.bits));
  return number > type.max() ? number - (Wide{1} << type.bits) : number;
}

// What a field of this type becomes when `increment` is added to `value`; nullopt: nothing (OVERFLOW FAIL).
std::optional<Wide> fit(Wide value, Wide increment, FieldType type, Overflow overflow) {
  const Wide sum = value + increment;
  if (sum >= type.min() && sum <= type.max()) return sum;
  if (overflow == Overflow::fail) return std::nullopt;
  if (overflow == Overflow::wrap) return to_field(static_cast<unsigned __int128>(sum), type);
  // A SET so far below the range that Redis's 64 bits wrap around saturates at the top there, so it does here.
  const bool wraps = type.bits < 64 && value < type.max() - std::numeric_limits<int64_t>::max();
  return sum > type.max() || wraps ? type.max() : type.min();
}

// SET's operand is 64 bits without a sign when the field has none, as in Redis.
Wide set_operand(const Operation& operation) {
  if (operation.type.is_signed) return operation.operand;
  return static_cast<uint64_t>(operation.operand);
}

Result<void> write_field(StringValue& value, Window window, uint32_t bits, Wide field) {
  const unsigned __int128 mask = ones(bits) << window.shift;
  window.raw = (window.raw & ~mask) | (static_cast<unsigned __int128>(field) << window.shift & mask);
  char bytes[9];
  for (uint32_t i = window.bytes; i-- > 0; window.raw >>= 8) bytes[i] = static_cast<char>(window.raw);
  return value.write(window.first_byte, {bytes, window.bytes});
}

// Runs one operation and replies with its result. Gives whether that is a change worth an event: a field
// that was written, and is another or was not there before.
Result<bool> run(Call& call, StringValue& value, const Operation& operation, bool grown) {
  const Window window = TRY(read_window(value, operation));
  const Wide old_field = to_field(window.raw >> window.shift, operation.type);
  if (operation.kind == Operation::Kind::get) {
    call.reply.integer(static_cast<int64_t>(old_field));
    return false;
  }
  const bool increments = operation.kind == Operation::Kind::increment;
  const auto field = increments ? fit(old_field, operation.operand, operation.type, operation.overflow)
                                : fit(set_operand(operation), 0, operation.type, operation.overflow);
  if (!field) {
    call.reply.null();
    return false;
  }
  if (*field != old_field) TRY(write_field(value, window, operation.type.bits, *field));
  call.reply.integer(static_cast<int64_t>(increments ? *field : old_field));
  return grown || *field != old_field;
}

// How long the string must be for the operations that write.
uint64_t size_to_write(const std::vector<Operation>& operations) {
  uint64_t size = 0;
  for (const Operation& operation : operations) {
    if (operation.kind == Operation::Kind::get) continue;
    size = std::max(size, (operation.offset + operation.type.bits - 1) / 8 + 1);
  }
  return size;
}

Result<Outcome> bitfield(Call& call) {
  const Key key = call.key(1);
  const std::vector<Operation> operations = TRY(parse_operations(call));
  const uint64_t size = size_to_write(operations);
  if (size > 0 && (call.spec.flags & kReadonly)) return fail("ERR BITFIELD_RO only supports the GET subcommand");
  call.txn.count_lookups(size == 0);
  StringValue value = TRY(StringValue::open(call.txn, key));
  // The string grows for every operation that might write, also for those that then fail; but only a field
  // that was written makes an event.
  const bool grown = size > value.size();
  if (grown) TRY(value.grow(size));
  call.reply.array(static_cast<int64_t>(operations.size()));
  bool changed = false;
  for (const Operation& operation : operations) changed |= TRY(run(call, value, operation, grown));
  if (!grown && !changed) return kDone;
  value.save();
  if (changed) call.txn.touch(key, EventClass::string, "setbit");
  else call.txn.touch(key, EventClass::none, {});
  return kDone;
}

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"bitfield", -2, kWrite | kDenyOom, {1, 1, 1}, "RW access update variable_flags", Group::bitmap, "3.2.0",
     "Perform arbitrary bitfield integer operations on strings", "O(1) for each subcommand specified", bitfield},
    {"bitfield_ro", -2, kReadonly | kFast, {1, 1, 1}, "RO access", Group::bitmap, "6.0.0",
     "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD",
     "O(1) for each subcommand specified", bitfield},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> bitfield_commands() { return kCommands; }

}  // namespace basalt
