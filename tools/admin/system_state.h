// What the `system` column says about everything else: which ranges of keys are databases, what waits to be
// removed, which object ids may be in use.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "layout/system_record.h"
#include "store/store.h"
#include "tools/admin/report.h"

namespace basalt::tools {

struct SystemState {
  std::map<DbId, uint16_t> numbers;      ///< the SELECT numbers by range
  bool map_there = false;                ///< else `numbers` are those of a fresh directory
  std::set<DbId> purged;                 ///< flushed databases whose records remain
  std::vector<layout::Garbage> garbage;  ///< by object
  std::optional<uint64_t> counter;       ///< object ids from here on are free

  bool known(DbId db) const { return numbers.contains(db) || purged.contains(db); }
  std::optional<uint16_t> number_of(DbId db) const;
  std::optional<DbId> id_of(uint16_t number) const;
  /// `set "s" (db 0)`, or the range on disk where that has no number.
  std::string key_label(std::string_view kind, DbId db, std::string_view name) const;
};

/// Reads the column, and reports (and mends) the records that make no sense.
Result<SystemState> read_system(Store& store, const Snapshot& moment, Report& report);
/// The same for who only wants to know.
Result<SystemState> read_system(Store& store);

}  // namespace basalt::tools
