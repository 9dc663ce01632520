// INFO: sections of `field:value` lines, under Redis's names where the meaning is the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "keyspace/keyspace.h"

namespace basalt {

class Server;

/// For the keyspace sections.
struct KeyCounts {
  std::vector<KeyCount> of_databases;
  std::string failure;  ///< why keys could not be counted; then these are the last known figures, or zeros
};

/// The sections asked for ("default", "all", "everything" included), each once, in INFO's own order. An unknown
/// name is passed over, as Redis does.
std::string info_text(Server& server, const std::vector<std::string_view>& sections, const KeyCounts& counts);

}  // namespace basalt
