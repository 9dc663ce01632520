// Makes a whole list from left to right, in bounded memory, and puts it in the place of whatever its key has.
//
// Thread rules: belongs to one command and its Txn, which holds the key's lock and has no cursor open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "keyspace/txn.h"
#include "types/common/object_writer.h"

namespace basalt {

class ListBuilder {
 public:
  ListBuilder(Txn& txn, Key key) : txn_(txn), key_(key) {}

  Result<void> add(std::string_view element);
  /// `previous` is what the key has, of whatever type. The list is not empty.
  Result<void> save(const Record* previous, int64_t expire_ms);

 private:
  Result<void> spread();
  Result<void> put(uint64_t position, std::string_view element);

  Txn& txn_;
  Key key_;
  uint64_t size_ = 0;
  std::string body_;                   // while it can be packed
  std::optional<ObjectWriter> items_;  // and then
};

}  // namespace basalt
