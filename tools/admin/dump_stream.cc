#include "tools/admin/dump_stream.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "layout/packed.h"
#include "layout/stream.h"
#include "tools/admin/text.h"
#include "types/stream/stream.h"

namespace basalt::tools {
namespace {

using layout::StreamKind;

std::string id_text(StreamId id) { return fmt::format("{}-{}", id.ms, id.sequence); }

class StreamDump {
 public:
  using Command = std::function<void(std::string_view name, std::string_view arguments)>;
  StreamDump(const StreamFields& fields, const Command& command) : fields_(fields), command_(command) {}

  bool record(std::string_view key, std::string_view value) {
    const auto kind = key.size() > sizeof(ObjectId) ? static_cast<StreamKind>(key[sizeof(ObjectId)]) : StreamKind();
    if (kind != StreamKind::entry) end_of_entries();
    switch (kind) {
      case StreamKind::entry: return entry(key, value);
      case StreamKind::group: return group(key, value);
      case StreamKind::consumer: return consumer(key);
      case StreamKind::pending: return pending(key, value);
      case StreamKind::node:
      case StreamKind::owned: return true;  // they follow from the others
    }
    return false;
  }

  // An empty stream comes about by an entry that goes again.
  void end_of_entries() {
    if (ended_) return;
    ended_ = true;
    if (!any_) {
      const StreamId last = std::max(fields_.last_id, StreamId{0, 1});
      command_("XADD", id_text(last) + " x x");
      command_("XTRIM", "MAXLEN 0");
    }
    command_("XSETID", fmt::format("{} ENTRIESADDED {} MAXDELETEDID {}", id_text(fields_.last_id),
                                   fields_.entries_added, id_text(fields_.max_deleted_id)));
  }

 private:
  bool entry(std::string_view key, std::string_view value) {
    const auto id = layout::decode_stream_entry_key(key);
    if (!id) return false;
    const auto decoded = decode_stream_entry(*id, value);
    if (!decoded) return false;
    std::string words = id_text(*id);
    layout::PackedReader elements(decoded->body);
    while (const auto element = elements.next()) words += " " + quoted(*element);
    command_("XADD", words);
    any_ = true;
    return !elements.damaged();
  }

  bool group(std::string_view key, std::string_view value) {
    const auto name = layout::decode_stream_group_key(key);
    const auto group = layout::decode_stream_group(value);
    if (!name || !group) return false;
    groups_[group->number] = quoted(*name);
    std::string words = fmt::format("{} {}", quoted(*name), id_text(group->last_id));
    if (group->entries_read != StreamGroup::kUnknown) words += fmt::format(" ENTRIESREAD {}", group->entries_read);
    group_command("CREATE", words);
    return true;
  }

  bool consumer(std::string_view key) {
    const auto number = layout::decode_stream_group_number(key);
    const auto name = layout::decode_stream_consumer_key(key);
    if (!number || !name || !groups_.contains(*number)) return false;
    group_command("CREATECONSUMER", groups_[*number] + " " + quoted(*name));
    return true;
  }

  bool pending(std::string_view key, std::string_view value) {
    const auto number = layout::decode_stream_group_number(key);
    const auto id = layout::decode_stream_pending_key(key);
    const auto entry = layout::decode_stream_pending(value);
    if (!number || !id || !entry || !groups_.contains(*number)) return false;
    command_("XCLAIM", fmt::format("{} {} 0 {} TIME {} RETRYCOUNT {} FORCE JUSTID", groups_[*number],
                                   quoted(entry->consumer), id_text(*id), entry->delivered_ms, entry->deliveries));
    return true;
  }

  // XGROUP has its word before the key.
  void group_command(std::string_view word, std::string_view arguments) {
    command_(fmt::format("XGROUP {}", word), arguments);
  }

  const StreamFields& fields_;
  const Command& command_;
  std::map<uint32_t, std::string> groups_;
  bool any_ = false;
  bool ended_ = false;
};

}  // namespace

Result<bool> dump_stream(Store& store, const Head& head, const StreamDump::Command& command) {
  const auto fields = layout::decode_stream_fields(head.body);
  if (!fields) return false;
  StreamDump dump(*fields, command);
  const KeyBuffer from = layout::object_prefix(head.object);
  const KeyBuffer to = layout::object_prefix(head.object + 1);
  Cursor cursor = store.cursor(Column::streams, {}, {.lower = from, .upper = to, .fill_cache = false});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    if (!dump.record(cursor.key(), cursor.value())) return false;
  }
  TRY(cursor.status());
  dump.end_of_entries();
  return true;
}

}  // namespace basalt::tools
