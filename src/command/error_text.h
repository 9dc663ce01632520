// The one place that turns an Error into the text of a RESP error.
#pragma once

#include <string>

#include "base/result.h"

namespace basalt {

/// Code first, without the leading '-'. A client's mistake as the command worded it; a storage failure says
/// what happened, where, and what to do about it. WouldBlock never reaches a client: CHECK.
std::string error_text(const Error& error);

}  // namespace basalt
