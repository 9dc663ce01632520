// The bytes received and not yet executed. Small while a client is idle, grows for pipelines and large
// arguments, and shrinks again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

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
  void commit(size_t n) { end_ += n; }
  void consume(size_t n) { begin_ += n; }
  /// Gives memory back once everything was consumed.
  void shrink(size_t to) {
    if (size() != 0 || capacity_ <= to) return;
    data_.reset();
    capacity_ = begin_ = end_ = 0;
  }

 private:
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace basalt
