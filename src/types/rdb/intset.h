// Intsets: how Redis keeps small sets of integers.
//
//   intset := bytes per integer(4, LE: 2, 4 or 8) integers(4, LE) { integer, LE }, ascending
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/rdb/listpack.h"

namespace basalt::rdb {

/// Shows every member, having checked every byte up to it; fails with bad_format.
Result<void> walk_intset(std::string_view bytes, ElementVisitor visit);

/// `integers` ascend.
std::string encode_intset(const std::vector<int64_t>& integers);

}  // namespace basalt::rdb
