#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "base/random.h"
#include "command/call.h"
#include "types/hyperloglog/hyperloglog.h"
#include "types/string/string_value.h"

namespace basalt {
namespace {

size_t sparse_max_bytes(const Call& call) {
  return static_cast<size_t>(call.txn.limits().hll_sparse_max_bytes.load(std::memory_order_relaxed));
}

Result<HyperLogLog> read(StringValue& value) { return HyperLogLog::from_bytes(TRY(value.read_all())); }

void write(Call& call, Key key, const StringValue& value, const HyperLogLog& log) {
  StringValue::replace(call.txn, key, log.bytes(), value.record());
}

Result<Outcome> pfadd(Call& call) {
  const Key key = call.key(1);
  StringValue value = TRY(StringValue::open(call.txn, key));
  HyperLogLog log = value.exists() ? TRY(read(value)) : HyperLogLog();
  bool changed = !value.exists();
  for (size_t i = 2; i < call.argc(); ++i) changed |= TRY(log.add(call.arg(i), sparse_max_bytes(call)));
  if (changed) {
    log.invalidate_count();
    write(call, key, value, log);
    call.txn.touch(key, EventClass::string, "pfadd");
  }
  call.reply.integer(changed);
  return kDone;
}

// Merges the HyperLogLogs of arguments `first` and following, and tells whether one of them is dense.
Result<bool> merge_arguments(Call& call, size_t first, HyperLogLog::Registers& registers) {
  bool dense = false;
  for (size_t i = first; i < call.argc(); ++i) {
    StringValue value = TRY(StringValue::open(call.txn, call.key(i)));
    if (!value.exists()) continue;
    const HyperLogLog log = TRY(read(value));
    dense |= !log.sparse();
    TRY(log.merge_into(registers));
  }
  return dense;
}

// The count is not written back into the value, as Redis does: reading stays reading.
Result<Outcome> pfcount(Call& call) {
  if (call.argc() > 2) {
    call.txn.freeze();
    HyperLogLog::Registers registers{};
    TRY(merge_arguments(call, 1, registers));
    call.reply.integer(static_cast<int64_t>(HyperLogLog::count(registers)));
    return kDone;
  }
  StringValue value = TRY(StringValue::open(call.txn, call.key(1)));
  call.reply.integer(value.exists() ? static_cast<int64_t>(TRY(TRY(read(value)).count())) : 0);
  return kDone;
}

Result<Outcome> pfmerge(Call& call) {
  const Key target = call.key(1);
  HyperLogLog::Registers registers{};
  call.txn.count_lookups(true);
  const bool dense = TRY(merge_arguments(call, 1, registers));
  call.txn.count_lookups(false);
  StringValue value = TRY(StringValue::open(call.txn, target));
  HyperLogLog log = value.exists() ? TRY(read(value)) : HyperLogLog();
  if (dense) TRY(log.make_dense());
  for (uint32_t i = 0; i < HyperLogLog::kRegisters; ++i) {
    if (registers[i] > 0) TRY(log.raise(i, registers[i], sparse_max_bytes(call)));
  }
  log.invalidate_count();
  write(call, target, value, log);
  call.txn.touch(target, EventClass::string, "pfadd");
  call.reply.ok();
  return kDone;
}

// Makes it dense, in the database too; whether it was sparse.
Result<bool> make_dense(Call& call, Key key, const StringValue& value, HyperLogLog& log) {
  if (!log.sparse()) return false;
  TRY(log.make_dense());
  write(call, key, value, log);
  call.txn.touch(key, EventClass::none, {});
  return true;
}

Result<Outcome> pfdebug(Call& call) {
  const Key key = call.key(2);
  StringValue value = TRY(StringValue::open(call.txn, key));
  if (!value.exists()) return fail("ERR The specified key does not exist");
  HyperLogLog log = TRY(read(value));
  if (call.arg_is(1, "getreg")) {
    TRY(make_dense(call, key, value, log));
    HyperLogLog::Registers registers{};
    TRY(log.merge_into(registers));
    call.reply.array(HyperLogLog::kRegisters);
    for (uint8_t value : registers) call.reply.integer(value);
  } else if (call.arg_is(1, "decode")) {
    if (!log.sparse()) return fail("ERR HLL encoding is not sparse");
    call.reply.bulk(log.describe_sparse());
  } else if (call.arg_is(1, "encoding")) {
    call.reply.simple(log.sparse() ? "sparse" : "dense");
  } else if (call.arg_is(1, "todense")) {
    call.reply.integer(TRY(make_dense(call, key, value, log)));
  } else {
    return fail(fmt::format("ERR Unknown PFDEBUG subcommand '{}'", call.arg(1)));
  }
  return kDone;
}

// Random values in all registers of a dense one are read back unharmed by their neighbours.
Result<void> test_registers() {
  for (int cycle = 0; cycle < 100; ++cycle) {
    HyperLogLog log;
    TRY(log.make_dense());
    HyperLogLog::Registers expected;
    for (uint32_t i = 0; i < HyperLogLog::kRegisters; ++i) {
      expected[i] = static_cast<uint8_t>(random_below(64));
      TRY(log.raise(i, expected[i], 0));
    }
    HyperLogLog::Registers found{};
    TRY(log.merge_into(found));
    for (uint32_t i = 0; i < HyperLogLog::kRegisters; ++i) {
      if (found[i] == expected[i]) continue;
      return fail(fmt::format("ERR TESTFAILED Register {} should be {} but is {}", i, expected[i], found[i]));
    }
  }
  return {};
}

// Redis's bounds: six standard errors, but one element at most for ten.
Result<void> test_estimate(uint64_t elements, const HyperLogLog& dense, const HyperLogLog& sparse) {
  const uint64_t count = TRY(dense.count());
  if (count != TRY(sparse.count())) return fail("ERR TESTFAILED dense/sparse disagree");
  const double standard_error = 1.04 / std::sqrt(HyperLogLog::kRegisters);
  const auto bound = static_cast<uint64_t>(std::ceil(standard_error * 6 * static_cast<double>(elements)));
  const uint64_t error = count > elements ? count - elements : elements - count;
  if (error > (elements == 10 ? 1 : bound)) {
    return fail(fmt::format("ERR TESTFAILED Too big error. card:{} abserr:{}", elements, error));
  }
  return {};
}

// Ten million different elements, added to a dense one and to one that begins sparse, are counted well.
Result<void> test_estimates(size_t sparse_max_bytes) {
  constexpr uint64_t kElements = 10'000'000;
  const uint64_t seed = random_u64();
  HyperLogLog dense;
  HyperLogLog sparse;
  TRY(dense.make_dense());
  dense.invalidate_count();
  sparse.invalidate_count();
  uint64_t checkpoint = 1;
  for (uint64_t i = 1; i <= kElements; ++i) {
    const uint64_t number = i ^ seed;
    const std::string_view element(reinterpret_cast<const char*>(&number), sizeof number);
    TRY(dense.add(element, 0));
    TRY(sparse.add(element, sparse_max_bytes));
    if (i != checkpoint) continue;
    checkpoint *= 10;
    if (i < sparse_max_bytes / 2 && !sparse.sparse()) return fail("ERR TESTFAILED sparse encoding not used");
    TRY(test_estimate(i, dense, sparse));
  }
  return {};
}

Result<Outcome> pfselftest(Call& call) {
  TRY(test_registers());
  TRY(test_estimates(sparse_max_bytes(call)));
  call.reply.ok();
  return kDone;
}

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"pfadd", -2, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW insert", Group::hyperloglog, "2.8.9",
     "Adds the specified elements to the specified HyperLogLog.", "O(1) to add every element.", pfadd},
    {"pfcount", -2, kReadonly | kMayReplicate, {1, -1, 1}, "RW access", Group::hyperloglog, "2.8.9",
     "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).",
     "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of "
     "keys, and much bigger constant times, when called with multiple keys.",
     pfcount},
    {"pfmerge", -2, kWrite | kDenyOom, {1, -1, 1}, "RW access insert;RO access", Group::hyperloglog, "2.8.9",
     "Merge N different HyperLogLogs into a single one.",
     "O(N) to merge N HyperLogLogs, but with high constant times.", pfmerge},
    {"pfdebug", 3, kWrite | kDenyOom | kAdmin, {2, 2, 1}, "RW access", Group::hyperloglog, "2.8.9",
     "Internal commands for debugging HyperLogLog values", "N/A", pfdebug},
    {"pfselftest", 1, kAdmin | kOffload | kNoTxn, {}, "", Group::hyperloglog, "2.8.9",
     "An internal command for testing HyperLogLog values", "N/A", pfselftest},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> hyperloglog_commands() { return kCommands; }

}  // namespace basalt
