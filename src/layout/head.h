// The head: the one record that says a key exists.
//
// In `strings` (a string that is one record):
//   flags(1) [expire_ms(8)] bytes
// In `heads` (everything else):
//   type+encoding(1) flags(1) [expire_ms(8)] size(varint) [next_field_expiry_ms(8)] then
//     packed:  the packed body (packed.h)
//     spread:  object(8), and for a list: first index(8, offset-binary), for a stream: its fields (stream.h)
// type+encoding: the type in the high four bits, the encoding in the low four.
// flags: 1 = expire_ms is there, 2 = some fields of the hash expire: next_field_expiry_ms is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "layout/record_key.h"

namespace basalt {

/// Values are on disk.
enum class Type : uint8_t { string = 0, list = 1, set = 2, zset = 3, hash = 4, stream = 5 };

/// The word TYPE replies with.
std::string_view type_name(Type type);

/// Values are on disk.
enum class Encoding : uint8_t {
  plain = 0,          ///< a string that is one record, in `strings`
  packed = 1,         ///< the whole collection in the head
  packed_intset = 2,  ///< likewise, a set that never held anything but integers
  spread = 3,         ///< elements are items tied by the object id (a string: chunks)
};

struct Head {
  Type type = Type::string;
  Encoding encoding = Encoding::plain;
  int64_t expire_ms = 0;             ///< Unix time; 0: never
  uint64_t size = 0;                 ///< elements; bytes of a string
  std::string_view body;             ///< plain, packed, a stream's fields: borrowed from the record
  ObjectId object = 0;               ///< spread
  int64_t first = 0;                 ///< spread list: index of its first element
  int64_t next_field_expiry_ms = 0;  ///< hash: no field expires before; 0: none expires

  bool spread() const { return encoding == Encoding::spread; }
};

namespace layout {

std::optional<Type> decode_type(uint8_t byte);

/// Into `out` (cleared first, so the body must not be borrowed from it), as a value of `strings`
/// (encoding plain) or of `heads`.
void encode_head(const Head& head, std::string& out);
std::optional<Head> decode_string_record(std::string_view value);
std::optional<Head> decode_head_record(std::string_view value);

// Hash field values, the same bytes in items and in packed bodies: flags(1) [expire_ms(8)] bytes.
struct FieldValue {
  std::string_view bytes;
  int64_t expire_ms = 0;  ///< 0: never
};
void append_field_value(const FieldValue& value, std::string& out);
std::optional<FieldValue> decode_field_value(std::string_view value);

// Zset item values: the score's eight bytes, big-endian IEEE 754, bit for bit.
std::string encode_score(double score);
std::optional<double> decode_score(std::string_view value);

// The value of a row in `scores`: empty, or "-" when the score is -0, which its key can't tell from +0.
std::string_view encode_score_row(double score);
/// The row's score, from the one in its key and its value.
std::optional<double> decode_score_row(double key_score, std::string_view value);

}  // namespace layout
}  // namespace basalt
