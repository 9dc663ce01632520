// Every family of data commands. A new family adds one line here and one in families.cc.
#pragma once

#include <span>

#include "command/spec.h"
#include "command/table.h"
#include "keyspace/keyspace.h"

namespace basalt {

/// Adds every family of this layer to the table.
void add_type_commands(CommandTable& table);

/// Gives the keyspace what its background work needs of the types.
void connect_types(Keyspace& keyspace);

}  // namespace basalt
