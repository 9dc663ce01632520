// Reads what serialised values are made of: lengths, strings, numbers. Value by value: value_reader.h.
//
// Whatever the bytes are, reading them fails (with bad_format) rather than believes them: memory
// grows with the bytes that are there, not with a length that stands in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace basalt::rdb {

/// Where serialised bytes come from.
class Source {
 public:
  virtual ~Source() = default;
  /// The next `size` bytes, borrowed until the next call; bad_format when there are fewer. A source that has
  /// not all of them in memory makes room as they come, not at once.
  virtual Result<std::string_view> take(size_t size) = 0;
};

/// Bytes in memory.
class StringSource final : public Source {
 public:
  explicit StringSource(std::string_view bytes) : rest_(bytes) {}
  Result<std::string_view> take(size_t size) override;
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

class RdbReader {
 public:
  /// No string is longer, compressed or not: Redis's own limit at its default.
  static constexpr uint64_t kMaxStringBytes = 512 << 20;

  explicit RdbReader(Source& source) : source_(source) {}

  Result<uint8_t> byte();
  /// As many bytes as they are, borrowed until the next call.
  Result<std::string_view> raw(size_t size) { return source_.take(size); }
  Result<uint64_t> length();
  /// Eight bytes, little-endian.
  Result<uint64_t> fixed64();
  Result<double> binary_double();
  /// A double as old sorted sets have it: a length and digits, or a byte for what has none.
  Result<double> text_double();
  /// A string, whichever way it is encoded; borrowed until the next call.
  Result<std::string_view> string();

 private:
  struct Length {
    uint64_t value;
    bool special;  ///< not a length but a SpecialString
  };
  Result<Length> any_length();
  Result<std::string_view> plain(uint64_t size);
  Result<std::string_view> integer(size_t bytes);
  Result<std::string_view> compressed();

  Source& source_;
  std::string buffer_;  // a string that is encoded otherwise than as its bytes
};

}  // namespace basalt::rdb
