// Verification of a whole store: every table file's checksums, then every record against every other that
// says something about it.
//
//   files      every block of every table file matches its checksum
//   system     its records make sense; no object id in use is beyond the counter
//   records    keys and values decode, packed bodies are as their types make them, no key is in two columns, every
//              key that expires (or whose fields do) has its row in the expiry index
//   objects    every spread collection has exactly the items its head counts (a list's without gaps); every sorted
//              set member its row in scores and the other way round, likewise fields that expire; no item belongs
//              to nobody, beyond what garbage records and flushed databases explain
//
// Memory: bounded by the spread collections' names (spread_keys.h) and 64 MiB. Each column is walked once, in
// order; where something disagrees, that object's records a second time.
//
// Thread rules: one thread. All is read at one moment, so the store may be in use, but for mending.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "store/store.h"
#include "tools/admin/context.h"

namespace basalt::tools {

struct VerifyOptions {
  bool files = true;  ///< also look at the table files; when one is damaged, the records are not looked at
  bool mend = false;
  int64_t now_ms = 0;
  uint64_t most_lines = 1000;
  Report::Sink sink;  ///< a line per finding
  // For progress; each may be empty.
  std::function<void(uint64_t bytes)> file_read;
  std::function<void(uint64_t records)> records_seen;
};

struct VerifyResult {
  VerifyCounts counts;
  uint64_t damages = 0;
  uint64_t notes = 0;
  bool records_checked = false;
};

/// One round. An Error: the store could not be read; damage that was found is none.
Result<VerifyResult> verify(Store& store, const VerifyOptions& options);

}  // namespace basalt::tools
