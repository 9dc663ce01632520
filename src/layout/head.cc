#include "layout/head.h"

#include <cmath>

namespace basalt {

std::string_view type_name(Type type) {
  switch (type) {
    case Type::string: return "string";
    case Type::list: return "list";
    case Type::set: return "set";
    case Type::zset: return "zset";
    case Type::hash: return "hash";
    case Type::stream: return "stream";
  }
  return "unknown";
}

namespace layout {
namespace {

constexpr uint8_t kExpires = 1;
constexpr uint8_t kFieldsExpire = 2;
constexpr uint64_t kSignBit = uint64_t{1} << 63;

// type+encoding: the type in the high half of the byte, the encoding in the low half.
uint8_t kind_byte(const Head& head) {
  return static_cast<uint8_t>(static_cast<uint8_t>(head.type) << 4 | static_cast<uint8_t>(head.encoding));
}

bool may_be_in_heads(Type type, Encoding encoding) {
  switch (encoding) {
    case Encoding::plain: return false;
    case Encoding::packed: return type != Type::string && type != Type::stream;
    case Encoding::packed_intset: return type == Type::set;
    case Encoding::spread: return true;
  }
  return false;
}

std::optional<Head> take_kind(ByteReader& reader) {
  auto kind = reader.be<uint8_t>();
  if (!kind) return std::nullopt;
  auto type = decode_type(*kind >> 4);
  auto encoding = static_cast<Encoding>(*kind & 0xf);
  if (!type || !may_be_in_heads(*type, encoding)) return std::nullopt;
  Head head;
  head.type = *type;
  head.encoding = encoding;
  return head;
}

// An optional time is there when its flag says so, and then it is not 0, which means "never".
std::optional<int64_t> take_time(ByteReader& reader, bool there) {
  if (!there) return 0;
  auto ms = reader.be<uint64_t>();
  if (!ms || *ms == 0) return std::nullopt;
  return static_cast<int64_t>(*ms);
}

void append_time(std::string& out, int64_t ms) {
  if (ms != 0) append_be(out, static_cast<uint64_t>(ms));
}

}  // namespace

std::optional<Type> decode_type(uint8_t byte) {
  if (byte > static_cast<uint8_t>(Type::stream)) return std::nullopt;
  return static_cast<Type>(byte);
}

void encode_head(const Head& head, std::string& out) {
  out.clear();
  uint8_t flags = head.expire_ms != 0 ? kExpires : 0;
  if (head.encoding == Encoding::plain) {
    append_be(out, flags);
    append_time(out, head.expire_ms);
    out.append(head.body);
    return;
  }
  if (head.next_field_expiry_ms != 0) flags |= kFieldsExpire;
  append_be(out, kind_byte(head));
  append_be(out, flags);
  append_time(out, head.expire_ms);
  append_varint(out, head.size);
  append_time(out, head.next_field_expiry_ms);
  if (!head.spread()) {
    out.append(head.body);
    return;
  }
  append_be(out, head.object);
  if (head.type == Type::list) append_be(out, static_cast<uint64_t>(head.first) ^ kSignBit);
  if (head.type == Type::stream) out.append(head.body);
}

std::optional<Head> decode_string_record(std::string_view value) {
  ByteReader reader(value);
  auto flags = reader.be<uint8_t>();
  if (!flags || (*flags & ~kExpires)) return std::nullopt;
  auto expire_ms = take_time(reader, *flags & kExpires);
  if (!expire_ms) return std::nullopt;
  Head head;
  head.expire_ms = *expire_ms;
  head.body = reader.rest();
  head.size = head.body.size();
  return head;
}

std::optional<Head> decode_head_record(std::string_view value) {
  ByteReader reader(value);
  auto head = take_kind(reader);
  auto flags = reader.be<uint8_t>();
  if (!head || !flags || (*flags & ~(kExpires | kFieldsExpire))) return std::nullopt;
  if ((*flags & kFieldsExpire) && head->type != Type::hash) return std::nullopt;
  auto expire_ms = take_time(reader, *flags & kExpires);
  auto size = reader.varint();
  auto next_field_expiry_ms = take_time(reader, *flags & kFieldsExpire);
  if (!expire_ms || !size || !next_field_expiry_ms) return std::nullopt;
  head->expire_ms = *expire_ms;
  head->size = *size;
  head->next_field_expiry_ms = *next_field_expiry_ms;
  if (!head->spread()) {
    head->body = reader.rest();
    return head;
  }
  auto object = reader.be<uint64_t>();
  if (!object) return std::nullopt;
  head->object = *object;
  if (head->type == Type::list) {
    auto first = reader.be<uint64_t>();
    if (!first) return std::nullopt;
    head->first = static_cast<int64_t>(*first ^ kSignBit);
  }
  if (head->type == Type::stream) head->body = reader.rest();  // decode_stream_fields looks at it
  else if (!reader.empty()) return std::nullopt;
  return head;
}

void append_field_value(const FieldValue& value, std::string& out) {
  append_be(out, value.expire_ms != 0 ? kExpires : uint8_t{0});
  append_time(out, value.expire_ms);
  out.append(value.bytes);
}

std::optional<FieldValue> decode_field_value(std::string_view value) {
  ByteReader reader(value);
  auto flags = reader.be<uint8_t>();
  if (!flags || (*flags & ~kExpires)) return std::nullopt;
  auto expire_ms = take_time(reader, *flags & kExpires);
  if (!expire_ms) return std::nullopt;
  return FieldValue{reader.rest(), *expire_ms};
}

std::string encode_score(double score) {
  std::string out;
  append_be(out, std::bit_cast<uint64_t>(score));
  return out;
}

std::optional<double> decode_score(std::string_view value) {
  ByteReader reader(value);
  auto bits = reader.be<uint64_t>();
  if (!bits || !reader.empty()) return std::nullopt;
  double score = std::bit_cast<double>(*bits);
  if (std::isnan(score)) return std::nullopt;
  return score;
}

std::string_view encode_score_row(double score) { return score == 0 && std::signbit(score) ? "-" : ""; }

std::optional<double> decode_score_row(double key_score, std::string_view value) {
  if (value.empty()) return key_score;
  if (key_score != 0 || value != "-") return std::nullopt;
  return -0.0;
}

}  // namespace layout
}  // namespace basalt
