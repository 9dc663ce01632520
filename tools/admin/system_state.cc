#include "tools/admin/system_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/admin/text.h"

namespace basalt::tools {
namespace {

constexpr uint16_t kFreshDatabases = 16;

class SystemReader {
 public:
  SystemReader(SystemState& state, Report& report) : state_(state), report_(report) {}

  void record(std::string_view key, std::string_view value) {
    if (key == layout::version_key()) version(value);
    else if (key == layout::object_counter_key()) counter(value);
    else if (key == layout::database_map_key()) database_map(value);
    else if (key.starts_with(layout::garbage_prefix())) garbage(key, value);
    else if (key.starts_with(layout::purge_prefix())) purge(key, value);
    else if (!key.starts_with(layout::named_key("")))
      report_.damage(label(key) + " is of no kind that this build knows");
  }

  void finish() {
    if (!version_there_) report_.damage("column system: the format version record is missing or unreadable");
    if (!version_there_ && report_.mends())
      report_.mend().put(Column::system, layout::version_key(), layout::encode_version(layout::kFormatVersion));
    if (!state_.map_there) {
      for (uint16_t db = 0; db < kFreshDatabases; ++db) state_.numbers[db] = db;
    }
    std::sort(state_.garbage.begin(), state_.garbage.end(),
              [](const auto& a, const auto& b) { return a.object < b.object; });
  }

 private:
  static std::string label(std::string_view key) { return "column system: the record " + quoted(key); }

  void version(std::string_view value) { version_there_ = layout::decode_version(value) == layout::kFormatVersion; }

  void counter(std::string_view value) {
    state_.counter = layout::decode_object_counter(value);
    if (!state_.counter) report_.damage("column system: the object counter is unreadable");
  }

  // Without it nobody knows which range is which database: nothing to mend it from.
  void database_map(std::string_view value) {
    const auto map = layout::decode_database_map(value);
    if (!map) {
      report_.damage("column system: the database map is unreadable; only a backup has it");
      return;
    }
    state_.map_there = true;
    for (size_t number = 0; number < map->ids.size(); ++number)
      state_.numbers[map->ids[number]] = static_cast<uint16_t>(number);
  }

  void garbage(std::string_view key, std::string_view value) {
    if (const auto garbage = layout::decode_garbage(key, value)) state_.garbage.push_back(*garbage);
    else remove(key, " of garbage is unreadable");
  }

  void purge(std::string_view key, std::string_view value) {
    if (const auto purge = layout::decode_purge(key, value)) state_.purged.insert(purge->db);
    else remove(key, " of a flushed database is unreadable");
  }

  void remove(std::string_view key, std::string_view what) {
    report_.damage(label(key).append(what));
    if (report_.mends()) report_.mend().erase(Column::system, key);
  }

  SystemState& state_;
  Report& report_;
  bool version_there_ = false;
};

}  // namespace

std::optional<uint16_t> SystemState::number_of(DbId db) const {
  const auto found = numbers.find(db);
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

std::optional<DbId> SystemState::id_of(uint16_t number) const {
  for (const auto& [db, its_number] : numbers) {
    if (its_number == number) return db;
  }
  return std::nullopt;
}

std::string SystemState::key_label(std::string_view kind, DbId db, std::string_view name) const {
  constexpr size_t kMostNameBytes = 200;
  const auto number = number_of(db);
  return fmt::format("{} {} ({} {})", kind, quoted(name, kMostNameBytes), number ? "db" : "range", number.value_or(db));
}

Result<SystemState> read_system(Store& store, const Snapshot& moment, Report& report) {
  SystemState state;
  SystemReader reader(state, report);
  Cursor cursor = store.cursor(Column::system, {.snapshot = &moment}, {.fill_cache = false});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) reader.record(cursor.key(), cursor.value());
  TRY(cursor.status());
  reader.finish();
  return state;
}

Result<SystemState> read_system(Store& store) {
  Report ignored([](const std::string&) {}, nullptr, 0);
  const Snapshot moment = store.snapshot();
  return read_system(store, moment, ignored);
}

}  // namespace basalt::tools
