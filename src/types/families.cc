#include "types/families.h"

namespace basalt {

// One declaration a family; each is defined in types/<type>/<type>_commands.cc.
std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> hash_expiry_commands();
std::span<const CommandSpec> zset_commands();

void add_type_commands(CommandTable& table) {
  table.add(hash_commands());
  table.add(hash_expiry_commands());
  table.add(zset_commands());
}

}  // namespace basalt
