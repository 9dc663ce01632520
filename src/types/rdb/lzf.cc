#include "types/rdb/lzf.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace basalt::rdb {

namespace {

constexpr size_t kMaxLiterals = 32;
constexpr size_t kMinMatch = 3;
constexpr size_t kMaxMatch = 2 + 7 + 255;
constexpr size_t kMaxDistance = 1 << 13;

// Appends `length` bytes that begin `distance` before the end; they may overlap what they make.
void append_match(std::string& out, size_t distance, size_t length) {
  for (size_t from = out.size() - distance; length > 0; --length) out.push_back(out[from++]);
}

void append_literals(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view run = bytes.substr(0, kMaxLiterals);
    out.push_back(static_cast<char>(run.size() - 1));
    out.append(run);
    bytes.remove_prefix(run.size());
  }
}

void append_reference(std::string& out, size_t distance, size_t length) {
  const size_t offset = distance - 1;
  const size_t code = length - 2;
  out.push_back(static_cast<char>((std::min<size_t>(code, 7) << 5) | (offset >> 8)));
  if (code >= 7) out.push_back(static_cast<char>(code - 7));
  out.push_back(static_cast<char>(offset));
}

// Where three bytes were seen last.
class Recent {
 public:
  explicit Recent(size_t bytes)
      : bits_(std::clamp(static_cast<int>(std::bit_width(bytes)), 6, 14)), positions_(size_t{1} << bits_, kNever) {}
  /// The place before `position` with, perhaps, the same three bytes; then remembers `position`.
  std::optional<size_t> swap(const char* at, size_t position) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(at);
    const uint32_t three = bytes[0] << 16 | bytes[1] << 8 | bytes[2];
    size_t& slot = positions_[(three * 2654435761u) >> (32 - bits_)];
    const size_t before = std::exchange(slot, position);
    return before == kNever ? std::nullopt : std::optional(before);
  }

 private:
  static constexpr size_t kNever = ~size_t{0};
  int bits_;
  std::vector<size_t> positions_;
};

size_t match_length(std::string_view bytes, size_t earlier, size_t position) {
  const size_t most = std::min(kMaxMatch, bytes.size() - position);
  size_t length = 0;
  while (length < most && bytes[earlier + length] == bytes[position + length]) ++length;
  return length;
}

}  // namespace

bool lzf_decompress(std::string_view stream, uint64_t size, std::string& out) {
  out.clear();
  if (size > stream.size() * kLzfMaxRatio) return false;
  out.reserve(size);
  ByteReader in(stream);
  while (auto control = in.be<uint8_t>()) {
    if (*control < kMaxLiterals) {
      auto literals = in.take(*control + 1u);
      if (!literals || literals->size() > size - out.size()) return false;
      out.append(*literals);
      continue;
    }
    size_t length = *control >> 5;
    if (length == 7) {
      auto more = in.be<uint8_t>();
      if (!more) return false;
      length += *more;
    }
    auto low = in.be<uint8_t>();
    if (!low) return false;
    length += 2;
    const size_t distance = ((*control & 0x1fu) << 8 | *low) + 1;
    if (distance > out.size() || length > size - out.size()) return false;
    append_match(out, distance, length);
  }
  return out.size() == size;
}

std::optional<std::string> lzf_compress(std::string_view bytes) {
  std::string out;
  Recent recent(bytes.size());
  size_t literals_from = 0;
  size_t position = 0;
  while (position + kMinMatch <= bytes.size() && out.size() < bytes.size()) {
    const auto earlier = recent.swap(bytes.data() + position, position);
    const size_t length = earlier && position - *earlier <= kMaxDistance ? match_length(bytes, *earlier, position) : 0;
    if (length < kMinMatch) {
      ++position;
      continue;
    }
    append_literals(out, bytes.substr(literals_from, position - literals_from));
    append_reference(out, position - *earlier, length);
    position += length;
    literals_from = position;
  }
  append_literals(out, bytes.substr(literals_from));
  if (out.size() >= bytes.size()) return std::nullopt;
  return out;
}

}  // namespace basalt::rdb
