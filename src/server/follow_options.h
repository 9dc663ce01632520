// What CONFIG SET changes beyond a number that is read anew each time.
#pragma once

#include "server/config/config.h"

namespace basalt {

class Store;
class WalSyncer;

/// From now on maxmemory is the store's budget and appendfsync the syncer's policy; maxclients is never more than
/// `most_clients`, which is what the limit on open files allows.
void follow_options(Config& config, Store& store, WalSyncer& wal, int64_t most_clients);

}  // namespace basalt
