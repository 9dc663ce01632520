#include <fmt/format.h>

#include <algorithm>

#include "base/glob.h"
#include "base/number.h"
#include "base/slot.h"
#include "layout/packed.h"
#include "tools/admin/dump_stream.h"
#include "tools/admin/record_text.h"
#include "tools/admin/text.h"
#include "types/string/string_value.h"

namespace basalt::tools {
namespace {

// One key's commands.
class KeyDump {
 public:
  KeyDump(Store& store, std::string_view name, const Head& head, const Lines& lines)
      : store_(store), name_(quoted(name)), head_(head), lines_(lines) {}

  /// False: something of it makes no sense; what came before is there.
  Result<bool> run() {
    if (head_.encoding == Encoding::plain) line("SET", quoted(head_.body));
    else if (!TRY(head_.spread() ? spread() : packed())) return false;
    if (head_.expire_ms != 0) line("PEXPIREAT", fmt::format("{}", head_.expire_ms));
    return true;
  }

 private:
  void line(std::string_view command, std::string_view arguments) {
    lines_(fmt::format("{} {} {}", command, name_, arguments));
  }

  // An element whose name and value are where its encoding has them.
  bool element(std::string_view name, std::string_view value) {
    switch (head_.type) {
      case Type::list: line("RPUSH", quoted(name)); return true;
      case Type::set: line("SADD", quoted(name)); return true;
      case Type::zset: {
        const auto score = layout::decode_score(value);
        if (score) line("ZADD", fmt::format("{} {}", double_to_string(*score), quoted(name)));
        return score.has_value();
      }
      case Type::hash: {
        const auto field = layout::decode_field_value(value);
        if (!field) return false;
        line("HSET", fmt::format("{} {}", quoted(name), quoted(field->bytes)));
        if (field->expire_ms != 0) line("HPEXPIREAT", fmt::format("{} FIELDS 1 {}", field->expire_ms, quoted(name)));
        return true;
      }
      case Type::string:
      case Type::stream: return false;
    }
    return false;
  }

  Result<bool> packed() {
    const bool pairs = head_.type == Type::hash || head_.type == Type::zset;
    layout::PackedReader reader(head_.body);
    while (const auto name = reader.next()) {
      const auto value = pairs ? reader.next() : std::string_view();
      if (!value || !element(*name, *value)) return false;
    }
    return !reader.damaged();
  }

  Result<bool> spread() {
    if (head_.type == Type::stream) {
      return dump_stream(store_, head_, [this](std::string_view name, std::string_view rest) { line(name, rest); });
    }
    const KeyBuffer from = layout::object_prefix(head_.object);
    const KeyBuffer to = layout::object_prefix(head_.object + 1);
    Cursor cursor = store_.cursor(Column::items, {}, {.lower = from, .upper = to, .fill_cache = false});
    // What ends in zeros has no chunk there; the rest of the zeros is in between.
    if (head_.type == Type::string && head_.size != 0) line("SETRANGE", fmt::format("{} \"\\x00\"", head_.size - 1));
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      if (!item(cursor.key(), cursor.value())) return false;
    }
    TRY(cursor.status());
    return true;
  }

  bool item(std::string_view key, std::string_view value) {
    if (head_.type == Type::list) return layout::decode_index_key(key) && element(value, {});
    if (head_.type == Type::string) {
      const auto chunk = layout::decode_chunk_key(key);
      if (chunk) line("SETRANGE", fmt::format("{} {}", chunk->chunk * kChunkBytes, quoted(value)));
      return chunk.has_value();
    }
    const auto member = layout::decode_member_key(key);
    return member && element(member->member, value);
  }

  Store& store_;
  const std::string name_;
  const Head& head_;
  const Lines& lines_;
};

bool is_damage(const Error& error) {
  return error.storage() && error.storage()->cause == StorageError::Cause::corruption;
}

// A database's records in one column. Where a block is damaged, what its slot has behind it is read from the slot's end
// backwards: nothing is lost but the block.
class ColumnDump {
 public:
  ColumnDump(Store& store, Column column, DbId db, std::string_view pattern, const Lines& lines, DumpCounts& counts)
      : store_(store), column_(column), db_(db), pattern_(pattern), lines_(lines), counts_(counts) {}

