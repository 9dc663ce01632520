#include "types/rdb/stream_encoding.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "base/bytes.h"
#include "base/number.h"
#include "types/common/members.h"
#include "types/rdb/listpack.h"
#include "types/stream/stream.h"
#include "types/stream/stream_group.h"
#include "types/stream/stream_node.h"

namespace basalt::rdb {

namespace {

constexpr int64_t kDeleted = 1;
constexpr int64_t kSharesFields = 2;
constexpr size_t kIdBytes = 16;

// ---- writing ----

std::string raw_id(StreamId id) {
  std::string bytes;
  append_be(bytes, id.ms);
  append_be(bytes, id.sequence);
  return bytes;
}

void write_id(RdbWriter& out, StreamId id) {
  out.length(id.ms);
  out.length(id.sequence);
}

// The listpack of one node, entry by entry.
class NodeEncoder {
 public:
  explicit NodeEncoder(const StreamNode& node) : node_(node) {}

  Result<void> add(const StreamEntry& entry) {
    const auto elements = layout::unpack(entry.body);
    if (!elements || elements->size() != entry.pairs * 2) return damaged_record("a stream's entry");
    if (count_++ == 0) begin(*elements);
    const bool shares_fields = shares(*elements);
    const auto pairs = static_cast<int64_t>(entry.pairs);
    listpack_.append(shares_fields ? kSharesFields : int64_t{0});
    listpack_.append(static_cast<int64_t>(entry.id.ms - node_.first.ms));
    listpack_.append(static_cast<int64_t>(entry.id.sequence - node_.first.sequence));
    if (!shares_fields) listpack_.append(pairs);
    for (size_t i = shares_fields ? 1 : 0; i < elements->size(); i += shares_fields ? 2 : 1) {
      listpack_.append((*elements)[i]);
    }
    listpack_.append(shares_fields ? pairs + 3 : 2 * pairs + 4);
    return {};
  }

  Result<std::string> finish() {
    if (count_ != node_.live) return damaged_record("a stream's node");
    return listpack_.finish();
  }

 private:
  void begin(const std::vector<std::string_view>& elements) {
    for (size_t i = 0; i < elements.size(); i += 2) fields_.emplace_back(elements[i]);
    listpack_.append(static_cast<int64_t>(node_.live));
    listpack_.append(int64_t{0});
    listpack_.append(static_cast<int64_t>(fields_.size()));
    for (const std::string& field : fields_) listpack_.append(std::string_view(field));
    listpack_.append(int64_t{0});
  }

  bool shares(const std::vector<std::string_view>& elements) const {
    if (elements.size() != fields_.size() * 2) return false;
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (elements[2 * i] != fields_[i]) return false;
    }
    return true;
  }

  const StreamNode& node_;
  ListpackBuilder listpack_;
  std::vector<std::string> fields_;
  uint64_t count_ = 0;
};

Result<void> write_nodes(const Stream& stream, RdbWriter& out, absl::FunctionRef<Result<void>()> appended) {
  uint64_t nodes = 0;
  uint64_t entries = 0;
  // A node may be empty when the stream is.
  const uint64_t announced = stream.size() == 0 ? 0 : stream.fields().nodes;
  out.length(announced);
  TRY(stream.walk_nodes([&](const StreamNode& node, bool) -> Result<bool> {
    if (announced == 0) return false;
    NodeEncoder encoder(node);
    TRY(stream.walk(node.first, node.last, Stream::Order::ascending, [&](const StreamEntry& entry) -> Result<bool> {
      TRY(encoder.add(entry));
      return true;
    }));
    out.string(raw_id(node.first));
    out.string(TRY(encoder.finish()));
    ++nodes;
    entries += node.live;
    TRY(appended());
    return true;
  }));
  if (nodes != announced || entries != stream.size()) return damaged_record("a stream's nodes");
  return {};
}

Result<void> write_group(Txn& txn, ObjectId object, std::string_view name, const StreamGroup& group, RdbWriter& out,
                         absl::FunctionRef<Result<void>()> appended) {
  const GroupReader reader(txn, object, name, group);
  uint64_t pending_entries = 0;
  uint64_t owned_entries = 0;
  uint64_t consumers = 0;
  out.string(name);
  write_id(out, group.last_id);
  out.length(static_cast<uint64_t>(group.entries_read));
  out.length(group.pending);
  TRY(reader.walk_pending(kMinStreamId, kMaxStreamId, [&](StreamId id, const StreamPending& pending) -> Result<bool> {
    out.raw(raw_id(id));
    out.fixed64(static_cast<uint64_t>(pending.delivered_ms));
    out.length(pending.deliveries);
    ++pending_entries;
    TRY(appended());
    return true;
  }));
  out.length(group.consumers);
  TRY(reader.walk_consumers([&](std::string_view consumer_name, const StreamConsumer& consumer) -> Result<void> {
    out.string(consumer_name);
    out.fixed64(static_cast<uint64_t>(consumer.seen_ms));
    out.length(consumer.pending);
    ++consumers;
    uint64_t owned = 0;
    TRY(reader.walk_owned(consumer_name, kMinStreamId, kMaxStreamId,
                          [&](StreamId id, const StreamPending&) -> Result<bool> {
                            out.raw(raw_id(id));
                            ++owned;
                            return true;
                          }));
    if (owned != consumer.pending) return damaged_record("a stream's consumer");
    owned_entries += owned;
    return appended();
  }));
  if (pending_entries != group.pending || owned_entries != group.pending || consumers != group.consumers) {
    return damaged_record("a stream's consumer group");
  }
  return {};
}

// ---- reading ----

// The elements of a listpack, which are shown but once, to be read one after the other.
class Elements {
 public:
  static Result<Elements> of(std::string_view listpack) {
    Elements elements;
    TRY(walk_listpack(listpack, [&](std::string_view element) -> Result<void> {
      elements.bytes_.append(element);
      elements.ends_.push_back(elements.bytes_.size());
      return {};
    }));
    return elements;
  }

