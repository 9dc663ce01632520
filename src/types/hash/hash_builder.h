// Makes a whole hash of fields that are all different, in bounded memory, and puts it in the place of whatever
// its key has.
//
// Thread rules: belongs to one command and its Txn, which holds the key's lock and has no cursor open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "keyspace/txn.h"
#include "types/common/object_writer.h"
#include "types/hash/hash.h"

namespace basalt {

class HashBuilder {
 public:
  HashBuilder(Txn& txn, Key key) : txn_(txn), key_(key) {}

  Result<void> add(const Field& field);
  /// `previous` is what the key has, of whatever type. The hash is not empty.
  Result<void> save(const Record* previous, int64_t expire_ms);

 private:
  bool may_be_packed(const Field& added) const;
  Result<void> spread();
  Result<void> put(const Field& field);

  Txn& txn_;
  Key key_;
  uint64_t size_ = 0;
  int64_t next_field_expiry_ms_ = 0;
  std::string body_;                   // while it can be packed
  std::optional<ObjectWriter> items_;  // and then
};

}  // namespace basalt
