#include "types/families.h"

namespace basalt {

// One declaration a family; each is defined in types/<type>/<type>_commands.cc.

void add_type_commands([[maybe_unused]] CommandTable& table) {
}

}  // namespace basalt