  Result<void> run() {
    const KeyBuffer from = layout::db_prefix(db_);
    const std::string to = prefix_successor(from).value_or("");
    Cursor cursor = store_.cursor(column_, {}, {.lower = from, .upper = to, .fill_cache = false});
    cursor.seek_to_first();
    bool behind_damage = false;
    for (uint16_t slot = 0; slot < kSlotCount; ++slot) {
      std::string last;
      for (; cursor.valid(); cursor.next()) {
        last = cursor.key();
        behind_damage = false;
        TRY(record(cursor));
      }
      if (TRY(ended_whole(cursor))) return {};
      const auto key = layout::decode_record_key(last);
      if (!std::exchange(behind_damage, true)) {
        ++counts_.gaps;
        lines_(fmt::format("# a damaged block of column {} is left out; before it: {}", column_name(column_),
                           key ? tools::quoted(key->name, 200) : "nothing"));
      }
      if (key) slot = std::max(slot, key->slot);
      TRY(backwards(cursor, slot, last));
      cursor.seek(layout::slot_prefix(db_, static_cast<uint16_t>(slot + 1)));
    }
    return {};
  }

 private:
  // Down to the damage, or to the key that was `last` before it.
  Result<void> backwards(Cursor& cursor, uint16_t slot, std::string_view last) {
    const KeyBuffer begin = layout::slot_prefix(db_, slot);
    cursor.seek_for_prev(layout::slot_prefix(db_, static_cast<uint16_t>(slot + 1)));
    for (; cursor.valid() && cursor.key() > last && cursor.key() >= begin.view(); cursor.prev()) TRY(record(cursor));
    TRY(ended_whole(cursor));
    return {};
  }

  static Result<bool> ended_whole(const Cursor& cursor) {
    const auto status = cursor.status();
    if (!status && !is_damage(status.error())) return tl::unexpected(status.error());
    return status.has_value();
  }

  Result<void> record(const Cursor& cursor) {
    const auto key = layout::decode_record_key(cursor.key());
    if (key && !glob_match(pattern_, key->name)) return {};
    const auto head = column_ == Column::strings ? layout::decode_string_record(cursor.value())
                                                 : layout::decode_head_record(cursor.value());
    ++counts_.keys;
    Result<bool> whole = false;
    if (key && head) whole = KeyDump(store_, key->name, *head, lines_).run();
    if (!whole && !is_damage(whole.error())) return tl::unexpected(whole.error());
    if (whole && *whole) return {};
    ++counts_.damaged;
    lines_(fmt::format("# not all of {} could be read", quoted(key ? key->name : cursor.key(), 200)));
    return {};
  }

  Store& store_;
  const Column column_;
  const DbId db_;
  const std::string_view pattern_;
  const Lines& lines_;
  DumpCounts& counts_;
};

}  // namespace

Result<DumpCounts> dump(Store& store, const SystemState& system, std::optional<uint16_t> number,
                        std::string_view pattern, const Lines& lines) {
  DumpCounts counts;
  std::map<uint16_t, DbId> databases;
  for (const auto& [db, its_number] : system.numbers) {
    if (!number || its_number == *number) databases[its_number] = db;
  }
  if (databases.empty()) return fail(fmt::format("there is no database {} in {}", *number, store.directory()));
  for (const auto& [its_number, db] : databases) {
    bool selected = false;
    const Lines in_database = [&](std::string_view line) {
      if (!std::exchange(selected, true)) lines(fmt::format("SELECT {}", its_number));
      lines(line);
    };
    for (const Column column : {Column::strings, Column::heads})
      TRY(ColumnDump(store, column, db, pattern, in_database, counts).run());
  }
  return counts;
}

}  // namespace basalt::tools
