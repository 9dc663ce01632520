// basalt-admin stat: what a store holds, from its directory or from a running server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"
#include "tools/common/server_link.h"

namespace basalt::tools {

struct Statistics {
  struct Level {
    std::string column;
    uint64_t level, files, bytes, entries, deletions;
  };
  struct Group {
    std::string type, encoding;
    uint64_t keys, expiring, elements, bytes;
  };
  struct BigKey {
    uint64_t db;
    std::string name, type, encoding;
    uint64_t elements, bytes;
  };
  std::vector<Level> levels;
  std::vector<Group> groups;
  std::vector<BigKey> big_keys;
  std::optional<uint64_t> damaged;  ///< records that make no sense; a server does not count them
};

Result<Statistics> read_statistics(Store& store, size_t most_big_keys);
Result<Statistics> read_statistics(ServerLink& server, size_t most_big_keys);

/// Tables for people.
std::string statistics_text(const Statistics& statistics);
/// The same for programs, sizes in bytes. A key's name is written as `inspect` takes it.
std::string statistics_json(const Statistics& statistics);

}  // namespace basalt::tools
