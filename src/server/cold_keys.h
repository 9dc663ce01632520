// Before a command of several keys runs on the storage pool: brings those of its records that are not in memory there,
// by several threads of the pool at a time. One after the other, as the command finds them, each would wait for the
// disk.
//
// Thread rules: bring_in_cold_keys() is for a job of the pool. Its helpers are jobs that wait for nobody, and it waits
// only for keys that a helper is reading already, so a busy pool makes it slower and never stuck.
#pragma once

#include "command/spec.h"
#include "keyspace/txn.h"

namespace basalt {

class Server;

/// Does nothing for a command that does not read its keys. What fails here fails again in the command, which tells.
void bring_in_cold_keys(Server& server, const CommandSpec& spec, const Args& args, uint16_t db);

}  // namespace basalt
