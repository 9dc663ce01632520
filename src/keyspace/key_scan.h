// SCAN, KEYS and RANDOMKEY over a KeyWalk: which keys to look at, and in which order.
//
// A pattern's literal prefix is sought, slot by slot, so that keys that cannot match are never read; a
// prefix with a whole hash tag in it can only match within one slot; a pattern without wildcards is a
// look-up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "keyspace/key_walk.h"
#include "keyspace/keyspace.h"
#include "keyspace/scan_tokens.h"

namespace basalt {

class KeyFilter {
 public:
  KeyFilter(std::optional<std::string_view> pattern, std::optional<Type> type);

  /// The only name that can match, if there is just one.
  const std::string* only_name() const { return prefix_.exact ? &prefix_.literal : nullptr; }
  /// The only slot in which keys can match.
  std::optional<uint16_t> only_slot() const { return only_slot_; }
  const std::string& prefix() const { return prefix_.literal; }
  bool takes(std::string_view name, Type type) const;

 private:
  std::optional<std::string_view> pattern_;
  std::optional<Type> type_;
  GlobPrefix prefix_;
  std::optional<uint16_t> only_slot_;
};

class KeyScan {
 public:
  KeyScan(Txn& txn, uint16_t db, const KeyFilter& filter) : txn_(txn), db_(db), filter_(filter) {}

  /// Collects keys from `place` on until `work` is done (keys looked at, seeks); true at the end. Otherwise
  /// `place` is where to go on.
  Result<bool> run(ScanTokens::Place& place, uint64_t work, std::vector<std::string>& keys);

 private:
  Result<bool> look_up(std::vector<std::string>& keys);
  Result<void> look_at(const KeyWalk& walk, std::vector<std::string>& keys) const;
  bool skip_to_prefix(KeyWalk& walk) const;

  Txn& txn_;
  uint16_t db_;
  const KeyFilter& filter_;
};

/// Some live key, picked more or less evenly; nullopt when there is none.
Result<std::optional<std::string>> pick_random_key(Txn& txn, uint16_t db);

}  // namespace basalt
