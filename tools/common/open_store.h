// A store as tools open it.
//
// Thread rules: free functions.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace basalt::tools {

/// Store::open; but of a directory in use, whose error is worded for who starts a server, it says what this tool's user
/// may do: `instead` follows "stop that first, or ".
Result<std::unique_ptr<Store>> open_store(const StoreOptions& options, std::string_view instead);

}  // namespace basalt::tools
