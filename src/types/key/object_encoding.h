// The words with which Redis names how a value is stored (OBJECT ENCODING).
#pragma once

#include <string_view>

#include "layout/head.h"

namespace basalt {

/// What Redis 7.0 would say of the same value, with its limits set as here.
std::string_view object_encoding(const Head& head);

}  // namespace basalt
