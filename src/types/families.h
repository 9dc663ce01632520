// Every family of data commands. A new family adds one line here and one in families.cc.
#pragma once

#include <span>

#include "command/spec.h"
#include "command/table.h"

namespace basalt {

/// Adds every family of this layer to the table.
void add_type_commands(CommandTable& table);

}  // namespace basalt
