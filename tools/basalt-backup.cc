// basalt-backup: online, incremental backups. The work is in tools/backup.
#include "tools/backup/commands.h"
#include "tools/common/server_link.h"

namespace {

using namespace basalt::tools;

constexpr Flag kRepo{"repo", FlagKind::text, "DIR", "the repository that holds the backups"};
constexpr Flag kBackup{"backup", FlagKind::text, "ID", "one backup, as list names it"};
constexpr Flag kKeep{"keep", FlagKind::number, "N", "how many of the newest backups stay"};
constexpr Flag kRateLimit{"rate-limit", FlagKind::bytes, "SIZE", "read at most so much a second, such as 50mb"};

Tool backup_tool() {
  return {"basalt-backup",
          "makes and keeps backups; what earlier ones have is not copied",
          {{"create",
            "",
            "backs up a running server on this machine, or a stopped one's directory",
            with_server_flags({kRepo, kDirFlag, kRateLimit, kJsonFlag}),
            {"repo", "server|dir"},
            create_backup,
            "  basalt-backup create --server 127.0.0.1:6379 --repo /backup/basalt\n"},
           {"list",
            "",
            "shows the backups, oldest first",
            {kRepo, kJsonFlag},
            {"repo"},
            list_backups,
            "  basalt-backup list --repo /backup/basalt\n"},
           {"verify",
            "",
            "reads every file and compares its checksum; names what is damaged",
            {kRepo, kBackup, kRateLimit},
            {"repo"},
            verify_backups,
            "  basalt-backup verify --repo /backup/basalt --rate-limit 50mb\n"},
           {"prune",
            "",
            "removes all but the newest",
            {kRepo, kKeep},
            {"repo", "keep"},
            prune_backups,
            "  basalt-backup prune --repo /backup/basalt --keep 14\n"},
           {"delete",
            "",
            "removes one",
            {kRepo, kBackup},
            {"repo", "backup"},
            delete_backup,
            "  basalt-backup delete --repo /backup/basalt --backup 20261120-121700-178\n"}},
          "  basalt-backup create --server 127.0.0.1:6379 --repo /backup/basalt && \\\n"
          "    basalt-backup prune --repo /backup/basalt --keep 14\n"};
}

}  // namespace

int main(int argc, char** argv) { return run_tool(backup_tool(), argc, argv); }
