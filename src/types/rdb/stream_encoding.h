// Streams in Redis's format (https://github.com/redis/redis/blob/7.0/src/rdb.c; the listpacks: src/t_stream.c).
//
//   value    := nodes { node } length last id [first id, max deleted id, entries added] groups { group }
//   node     := first id as 16 bytes (a string), listpack (a string)
//   listpack := live, deleted, fields, { field name }, 0, { entry }
//   entry    := flags, ms and sequence beyond the node's first id, then { value } when flag 2 says that it has the
//   node's
//               field names, else fields, { name, value }; then how many elements that was; flag 1: deleted
//   group    := name last id [entries read] pending { id(16) delivered_ms(8) deliveries } consumers { consumer }
//   consumer := name seen_ms(8) [active_ms(8)] owned { id(16) }
//
// What stands in brackets is there since Redis 7.0 (stream_listpacks_2), and 7.2 (stream_listpacks_3).
#pragma once

#include <absl/functional/function_ref.h>

#include "keyspace/txn.h"
#include "types/rdb/rdb_reader.h"
#include "types/rdb/rdb_writer.h"
#include "types/rdb/value_reader.h"

namespace basalt::rdb {

/// As stream_listpacks_2. Entries that Redis would only have marked as deleted are not there.
Result<void> write_stream(Txn& txn, const Record& record, RdbWriter& out, absl::FunctionRef<Result<void>()> appended);

/// A value of one of the three types.
Result<void> read_stream_parts(RdbReader& in, ValueType type, ValueSink& sink);

}  // namespace basalt::rdb
