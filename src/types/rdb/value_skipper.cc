#include "types/rdb/value_skipper.h"

#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

namespace {

Result<void> skip_lengths(RdbReader& in, int count) {
  for (; count > 0; --count) TRY(in.length());
  return {};
}

// Raw: sixteen bytes, in the order that radix trees need.
Result<void> skip_raw_id(RdbReader& in) {
  TRY(in.fixed64());
  TRY(in.fixed64());
  return {};
}

Result<void> skip_consumer(RdbReader& in, ValueType type) {
  TRY(in.string());   // its name
  TRY(in.fixed64());  // when it was last seen
  if (type == ValueType::stream_listpacks_3) TRY(in.fixed64());
  for (uint64_t left = TRY(in.length()); left > 0; --left) TRY(skip_raw_id(in));
  return {};
}

Result<void> skip_group(RdbReader& in, ValueType type) {
  TRY(in.string());
  TRY(skip_lengths(in, type == ValueType::stream_listpacks ? 2 : 3));  // its last id, how many entries it read
  for (uint64_t pending = TRY(in.length()); pending > 0; --pending) {
    TRY(skip_raw_id(in));
    TRY(in.fixed64());  // when it was delivered
    TRY(in.length());   // and how often
  }
  for (uint64_t consumers = TRY(in.length()); consumers > 0; --consumers) TRY(skip_consumer(in, type));
  return {};
}

Result<void> skip_part(RdbReader& in, uint64_t part) {
  switch (static_cast<ModulePart>(part)) {
    case ModulePart::signed_integer:
    case ModulePart::integer: return skip_lengths(in, 1);
    case ModulePart::float32:
      for (int i = 0; i < 4; ++i) TRY(in.byte());
      return {};
    case ModulePart::float64: TRY(in.fixed64()); return {};
    case ModulePart::string: TRY(in.string()); return {};
    case ModulePart::end: break;
  }
  return bad_format();
}

}  // namespace

Result<void> skip_module_parts(RdbReader& in) {
  while (true) {
    const uint64_t part = TRY(in.length());
    if (part == static_cast<uint64_t>(ModulePart::end)) return {};
    if (part > static_cast<uint64_t>(ModulePart::string)) return bad_format();
    TRY(skip_part(in, part));
  }
}

Result<void> skip_stream(RdbReader& in, uint8_t byte) {
  const auto type = static_cast<ValueType>(byte);
  for (uint64_t nodes = TRY(in.length()); nodes > 0; --nodes) {
    TRY(in.string());  // the id that its entries are relative to
    TRY(in.string());
  }
  // Length and last id; then the first id, the highest one that was deleted, and how many were ever added.
  TRY(skip_lengths(in, type == ValueType::stream_listpacks ? 3 : 8));
  for (uint64_t groups = TRY(in.length()); groups > 0; --groups) TRY(skip_group(in, type));
  return {};
}

}  // namespace basalt::rdb
