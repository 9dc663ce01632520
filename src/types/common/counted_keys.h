// "numkeys key [key …]": where such a command's keys are, for the command table.
#pragma once

#include <cstdint>
#include <vector>

#include "base/number.h"
#include "resp/request_parser.h"

namespace basalt {

/// A KeyPositions::find. Argument `kCountAt` says how many keys follow it; `kDestination`, if not 0, is one
/// more key, named first.
template <int kCountAt, int kDestination = 0>
void find_counted_keys(const Args& args, std::vector<int>& positions) {
  const auto size = static_cast<int64_t>(args.size());
  if (size <= kCountAt) return;
  const auto count = parse_int64(args[kCountAt]);
  if (!count || *count < 1 || *count > size - kCountAt - 1) return;
  if (kDestination != 0) positions.push_back(kDestination);
  for (int i = 1; i <= *count; ++i) positions.push_back(kCountAt + i);
}

}  // namespace basalt
