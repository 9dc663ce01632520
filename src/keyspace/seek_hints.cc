#include "keyspace/seek_hints.h"

namespace basalt {

SeekHint SeekHints::get(ObjectId object) const {
  const Shard& s = shard(object);
  std::lock_guard<std::mutex> lock(s.mutex);
  auto found = s.hints.find(object);
  return found == s.hints.end() ? SeekHint() : found->second;
}

void SeekHints::set(ObjectId object, ScoreEnd end, std::string_view key) {
  Shard& s = shard(object);
  std::lock_guard<std::mutex> lock(s.mutex);
  // Any one will do: the hot ones come back with their next pop.
  if (s.hints.size() >= kShardLimit && !s.hints.contains(object)) s.hints.erase(s.hints.begin());
  SeekHint& hint = s.hints[object];
  hint.at(end) = key;
  if (hint.version == 0) hint.version = ++s.last_version;
}

void SeekHints::widen(ObjectId object, std::string_view key) {
  Shard& s = shard(object);
  std::lock_guard<std::mutex> lock(s.mutex);
  auto found = s.hints.find(object);
  if (found == s.hints.end() || found->second.covers(key)) return;
  SeekHint& hint = found->second;
  (key < hint.low ? hint.low : hint.high).clear();
  hint.version = ++s.last_version;
  if (hint.empty()) s.hints.erase(found);
}

void SeekHints::forget(ObjectId object) {
  Shard& s = shard(object);
  std::lock_guard<std::mutex> lock(s.mutex);
  s.hints.erase(object);
}

}  // namespace basalt
