// Whole replies of reads that are asked again and again: stepping through a hundred elements in the store costs as much
// as sending them. Kept are replies that follow from one spread collection and the command's words alone.
//
// Nobody tells of writes: a copy counts as long as its key is as it was (key_moment.h). A reply gets in when it is made
// the second time in a row.
//
// Thread rules: thread-safe. Nobody waits: a slot that somebody else is looking at is a miss.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "keyspace/key_moment.h"

namespace basalt {

/// What a client asks of a key, and when.
struct ReplyQuestion {
  ReplyQuestion(const KeyMoment& moment, std::span<const std::string_view> words, uint8_t protocol);

  KeyMoment moment;                         ///< from before anything is read
  std::span<const std::string_view> words;  ///< of the command, borrowed
  uint8_t protocol;                         ///< RESP's version: the same data looks otherwise
  uint64_t hash;                            ///< of all this but the state of things
};

class ReplyCopies {
 public:
  /// Copies take at most about so many bytes, and those only as they are made.
  explicit ReplyCopies(uint64_t bytes);
  ~ReplyCopies();
  ReplyCopies(const ReplyCopies&) = delete;

  /// Whether there is a copy; then it is appended to `out`.
  bool find(const ReplyQuestion& question, std::string& out);
  /// Whether a reply of `size` bytes is worth keeping: it is neither small nor huge, and was made before.
  bool wants(const ReplyQuestion& question, size_t size);
  /// Keeps the reply as it was at the question's moment: the caller has seen that the key is still the same.
  /// `expire_ms`: when the key expires; 0: never.
  void keep(const ReplyQuestion& question, int64_t expire_ms, std::string_view reply);
  void clear();

  static constexpr size_t kLeastBytes = 512;
  static constexpr size_t kMostBytes = 128 << 10;  ///< of a reply and the words that ask for it

 private:
  struct Slot;
  Slot& slot_of(const ReplyQuestion& question) const;

  size_t slot_count_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace basalt