  bool at_end() const { return next_ == ends_.size(); }
  size_t left() const { return ends_.size() - next_; }
  Result<std::string_view> take() {
    if (at_end()) return bad_format();
    const size_t begin = next_ == 0 ? 0 : ends_[next_ - 1];
    const size_t end = ends_[next_++];
    return std::string_view(bytes_).substr(begin, end - begin);
  }
  Result<int64_t> integer() {
    const auto value = parse_int64(TRY(take()));
    if (!value) return bad_format();
    return *value;
  }
  /// How many elements of `width` follow.
  Result<size_t> count(size_t width) {
    const int64_t value = TRY(integer());
    if (value < 0 || static_cast<uint64_t>(value) > left() / width) return bad_format();
    return static_cast<size_t>(value);
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
  size_t next_ = 0;
};

StreamId decode_raw_id(std::string_view bytes) {
  return {load_big_endian<uint64_t>(bytes.data()), load_big_endian<uint64_t>(bytes.data() + sizeof(uint64_t))};
}

Result<StreamId> read_id(RdbReader& in) {
  const uint64_t ms = TRY(in.length());
  return StreamId{ms, TRY(in.length())};
}

// Reads a stream and tells the sink; knows what its parts must have in common.
class StreamParser {
 public:
  StreamParser(RdbReader& in, ValueType type, ValueSink& sink) : in_(in), type_(type), sink_(sink) {}

  Result<void> read() {
    for (uint64_t nodes = TRY(in_.length()); nodes > 0; --nodes) TRY(read_node());
    TRY(read_fields());
    for (uint64_t groups = TRY(in_.length()); groups > 0; --groups) TRY(read_group());
    fields_.groups = fields_.groups_ever;
    return sink_.stream_fields(fields_, size_);
  }

 private:
  bool since_7_0() const { return type_ != ValueType::stream_listpacks; }

  Result<void> read_node() {
    const std::string_view first = TRY(in_.string());
    if (first.size() != kIdBytes) return bad_format();
    StreamNode node;
    node.first = node.last = decode_raw_id(first);
    if (last_entry_ && node.first <= *last_entry_) return bad_format();
    const std::string_view listpack = TRY(in_.string());
    node.bytes = listpack.size();
    Elements elements = TRY(Elements::of(listpack));
    TRY(elements.integer());  // the counters: what is there is counted
    TRY(elements.integer());
    std::vector<std::string_view> names(TRY(elements.count(1)));
    for (std::string_view& name : names) name = TRY(elements.take());
    node.fields_hash = hash_stream_fields(names, 1);
    if (TRY(elements.integer()) != 0) return bad_format();
    while (!elements.at_end()) TRY(read_entry(elements, names, node));
    if (node.live == 0) return {};
    size_ += node.live;
    return sink_.stream_node(node);
  }

  Result<void> read_entry(Elements& elements, const std::vector<std::string_view>& names, StreamNode& node) {
    const int64_t flags = TRY(elements.integer());
    StreamId id = node.first;
    id.ms += static_cast<uint64_t>(TRY(elements.integer()));
    id.sequence += static_cast<uint64_t>(TRY(elements.integer()));
    if (id == kMinStreamId || (last_entry_ && id <= *last_entry_) || id < node.first) return bad_format();
    std::vector<std::string_view> pairs;
    if (flags & kSharesFields) {
      for (std::string_view name : names) {
        pairs.push_back(name);
        pairs.push_back(TRY(elements.take()));
      }
    } else {
      pairs.resize(2 * TRY(elements.count(2)));
      for (std::string_view& element : pairs) element = TRY(elements.take());
    }
    const size_t stored = flags & kSharesFields ? names.size() + 3 : pairs.size() + 4;
    if (TRY(elements.integer()) != static_cast<int64_t>(stored)) return bad_format();
    node.last = id;
    last_entry_ = id;
    if (flags & kDeleted) {
      ++node.deleted;
      return {};
    }
    if (size_ + node.live++ == 0) fields_.first_id = id;
    last_live_ = id;
    return sink_.stream_entry(id, pairs);
  }

