// The arguments of SORT and SORT_RO behind the key.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "command/call.h"
#include "types/sort/pattern_lookup.h"

namespace basalt {

struct SortOptions {
  bool descending = false;
  bool alphabetic = false;
  int64_t offset = 0;
  int64_t count = -1;  ///< negative: no limit
  std::optional<PatternLookup> by;
  bool keeps_order = false;  ///< some BY was a constant: the elements stay as they are
  std::vector<PatternLookup> get;
  std::optional<size_t> store;  ///< the argument with the destination
};

Result<SortOptions> sort_options(const Call& call, bool may_store);

/// "BY" or "GET": the first option of SORT that reads keys which the arguments don't name. Null when there is none.
std::optional<std::string_view> sort_option_with_other_keys(const Args& args);

/// A KeyPositions::find: the key, and the destination of STORE.
void find_sort_keys(const Args& args, std::vector<int>& positions);

}  // namespace basalt
