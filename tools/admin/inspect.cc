#include <fmt/format.h>

#include "keyspace/key_tally.h"
#include "keyspace/record.h"
#include "layout/packed.h"
#include "layout/stream.h"
#include "tools/admin/record_text.h"
#include "tools/admin/text.h"

namespace basalt::tools {
namespace {

constexpr size_t kMostBytes = 200;  // shown of a name or a value

std::string expiry_text(int64_t ms) { return ms == 0 ? "never" : time_text(ms); }

std::string field_text(std::string_view name, const layout::FieldValue& value) {
  std::string text = fmt::format("{} = {}", quoted(name, kMostBytes), quoted(value.bytes, kMostBytes));
  if (value.expire_ms != 0) text += ", expires " + time_text(value.expire_ms);
  return text;
}

// A name and what is stored with it, of a packed body or of an item.
std::string element_text(Type type, std::string_view name, std::string_view value) {
  if (type == Type::hash) {
    const auto field = layout::decode_field_value(value);
    return field ? field_text(name, *field) : quoted(name, kMostBytes) + " = (makes no sense)";
  }
  if (type == Type::zset) {
    const auto score = layout::decode_score(value);
    return fmt::format("{} {}", quoted(name, kMostBytes), score ? fmt::format("{}", *score) : "(makes no sense)");
  }
  return quoted(name, kMostBytes);
}

// Of whatever kind.
std::string stream_text(std::string_view key, std::string_view value) {
  using layout::StreamKind;
  static constexpr std::string_view kKinds[] = {"", "entry", "node", "group", "consumer", "pending", "owned"};
  const size_t kind = key.size() > sizeof(ObjectId) ? static_cast<unsigned char>(key[sizeof(ObjectId)]) : 0;
  if (kind == 0 || kind >= std::size(kKinds)) return quoted(key, kMostBytes) + " (makes no sense)";
  std::optional<StreamId> id;
  switch (static_cast<StreamKind>(kind)) {
    case StreamKind::entry: id = layout::decode_stream_entry_key(key); break;
    case StreamKind::node: id = layout::decode_stream_node_key(key); break;
    case StreamKind::pending: id = layout::decode_stream_pending_key(key); break;
    case StreamKind::owned: id = layout::decode_stream_owned_key(key); break;
    default: break;
  }
  const std::string name =
      id ? fmt::format("{}-{}", id->ms, id->sequence) : quoted(key.substr(sizeof(ObjectId) + 1), kMostBytes);
  return fmt::format("{} {} = {}", kKinds[kind], name, quoted(value, kMostBytes));
}

std::string item_text(Type type, std::string_view key, std::string_view value) {
  const std::string nonsense = quoted(key, kMostBytes) + " (makes no sense)";
  if (type == Type::list) {
    const auto index = layout::decode_index_key(key);
    return index ? fmt::format("[{}] {}", index->index, quoted(value, kMostBytes)) : nonsense;
  }
  if (type == Type::string) {
    const auto chunk = layout::decode_chunk_key(key);
    return chunk ? fmt::format("chunk {}: {}", chunk->chunk, quoted(value, kMostBytes)) : nonsense;
  }
  if (type == Type::stream) return stream_text(key, value);
  const auto member = layout::decode_member_key(key);
  return member ? element_text(type, member->member, value) : nonsense;
}

std::string row_text(Type type, std::string_view key, std::string_view value) {
  if (type == Type::zset) {
    const auto row = layout::decode_score_key(key);
    const auto score = row ? layout::decode_score_row(row->score, value) : std::nullopt;
    if (score) return fmt::format("{} {}", *score, quoted(row->member, kMostBytes));
  } else if (const auto row = layout::decode_field_expiry_key(key)) {
    return fmt::format("{} {}", time_text(row->expire_ms), quoted(row->field, kMostBytes));
  }
  return quoted(key, kMostBytes) + " (makes no sense)";
}

class Inspection {
 public:
  Inspection(Store& store, DbId db, std::string_view name, uint64_t most, const Lines& lines)
      : store_(store), db_(db), name_(name), record_key_(layout::record_key(db, name)), most_(most), lines_(lines) {}

