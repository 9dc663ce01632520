// What a command is: one row. COMMAND, COMMAND DOCS, ACL categories, key extraction and the
// documentation's tables derive from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "command/outcome.h"
#include "resp/request_parser.h"

namespace basalt {

class Call;

/// Redis's command flags (COMMAND INFO) and, from kOffload on, ours, which clients don't see.
enum CommandFlag : uint64_t {
  kWrite = 1 << 0,
  kReadonly = 1 << 1,
  kDenyOom = 1 << 2,
  kAdmin = 1 << 3,
  kPubsub = 1 << 4,
  kNoScript = 1 << 5,
  kBlocking = 1 << 6,
  kLoading = 1 << 7,
  kStale = 1 << 8,
  kSkipMonitor = 1 << 9,
  kSkipSlowlog = 1 << 10,
  kAsking = 1 << 11,
  kFast = 1 << 12,
  kNoAuth = 1 << 13,
  kMayReplicate = 1 << 14,
  kMovableKeys = 1 << 15,
  kAllowBusy = 1 << 16,
  kNoMulti = 1 << 17,
  kNoAsyncLoading = 1 << 18,
  kNoMandatoryKeys = 1 << 19,
  // Ours.
  kOffload = 1 << 25,           ///< O(N) over more than its keys: always on the storage pool
  kNoTxn = 1 << 26,             ///< touches no data: runs without a Txn commit (PING, CONFIG, …)
  kRunsInsideMulti = 1 << 28,   ///< not queued by MULTI (EXEC, DISCARD, WATCH, …)
  kInSubscribedMode = 1 << 29,  ///< allowed to a RESP2 subscriber
  kDangerous = 1 << 27,         ///< @dangerous beyond what kAdmin implies (KEYS, SORT, …)
};

/// Its ACL category (@hash, @keyspace, …) follows from it; see acl_categories.
enum class Group : uint8_t {
  generic,
  string,
  list,
  set,
  sorted_set,
  hash,
  pubsub,
  transactions,
  connection,
  server,
  scripting,
  hyperloglog,
  cluster,
  geo,
  stream,
  bitmap,
};

/// Where the keys are: as COMMAND says it (first, last, step; last -1 is the last argument), or a
/// function for commands whose keys move (SORT … STORE, ZUNIONSTORE, …).
struct KeyPositions {
  int first = 0;
  int last = 0;
  int step = 0;
  /// Appends the indexes of the key arguments; may be called with arguments that are wrong.
  void (*find)(const Args& args, std::vector<int>& positions) = nullptr;
};

/// How a command uses its keys: for ACL (%R~ %W~) and COMMAND GETKEYSANDFLAGS. Written as Redis writes its
/// key specs: "RO", "RW", "OW", "RM", then "access", "update", "insert", "delete", …, e.g. "RW access update".
/// Several specs for different keys are separated by ';', the last one repeats ("RW access delete;RW insert").
using KeyUse = std::string_view;

using Handler = Result<Outcome> (*)(Call&);

struct CommandSpec {
  std::string_view name;  ///< lower case; a subcommand's own word
  int arity;              ///< as in COMMAND: counts the name; negative: at least
  uint64_t flags;
  KeyPositions keys;
  KeyUse key_use;
  Group group;
  std::string_view since;
  std::string_view summary;
  std::string_view complexity;
  Handler handler;  ///< null for a pure container (CONFIG, CLIENT, …)
  std::span<const CommandSpec> subcommands = {};
  /// ACL categories in place of the group's, where Redis departs from the rule: "@set @sortedset @list" (SORT).
  std::string_view acl = {};
};

/// How the key at the `ordinal`th of a call's key positions is used.
KeyUse key_use_of(const CommandSpec& spec, size_t ordinal);

/// Positions of the key arguments of this call.
void find_keys(const CommandSpec& spec, const Args& args, std::vector<int>& positions);

}  // namespace basalt
