// From a stored value to serialised bytes, in encodings that Redis 7.0 reads.
//
//   string  string
//   list    list_quicklist_2 of one listpack while packed, else list
//   set     set_intset for a packed intset, else set
//   zset    zset_listpack while packed, else zset_2
//   hash    hash_listpack while packed, else hash; hash_metadata (Redis 7.4) when some field expires
//   stream  stream_listpacks_2
#pragma once

#include <string>

#include <absl/functional/function_ref.h>

#include "keyspace/txn.h"
#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

/// Appends the type and the value of a record that was found frozen or is locked. `record` is borrowed.
/// After every part `appended` may take away what is in `out`. Gives the version that can read it.
Result<uint16_t> write_value(Txn& txn, Key key, Record record, std::string& out,
                             absl::FunctionRef<Result<void>()> appended);

}  // namespace basalt::rdb