  Result<bool> column(Column column) {
    Value value;
    if (!TRY(store_.get(column, record_key_, {}, &value))) return false;
    line("record", fmt::format("{} = {}", quoted(record_key_), quoted(value.view(), kMostBytes)));
    line("column", column_name(column));
    const auto head = column == Column::strings ? layout::decode_string_record(value.view())
                                                : layout::decode_head_record(value.view());
    if (!head) {
      line("damage", "the record makes no sense");
      return true;
    }
    TRY(show(*head));
    return true;
  }

 private:
  void line(std::string_view what, std::string_view text) { lines_(fmt::format("{:<9} {}", what, text)); }

  Result<void> show(const Head& head) {
    line("type", fmt::format("{}, {}", type_name(head.type), encoding_name(head.encoding)));
    line("size", fmt::format("{} {}", head.size, head.type == Type::string ? "bytes" : "elements"));
    line("expires", expiry_text(head.expire_ms));
    if (head.next_field_expiry_ms != 0) line("fields", "expire from " + time_text(head.next_field_expiry_ms) + " on");
    if (const int64_t due = due_ms(head)) {
      Value row;
      const bool there = TRY(store_.get(Column::expiry, layout::expiry_key(due, db_, name_), {}, &row));
      line("due", fmt::format("{}, {} the expiry index", time_text(due), there ? "in" : "NOT IN"));
    }
    if (head.encoding == Encoding::plain) line("value", quoted(head.body, kMostBytes));
    else if (!head.spread()) show_body(head);
    else return show_object(head);
    return {};
  }

  void show_body(const Head& head) {
    const bool pairs = head.type == Type::hash || head.type == Type::zset;
    layout::PackedReader reader(head.body);
    uint64_t shown = 0;
    while (const auto name = reader.next()) {
      const auto value = pairs ? reader.next() : std::string_view();
      if (shown++ < most_) line("element", element_text(head.type, *name, value.value_or("")));
    }
    if (shown > most_) line("", fmt::format("… {} more (--items N shows more)", shown - most_));
    if (reader.damaged()) line("damage", "the packed body ends in bytes that make no sense");
  }

  Result<void> show_object(const Head& head) {
    line("object", fmt::format("{:016x}", head.object));
    if (head.type == Type::list) line("first", fmt::format("index {}", head.first));
    if (head.type == Type::stream) return show_rows(Column::streams, "record", head, item_text);
    TRY(show_rows(Column::items, "item", head, item_text));
    if (head.type == Type::zset || head.type == Type::hash) return show_rows(Column::scores, "row", head, row_text);
    return {};
  }

  using RowText = std::string (*)(Type, std::string_view, std::string_view);
  Result<void> show_rows(Column column, std::string_view what, const Head& head, RowText text) {
    const KeyBuffer from = layout::object_prefix(head.object);
    const KeyBuffer to = layout::object_prefix(head.object + 1);
    Cursor cursor = store_.cursor(column, {}, {.lower = from, .upper = to, .fill_cache = false});
    uint64_t rows = 0;
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      if (rows++ < most_) line(what, text(head.type, cursor.key(), cursor.value()));
    }
    if (rows > most_) line("", fmt::format("… {} more (--items N shows more)", rows - most_));
    return cursor.status();
  }

  Store& store_;
  const DbId db_;
  const std::string_view name_;
  const KeyBuffer record_key_;
  const uint64_t most_;
  const Lines& lines_;
};

}  // namespace

Result<bool> inspect(Store& store, const SystemState& system, uint16_t number, std::string_view name, uint64_t most,
                     const Lines& lines) {
  const auto db = system.id_of(number);
  if (!db) return fail(fmt::format("there is no database {} in {}", number, store.directory()));
  lines(fmt::format("{:<9} {} (db {}, range {})", "key", quoted(name), number, *db));
  Inspection inspection(store, *db, name, most, lines);
  const bool in_strings = TRY(inspection.column(Column::strings));
  const bool in_heads = TRY(inspection.column(Column::heads));
  return in_strings || in_heads;
}

}  // namespace basalt::tools
