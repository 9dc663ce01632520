#include "types/families.h"

namespace basalt {

// One declaration a family; each is defined in types/<type>/<type>_commands.cc.
std::span<const CommandSpec> zset_commands();

void add_type_commands(CommandTable& table) { table.add(zset_commands()); }

}  // namespace basalt
