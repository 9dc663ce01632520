// basalt-rdb export: the keys of one moment, of a running server or a stopped one's directory, as an RDB file.
#pragma once

#include "tools/common/command_line.h"

namespace basalt::tools {

Command export_command();

}  // namespace basalt::tools
