// Whether a packed collection is as its type's writers make it, and what it would be if it were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "layout/head.h"

namespace basalt::tools {

struct PackedDamage {
  std::string what;  ///< "its size says 5, there are 3 elements"
  // What can be saved; size 0: nothing.
  std::string body;
  uint64_t size = 0;
  int64_t next_field_expiry_ms = 0;
};

/// nullopt: the packed head is sound.
std::optional<PackedDamage> check_packed(const Head& head);

}  // namespace basalt::tools
