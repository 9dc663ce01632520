#include "types/rdb/rdb_writer.h"

#include <bit>
#include <limits>

#include "base/bytes.h"
#include "base/number.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/lzf.h"

namespace basalt::rdb {

namespace {

constexpr size_t kMaxIntegerDigits = 11;
// As Redis has it: shorter strings are not worth a try, and compressing has to save a few bytes.
constexpr size_t kMinCompressed = 21;
constexpr size_t kMinSaved = 4;

template <typename T>
bool fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

}  // namespace

void RdbWriter::length(uint64_t length) {
  if (length < 1 << 6) {
    byte(static_cast<uint8_t>(length));
  } else if (length < 1 << 14) {
    byte(static_cast<uint8_t>(kLength14Bits << 6 | length >> 8));
    byte(static_cast<uint8_t>(length));
  } else if (length <= std::numeric_limits<uint32_t>::max()) {
    byte(kLength32Bits);
    append_be(out_, static_cast<uint32_t>(length));
  } else {
    byte(kLength64Bits);
    append_be(out_, length);
  }
}

void RdbWriter::fixed64(uint64_t value) { append_little_endian(out_, value, 8); }

void RdbWriter::binary_double(double value) { fixed64(std::bit_cast<uint64_t>(value)); }

void RdbWriter::string(std::string_view bytes) {
  if (integer(bytes) || compressed(bytes)) return;
  length(bytes.size());
  out_.append(bytes);
}

bool RdbWriter::integer(std::string_view bytes) {
  if (bytes.size() > kMaxIntegerDigits) return false;
  auto value = parse_int64(bytes);
  if (!value || !fits<int32_t>(*value)) return false;
  size_t size = 4;
  if (fits<int8_t>(*value)) {
    special(SpecialString::int8);
    size = 1;
  } else if (fits<int16_t>(*value)) {
    special(SpecialString::int16);
    size = 2;
  } else {
    special(SpecialString::int32);
  }
  append_little_endian(out_, static_cast<uint64_t>(*value), size);
  return true;
}

bool RdbWriter::compressed(std::string_view bytes) {
  if (bytes.size() < kMinCompressed) return false;
  auto stream = lzf_compress(bytes);
  if (!stream || stream->size() > bytes.size() - kMinSaved) return false;
  special(SpecialString::lzf);
  length(stream->size());
  length(bytes.size());
  out_.append(*stream);
  return true;
}

}  // namespace basalt::rdb
