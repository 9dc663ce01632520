// SCAN's cursors: a slot, and a token for the place within the slot.
//
//   cursor = token(48) * 16384 + slot(14)
//
// A token stands for the last name that was looked at; 0 for the slot's start. It is a hash of the
// name, and a bounded table leads back to it. A token that the table no longer has (restart, or many scans
// since) means the slot's start again: SCAN may repeat keys, it may not miss any.
//
// Thread rules: thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

namespace basalt {

class ScanTokens {
 public:
  static constexpr size_t kMaxTokens = 65'536;
  static constexpr size_t kMaxBytes = 32 << 20;  ///< of names

  ScanTokens();
  struct Place {
    uint16_t slot = 0;
    std::string after;  ///< the last name looked at; meaningless unless `within`
    bool within = false;
  };
  Place place_of(uint64_t cursor);
  uint64_t cursor_at(uint16_t slot) const { return slot; }
  uint64_t cursor_after(uint16_t slot, std::string_view name);

 private:
  struct Token {
    uint64_t id;
    std::string name;
  };
  const uint64_t seed_;  // so that nobody chooses names whose tokens are equal
  std::mutex mutex_;
  std::list<Token> tokens_;  // the most recently used first
  absl::flat_hash_map<uint64_t, std::list<Token>::iterator> by_id_;
  size_t bytes_ = 0;
};

}  // namespace basalt
