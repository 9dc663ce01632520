// Reads past values that there is no place for: those of modules.
#pragma once

#include <cstdint>

#include "types/rdb/rdb_reader.h"

namespace basalt::rdb {

/// The parts of a module's value or auxiliary data, up to and with their end; its id was read.
Result<void> skip_module_parts(RdbReader& in);

}  // namespace basalt::rdb
