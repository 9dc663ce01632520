// Clients blocked on keys (BLPOP, BZPOPMIN, …), served in arrival order by the commit that brings them
// what they wait for, before anyone else can take it: the committing thread still holds the key's
// lock while it runs the waiting command.
//
// Thread rules: thread-safe. committed() is called under the touched keys' locks.
//
// Invariants:
// 1. A waiter is answered exactly once: by a commit, by its timeout, by CLIENT UNBLOCK, or not at all when
//    its connection ends. Whoever answers holds the waiter's mutex and sets `over`.
// 2. add() runs under the locks of the waiter's keys, so no commit falls between looking and waiting.
// 3. Whoever holds a key's lock only tries for a waiter's mutex, since the pool waits for keys while it holds
//    one. Who finds it taken leaves `missed` behind, and who releases it looks there afterwards.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "command/outcome.h"
#include "keyspace/events.h"
#include "server/session.h"
#include "server/transaction.h"

namespace basalt {

class Server;
class Txn;

struct Waiter {
  Waiter(const std::shared_ptr<Session>& session, CommandTable::Match match, const Args& args, Outcome outcome);

  const std::weak_ptr<Session> session;
  const uint64_t client_id;
  const QueuedCommand command;
  const uint16_t db;
  const Protocol protocol;
  const Outcome outcome;
  const int64_t since_us;
  std::vector<std::string> keys;  // ids in the registry
  std::mutex mutex;
  std::atomic<bool> missed{false};  // a key changed while somebody else held the mutex
  bool over = false;

  /// Answered, or nobody is there any more to answer. Under the mutex.
  bool is_over() const { return over || session.expired(); }
};

class WaitingClients {
 public:
  explicit WaitingClients(Server& server) : server_(server) {}

  void add(std::shared_ptr<Waiter> waiter, std::span<const Key> keys);
  /// Serves whoever waits for a key among `touches`. `txn` is the one that just committed.
  void committed(Txn& txn, std::span<const Touch> touches);

  enum class Ended : uint8_t { yes, no, busy };  ///< busy: being served this moment; ask again soon
  /// The time of the client's waiter is up: answers as its command says.
  Ended time_out(uint64_t client_id);
  /// CLIENT UNBLOCK … ERROR.
  Ended unblock_with_error(uint64_t client_id);
  /// The connection is gone.
  void forget(uint64_t client_id);

  size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  using Queue = std::list<std::shared_ptr<Waiter>>;
  Ended end(uint64_t client_id, std::string reply);
  enum class Attempt : uint8_t { served, nothing_there, would_block };
  /// After a change of the key with that id, by `lender`; false: the command found nothing.
  bool serve(const std::shared_ptr<Waiter>& waiter, const std::string& key_id, Txn& lender);
  /// After a change of any of its keys, when their locks or the disk have to be waited for.
  void serve_on_pool(std::shared_ptr<Waiter> waiter);
  void serve_if_missed(const std::shared_ptr<Waiter>& waiter);
  /// Runs the waiter's command, under its mutex.
  Attempt attempt(Waiter& waiter, const std::string& key_id, Txn* lender);
  void remove(const Waiter& waiter);
  std::vector<std::shared_ptr<Waiter>> waiters_of(const std::string& key_id) const;
  std::vector<std::shared_ptr<Waiter>> waiters_in(uint16_t db) const;

  Server& server_;
  mutable std::mutex mutex_;  // guards the maps; never held while a command runs
  absl::flat_hash_map<std::string, Queue> by_key_;
  absl::flat_hash_map<uint64_t, std::shared_ptr<Waiter>> by_client_;
  std::atomic<size_t> count_{0};
};

}  // namespace basalt
