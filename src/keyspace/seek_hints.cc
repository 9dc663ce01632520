#include "keyspace/seek_hints.h"

namespace basalt {

std::string SeekHints::get(ObjectId object) const {
  const Shard& s = shard(object);
  std::lock_guard<std::mutex> lock(s.mutex);
  auto found = s.keys.find(object);
  return found == s.keys.end() ? std::string() : found->second;
}

void SeekHints::set(ObjectId object, std::string_view key) {
  Shard& s = shard(object);
  std::lock_guard<std::mutex> lock(s.mutex);
  // Any one will do: the hot ones come back with their next pop.
  if (s.keys.size() >= kShardLimit && !s.keys.contains(object)) s.keys.erase(s.keys.begin());
  s.keys[object] = key;
}

void SeekHints::lower(ObjectId object, std::string_view key) {
  Shard& s = shard(object);
  std::lock_guard<std::mutex> lock(s.mutex);
  auto found = s.keys.find(object);
  if (found != s.keys.end() && key < found->second) s.keys.erase(found);
}

void SeekHints::forget(ObjectId object) {
  Shard& s = shard(object);
  std::lock_guard<std::mutex> lock(s.mutex);
  s.keys.erase(object);
}

}  // namespace basalt
