// How one call of a command uses its keys: what its row says, and where its arguments tell more, what they say.
#pragma once

#include "command/spec.h"

namespace basalt {

/// As key_use_of, for this very call (SET … GET, BITFIELD … GET).
KeyUse key_use_of_call(const CommandSpec& spec, const Args& args, size_t ordinal);

}  // namespace basalt
