// The bytes received and not yet executed. Small while a client is idle, grows for pipelines and large
// arguments, and shrinks again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace basalt {

class InputBuffer {
 public:
  static constexpr size_t kInitial = 1024;
  static constexpr size_t kLarge = 16 * 1024;

  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  size_t capacity() const { return capacity_; }

  /// Room for at least `wanted` bytes behind the content; moves it.
  void reserve(size_t wanted) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ - end_ >= wanted) return;
    const size_t held = size();
    if (capacity_ - held >= wanted && begin_ >= capacity_ / 2) {
      std::memmove(data_.get(), data_.get() + begin_, held);
    } else {
      const size_t capacity = std::max(held + wanted, std::min(capacity_ * 2, held + wanted + (1 << 20)));
      std::unique_ptr<char[]> bigger(new char[capacity]);
      if (held) std::memcpy(bigger.get(), data_.get() + begin_, held);
      data_ = std::move(bigger);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = held;
  }
  char* tail() { return data_.get() + end_; }
  size_t room() const { return capacity_ - end_; }
  void commit(size_t n) {
    end_ += n;
    most_held_ = std::max(most_held_, size());
  }
  void consume(size_t n) { begin_ += n; }
  /// Gives the memory of a large buffer back when less than half of it was needed for a while, and now nothing is.
  void shrink(int64_t now_ms) {
    constexpr int64_t kWhileMs = 250;
    if (now_ms - looked_ms_ < kWhileMs) return;
    looked_ms_ = now_ms;
    const size_t needed = std::exchange(most_held_, size());
    if (size() != 0 || capacity_ <= kLarge || needed > capacity_ / 2) return;
    data_.reset();
    capacity_ = begin_ = end_ = 0;
  }

 private:
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
  size_t most_held_ = 0;  // since looked_ms_
  int64_t looked_ms_ = 0;
};

}  // namespace basalt
