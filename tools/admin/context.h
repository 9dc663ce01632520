// What the passes of a verification share.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "base/bytes.h"
#include "store/store.h"
#include "tools/admin/report.h"
#include "tools/admin/spread_keys.h"
#include "tools/admin/system_state.h"

namespace basalt::tools {

struct VerifyCounts {
  uint64_t keys = 0;
  uint64_t spread_keys = 0;
  uint64_t items = 0;
  uint64_t scores = 0;
  uint64_t stream_records = 0;
  uint64_t expiry_rows = 0;
  uint64_t stale_expiry_rows = 0;  ///< of keys that were overwritten: dropped when they are due
  uint64_t garbage = 0;            ///< deleted collections whose items remain
  uint64_t purges = 0;             ///< flushed databases whose records remain
  uint64_t files = 0;
  uint64_t file_bytes = 0;
};

struct VerifyContext {
  VerifyContext(Store& store, const Snapshot& moment, Report& report, SystemState& system, VerifyCounts& counts)
      : store(store), moment(moment), report(report), system(system), counts(counts) {}

  Store& store;
  const Snapshot& moment;  ///< everything is read at one moment
  Report& report;
  SystemState& system;
  VerifyCounts& counts;
  std::function<void(uint64_t)> records_seen;  ///< for progress; may be empty
  int64_t now_ms = 0;
  SpreadKeys spread_keys;
  uint64_t highest_object = 0;            ///< counter part of the ids in use
  std::map<DbId, uint64_t> lost_records;  ///< of ranges that no database number leads to

  Cursor cursor(Column column) { return store.cursor(column, {.snapshot = &moment}, {.fill_cache = false}); }
  void object_seen(ObjectId object) {
    highest_object = std::max<uint64_t>(highest_object, object & ((uint64_t{1} << 48) - 1));
  }
  void record_seen() {
    constexpr uint64_t kStep = 4096;
    if (++unreported_ < kStep) return;
    if (records_seen) records_seen(unreported_);
    unreported_ = 0;
  }

 private:
  uint64_t unreported_ = 0;
};

}  // namespace basalt::tools
