#include "types/rdb/listpack.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/number.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

namespace {

constexpr size_t kHeaderBytes = 6;
constexpr uint64_t kManyElements = 65535;
constexpr char kEnd = static_cast<char>(0xff);

constexpr uint8_t kString32 = 0xf0;
constexpr uint8_t kFirstInteger = 0xf1;
constexpr uint8_t kLastInteger = 0xf4;

size_t integer_bytes(uint8_t encoding) {
  constexpr size_t kBytes[] = {2, 3, 4, 8};
  return kBytes[encoding - kFirstInteger];
}

// Redis takes one byte more than needed for lengths of 14, 21 and 28 ones.
int backward_length_bytes(uint64_t length) {
  if (length <= 127) return 1;
  int bytes = 2;
  while (bytes < 5 && length >= (uint64_t{1} << (7 * bytes)) - 1) ++bytes;
  return bytes;
}

// Seven bits a byte, the highest first; every byte but the first says that there is one before it.
void append_backward_length(std::string& out, uint64_t length) {
  const int bytes = backward_length_bytes(length);
  for (int i = bytes - 1; i >= 0; --i) {
    const uint64_t more = i == bytes - 1 ? 0 : 128;
    out.push_back(static_cast<char>((length >> (7 * i) & 127) | more));
  }
}

// What stands behind the encoding byte(s) of a string of that many bytes; nullopt: not there.
std::optional<std::string_view> take_string(ByteReader& in, uint8_t encoding) {
  if (encoding >> 6 == 2) return in.take(encoding & 0x3f);
  if (encoding == kString32) {
    auto length = in.take(4);
    return length ? in.take(load_little_endian(*length)) : std::nullopt;
  }
  auto low = in.be<uint8_t>();
  return low ? in.take((encoding & 0x0fu) << 8 | *low) : std::nullopt;
}

std::optional<int64_t> take_integer(ByteReader& in, uint8_t encoding) {
  if (encoding < 128) return encoding;
  if (encoding >> 5 == 6) {
    auto low = in.be<uint8_t>();
    if (!low) return std::nullopt;
    const int64_t value = (encoding & 0x1f) << 8 | *low;
    return value < 1 << 12 ? value : value - (1 << 13);
  }
  auto bytes = in.take(integer_bytes(encoding));
  return bytes ? std::optional(load_signed(*bytes)) : std::nullopt;
}

bool is_string(uint8_t encoding) { return encoding >> 6 == 2 || encoding >> 4 == 14 || encoding == kString32; }

bool is_integer(uint8_t encoding) {
  return encoding < 128 || encoding >> 5 == 6 || (encoding >= kFirstInteger && encoding <= kLastInteger);
}

bool take_backward_length(ByteReader& in, size_t entry_bytes) {
  std::string expected;
  append_backward_length(expected, entry_bytes);
  auto found = in.take(expected.size());
  return found && *found == expected;
}

Result<void> walk_entry(ByteReader& in, ElementVisitor visit) {
  const size_t before = in.rest().size();
  const uint8_t encoding = *in.be<uint8_t>();
  const auto entry_bytes = [&] { return before - in.rest().size(); };
  if (is_string(encoding)) {
    auto string = take_string(in, encoding);
    if (!string || !take_backward_length(in, entry_bytes())) return bad_format();
    return visit(*string);
  }
  if (!is_integer(encoding)) return bad_format();
  auto integer = take_integer(in, encoding);
  if (!integer || !take_backward_length(in, entry_bytes())) return bad_format();
  return visit(Digits(*integer));
}

void append_string(std::string& out, std::string_view bytes) {
  if (bytes.size() < 64) {
    out.push_back(static_cast<char>(0x80 | bytes.size()));
  } else if (bytes.size() < 4096) {
    out.push_back(static_cast<char>(0xe0 | bytes.size() >> 8));
    out.push_back(static_cast<char>(bytes.size()));
  } else {
    out.push_back(static_cast<char>(kString32));
    append_little_endian(out, bytes.size(), 4);
  }
  out.append(bytes);
}

bool fits_in(int64_t value, int bits) {
  return bits == 64 || (value >= -(int64_t{1} << (bits - 1)) && value < int64_t{1} << (bits - 1));
}

void append_integer(std::string& out, int64_t value) {
  const auto fits = [&](int bits) { return fits_in(value, bits); };
  if (value >= 0 && value < 128) {
    out.push_back(static_cast<char>(value));
  } else if (fits(13)) {
    out.push_back(static_cast<char>(0xc0 | (value >> 8 & 0x1f)));
    out.push_back(static_cast<char>(value));
  } else {
    uint8_t encoding = kFirstInteger;
    while (encoding < kLastInteger && !fits(8 * static_cast<int>(integer_bytes(encoding)))) ++encoding;
    out.push_back(static_cast<char>(encoding));
    append_little_endian(out, static_cast<uint64_t>(value), integer_bytes(encoding));
  }
}

}  // namespace

Result<void> walk_listpack(std::string_view bytes, ElementVisitor visit) {
  if (bytes.size() < kHeaderBytes + 1 || load_little_endian(bytes.substr(0, 4)) != bytes.size() ||
      bytes.back() != kEnd) {
    return bad_format();
  }
  const uint64_t announced = load_little_endian(bytes.substr(4, 2));
  uint64_t elements = 0;
  ByteReader in(bytes.substr(kHeaderBytes, bytes.size() - kHeaderBytes - 1));
  for (; !in.empty(); ++elements) TRY(walk_entry(in, visit));
  if (announced != kManyElements && announced != elements) return bad_format();
  return {};
}

uint64_t listpack_bytes(std::string_view element) {
  if (auto integer = parse_int64(element)) return listpack_bytes(*integer);
  const uint64_t header = element.size() < 64 ? 1 : element.size() < 4096 ? 2 : 5;
  const uint64_t bytes = header + element.size();
  return bytes + static_cast<uint64_t>(backward_length_bytes(bytes));
}

uint64_t listpack_bytes(int64_t integer) {
  if (integer >= 0 && integer < 128) return 2;
  if (fits_in(integer, 13)) return 3;
  uint8_t encoding = kFirstInteger;
  while (!fits_in(integer, 8 * static_cast<int>(integer_bytes(encoding)))) ++encoding;
  return 1 + integer_bytes(encoding) + 1;
}

ListpackBuilder::ListpackBuilder() : bytes_(kHeaderBytes, '\0') {}

void ListpackBuilder::append(std::string_view element) {
  const size_t before = bytes_.size();
  if (auto integer = parse_int64(element)) append_integer(bytes_, *integer);
  else append_string(bytes_, element);
  append_backward_length(bytes_, bytes_.size() - before);
  ++elements_;
}

void ListpackBuilder::append(int64_t integer) {
  const size_t before = bytes_.size();
  append_integer(bytes_, integer);
  append_backward_length(bytes_, bytes_.size() - before);
  ++elements_;
}

std::string ListpackBuilder::finish() {
  bytes_.push_back(kEnd);
  std::string header;
  append_little_endian(header, bytes_.size(), 4);
  append_little_endian(header, std::min(elements_, kManyElements), 2);
  bytes_.replace(0, kHeaderBytes, header);
  return std::move(bytes_);
}

}  // namespace basalt::rdb