  Result<void> read_fields() {
    TRY(in_.length());  // how many entries: they were counted
    fields_.last_id = std::max(TRY(read_id(in_)), last_live_);
    fields_.entries_added = size_;
    if (!since_7_0()) return {};
    TRY(read_id(in_));  // the first id, which is known
    fields_.max_deleted_id = TRY(read_id(in_));
    fields_.entries_added = TRY(in_.length());
    return {};
  }

  struct Pending {
    StreamId id;
    int64_t delivered_ms;
    uint64_t deliveries;
    bool owned;
    bool operator<(StreamId other) const { return id < other; }
  };

  Result<void> read_group() {
    const std::string name(TRY(in_.string()));
    if (!group_names_.insert(name).second) return bad_format();
    StreamGroup group;
    group.number = ++fields_.groups_ever;
    group.last_id = TRY(read_id(in_));
    group.entries_read =
        since_7_0() ? static_cast<int64_t>(TRY(in_.length())) : entries_up_to(fields_, size_, group.last_id);
    std::vector<Pending> pending;
    for (uint64_t left = TRY(in_.length()); left > 0; --left) {
      const StreamId id = decode_raw_id(TRY(in_.raw(kIdBytes)));
      if (!pending.empty() && id <= pending.back().id) return bad_format();
      const auto delivered_ms = static_cast<int64_t>(TRY(in_.fixed64()));
      pending.push_back({id, delivered_ms, TRY(in_.length()), /*owned=*/false});
    }
    absl::flat_hash_set<std::string> consumers;
    for (uint64_t left = TRY(in_.length()); left > 0; --left) TRY(read_consumer(group, pending, consumers));
    for (const Pending& entry : pending) {
      if (!entry.owned) return bad_format();
    }
    group.pending = pending.size();
    if (!pending.empty()) group.first_pending = pending.front().id;
    return sink_.stream_group(name, group);
  }

  Result<void> read_consumer(StreamGroup& group, std::vector<Pending>& pending,
                             absl::flat_hash_set<std::string>& consumers) {
    const std::string name(TRY(in_.string()));
    if (!consumers.insert(name).second) return bad_format();
    StreamConsumer consumer;
    consumer.seen_ms = static_cast<int64_t>(TRY(in_.fixed64()));
    if (type_ == ValueType::stream_listpacks_3) TRY(in_.fixed64());  // when it was last given something
    for (uint64_t left = TRY(in_.length()); left > 0; --left) {
      const StreamId id = decode_raw_id(TRY(in_.raw(kIdBytes)));
      const auto entry = std::lower_bound(pending.begin(), pending.end(), id);
      if (entry == pending.end() || entry->id != id || std::exchange(entry->owned, true)) return bad_format();
      TRY(sink_.stream_pending(group.number, id, {entry->delivered_ms, entry->deliveries, name}));
      ++consumer.pending;
    }
    ++group.consumers;
    return sink_.stream_consumer(group.number, name, consumer);
  }

  RdbReader& in_;
  ValueType type_;
  ValueSink& sink_;
  StreamFields fields_;
  uint64_t size_ = 0;
  std::optional<StreamId> last_entry_;
  StreamId last_live_;
  absl::flat_hash_set<std::string> group_names_;
};

}  // namespace

Result<void> write_stream(Txn& txn, const Record& record, RdbWriter& out, absl::FunctionRef<Result<void>()> appended) {
  const Stream stream = TRY(Stream::of(txn, record));
  const StreamFields& fields = stream.fields();
  out.type(ValueType::stream_listpacks_2);
  TRY(write_nodes(stream, out, appended));
  out.length(stream.size());
  write_id(out, fields.last_id);
  write_id(out, fields.first_id);
  write_id(out, fields.max_deleted_id);
  out.length(fields.entries_added);
  out.length(fields.groups);
  uint64_t groups = 0;
  TRY(walk_stream_groups(txn, stream.object(), [&](std::string_view name, const StreamGroup& group) {
    ++groups;
    return write_group(txn, stream.object(), name, group, out, appended);
  }));
  return groups == fields.groups ? Result<void>() : damaged_record("a stream's consumer groups");
}

Result<void> read_stream_parts(RdbReader& in, ValueType type, ValueSink& sink) {
  return StreamParser(in, type, sink).read();
}

}  // namespace basalt::rdb
