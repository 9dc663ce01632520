// A stopped server's data directory, opened by a tool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace basalt::tools {

/// To look at: nothing in the directory changes, and no server starts on it meanwhile.
Result<std::unique_ptr<Store>> open_to_look(const std::string& directory);
/// To change. Nothing is compacted but what is asked for.
Result<std::unique_ptr<Store>> open_to_change(const std::string& directory);

/// What is wrong with table files in a directory that does not open: what RocksDB says then need not name the file.
Result<std::vector<std::string>> damaged_tables(const std::string& directory);

}  // namespace basalt::tools
