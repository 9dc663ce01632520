#include "server/cold_keys.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <vector>

#include "server/server.h"

namespace basalt {

namespace {

constexpr size_t kMostHelpers = 15;
constexpr size_t kKeysPerHelper = 2;  // fewer are read sooner than a thread wakes up
// What is brought in must still be there when the command comes to it: this part of the memory budget at most.
constexpr uint64_t kBudgetPart = 8;
constexpr uint64_t kLeastBytes = 4096;  // of a record: its block

// Whether the command begins by reading the records of its keys: all that read, and DEL and UNLINK.
bool reads_its_keys(const CommandSpec& spec) { return (spec.flags & kReadonly) || spec.key_use.starts_with("RM"); }

std::vector<Key> cold_keys(Keyspace& keyspace, const CommandSpec& spec, const Args& args, uint16_t db) {
  std::vector<int> positions;
  find_keys(spec, args, positions);
  std::vector<Key> cold;
  if (positions.size() < 2) return cold;
  Txn txn(keyspace, Access::inline_);
  for (int position : positions) {
    const Key key{db, args[position]};
    if (auto found = txn.find(key); !found && found.error().would_block()) cold.push_back(key);
  }
  return cold;
}

// What the helpers share. The keys are the command's arguments: they are there until all are done.
class Share {
 public:
  Share(Keyspace& keyspace, std::vector<Key> keys)
      : keyspace_(keyspace),
        keys_(std::move(keys)),
        bytes_left_(static_cast<int64_t>(keyspace.store().memory().budget / kBudgetPart)),
        done_(static_cast<ptrdiff_t>(keys_.size())) {}

  /// Reads keys that nobody has begun, until there are none.
  void help() {
    for (size_t i = next_++; i < keys_.size(); i = next_++) {
      if (bytes_left_ > 0) bytes_left_ -= static_cast<int64_t>(read(keys_[i]));
      done_.count_down();
    }
  }
  void wait() { done_.wait(); }

 private:
  uint64_t read(Key key) {
    Txn txn(keyspace_, Access::blocking);
    const auto found = txn.find(key);
    return std::max(kLeastBytes, found && *found ? (*found)->head.body.size() : 0);
  }

  Keyspace& keyspace_;
  const std::vector<Key> keys_;
  std::atomic<size_t> next_{0};
  std::atomic<int64_t> bytes_left_;
  std::latch done_;
};

}  // namespace

void bring_in_cold_keys(Server& server, const CommandSpec& spec, const Args& args, uint16_t db) {
  if (!reads_its_keys(spec)) return;
  std::vector<Key> keys = cold_keys(server.keyspace(), spec, args, db);
  const size_t helpers = std::min({kMostHelpers, keys.size() / kKeysPerHelper, size_t{server.pool().threads() / 2}});
  // When others wait for a thread, the disk has enough to do at a time.
  if (helpers == 0 || server.pool().queued() > 0) return;
  const auto share = std::make_shared<Share>(server.keyspace(), std::move(keys));
  for (size_t i = 0; i < helpers; ++i) server.pool().submit([share](unsigned) { share->help(); });
  share->help();
  share->wait();
}

}  // namespace basalt
