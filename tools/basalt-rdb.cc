// basalt-rdb: data in from Redis's RDB files, and out to them.
#include "tools/common/command_line.h"
#include "tools/rdb/export.h"
#include "tools/rdb/import.h"

int main(int argc, char** argv) {
  using namespace basalt::tools;
  return run_tool({"basalt-rdb",
                   "reads and writes Redis's RDB files",
                   {import_command(), export_command()},
                   "  basalt-rdb import --rdb dump.rdb --dir /var/lib/basalt\n"
                   "  basalt-rdb export --server 127.0.0.1:6379 --rdb dump.rdb\n"},
                  argc, argv);
}
