// A consumer group as commands change it. Pending entries go into the Txn at once; save() writes the group and the
// consumers that were changed.
//
// Invariant: a pending entry has two records: by its id, with everything, and by its consumer, empty. The counters of
// the group and of the consumers say how many there are.
//
// Thread rules: those of the Txn, which holds the key's lock.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "types/stream/stream_group.h"

namespace basalt {

class GroupWriter : public GroupReader {
 public:
  static Result<std::optional<GroupWriter>> find(Txn& txn, ObjectId object, std::string_view name);
  /// A new group.
  GroupWriter(Txn& txn, ObjectId object, std::string_view name, const StreamGroup& group)
      : GroupReader(txn, object, name, group) {}

  void set_last_id(StreamId id) {
    group_.last_id = id;
    changed_ = true;
  }
  void set_entries_read(int64_t entries) {
    group_.entries_read = entries;
    changed_ = true;
  }

  /// Whether the consumer is there, and there only now.
  enum class Found : uint8_t { no, yes, created };
  Result<Found> has_consumer(std::string_view name);
  /// Creates it if it is not there.
  Result<Found> need_consumer(std::string_view name);
  /// The consumer was heard of. It is there.
  void see_consumer(std::string_view name);
  void set_seen(std::string_view name, int64_t seen_ms);
  /// With all that is pending for it: how many entries.
  Result<uint64_t> remove_consumer(std::string_view name);

  /// `pending` belongs to its consumer, which is there; it may have belonged to another one, or to nobody yet.
  Result<void> put_pending(StreamId id, const StreamPending& pending);
  /// False: it was not pending.
  Result<bool> remove_pending(StreamId id);

  /// Removes the group with all its records. No save() after it.
  Result<void> destroy();
  /// Once, after the last change; writes nothing when there was none.
  Result<void> save();

 private:
  struct Known {
    StreamConsumer consumer;
    bool there = true;
    bool changed = false;
  };
  Result<Known*> look_up(std::string_view name);
  Result<void> change_pending_of(std::string_view name, int64_t difference);
  Result<void> find_first_pending();

  std::map<std::string, Known, std::less<>> consumers_;
  bool changed_ = true;
  bool first_gone_ = false;  // the first pending id is that of an entry that is pending no more
};

}  // namespace basalt
