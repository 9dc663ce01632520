// What basalt-backup and basalt-restore do; their tables of flags are in tools/basalt-backup.cc and
// tools/basalt-restore.cc. Each gives the exit code.
#pragma once

#include "base/result.h"
#include "tools/common/command_line.h"

namespace basalt::tools {

Result<int> create_backup(const Arguments& arguments);
Result<int> list_backups(const Arguments& arguments);
Result<int> verify_backups(const Arguments& arguments);
Result<int> prune_backups(const Arguments& arguments);
Result<int> delete_backup(const Arguments& arguments);
Result<int> restore_backup(const Arguments& arguments);

}  // namespace basalt::tools
