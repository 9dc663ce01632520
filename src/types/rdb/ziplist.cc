#include "types/rdb/ziplist.h"

#include <optional>

#include "base/bytes.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

namespace {

constexpr size_t kHeaderBytes = 10;
constexpr uint64_t kManyEntries = 65535;
constexpr char kEnd = static_cast<char>(0xff);
constexpr uint8_t kLongPrevious = 0xfe;

std::optional<uint64_t> take_previous_length(ByteReader& in) {
  auto length = in.be<uint8_t>();
  if (!length || *length < kLongPrevious) return length;
  auto bytes = *length == kLongPrevious ? in.take(4) : std::nullopt;
  return bytes ? std::optional(load_little_endian(*bytes)) : std::nullopt;
}

std::optional<std::string_view> take_string(ByteReader& in, uint8_t encoding) {
  if (encoding >> 6 == 0) return in.take(encoding & 0x3f);
  if (encoding >> 6 == 1) {
    auto low = in.be<uint8_t>();
    return low ? in.take((encoding & 0x3fu) << 8 | *low) : std::nullopt;
  }
  auto length = in.be<uint32_t>();
  return length ? in.take(*length) : std::nullopt;
}

std::optional<int64_t> take_integer(ByteReader& in, uint8_t encoding) {
  if (encoding >= 0xf1 && encoding <= 0xfd) return encoding - 0xf1;
  size_t size = 0;
  if (encoding == 0xfe) size = 1;
  else if (encoding == 0xc0) size = 2;
  else if (encoding == 0xf0) size = 3;
  else if (encoding == 0xd0) size = 4;
  else if (encoding == 0xe0) size = 8;
  auto bytes = size > 0 ? in.take(size) : std::nullopt;
  return bytes ? std::optional(load_signed(*bytes)) : std::nullopt;
}

Result<void> walk_entry(ByteReader& in, uint64_t bytes_before, ElementVisitor visit) {
  auto previous = take_previous_length(in);
  auto encoding = in.be<uint8_t>();
  if (!previous || *previous != bytes_before || !encoding) return bad_format();
  if (*encoding >> 6 != 3) {
    auto string = take_string(in, *encoding);
    if (!string) return bad_format();
    return visit(*string);
  }
  auto integer = take_integer(in, *encoding);
  if (!integer) return bad_format();
  return visit(Digits(*integer));
}

}  // namespace

Result<void> walk_ziplist(std::string_view bytes, ElementVisitor visit) {
  if (bytes.size() < kHeaderBytes + 1 || load_little_endian(bytes.substr(0, 4)) != bytes.size() ||
      bytes.back() != kEnd) {
    return bad_format();
  }
  const uint64_t announced = load_little_endian(bytes.substr(8, 2));
  uint64_t entries = 0;
  uint64_t last_entry = kHeaderBytes;
  uint64_t bytes_before = 0;
  ByteReader in(bytes.substr(kHeaderBytes, bytes.size() - kHeaderBytes - 1));
  for (; !in.empty(); ++entries) {
    const uint64_t rest = in.rest().size();
    last_entry = bytes.size() - 1 - rest;
    TRY(walk_entry(in, bytes_before, visit));
    bytes_before = rest - in.rest().size();
  }
  if (load_little_endian(bytes.substr(4, 4)) != last_entry) return bad_format();
  if (announced != kManyEntries && announced != entries) return bad_format();
  return {};
}

}  // namespace basalt::rdb
