// The records of a key, decoded: for `inspect` and `dump`.
//
// Thread rules: one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "layout/head.h"
#include "store/store.h"
#include "tools/admin/system_state.h"

namespace basalt::tools {

using Lines = std::function<void(std::string_view line)>;

/// What is stored of a key: its record, its row in the expiry index, its items, at most `most` of them. False: there
/// is no such key.
Result<bool> inspect(Store& store, const SystemState& system, uint16_t number, std::string_view name, uint64_t most,
                     const Lines& lines);

struct DumpCounts {
  uint64_t keys = 0;
  uint64_t damaged = 0;  ///< of these: not all of them could be read
  uint64_t gaps = 0;     ///< damaged blocks, whose keys nobody knows
};
/// Every key of a database (without one: of all) that matches, as commands that make it again: what redis-cli
/// reads; what can't be read is told in lines that begin with #. Keys whose time has passed are there too.
Result<DumpCounts> dump(Store& store, const SystemState& system, std::optional<uint16_t> number,
                        std::string_view pattern, const Lines& lines);

}  // namespace basalt::tools
