// The payload of DUMP and RESTORE:
//
//   payload := value type(1) value version(2, LE) CRC-64 of all that(8, LE)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "types/rdb/value_reader.h"

namespace basalt::rdb {

/// Appends version and checksum to a type and a value.
void seal_payload(std::string& payload, uint16_t version);

/// Reads a whole payload into `sink`. Fails as Redis does for a wrong version or checksum, and with bad_format.
Result<void> read_payload(std::string_view payload, ValueSink& sink);

}  // namespace basalt::rdb
