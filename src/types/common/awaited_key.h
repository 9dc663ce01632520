// The keys that blocking commands take from.
#pragma once

#include <optional>

#include "command/call.h"

namespace basalt {

/// What there is to take from the key at argument `i`. A command that waited takes from the key that woke
/// it and no other, and waits on when that turned out to be of another type.
Result<std::optional<Record>> find_awaited(const Call& call, size_t i, Type type);

}  // namespace basalt
