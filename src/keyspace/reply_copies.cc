#include "keyspace/reply_copies.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>
#include <vector>

#include "base/tried_lock.h"

namespace basalt {

namespace {

uint64_t hash_of(uint64_t key, std::span<const std::string_view> words, uint8_t protocol) {
  uint64_t hash = absl::HashOf(key, protocol, words.size());
  for (std::string_view word : words) hash = absl::HashOf(hash, word);
  return hash;
}

}  // namespace

ReplyQuestion::ReplyQuestion(const KeyMoment& moment, std::span<const std::string_view> words, uint8_t protocol)
    : moment(moment), words(words), protocol(protocol), hash(hash_of(moment.hash, words, protocol)) {}

struct ReplyCopies::Slot {
  bool holds(const ReplyQuestion& question) const {
    return hash == question.hash && !reply.empty() && db == question.moment.key.db && protocol == question.protocol &&
           std::equal(words.begin(), words.end(), question.words.begin(), question.words.end());
  }

  std::atomic<bool> busy{false};
  uint64_t made_last = 0;  // hash of the question whose reply was offered last
  uint64_t hash = 0;       // of the one whose reply is here
  uint16_t db = 0;
  uint8_t protocol = 0;
  CopyMoment moment;
  int64_t expire_ms = 0;
  std::vector<std::string> words;
  std::string reply;  // empty: none
};

ReplyCopies::ReplyCopies(uint64_t bytes)
    : slot_count_(std::max<size_t>(bytes / kMostBytes, 1)), slots_(std::make_unique<Slot[]>(slot_count_)) {}

ReplyCopies::~ReplyCopies() = default;

ReplyCopies::Slot& ReplyCopies::slot_of(const ReplyQuestion& question) const {
  return slots_[question.hash % slot_count_];
}

bool ReplyCopies::find(const ReplyQuestion& question, std::string& out) {
  Slot& slot = slot_of(question);
  const TriedLock lock(slot.busy);
  if (!lock || !slot.holds(question) || !slot.moment.holds_at(question.moment)) return false;
  if (slot.expire_ms != 0 && question.moment.now_ms > slot.expire_ms) return false;
  out += slot.reply;
  return true;
}

bool ReplyCopies::wants(const ReplyQuestion& question, size_t size) {
  const size_t asked = std::accumulate(question.words.begin(), question.words.end(), size_t{0},
                                       [](size_t sum, std::string_view word) { return sum + word.size(); });
  if (size < kLeastBytes || size + asked > kMostBytes) return false;
  Slot& slot = slot_of(question);
  const TriedLock lock(slot.busy);
  return lock && std::exchange(slot.made_last, question.hash) == question.hash;
}

void ReplyCopies::keep(const ReplyQuestion& question, int64_t expire_ms, std::string_view reply) {
  Slot& slot = slot_of(question);
  const TriedLock lock(slot.busy);
  if (!lock) return;
  slot.hash = question.hash;
  slot.db = question.moment.key.db;
  slot.protocol = question.protocol;
  slot.moment = CopyMoment(question.moment);
  slot.expire_ms = expire_ms;
  slot.words.assign(question.words.begin(), question.words.end());
  // Not more than it needs, and not less than it has: copies of one question are about as large as each other.
  if (slot.reply.capacity() / 2 > reply.size()) slot.reply = std::string();
  slot.reply = reply;
}

void ReplyCopies::clear() {
  for (size_t i = 0; i < slot_count_; ++i) {
    const TriedLock lock(slots_[i].busy);
    if (lock) slots_[i].reply = std::string();
  }
}

}  // namespace basalt
