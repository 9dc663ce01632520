#include "types/rdb/intset.h"

#include <limits>

#include "base/bytes.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

namespace {

constexpr size_t kHeaderBytes = 8;

template <typename T>
bool fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

size_t width_of(int64_t value) { return fits<int16_t>(value) ? 2 : fits<int32_t>(value) ? 4 : 8; }

}  // namespace

Result<void> walk_intset(std::string_view bytes, ElementVisitor visit) {
  if (bytes.size() < kHeaderBytes) return bad_format();
  const uint64_t width = load_little_endian(bytes.substr(0, 4));
  const uint64_t count = load_little_endian(bytes.substr(4, 4));
  if ((width != 2 && width != 4 && width != 8) || bytes.size() != kHeaderBytes + width * count) return bad_format();
  int64_t previous = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const int64_t integer = load_signed(bytes.substr(kHeaderBytes + i * width, width));
    if (i > 0 && integer <= previous) return bad_format();
    TRY(visit(Digits(integer)));
    previous = integer;
  }
  return {};
}

std::string encode_intset(const std::vector<int64_t>& integers) {
  const size_t width = integers.empty() ? 2 : std::max(width_of(integers.front()), width_of(integers.back()));
  std::string out;
  append_little_endian(out, width, 4);
  append_little_endian(out, integers.size(), 4);
  for (int64_t integer : integers) append_little_endian(out, static_cast<uint64_t>(integer), width);
  return out;
}

}  // namespace basalt::rdb
