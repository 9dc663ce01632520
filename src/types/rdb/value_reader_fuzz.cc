// libFuzzer: whatever bytes a serialised value has, reading it ends, without a byte beyond them.
//
// The first byte is the type of the value, the rest the value.
//   build/fuzz/bin/value_reader_fuzz -max_total_time=60 tests/fuzz/value_reader

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "types/rdb/value_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  basalt::rdb::StringSource source({reinterpret_cast<const char*>(data) + 1, size - 1});
  basalt::rdb::RdbReader in(source);
  basalt::rdb::DiscardingSink sink;
  static_cast<void>(basalt::rdb::read_value(in, data[0], sink));
  return 0;
}
