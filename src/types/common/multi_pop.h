// "numkeys key [key …] LEFT|RIGHT [COUNT count]": the arguments of LMPOP, ZMPOP and their blocking kin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "command/call.h"

namespace basalt {

struct MultiPop {
  size_t first_key;  ///< an argument
  size_t keys;
  bool from_second_end = false;
  uint64_t count = 1;
};

/// Reads them from argument `numkeys_at` on; the words name the two ends.
Result<MultiPop> parse_multi_pop(const Call& call, size_t numkeys_at, std::string_view first_end,
                                 std::string_view second_end);

/// The optional count of LPOP, ZPOPMIN and their kin: not negative.
Result<uint64_t> parse_pop_count(const Call& call, size_t i);

}  // namespace basalt
