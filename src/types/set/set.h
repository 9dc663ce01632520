// Sets as commands read them. A packed set is wholly in its head (layout/packed.h): a packed intset
// never held anything but integers and keeps them in ascending order; a spread one has an item per
// member, in the order of the members' hashes. Commands don't see which. Writing is in set_writer.h.
//
// Thread rules: those of the Txn.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/functional/function_ref.h>

#include "base/result.h"
#include "keyspace/txn.h"
#include "types/common/member_scan.h"
#include "types/common/members.h"
#include "types/common/random_member.h"

namespace basalt {

class SetReader {
 public:
  /// For more than one call of contains(), or any of the others, `record` comes from Txn::find_frozen.
  SetReader(Txn& txn, Record record) : txn_(txn), record_(std::move(record)) {}
  SetReader(const SetReader&) = delete;
  SetReader& operator=(const SetReader&) = delete;

  uint64_t size() const { return record_.head.size; }
  bool spread() const { return record_.head.spread(); }
  bool is_intset() const { return record_.head.encoding == Encoding::packed_intset; }
  ObjectId object() const { return record_.head.object; }

  Result<bool> contains(std::string_view member);

  /// Says whether to go on. What it gets is borrowed for the call.
  using Visitor = absl::FunctionRef<Result<bool>(std::string_view member)>;
  /// Shows every member: integers of an intset ascending, those of a spread set by position.
  Result<void> walk(Visitor visit) const;
  /// Shows the wanted members of one page; gives the next cursor.
  Result<uint64_t> scan(const MemberScan& scan, Visitor visit) const;
  /// Gives random members to `sink`: see random_member.h for what `count` means.
  Result<void> sample(int64_t count, MemberSink sink) const;
  /// All members of a packed set, borrowed from this reader.
  Result<std::vector<std::string_view>> packed_members() const;
  /// Gives the record back; the reader is not to be used any more.
  Record release() { return std::move(record_); }

 private:
  Txn& txn_;
  Record record_;
  Value item_;
  bool looked_up_ = false;
  absl::flat_hash_set<std::string_view> index_;  ///< of a packed set, from the second look-up on
};

}  // namespace basalt
