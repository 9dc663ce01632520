// The records of a stream as commands that make it again (record_text.h).
//
// Thread rules: one thread.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "layout/head.h"
#include "store/store.h"

namespace basalt::tools {

/// `command` gets a command's name, and what follows the key. False: some record makes no sense.
Result<bool> dump_stream(Store& store, const Head& head,
                         const std::function<void(std::string_view name, std::string_view arguments)>& command);

}  // namespace basalt::tools
