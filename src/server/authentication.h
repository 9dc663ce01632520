// Who a session is: AUTH, HELLO AUTH, and what follows for sessions when users change.
//
// Thread rules: what takes a Session runs on its thread, except for what says otherwise.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/acl/acl.h"
#include "server/session.h"

namespace basalt {

/// Makes the session that user's, or fails with WRONGPASS and logs it. `command`: the word that asked, as sent.
Result<void> authenticate(Session& session, std::string_view command, std::string_view user, std::string_view password);

/// "NOPERM …", as Redis words it; `full_name` is the command's.
std::string denial_text(const Denial& denial, std::string_view full_name);
/// SORT's BY and GET read keys that no argument names: only for those who may read every key.
Result<void> check_unnamed_keys(Session& session, const CommandSpec& spec, const Args& args);
/// For ACL LOG and INFO.
void log_denial(Session& session, const Denial& denial, const CommandTable::Match& match, const Args& args);

/// Ends the connections of users that were removed; `caller`'s own after its reply.
void disconnect_users(Server& server, const std::vector<std::shared_ptr<User>>& users, Session& caller);
/// Ends the connections of subscribers that the change leaves without permission for one of their channels.
void disconnect_subscribers(Server& server, const Acl::Change& change, Session& caller);

/// Redis's rule for CLIENT SETNAME: printable, no spaces.
Result<void> check_client_name(std::string_view name);
void set_client_name(Session& session, std::string_view name);

}  // namespace basalt
