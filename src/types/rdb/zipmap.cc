#include "types/rdb/zipmap.h"

#include <optional>

#include "base/bytes.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

namespace {

constexpr uint8_t kLong = 254;
constexpr char kEnd = static_cast<char>(0xff);

std::optional<uint64_t> take_length(ByteReader& in) {
  auto length = in.be<uint8_t>();
  if (!length || *length < kLong) return length;
  auto bytes = *length == kLong ? in.take(4) : std::nullopt;
  return bytes ? std::optional(load_little_endian(*bytes)) : std::nullopt;
}

std::optional<std::string_view> take_field(ByteReader& in) {
  auto length = take_length(in);
  return length ? in.take(*length) : std::nullopt;
}

std::optional<std::string_view> take_value(ByteReader& in) {
  auto length = take_length(in);
  auto free = in.be<uint8_t>();
  if (!length || !free) return std::nullopt;
  auto value = in.take(*length);
  return value && in.take(*free) ? value : std::nullopt;
}

}  // namespace

Result<void> walk_zipmap(std::string_view bytes, ElementVisitor visit) {
  if (bytes.size() < 2 || bytes.back() != kEnd) return bad_format();
  const auto announced = static_cast<uint8_t>(bytes.front());
  uint64_t fields = 0;
  ByteReader in(bytes.substr(1, bytes.size() - 2));
  for (; !in.empty(); ++fields) {
    auto field = take_field(in);
    auto value = field ? take_value(in) : std::nullopt;
    if (!value) return bad_format();
    TRY(visit(*field));
    TRY(visit(*value));
  }
  if (announced < kLong && announced != fields) return bad_format();
  return {};
}

}  // namespace basalt::rdb
