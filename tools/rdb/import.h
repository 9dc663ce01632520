// basalt-rdb import: an RDB file becomes the data of a directory, all of it or nothing.
#pragma once

#include "tools/common/command_line.h"

namespace basalt::tools {

Command import_command();

}  // namespace basalt::tools
