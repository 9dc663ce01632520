// MEMORY USAGE: what a key takes, in bytes of records: the same on disk, before compression, and in memory.
#pragma once

#include <cstdint>
#include <optional>

#include "keyspace/txn.h"

namespace basalt {

/// The head's record, the row of its expiry, and its items: their average over the first `samples` (0: all) times
/// their number. nullopt when the key is not there.
Result<std::optional<uint64_t>> memory_usage(Txn& txn, Key key, uint64_t samples);

}  // namespace basalt
