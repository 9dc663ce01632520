// Hashes as commands read them. A packed hash is wholly in its head (layout/packed.h), in insertion
// order; a spread one has an item per field, in the order of the fields' hashes. Commands don't see
// which. Writing is in hash_writer.h.
//
// Fields may expire. A field past its time is not there for readers; its record stays, and counts in
// size(), until the field expirer (hash_writer.h) or a write of that field removes it.
//
// Thread rules: those of the Txn.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "base/result.h"
#include "keyspace/txn.h"
#include "layout/head.h"
#include "types/common/member_scan.h"
#include "types/common/members.h"

namespace basalt {

struct Field {
  std::string_view name;
  layout::FieldValue value;
};

/// Whether a field is past its time: as with keys, it still lives in the millisecond it expires in.
inline bool has_expired(const layout::FieldValue& value, int64_t now_ms) {
  return value.expire_ms != 0 && value.expire_ms < now_ms;
}

class HashReader {
 public:
  /// For more than one call of get(), or any of the others, `record` comes from Txn::find_frozen.
  HashReader(Txn& txn, Record record) : txn_(txn), record_(std::move(record)) {}
  HashReader(const HashReader&) = delete;
  HashReader& operator=(const HashReader&) = delete;

  /// Counts fields that have expired and were not removed yet, as HLEN does.
  uint64_t size() const { return record_.head.size; }
  /// False: no field has expired, so size() is how many fields walk() shows.
  bool some_may_have_expired() const;

  /// The field's value, borrowed until the next call.
  Result<std::optional<layout::FieldValue>> get(std::string_view field);

  using Visitor = absl::FunctionRef<Result<void>(const Field&)>;
  /// Shows every field.
  Result<void> walk(Visitor visit) const;
  /// Shows the wanted fields of one page; gives the next cursor.
  Result<uint64_t> scan(const MemberScan& scan, Visitor visit) const;
  /// Shows random fields: see random_member.h for what `count` means.
  Result<void> sample(int64_t count, Visitor visit) const;

 private:
  Result<void> sample_live(int64_t count, Visitor visit) const;

  Txn& txn_;
  Record record_;
  Value item_;
};

/// A field and its value from an item or an element of a packed body; fails when the bytes are damaged.
Result<Field> decode_field(Member member);

/// Shows every field of a packed body, expired or not.
Result<void> walk_packed_hash(std::string_view body, HashReader::Visitor visit);

}  // namespace basalt
