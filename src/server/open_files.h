// The limit on open files, and who may use how many.
//
// Thread rules: for main.
#pragma once

#include <cstdint>

#include "server/config/config.h"

namespace basalt {

/// Raises the limit on open files as far as the process may.
void raise_open_file_limit();
/// Who may open how many files under that limit.
struct OpenFilePlan {
  int store_files;  ///< -1: as many as it has
  int64_t clients;  ///< at most; less than was wanted if the limit is low
};
OpenFilePlan plan_open_files(int64_t wanted_clients);

/// maxclients is never more than `most`, neither now nor after CONFIG SET.
void limit_clients(Config& config, int64_t most);

}  // namespace basalt
