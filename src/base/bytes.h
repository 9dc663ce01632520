// Byte strings: big-endian integers (so that byte order is sort order) and a small buffer for keys.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace basalt {

template <std::unsigned_integral T>
constexpr T to_big_endian(T v) {
  if constexpr (sizeof(T) == 1) return v;
  else if constexpr (sizeof(T) == 2) return __builtin_bswap16(v);
  else if constexpr (sizeof(T) == 4) return __builtin_bswap32(v);
  else return __builtin_bswap64(v);
}
static_assert(std::endian::native == std::endian::little, "Basalt is built for little-endian machines");

template <std::unsigned_integral T>
T load_big_endian(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return to_big_endian(v);
}

/// Collects the bytes of one record key. Short keys (nearly all) never touch the heap.
class KeyBuffer {
 public:
  KeyBuffer() = default;
  KeyBuffer(const KeyBuffer& o) { append(o.view()); }
  KeyBuffer& operator=(const KeyBuffer& o) {
    if (this != &o) {
      size_ = 0;
      append(o.view());
    }
    return *this;
  }

  template <std::unsigned_integral T>
  KeyBuffer& be(T v) {
    v = to_big_endian(v);
    return append({reinterpret_cast<const char*>(&v), sizeof v});
  }
  KeyBuffer& append(std::string_view bytes) {
    if (size_ + bytes.size() > capacity_) grow(size_ + bytes.size());
    std::memcpy(data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
    return *this;
  }
  void truncate(size_t size) { size_ = size; }

  std::string_view view() const { return {heap_ ? heap_.get() : inline_, size_}; }
  operator std::string_view() const { return view(); }

 private:
  char* data() { return heap_ ? heap_.get() : inline_; }
  void grow(size_t needed) {
    size_t capacity = needed * 2;
    std::unique_ptr<char[]> bigger(new char[capacity]);
    std::memcpy(bigger.get(), data(), size_);
    heap_ = std::move(bigger);
    capacity_ = capacity;
  }

  static constexpr size_t kInline = 112;
  char inline_[kInline];
  std::unique_ptr<char[]> heap_;
  size_t size_ = 0;
  size_t capacity_ = kInline;
};

/// Appends integers and bytes to a std::string (record values).
template <std::unsigned_integral T>
void append_be(std::string& out, T v) {
  v = to_big_endian(v);
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}
void append_varint(std::string& out, uint64_t v);

/// Takes integers and bytes off the front of a record. Every read says whether the bytes were
/// there: damaged records must not be believed.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  std::optional<T> be() {
    if (rest_.size() < sizeof(T)) return std::nullopt;
    T v = load_big_endian<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return v;
  }
  std::optional<uint64_t> varint();
  std::optional<std::string_view> take(size_t n) {
    if (rest_.size() < n) return std::nullopt;
    auto taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  std::string_view rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// The smallest byte string greater than every string that starts with `prefix`; nullopt when
/// there is none (all 0xff).
std::optional<std::string> prefix_successor(std::string_view prefix);

/// ASCII only, as Redis compares command and option names.
bool equals_ignore_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view s);
std::string to_upper(std::string_view s);

}  // namespace basalt
