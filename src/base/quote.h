// Bytes as a person reads them: the way Redis writes them in MONITOR, and redis-cli reads them.
#pragma once

#include <string>
#include <string_view>

namespace basalt {

/// Appends `bytes` between double quotes; what is not printable ASCII is escaped (sdscatrepr in Redis's sds.c).
void append_quoted(std::string& out, std::string_view bytes);

}  // namespace basalt
