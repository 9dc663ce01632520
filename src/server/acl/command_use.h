// What one call of a command would touch: its keys, each with how it is used, and its channels. Found once, judged by
// as many selectors as a user has.
//
// Thread rules: a value of the thread that makes it; borrows the arguments.
#pragma once

#include <cstdint>

#include <absl/container/inlined_vector.h>

#include "command/table.h"

namespace basalt {

/// Ways to use a key, as key patterns grant them: bits.
using KeyAccess = uint8_t;
inline constexpr KeyAccess kReadsKey = 1;
inline constexpr KeyAccess kWritesKey = 2;
inline constexpr KeyAccess kReadsAndWritesKey = kReadsKey | kWritesKey;

class CommandUse {
 public:
  CommandUse(const CommandTable::Match& match, const Args& args) : match_(match), args_(args) {}

  uint32_t command() const { return match_.index; }
  const Args& args() const { return args_; }

  struct Key {
    int argument;
    KeyAccess access;
  };
  const absl::InlinedVector<Key, 8>& keys();

  /// The arguments from `first` to before `end` are channels, or patterns of channels.
  struct Channels {
    size_t first = 0, end = 0;
    bool are_patterns = false;
  };
  Channels channels() const;

 private:
  const CommandTable::Match& match_;
  const Args& args_;
  bool keys_known_ = false;
  absl::InlinedVector<Key, 8> keys_;
};

}  // namespace basalt
