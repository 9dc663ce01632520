#include "layout/record_key.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "base/slot.h"

namespace basalt::layout {
namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;

// Two's complement with the sign bit flipped: negative numbers sort before positive ones.
uint64_t offset_binary(int64_t v) { return static_cast<uint64_t>(v) ^ kSignBit; }
int64_t from_offset_binary(uint64_t v) { return static_cast<int64_t>(v ^ kSignBit); }

// A time before 1970 has passed, whichever it is; it must not sort behind the future.
uint64_t time_bits(int64_t ms) { return static_cast<uint64_t>(std::max<int64_t>(ms, 0)); }

std::optional<int64_t> take_time(ByteReader& reader) {
  auto ms = reader.be<uint64_t>();
  if (!ms || (*ms & kSignBit)) return std::nullopt;
  return static_cast<int64_t>(*ms);
}

void append_record_key(KeyBuffer& out, DbId db, std::string_view name) { out.be(db).be(key_slot(name)).append(name); }

std::optional<RecordKey> take_record_key(ByteReader& reader) {
  auto db = reader.be<uint16_t>();
  auto slot = reader.be<uint16_t>();
  if (!db || !slot || *slot != key_slot(reader.rest())) return std::nullopt;
  return RecordKey{*db, *slot, reader.rest()};
}

}  // namespace

KeyBuffer record_key(DbId db, std::string_view name) {
  KeyBuffer key;
  append_record_key(key, db, name);
  return key;
}

KeyBuffer slot_prefix(DbId db, uint16_t slot) {
  KeyBuffer key;
  key.be(db).be(slot);
  return key;
}

KeyBuffer db_prefix(DbId db) {
  KeyBuffer key;
  key.be(db);
  return key;
}

std::optional<RecordKey> decode_record_key(std::string_view key) {
  ByteReader reader(key);
  return take_record_key(reader);
}

KeyBuffer object_prefix(ObjectId object) {
  KeyBuffer key;
  key.be(object);
  return key;
}

KeyBuffer member_key(ObjectId object, std::string_view member) {
  KeyBuffer key;
  key.be(object).be(member_hash(member)).append(member);
  return key;
}

KeyBuffer member_hash_key(ObjectId object, uint32_t hash) {
  KeyBuffer key;
  key.be(object).be(hash);
  return key;
}

std::optional<MemberKey> decode_member_key(std::string_view key) {
  ByteReader reader(key);
  auto object = reader.be<uint64_t>();
  auto hash = reader.be<uint32_t>();
  if (!object || !hash || *hash != member_hash(reader.rest())) return std::nullopt;
  return MemberKey{*object, *hash, reader.rest()};
}

KeyBuffer index_key(ObjectId object, int64_t index) {
  KeyBuffer key;
  key.be(object).be(offset_binary(index));
  return key;
}

std::optional<IndexKey> decode_index_key(std::string_view key) {
  ByteReader reader(key);
  auto object = reader.be<uint64_t>();
  auto index = reader.be<uint64_t>();
  if (!object || !index || !reader.empty()) return std::nullopt;
  return IndexKey{*object, from_offset_binary(*index)};
}

KeyBuffer chunk_key(ObjectId object, uint32_t chunk) {
  KeyBuffer key;
  key.be(object).be(chunk);
  return key;
}

std::optional<ChunkKey> decode_chunk_key(std::string_view key) {
  ByteReader reader(key);
  auto object = reader.be<uint64_t>();
  auto chunk = reader.be<uint32_t>();
  if (!object || !chunk || !reader.empty()) return std::nullopt;
  return ChunkKey{*object, *chunk};
}

// IEEE 754 bits of positive numbers sort as integers do; those of negative numbers sort backwards.
uint64_t ordered_score(double score) {
  if (score == 0) score = 0;  // -0 too
  auto bits = std::bit_cast<uint64_t>(score);
  return bits & kSignBit ? ~bits : bits | kSignBit;
}

double score_from_ordered(uint64_t ordered) {
  return std::bit_cast<double>(ordered & kSignBit ? ordered & ~kSignBit : ~ordered);
}

KeyBuffer score_prefix(ObjectId object, double score) {
  KeyBuffer key;
  key.be(object).be(ordered_score(score));
  return key;
}

KeyBuffer score_key(ObjectId object, double score, std::string_view member) {
  KeyBuffer key;
  key.be(object).be(ordered_score(score));
  if (!member.empty()) key.append(member);
  return key;
}

std::optional<ScoreKey> decode_score_key(std::string_view key) {
  ByteReader reader(key);
  auto object = reader.be<uint64_t>();
  auto ordered = reader.be<uint64_t>();
  if (!object || !ordered) return std::nullopt;
  double score = score_from_ordered(*ordered);
  if (std::isnan(score) || ordered_score(score) != *ordered) return std::nullopt;
  return ScoreKey{*object, score, reader.rest()};
}

KeyBuffer field_expiry_key(ObjectId object, int64_t expire_ms, std::string_view field) {
  KeyBuffer key;
  key.be(object).be(time_bits(expire_ms)).append(field);
  return key;
}

std::optional<FieldExpiryKey> decode_field_expiry_key(std::string_view key) {
  ByteReader reader(key);
  auto object = reader.be<uint64_t>();
  auto expire_ms = take_time(reader);
  if (!object || !expire_ms) return std::nullopt;
  return FieldExpiryKey{*object, *expire_ms, reader.rest()};
}

KeyBuffer expiry_key(int64_t expire_ms, DbId db, std::string_view name) {
  KeyBuffer key;
  key.be(time_bits(expire_ms));
  append_record_key(key, db, name);
  return key;
}

std::optional<ExpiryKey> decode_expiry_key(std::string_view key) {
  ByteReader reader(key);
  auto expire_ms = take_time(reader);
  if (!expire_ms) return std::nullopt;
  auto record = take_record_key(reader);
  if (!record) return std::nullopt;
  return ExpiryKey{*expire_ms, *record};
}

}  // namespace basalt::layout
