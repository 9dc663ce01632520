#include "server/server_commands.h"

#include <fmt/format.h>

namespace basalt {

void add_server_commands(CommandTable& table) {
  table.add(connection_commands());
  table.add(client_commands());
  table.add(transaction_commands());
  table.add(admin_commands());
  table.add(command_commands());
  table.add(pubsub_commands());
  table.add(debug_commands());
  table.add(observation_commands());
  table.add(memory_commands());
  table.add(about_commands());
  table.add(basalt_commands());
  table.add(acl_commands());
}

}  // namespace basalt
