#include "types/digest/digest.h"

#include <openssl/sha.h>

#include <fmt/format.h>

#include "base/bytes.h"
#include "keyspace/key_walk.h"
#include "types/hash/hash.h"
#include "types/list/list_reader.h"
#include "types/set/set.h"
#include "types/stream/stream.h"
#include "types/string/string_value.h"
#include "types/zset/zset.h"

namespace basalt {

namespace {

std::array<uint8_t, 20> sha1(std::string_view bytes) {
  std::array<uint8_t, 20> hash;
  SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  return hash;
}

std::string big_endian(uint32_t number) {
  std::string bytes;
  append_be(bytes, number);
  return bytes;
}

// Redis's own numbers of the types.
uint32_t redis_type(Type type) {
  switch (type) {
    case Type::string: return 0;
    case Type::list: return 1;
    case Type::set: return 2;
    case Type::zset: return 3;
    case Type::hash: return 4;
    case Type::stream: return 6;
  }
  return 5;
}

Result<void> take_string(Txn& txn, Key key, const Record& record, Digest& digest) {
  StringValue value(txn, key, record);  // which holds what read_all() gives
  digest.mix(TRY(value.read_all()));
  return {};
}

Result<void> take_list(Txn& txn, const Head& head, Digest& digest) {
  return ListReader(txn, head).walk({0, head.size}, ListEnd::left,
                                    [&](uint64_t, std::string_view element) -> Result<bool> {
                                      digest.mix(element);
                                      return true;
                                    });
}

Result<void> take_set(Txn& txn, Record record, Digest& digest) {
  return SetReader(txn, std::move(record)).walk([&](std::string_view member) -> Result<bool> {
    digest.add(member);
    return true;
  });
}

Result<void> take_zset(Txn& txn, Record record, Digest& digest) {
  const Zset zset(txn, std::move(record));
  return zset.walk({.range = RankRange{0, -1}}, [&](const ScoredMember& element) {
    Digest of_element;
    of_element.mix(element.member);
    of_element.mix(fmt::format("{:.17g}", element.score));
    digest.add(of_element);
    return true;
  });
}

Result<void> take_hash(Txn& txn, Record record, Digest& digest) {
  return HashReader(txn, std::move(record)).walk([&](const Field& field) -> Result<void> {
    if (has_expired(field.value, txn.now_ms())) return {};
    Digest of_field;
    of_field.mix(field.name);
    of_field.mix(field.value.bytes);
    if (field.value.expire_ms != 0) of_field.add("!!hexpire!!");
    digest.add(of_field);
    return {};
  });
}

Result<void> take_stream(Txn& txn, const Record& record, Digest& digest) {
  const Stream stream = TRY(Stream::of(txn, record));
  return stream.walk(kMinStreamId, kMaxStreamId, Stream::Order::ascending,
                     [&](const StreamEntry& entry) -> Result<bool> {
                       digest.mix(fmt::format("{}.{}", entry.id.ms, entry.id.sequence));
                       layout::PackedReader words(entry.body);
                       while (auto word = words.next()) digest.mix(*word);
                       if (words.damaged()) return fail("ERR a stream's entry is damaged");
                       return true;
                     });
}

// Mixes the key's value into `digest`; false when there is no such key.
Result<bool> take_value(Txn& txn, Key key, Digest& digest) {
  txn.freeze();
  auto record = TRY(txn.find(key));
  if (!record) return false;
  const bool expires = record->head.expire_ms != 0;
  digest.mix(big_endian(redis_type(record->head.type)));
  switch (record->head.type) {
    case Type::string: TRY(take_string(txn, key, *record, digest)); break;
    case Type::list: TRY(take_list(txn, record->head, digest)); break;
    case Type::set: TRY(take_set(txn, *std::move(record), digest)); break;
    case Type::zset: TRY(take_zset(txn, *std::move(record), digest)); break;
    case Type::hash: TRY(take_hash(txn, *std::move(record), digest)); break;
    case Type::stream: TRY(take_stream(txn, *record, digest)); break;
  }
  if (expires) digest.add("!!expire!!");
  return true;
}

}  // namespace

void Digest::add(std::string_view bytes) {
  const auto hash = sha1(bytes);
  for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] ^= hash[i];
}

void Digest::mix(std::string_view bytes) {
  add(bytes);
  bytes_ = sha1(view());
}

std::string Digest::text() const {
  std::string text;
  for (uint8_t byte : bytes_) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

Result<Digest> value_digest(Txn& txn, Key key) {
  Digest digest;
  TRY(take_value(txn, key, digest));
  return digest;
}

Result<Digest> dataset_digest(Txn& txn) {
  Digest all;
  txn.freeze();
  for (uint16_t db = 0; db < txn.database_count(); ++db) {
    bool empty = true;
    KeyWalk walk = TRY(KeyWalk::begin(txn, db, false));
    for (walk.seek(0, ""); walk.valid(); walk.next()) {
      if (!TRY(walk.entry()).live(txn.now_ms())) continue;
      if (std::exchange(empty, false)) all.mix(big_endian(db));
      Digest of_key;
      of_key.mix(walk.name());
      TRY(take_value(txn, {db, walk.name()}, of_key));
      all.add(of_key);
    }
    TRY(walk.status());
  }
  return all;
}

}  // namespace basalt
