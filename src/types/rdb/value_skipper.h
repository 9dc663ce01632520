// Reads past values that there is no place for: those of modules, and streams.
#pragma once

#include <cstdint>

#include "types/rdb/rdb_reader.h"

namespace basalt::rdb {

/// The parts of a module's value or auxiliary data, up to and with their end; its id was read.
Result<void> skip_module_parts(RdbReader& in);

/// A stream of the encoding `type`: one of the three that ValueType names.
Result<void> skip_stream(RdbReader& in, uint8_t type);

}  // namespace basalt::rdb
