#include "types/rdb/rdb_reader.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/bytes.h"
#include "base/number.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/lzf.h"
#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

Result<std::string_view> StringSource::take(size_t size) {
  if (size > rest_.size()) return bad_format();
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

Result<uint8_t> RdbReader::byte() { return static_cast<uint8_t>(TRY(source_.take(1)).front()); }

Result<uint64_t> RdbReader::fixed64() { return load_little_endian(TRY(source_.take(8))); }

Result<RdbReader::Length> RdbReader::any_length() {
  const uint8_t first = TRY(byte());
  const uint64_t low_bits = first & 0x3f;
  switch (first >> 6) {
    case kLength6Bits: return Length{low_bits, false};
    case kLength14Bits: return Length{low_bits << 8 | TRY(byte()), false};
    case kSpecialString: return Length{low_bits, true};
  }
  if (first == kLength32Bits) return Length{load_big_endian<uint32_t>(TRY(source_.take(4)).data()), false};
  if (first == kLength64Bits) return Length{load_big_endian<uint64_t>(TRY(source_.take(8)).data()), false};
  return bad_format();
}

Result<uint64_t> RdbReader::length() {
  const Length length = TRY(any_length());
  if (length.special) return bad_format();
  return length.value;
}

Result<double> RdbReader::binary_double() { return std::bit_cast<double>(TRY(fixed64())); }

Result<double> RdbReader::text_double() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const uint8_t size = TRY(byte());
  if (size == 255) return -kInfinity;
  if (size == 254) return kInfinity;
  if (size == 253) return std::numeric_limits<double>::quiet_NaN();
  auto number = parse_double(TRY(source_.take(size)));
  if (!number) return bad_format();
  return *number;
}

Result<std::string_view> RdbReader::string() {
  const Length length = TRY(any_length());
  if (!length.special) return plain(length.value);
  switch (static_cast<SpecialString>(length.value)) {
    case SpecialString::int8: return integer(1);
    case SpecialString::int16: return integer(2);
    case SpecialString::int32: return integer(4);
    case SpecialString::lzf: return compressed();
  }
  return bad_format();
}

Result<std::string_view> RdbReader::plain(uint64_t size) {
  if (size > kMaxStringBytes) return bad_format();
  return source_.take(size);
}

Result<std::string_view> RdbReader::integer(size_t bytes) {
  buffer_ = std::string_view(Digits(load_signed(TRY(source_.take(bytes)))));
  return buffer_;
}

Result<std::string_view> RdbReader::compressed() {
  const uint64_t stream_size = TRY(length());
  const uint64_t size = TRY(length());
  if (size > kMaxStringBytes) return bad_format();
  if (!lzf_decompress(TRY(plain(stream_size)), size, buffer_)) return bad_format();
  return buffer_;
}

}  // namespace basalt::rdb
