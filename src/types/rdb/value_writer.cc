#include "types/rdb/value_writer.h"

#include <utility>
#include <vector>

#include "base/number.h"
#include "layout/packed.h"
#include "types/common/members.h"
#include "types/hash/hash.h"
#include "types/list/list_reader.h"
#include "types/rdb/intset.h"
#include "types/rdb/listpack.h"
#include "types/rdb/rdb_writer.h"
#include "types/rdb/stream_encoding.h"
#include "types/set/set.h"
#include "types/string/string_value.h"
#include "types/zset/zset.h"

namespace basalt::rdb {

namespace {

using Appended = absl::FunctionRef<Result<void>()>;

Result<void> write_string(Txn& txn, Key key, const Record& record, RdbWriter& out) {
  StringValue value(txn, key, record);
  out.type(ValueType::string);
  out.string(TRY(value.read_all()));
  return {};
}

// ---- what is packed becomes one listpack or intset ----

Result<void> write_packed_list(const Head& head, RdbWriter& out) {
  auto elements = layout::unpack(head.body);
  if (!elements) return damaged_record("a packed list");
  ListpackBuilder listpack;
  for (std::string_view element : *elements) listpack.append(element);
  out.type(ValueType::list_quicklist_2);
  out.length(1);
  out.length(static_cast<uint64_t>(Container::packed));
  out.string(listpack.finish());
  return {};
}

Result<void> write_packed_intset(const Head& head, RdbWriter& out) {
  std::vector<int64_t> integers;
  layout::PackedReader reader(head.body);
  while (auto member = reader.next()) {
    auto integer = parse_int64(*member);
    if (!integer) return damaged_record("a packed intset");
    integers.push_back(*integer);
  }
  if (reader.damaged()) return damaged_record("a packed intset");
  out.type(ValueType::set_intset);
  out.string(encode_intset(integers));
  return {};
}

Result<void> write_packed_zset(const Head& head, RdbWriter& out) {
  auto elements = decode_packed_zset(head.body);
  if (!elements) return damaged_record("a packed zset");
  ListpackBuilder listpack;
  for (const auto& [member, score] : *elements) {
    listpack.append(member);
    listpack.append(listpack_score_text(score));
  }
  out.type(ValueType::zset_listpack);
  out.string(listpack.finish());
  return {};
}

Result<void> write_packed_hash(const Head& head, RdbWriter& out) {
  ListpackBuilder listpack;
  TRY(walk_packed_hash(head.body, [&](const Field& field) -> Result<void> {
    listpack.append(field.name);
    listpack.append(field.value.bytes);
    return {};
  }));
  out.type(ValueType::hash_listpack);
  out.string(listpack.finish());
  return {};
}

// ---- what is not, part by part ----

Result<void> write_list(Txn& txn, const Head& head, RdbWriter& out, Appended appended) {
  out.type(ValueType::list);
  out.length(head.size);
  return ListReader(txn, head).walk({0, head.size}, ListEnd::left,
                                    [&](uint64_t, std::string_view element) -> Result<bool> {
                                      out.string(element);
                                      TRY(appended());
                                      return true;
                                    });
}

// The number of parts stands before them; a head that counts wrong must not make a wrong payload.
Result<void> check_count(uint64_t written, uint64_t announced) {
  return written == announced ? Result<void>() : damaged_record("a collection's size");
}

Result<void> write_set(Txn& txn, Record record, RdbWriter& out, Appended appended) {
  SetReader set(txn, std::move(record));
  uint64_t written = 0;
  out.type(ValueType::set);
  out.length(set.size());
  TRY(set.walk([&](std::string_view member) -> Result<bool> {
    out.string(member);
    ++written;
    TRY(appended());
    return true;
  }));
  return check_count(written, set.size());
}

// From the highest score down: so Redis, whose skiplists are entered at the low end, loads it fastest.
Result<void> write_zset(Txn& txn, Record record, RdbWriter& out, Appended appended) {
  const Zset zset(txn, std::move(record));
  uint64_t written = 0;
  Result<void> taken;
  out.type(ValueType::zset_2);
  out.length(zset.size());
  TRY(zset.walk({.range = RankRange{0, -1}, .reverse = true}, [&](const ScoredMember& element) {
    out.string(element.member);
    out.binary_double(element.score);
    ++written;
    taken = appended();
    return taken.has_value();
  }));
  TRY(std::move(taken));
  return check_count(written, zset.size());
}

// With the fields that have expired and were not removed yet: whoever reads them removes them.
Result<void> write_hash(Txn& txn, const Head& head, RdbWriter& out, Appended appended) {
  const uint64_t earliest_ms = static_cast<uint64_t>(head.next_field_expiry_ms);
  uint64_t written = 0;
  out.type(earliest_ms != 0 ? ValueType::hash_metadata : ValueType::hash);
  if (earliest_ms != 0) out.fixed64(earliest_ms);
  out.length(head.size);
  const auto write_field = [&](const Field& field) -> Result<void> {
    const auto expire_ms = static_cast<uint64_t>(field.value.expire_ms);
    if (expire_ms != 0 && (earliest_ms == 0 || expire_ms < earliest_ms)) return damaged_record("a hash's next expiry");
    if (earliest_ms != 0) out.length(expire_ms == 0 ? 0 : expire_ms - earliest_ms + 1);
    out.string(field.name);
    out.string(field.value.bytes);
    ++written;
    return appended();
  };
  if (head.spread()) {
    TRY(walk_members(txn, head.object, [&](Member member) -> Result<bool> {
      TRY(write_field(TRY(decode_field(member))));
      return true;
    }));
  } else {
    TRY(walk_packed_hash(head.body, write_field));
  }
  return check_count(written, head.size);
}

Result<void> write(Txn& txn, Key key, Record record, RdbWriter& out, Appended appended) {
  const Head& head = record.head;
  switch (head.type) {
    case Type::string: return write_string(txn, key, record, out);
    case Type::list: return head.spread() ? write_list(txn, head, out, appended) : write_packed_list(head, out);
    case Type::set:
      if (head.encoding == Encoding::packed_intset) return write_packed_intset(head, out);
      return write_set(txn, std::move(record), out, appended);
    case Type::zset:
      return head.spread() ? write_zset(txn, std::move(record), out, appended) : write_packed_zset(head, out);
    case Type::hash:
      if (head.spread() || head.next_field_expiry_ms != 0) return write_hash(txn, head, out, appended);
      return write_packed_hash(head, out);
    case Type::stream: return write_stream(txn, record, out, appended);
  }
  return damaged_record("a type");
}

}  // namespace

Result<uint16_t> write_value(Txn& txn, Key key, Record record, std::string& out, Appended appended) {
  const bool fields_expire = record.head.next_field_expiry_ms != 0;
  RdbWriter writer(out);
  TRY(write(txn, key, std::move(record), writer, appended));
  return fields_expire ? kVersionWithFieldExpiry : kVersion;
}

}  // namespace basalt::rdb
