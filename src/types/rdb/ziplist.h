// Ziplists: how Redis up to 6.2 kept small lists, hashes and sorted sets. Only read.
//
//   ziplist := total bytes(4, LE) offset of the last entry(4, LE) entries(2, LE; 65535: not known) { entry } 0xff
//   entry   := length of the entry before(1, or 0xfe and 4, LE), encoding, string bytes
//     00xxxxxx bytes                a string of up to 63 bytes
//     01xxxxxx xxxxxxxx bytes       a string of up to 16383 bytes
//     10------ length(4, BE) bytes  a string
//     0xc0 0xd0 0xe0 0xf0 0xfe      an integer of 2, 4, 8, 3, 1 bytes, LE
//     0xf1 … 0xfd                   0 … 12
#pragma once

#include "types/rdb/listpack.h"

namespace basalt::rdb {

/// Shows every element, having checked every byte up to it; fails with bad_format.
Result<void> walk_ziplist(std::string_view bytes, ElementVisitor visit);

}  // namespace basalt::rdb
