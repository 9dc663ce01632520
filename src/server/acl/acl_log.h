// ACL LOG: what was refused lately. Like refusals within a minute are one entry that counts.
//
// Thread rules: thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "server/acl/selector.h"

namespace basalt {

struct RefusedUse {
  DenialReason reason = DenialReason::command;
  std::string_view context = "toplevel";  ///< or "multi", "lua": literals
  std::string object;                     ///< the command, key or channel
  std::string user;
  int64_t time_ms = 0;  ///< the last one's, as is `client`
  std::string client;   ///< as CLIENT LIST shows it
  uint64_t count = 1;
};

class AclLog {
 public:
  void add(RefusedUse refused, size_t max_entries);
  /// The newest first.
  std::vector<RefusedUse> newest(size_t count) const;
  void reset();

  /// How many there were, whatever the log has kept (INFO).
  uint64_t total(DenialReason reason) const { return totals_[static_cast<size_t>(reason)].load(); }
  void reset_totals();

 private:
  mutable std::mutex mutex_;
  std::list<RefusedUse> entries_;
  std::array<std::atomic<uint64_t>, 5> totals_{};  // by DenialReason
};

}  // namespace basalt
