// basalt-restore: from a backup to a new data directory. The work is in tools/backup.
#include "tools/backup/commands.h"

namespace {

using namespace basalt::tools;

Tool restore_tool() {
  return {"basalt-restore",
          "copies a backup into a new data directory, all of it checked",
          {{"",
            "",
            "",
            {{"repo", FlagKind::text, "DIR", "the repository that holds the backups"},
             {"dir", FlagKind::text, "NEWDIR", "the new data directory: absent or empty"},
             {"backup", FlagKind::text, "ID", "one that basalt-backup list names; the newest"},
             {"rate-limit", FlagKind::bytes, "SIZE", "copy at most so much a second, such as 50mb"},
             {"force", FlagKind::toggle, "", "remove an unfinished restore, and nothing else"}},
            {"repo", "dir"},
            restore_backup}},
          "  basalt-restore --repo /backup/basalt --dir /var/lib/basalt-restored\n"
          "  basalt-server --dir /var/lib/basalt-restored\n"};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(restore_tool(), argc, argv); }
