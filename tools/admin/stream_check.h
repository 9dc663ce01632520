// One stream: its head against its entries and nodes, its groups against their consumers, and these against what
// is pending, by id and by consumer (layout/stream.h).
//
// Entries and pending entries are what was written; nodes, counters and the index by consumer are put right after
// them. Memory: the groups and consumers of one stream.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "layout/stream.h"
#include "tools/admin/context.h"
#include "tools/admin/object_rows.h"

namespace basalt::tools {

class StreamCheck {
 public:
  /// `rows` stand at the stream's first record, or behind where it would be.
  StreamCheck(VerifyContext& context, const SpreadKeys::Entry& key, ObjectRows& rows)
      : context_(context), key_(key), rows_(rows) {}
  Result<void> run();

 private:
  struct Group {
    std::string name;
    StreamGroup stored;
    uint64_t consumers = 0;
    uint64_t pending = 0;
    std::optional<StreamId> first_pending;
  };
  struct Consumer {
    std::optional<StreamConsumer> stored;
    uint64_t pending = 0;
  };
  // How many keys of the index by consumer, and the sum of their hashes.
  struct Sum {
    uint64_t count = 0, hashes = 0;
    void add(std::string_view key);
    bool operator==(const Sum&) const = default;
  };

  Result<void> read_head();
  bool read_row(layout::StreamKind kind);
  bool read_entry();
  bool read_node();
  bool read_group();
  bool read_consumer();
  bool read_pending();

  Result<void> check_entries();
  Result<bool> nodes_fit();
  Result<void> mend_entries();
  void check_groups();
  std::string group_problem() const;
  Result<void> mend_groups();
  Result<void> erase_kind(layout::StreamKind kind);

  Result<Cursor> cursor_of(layout::StreamKind kind);
  std::string label() const { return context_.system.key_label("stream", key_.db, key_.name()); }

  VerifyContext& context_;
  const SpreadKeys::Entry& key_;
  ObjectRows& rows_;
  Head head_;
  std::string body_;
  std::optional<StreamFields> fields_;
  uint64_t entries_ = 0;
  StreamId first_, last_;
  std::map<uint32_t, Group> groups_;
  std::map<std::pair<uint32_t, std::string>, Consumer> consumers_;
  bool strangers_ = false;  // records of a group that is not there, or two groups of one number
  Sum pending_, owned_;
};

}  // namespace basalt::tools
