// Who a session is: AUTH, HELLO AUTH.
#pragma once

#include <string_view>

#include "base/result.h"
#include "server/session.h"

namespace basalt {

/// Makes the session that user's, or fails with WRONGPASS.
Result<void> authenticate(Session& session, std::string_view user, std::string_view password);

bool user_exists(Server& server, std::string_view user);

/// Redis's rule for CLIENT SETNAME: printable, no spaces.
Result<void> check_client_name(std::string_view name);
void set_client_name(Session& session, std::string_view name);

}  // namespace basalt
