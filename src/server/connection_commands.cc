// PING ECHO HELLO AUTH SELECT QUIT RESET: a connection and what it has agreed with the server.
#include <algorithm>

#include <fmt/format.h>

#include "base/number.h"
#include "command/call.h"
#include "server/authentication.h"
#include "server/config/config.h"
#include "server/server.h"
#include "server/server_commands.h"
#include "server/subscriptions.h"

namespace basalt {

namespace {

Result<Outcome> ping_command(Call& call) {
  if (call.argc() > 2) return fail("ERR wrong number of arguments for 'ping' command");
  const bool subscribed = call.session && call.session->subscriptions && call.session->subscriptions->count() > 0;
  if (subscribed && !call.reply.resp3()) {
    call.reply.array(2);
    call.reply.bulk("pong");
    call.reply.bulk(call.argc() == 2 ? call.arg(1) : "");
  } else if (call.argc() == 2) {
    call.reply.bulk(call.arg(1));
  } else {
    call.reply.simple("PONG");
  }
  return kDone;
}

Result<Outcome> echo_command(Call& call) {
  call.reply.bulk(call.arg(1));
  return kDone;
}

Result<Outcome> select_command(Call& call) {
  const int64_t db = TRY(call.integer(1));
  if (db < INT32_MIN || db > INT32_MAX)
    return fail("ERR value is out of range, value must between -2147483648 and 2147483647");
  if (db < 0 || db >= call.session->server().keyspace().database_count()) return fail("ERR DB index is out of range");
  call.session->db = static_cast<uint16_t>(db);
  call.session->shared.db = call.session->db;
  call.reply.ok();
  return kDone;
}

Result<Outcome> quit_command(Call& call) {
  call.session->close_after_reply = true;
  call.reply.ok();
  return kDone;
}

Result<Outcome> reset_command(Call& call) {
  call.session->reset();
  call.reply.use(Protocol::resp2);
  call.reply.simple("RESET");
  return kDone;
}

Result<Outcome> auth_command(Call& call) {
  if (call.argc() > 3) return syntax_error();
  Session& session = *call.session;
  if (call.argc() == 2 && session.server().acl().default_user()->rules()->needs_no_password())
    return fail(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
        "configuration is correct?");
  const std::string_view user = call.argc() == 3 ? call.arg(1) : "default";
  TRY(authenticate(session, call.arg(0), user, call.arg(call.argc() - 1)));
  call.reply.ok();
  return kDone;
}

Result<Outcome> hello_command(Call& call) {
  Session& session = *call.session;
  size_t next = 1;
  Protocol protocol = session.protocol;
  if (call.argc() >= 2) {
    const int64_t version = TRY(call.integer(next++, "ERR Protocol version is not an integer or out of range"));
    if (version < 2 || version > 3) return fail("NOPROTO unsupported protocol version");
    protocol = static_cast<Protocol>(version);
  }
  std::optional<std::string_view> user, password, name;
  while (next < call.argc()) {
    const size_t more = call.argc() - next - 1;
    if (call.arg_is(next, "auth") && more >= 2) {
      user = call.arg(next + 1);
      password = call.arg(next + 2);
      next += 3;
    } else if (call.arg_is(next, "setname") && more >= 1) {
      name = call.arg(next + 1);
      TRY(check_client_name(*name));
      next += 2;
    } else {
      return fail(fmt::format("ERR Syntax error in HELLO option '{}'", call.arg(next)));
    }
  }
  if (user) TRY(authenticate(session, call.arg(0), *user, *password));
  if (!session.authenticated)
    return fail(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> "
        "<pass> "
        "option can be used to authenticate the client and select the RESP protocol version at the same time");
  if (name) set_client_name(session, *name);
  session.protocol = protocol;
  session.shared.protocol = static_cast<uint8_t>(protocol);
  Reply& reply = call.reply;
  reply.use(protocol);
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");  // what clients look at to know what they talk to
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(static_cast<int64_t>(protocol));
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(session.id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
  return kDone;
}

constexpr uint64_t kHandshake = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy | kNoTxn;

constexpr CommandSpec kCommands[] = {
    {"ping",
     -1,
     kFast | kNoTxn | kInSubscribedMode,
     {},
     "",
     Group::connection,
     "1.0.0",
     "Ping the server",
     "O(1)",
     ping_command},
    {"echo",
     2,
     kLoading | kStale | kFast | kNoTxn,
     {},
     "",
     Group::connection,
     "1.0.0",
     "Echo the given string",
     "O(1)",
     echo_command},
    {"hello", -1, kHandshake, {}, "", Group::connection, "6.0.0", "Handshake with Redis", "O(1)", hello_command},
    {"auth",
     -2,
     kHandshake,
     {},
     "",
     Group::connection,
     "1.0.0",
     "Authenticate to the server",
     "O(N) where N is the number of passwords defined for the user",
     auth_command},
    {"select",
     2,
     kLoading | kStale | kFast | kNoTxn,
     {},
     "",
     Group::connection,
     "1.0.0",
     "Change the selected database for the current connection",
     "O(1)",
     select_command},
    {"quit",
     -1,
     kHandshake | kInSubscribedMode | kRunsInsideMulti,
     {},
     "",
     Group::connection,
     "1.0.0",
     "Close the connection",
     "O(1)",
     quit_command},
    {"reset",
     1,
     kHandshake | kInSubscribedMode | kRunsInsideMulti,
     {},
     "",
     Group::connection,
     "6.2.0",
     "Reset the connection",
     "O(1)",
     reset_command},
};

}  // namespace

std::span<const CommandSpec> connection_commands() { return kCommands; }

}  // namespace basalt
