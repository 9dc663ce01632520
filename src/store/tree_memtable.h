// What RocksDB keeps its memtables in: a MemtableTree (a skip list in builds with the system's RocksDB, which lacks
// what an implementation outside of it needs). For columns in the order of RocksDB's BytewiseComparator.
#pragma once

#include <rocksdb/memtablerep.h>

#include <memory>

namespace basalt::store_internal {

std::shared_ptr<rocksdb::MemTableRepFactory> memtables();

}  // namespace basalt::store_internal
