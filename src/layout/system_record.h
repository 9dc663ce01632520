// The records of the `system` column.
//
//   key                      value
//   'v'                      format version(4)
//   'o'                      object counter high-water mark(8): ids below it may be in use
//   'd'                      database map: count(2) then db id(2) per SELECT number, then next db id(2)
//   'g' deleted_ms(8) object(8)   garbage: type(1) size(varint): a deleted spread collection whose items remain
//   'p' db id(2)             purge: dropped_ms(8): a flushed database whose records remain
//   'n' …                    named records of the layers above (users, functions, …)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layout/head.h"

namespace basalt::layout {

/// The format this build reads and writes. Any change to the bytes of a layout raises it.
inline constexpr uint32_t kFormatVersion = 1;

std::string version_key();
std::string encode_version(uint32_t version);
std::optional<uint32_t> decode_version(std::string_view value);

std::string object_counter_key();
std::string encode_object_counter(uint64_t counter);
std::optional<uint64_t> decode_object_counter(std::string_view value);

struct DatabaseMapRecord {
  std::vector<DbId> ids;  ///< by SELECT number
  DbId next = 0;
};
std::string database_map_key();
std::string encode_database_map(const DatabaseMapRecord& map);
std::optional<DatabaseMapRecord> decode_database_map(std::string_view value);

struct Garbage {
  int64_t deleted_ms = 0;
  ObjectId object = 0;
  Type type = Type::string;
  uint64_t size = 0;
};
std::string garbage_prefix();
std::string garbage_key(int64_t deleted_ms, ObjectId object);
std::string encode_garbage(Type type, uint64_t size);
std::optional<Garbage> decode_garbage(std::string_view key, std::string_view value);

struct Purge {
  DbId db = 0;
  int64_t dropped_ms = 0;
};
std::string purge_prefix();
std::string purge_key(DbId db);
std::string encode_purge(int64_t dropped_ms);
std::optional<Purge> decode_purge(std::string_view key, std::string_view value);

std::string named_key(std::string_view name);

}  // namespace basalt::layout
