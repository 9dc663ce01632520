// The handlers of CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO.
#pragma once

#include "command/spec.h"

namespace basalt {

Result<Outcome> client_tracking_command(Call& call);
Result<Outcome> client_caching_command(Call& call);
Result<Outcome> client_getredir_command(Call& call);
Result<Outcome> client_trackinginfo_command(Call& call);

}  // namespace basalt
