// A consumer group of a stream as commands read it: its consumers, and what is pending. Changing is in
// stream_group_writer.h.
//
// Thread rules: those of the Txn. The stream is found frozen, or its key's lock is held.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "base/result.h"
#include "keyspace/txn.h"
#include "layout/stream.h"

namespace basalt {

/// Shows the groups of a stream in the order of their names.
Result<void> walk_stream_groups(Txn& txn, ObjectId object,
                                absl::FunctionRef<Result<void>(std::string_view name, const StreamGroup& group)> visit);

class GroupReader {
 public:
  /// nullopt: the stream has no group of that name, which is borrowed.
  static Result<std::optional<GroupReader>> find(Txn& txn, ObjectId object, std::string_view name);
  GroupReader(Txn& txn, ObjectId object, std::string_view name, const StreamGroup& group)
      : txn_(&txn), object_(object), name_(name), group_(group) {}

  const StreamGroup& group() const { return group_; }

  Result<std::optional<StreamConsumer>> consumer(std::string_view name) const;
  Result<void> walk_consumers(
      absl::FunctionRef<Result<void>(std::string_view name, const StreamConsumer& consumer)> visit) const;

  /// What is pending, borrowed from `bytes`.
  Result<std::optional<StreamPending>> pending(StreamId id, Value& bytes) const;
  /// Takes a pending entry; false ends the walk. The Txn must not be written meanwhile.
  using PendingVisitor = absl::FunctionRef<Result<bool>(StreamId id, const StreamPending& pending)>;
  /// From `from` to `to`, both included; of all consumers or of one.
  Result<void> walk_pending(StreamId from, StreamId to, PendingVisitor visit) const;
  Result<void> walk_owned(std::string_view consumer, StreamId from, StreamId to, PendingVisitor visit) const;
  /// The highest id that is pending.
  Result<std::optional<StreamId>> last_pending() const;

 protected:
  /// Shows the ids of a consumer's pending entries.
  Result<void> walk_owned_ids(std::string_view consumer, StreamId from, StreamId to,
                              absl::FunctionRef<Result<bool>(StreamId id)> visit) const;
  std::string group_end(layout::StreamKind kind) const;

  Txn* txn_;
  ObjectId object_;
  std::string_view name_;
  StreamGroup group_;
};

}  // namespace basalt
