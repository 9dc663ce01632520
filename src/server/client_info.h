// What CLIENT LIST says of a session.
#pragma once

#include <string>
#include <string_view>

#include "server/session.h"

namespace basalt {

/// One line of CLIENT LIST, without the newline. Any thread.
std::string describe_client(Server& server, const Session& session);

/// Bytes that the server holds for the client.
uint64_t memory_of(const Session& session);

/// "normal", "pubsub", "master", "replica" (also "slave"): whether `word` is one at all, and whether the session is it.
bool is_client_type(std::string_view word);
bool client_has_type(const Session& session, std::string_view word);

/// What a command's arguments weigh.
size_t bytes_of(const Args& args);

}  // namespace basalt
