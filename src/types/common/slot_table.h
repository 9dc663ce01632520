// What one command knows of a collection's members: a slot for each, in the order they were added.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

namespace basalt {

/// `Slot` has a `name`, a std::string_view borrowed from whoever adds it. Nearly all commands touch few
/// members, so the hash table comes into being only when there are many.
template <typename Slot>
class SlotTable {
 public:
  /// Borrowed until the next add.
  Slot* find(std::string_view name) {
    if (slots_.size() <= kSearched) {
      for (Slot& slot : slots_) {
        if (slot.name == name) return &slot;
      }
      return nullptr;
    }
    auto it = index_.find(name);
    return it == index_.end() ? nullptr : &slots_[it->second];
  }

  /// There must be no slot of that name yet.
  Slot& add(Slot slot) {
    slots_.push_back(std::move(slot));
    if (slots_.size() == kSearched + 1) {
      for (uint32_t i = 0; i < kSearched; ++i) index_.emplace(slots_[i].name, i);
    }
    if (slots_.size() > kSearched) index_.emplace(slots_.back().name, static_cast<uint32_t>(slots_.size() - 1));
    return slots_.back();
  }

  void clear() {
    slots_.clear();
    index_.clear();
  }
  auto begin() { return slots_.begin(); }
  auto end() { return slots_.end(); }
  auto begin() const { return slots_.begin(); }
  auto end() const { return slots_.end(); }

 private:
  static constexpr size_t kSearched = 32;
  std::vector<Slot> slots_;
  absl::flat_hash_map<std::string_view, uint32_t> index_;
};

}  // namespace basalt
