// How many databases a data directory has, as far as its map says.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "store/store.h"

namespace basalt::tools {

/// 0: none yet.
Result<uint16_t> stored_databases(Store& store);

}  // namespace basalt::tools
