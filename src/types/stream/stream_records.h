// Removing many records of a stream at once.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "keyspace/txn.h"

namespace basalt {

/// Inline, more than this are left to the storage pool: WouldBlock.
inline constexpr uint64_t kInlineStreamRecords = 4096;
/// Up to so many a tombstone each; beyond, one for the range.
inline constexpr uint64_t kManyStreamRecords = 10'000;

/// Removes the records of `streams` in [from, to), about `count` of them. Nothing of this Txn reads there any more.
Result<void> erase_stream_records(Txn& txn, std::string_view from, std::string_view to, uint64_t count);

/// The same where this Txn may read again.
Result<void> erase_stream_records_one_by_one(Txn& txn, std::string_view from, std::string_view to);

}  // namespace basalt
