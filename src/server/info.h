// INFO: sections of `field:value` lines, under Redis's names where the meaning is the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "keyspace/keyspace.h"

namespace basalt {

class Server;

/// `counts`: by database, for the keyspace sections.
/// The sections asked for ("default", "all", "everything" included), each once, in INFO's own order. An unknown
/// name is passed over, as Redis does.
std::string info_text(Server& server, const std::vector<std::string_view>& sections,
                      const std::vector<KeyCount>& counts);

}  // namespace basalt
