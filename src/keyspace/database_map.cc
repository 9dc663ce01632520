#include "keyspace/database_map.h"

#include <algorithm>

#include "keyspace/damage.h"
#include "layout/system_record.h"

namespace basalt {
namespace {

// The last id stays free, so that every range has an end.
constexpr uint32_t kDbIds = 65535;

layout::DatabaseMapRecord fresh_map(uint16_t count) {
  layout::DatabaseMapRecord map;
  for (uint16_t db = 0; db < count; ++db) map.ids.push_back(db);
  map.next = count;
  return map;
}

bool contains(const std::vector<DbId>& ids, DbId id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

}  // namespace

Result<void> DatabaseMap::load(Store& store, uint16_t count) {
  TRY(load_purges(store));
  stored_ = 0;
  Value value;
  const bool there = TRY(store.get(Column::system, layout::database_map_key(), ReadView{}, &value));
  auto stored = there ? layout::decode_database_map(value.view()) : fresh_map(count);
  if (!stored) return damaged_record(Column::system, "the database map");

  DatabaseChange map{stored->ids, {}};
  next_ = stored->next;
  while (map.ids.size() < count) {
    map.ids.push_back(0);
    TRY(flush(map, static_cast<uint16_t>(map.ids.size() - 1)));
    map.dropped.clear();  // a new number has nothing to leave behind
  }
  count_ = count;
  stored_ = static_cast<uint32_t>(map.ids.size());
  ids_.reset(new std::atomic<DbId>[stored_]);
  for (uint32_t db = 0; db < stored_; ++db) ids_[db] = map.ids[db];
  if (there && stored->ids.size() == map.ids.size()) return {};
  Batch batch;
  return commit(store, batch, map, 0, WriteMode::blocking);
}

Result<void> DatabaseMap::load_purges(Store& store) {
  const std::string prefix = layout::purge_prefix();
  const std::string end = *prefix_successor(prefix);
  Cursor cursor = store.cursor(Column::system, ReadView{}, {.lower = prefix, .upper = end});
  std::lock_guard<std::mutex> lock(purges_mutex_);
  purges_.clear();
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    auto purge = layout::decode_purge(cursor.key(), cursor.value());
    if (!purge) return damaged_record(Column::system, "a purge");
    purges_[purge->db] = purge->dropped_ms;
  }
  return cursor.status();
}

std::optional<uint16_t> DatabaseMap::number_of(DbId id) const {
  for (uint16_t db = 0; db < count_; ++db) {
    if (this->id(db) == id) return db;
  }
  return std::nullopt;
}

DatabaseChange DatabaseMap::begin_change() const {
  DatabaseChange change;
  for (uint32_t db = 0; db < stored_; ++db) change.ids.push_back(ids_[db].load());
  return change;
}

bool DatabaseMap::is_free(DbId id, const DatabaseChange& change) const {
  if (contains(change.ids, id) || contains(change.dropped, id)) return false;
  for (uint32_t db = 0; db < stored_; ++db) {
    if (ids_[db].load() == id) return false;
  }
  std::lock_guard<std::mutex> lock(purges_mutex_);
  return !purges_.contains(id);
}

Result<void> DatabaseMap::flush(DatabaseChange& change, uint16_t db) const {
  for (uint32_t i = 0; i < kDbIds; ++i) {
    const DbId id = static_cast<DbId>((next_ + change.dropped.size() + i) % kDbIds);
    if (!is_free(id, change)) continue;
    change.dropped.push_back(std::exchange(change.ids[db], id));
    return {};
  }
  return fail("ERR too many flushed databases are still being purged; try again later");
}

Result<void> DatabaseMap::commit(Store& store, Batch& batch, const DatabaseChange& change, int64_t now_ms,
                                 WriteMode mode) {
  // Ranges come back into use as late as possible: the search goes on behind the last one given out.
  const DbId next = static_cast<DbId>((next_ + change.dropped.size()) % kDbIds);
  batch.put(Column::system, layout::database_map_key(), layout::encode_database_map({change.ids, next}));
  for (DbId id : change.dropped) batch.put(Column::system, layout::purge_key(id), layout::encode_purge(now_ms));

  stamp_.fetch_add(1);
  auto written = store.write(batch, mode);
  if (written) {
    for (uint32_t db = 0; db < stored_; ++db) ids_[db] = change.ids[db];
    next_ = next;
    std::lock_guard<std::mutex> lock(purges_mutex_);
    for (DbId id : change.dropped) purges_[id] = now_ms;
  }
  stamp_.fetch_add(1);
  stamp_.notify_all();
  return written;
}

std::vector<DatabaseMap::Purge> DatabaseMap::purges() const {
  std::lock_guard<std::mutex> lock(purges_mutex_);
  std::vector<Purge> all;
  for (const auto& [db, dropped_ms] : purges_) all.push_back({db, dropped_ms});
  return all;
}

uint64_t DatabaseMap::purge_count() const {
  std::lock_guard<std::mutex> lock(purges_mutex_);
  return purges_.size();
}

void DatabaseMap::purged(DbId id) {
  std::lock_guard<std::mutex> lock(purges_mutex_);
  purges_.erase(id);
}

}  // namespace basalt
