#include "layout/system_record.h"

#include <algorithm>
#include <limits>

namespace basalt::layout {
namespace {

constexpr uint8_t kVersion = 'v';
constexpr uint8_t kObjectCounter = 'o';
constexpr uint8_t kDatabaseMap = 'd';
constexpr uint8_t kGarbage = 'g';
constexpr uint8_t kPurge = 'p';
constexpr uint8_t kNamed = 'n';

// Object ids leave 48 bits for the counter; the mark itself may stand one past the last.
constexpr uint64_t kCounterEnd = uint64_t{1} << 48;

std::string kind_key(uint8_t kind) { return std::string(1, static_cast<char>(kind)); }

bool take_kind(ByteReader& reader, uint8_t kind) { return reader.be<uint8_t>() == kind; }

std::optional<int64_t> take_time(ByteReader& reader) {
  auto ms = reader.be<uint64_t>();
  if (!ms || *ms > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return static_cast<int64_t>(*ms);
}

template <typename T>
std::optional<T> decode_integer(std::string_view value) {
  ByteReader reader(value);
  auto v = reader.be<T>();
  return reader.empty() ? v : std::nullopt;
}

}  // namespace

std::string version_key() { return kind_key(kVersion); }

std::string encode_version(uint32_t version) {
  std::string out;
  append_be(out, version);
  return out;
}

std::optional<uint32_t> decode_version(std::string_view value) { return decode_integer<uint32_t>(value); }

std::string object_counter_key() { return kind_key(kObjectCounter); }

std::string encode_object_counter(uint64_t counter) {
  std::string out;
  append_be(out, counter);
  return out;
}

std::optional<uint64_t> decode_object_counter(std::string_view value) {
  auto counter = decode_integer<uint64_t>(value);
  if (counter && *counter > kCounterEnd) return std::nullopt;
  return counter;
}

std::string database_map_key() { return kind_key(kDatabaseMap); }

std::string encode_database_map(const DatabaseMapRecord& map) {
  std::string out;
  append_be(out, static_cast<uint16_t>(map.ids.size()));
  for (DbId id : map.ids) append_be(out, id);
  append_be(out, map.next);
  return out;
}

std::optional<DatabaseMapRecord> decode_database_map(std::string_view value) {
  ByteReader reader(value);
  auto count = reader.be<uint16_t>();
  if (!count || reader.rest().size() != (size_t{*count} + 1) * sizeof(DbId)) return std::nullopt;
  DatabaseMapRecord map;
  for (size_t i = 0; i < *count; ++i) map.ids.push_back(*reader.be<DbId>());
  map.next = *reader.be<DbId>();
  // Two databases on one range of keys would mix their data.
  auto sorted = map.ids;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return std::nullopt;
  return map;
}

std::string garbage_prefix() { return kind_key(kGarbage); }

std::string garbage_key(int64_t deleted_ms, ObjectId object) {
  std::string out = kind_key(kGarbage);
  append_be(out, static_cast<uint64_t>(std::max<int64_t>(deleted_ms, 0)));
  append_be(out, object);
  return out;
}

std::string encode_garbage(Type type, uint64_t size) {
  std::string out;
  append_be(out, static_cast<uint8_t>(type));
  append_varint(out, size);
  return out;
}

std::optional<Garbage> decode_garbage(std::string_view key, std::string_view value) {
  ByteReader name(key);
  if (!take_kind(name, kGarbage)) return std::nullopt;
  auto deleted_ms = take_time(name);
  auto object = name.be<uint64_t>();
  if (!deleted_ms || !object || !name.empty()) return std::nullopt;
  ByteReader content(value);
  auto type_byte = content.be<uint8_t>();
  auto type = type_byte ? decode_type(*type_byte) : std::nullopt;
  auto size = content.varint();
  if (!type || !size || !content.empty()) return std::nullopt;
  return Garbage{*deleted_ms, *object, *type, *size};
}

std::string purge_prefix() { return kind_key(kPurge); }

std::string purge_key(DbId db) {
  std::string out = kind_key(kPurge);
  append_be(out, db);
  return out;
}

std::string encode_purge(int64_t dropped_ms) {
  std::string out;
  append_be(out, static_cast<uint64_t>(std::max<int64_t>(dropped_ms, 0)));
  return out;
}

std::optional<Purge> decode_purge(std::string_view key, std::string_view value) {
  ByteReader name(key);
  if (!take_kind(name, kPurge)) return std::nullopt;
  auto db = name.be<DbId>();
  ByteReader content(value);
  auto dropped_ms = take_time(content);
  if (!db || !name.empty() || !dropped_ms || !content.empty()) return std::nullopt;
  return Purge{*db, *dropped_ms};
}

std::string named_key(std::string_view name) { return kind_key(kNamed).append(name); }

}  // namespace basalt::layout
