// The keys of every record on disk. Integers are big-endian, so byte order is logical order.
//
//   column    key
//   strings   db(2) slot(2) key
//   heads     db(2) slot(2) key
//   items     object(8) hash32(member)(4) member         hash field, set member, zset member
//             object(8) index(8, offset-binary)          list element
//             object(8) chunk number(4)                  string chunk
//   scores    object(8) ordered score(8) member          zset, in score order
//             object(8) expire_ms(8) field               hash fields that expire, in time order
//   expiry    expire_ms(8) db(2) slot(2) key             keys that expire (or whose fields do)
//   streams   object(8) kind(1) …                        see stream.h
//   system    kind(1) …                                  see system_record.h
//
// Each encoder has its decoder beside it; decoders answer nullopt for bytes that no encoder made: they
// check the length, the slot or hash that is stored beside a name, and that numbers are in range.
// Times are Unix milliseconds, not negative (one before 1970 is encoded as 0: it has passed).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace basalt {

/// The number of a database's range of keys on disk (not the number in SELECT; see DatabaseMap).
using DbId = uint16_t;
/// Names the items of one spread collection: database id in the top 16 bits, never reused.
using ObjectId = uint64_t;

constexpr ObjectId make_object_id(DbId db, uint64_t counter) { return (uint64_t{db} << 48) | counter; }
constexpr DbId object_db(ObjectId object) { return static_cast<DbId>(object >> 48); }

namespace layout {

// strings, heads
struct RecordKey {
  DbId db;
  uint16_t slot;
  std::string_view name;
};
KeyBuffer record_key(DbId db, std::string_view name);  ///< computes the slot
KeyBuffer slot_prefix(DbId db, uint16_t slot);
KeyBuffer db_prefix(DbId db);
std::optional<RecordKey> decode_record_key(std::string_view key);

// items
KeyBuffer object_prefix(ObjectId object);
KeyBuffer member_key(ObjectId object, std::string_view member);
/// The first possible key of members whose hash is `hash` (scans resume there).
KeyBuffer member_hash_key(ObjectId object, uint32_t hash);
struct MemberKey {
  ObjectId object;
  uint32_t hash;
  std::string_view member;
};
std::optional<MemberKey> decode_member_key(std::string_view key);

KeyBuffer index_key(ObjectId object, int64_t index);
struct IndexKey {
  ObjectId object;
  int64_t index;
};
std::optional<IndexKey> decode_index_key(std::string_view key);

KeyBuffer chunk_key(ObjectId object, uint32_t chunk);
struct ChunkKey {
  ObjectId object;
  uint32_t chunk;
};
std::optional<ChunkKey> decode_chunk_key(std::string_view key);

// scores
/// A double's bits reordered so that unsigned order is numeric order. -0 sorts and reads back as
/// +0 sorts: equal scores order by member, so -0 is stored with the bits of +0 here; the score's
/// own bits are kept in the item's value.
uint64_t ordered_score(double score);
double score_from_ordered(uint64_t ordered);
KeyBuffer score_key(ObjectId object, double score, std::string_view member);
KeyBuffer score_prefix(ObjectId object, double score);
struct ScoreKey {
  ObjectId object;
  double score;
  std::string_view member;
};
std::optional<ScoreKey> decode_score_key(std::string_view key);

KeyBuffer field_expiry_key(ObjectId object, int64_t expire_ms, std::string_view field);
struct FieldExpiryKey {
  ObjectId object;
  int64_t expire_ms;
  std::string_view field;
};
std::optional<FieldExpiryKey> decode_field_expiry_key(std::string_view key);

// expiry
KeyBuffer expiry_key(int64_t expire_ms, DbId db, std::string_view name);
struct ExpiryKey {
  int64_t expire_ms;
  RecordKey record;
};
std::optional<ExpiryKey> decode_expiry_key(std::string_view key);

}  // namespace layout
}  // namespace basalt
