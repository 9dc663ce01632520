// Zipmaps: how Redis up to 2.4 kept small hashes; they are still found in old files. Only read.
//
//   zipmap := fields(1; 254 and more: not known) { length field, length free(1) value, `free` bytes } 0xff
//   length := 1 byte up to 253, or 254 and 4 bytes, LE
#pragma once

#include "types/rdb/listpack.h"

namespace basalt::rdb {

/// Shows each field and then its value, having checked every byte up to it; fails with bad_format.
Result<void> walk_zipmap(std::string_view bytes, ElementVisitor visit);

}  // namespace basalt::rdb
