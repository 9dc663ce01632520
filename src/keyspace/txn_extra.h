// What few Txns need, kept out of the others' way. For the files of this folder only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keyspace/database_map.h"
#include "keyspace/txn.h"

namespace basalt {

struct Txn::PendingHint {
  ObjectId object;
  ScoreEnd end;
  std::string key;
};

struct Txn::Extra {
  std::optional<DatabaseChange> databases;  // pending FLUSHDB and SWAPDB
  std::vector<PendingHint> hints;           // narrow_seek_hint, for after the commit
  uint64_t last_object = 0;                 // the highest counter taken; 0: none
  uint64_t discarded_objects = 0;           // garbage records written

  // EXEC's save point.
  struct SavePoint {
    size_t touches = 0;
    std::optional<DatabaseChange> databases;
    std::vector<PendingHint> hints;
    uint64_t discarded_objects = 0;
  };
  SavePoint saved;
};

inline Txn::Extra& Txn::extra() {
  if (!extra_) extra_ = std::make_unique<Extra>();
  return *extra_;
}

}  // namespace basalt
