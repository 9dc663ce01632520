// CLIENT and its subcommands.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/number.h"
#include "command/call.h"
#include "server/authentication.h"
#include "server/client_info.h"
#include "server/server.h"
#include "server/server_commands.h"
#include "server/tracking_commands.h"

namespace basalt {

namespace {

constexpr std::string_view kHelp[] = {
    "CACHING (YES|NO)",
    "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
    "GETREDIR",
    "    Return the client ID we are redirecting to when tracking is enabled.",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
    "         [OPTIN] [OPTOUT] [NOLOOP]",
    "    Control server assisted client side caching.",
    "TRACKINGINFO",
    "    Report tracking status for the current connection.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
};

Result<Outcome> help_command(Call& call) {
  reply_help(call.reply, "CLIENT", kHelp);
  return kDone;
}

Result<Outcome> id_command(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.session->id));
  return kDone;
}

// While it lasts, descriptions of the caller show that it is in the middle of a command.
class ShowsArguments {
 public:
  explicit ShowsArguments(Call& call) : shown_(call.session->shared.argument_bytes) { shown_ = bytes_of(call.args); }
  ~ShowsArguments() { shown_ = 0; }
  ShowsArguments(const ShowsArguments&) = delete;

 private:
  std::atomic<uint64_t>& shown_;
};

Result<Outcome> info_command(Call& call) {
  const ShowsArguments shown(call);
  call.reply.verbatim(describe_client(call.session->server(), *call.session) + "\n");
  return kDone;
}

Result<Outcome> list_command(Call& call) {
  const ShowsArguments shown(call);
  Server& server = call.session->server();
  std::string text;
  if (call.argc() == 4 && call.arg_is(2, "type")) {
    if (!is_client_type(call.arg(3))) return fail(fmt::format("ERR Unknown client type '{}'", call.arg(3)));
    for (const auto& session : server.clients().all())
      if (client_has_type(*session, call.arg(3))) text += describe_client(server, *session) + "\n";
  } else if (call.argc() > 3 && call.arg_is(2, "id")) {
    for (size_t i = 3; i < call.argc(); ++i) {
      const int64_t id = TRY(call.integer(i, "ERR Invalid client ID"));
      if (auto session = server.clients().find(static_cast<uint64_t>(id)))
        text += describe_client(server, *session) + "\n";
    }
  } else if (call.argc() != 2) {
    return syntax_error();
  } else {
    for (const auto& session : server.clients().all()) text += describe_client(server, *session) + "\n";
  }
  call.reply.verbatim(text);
  return kDone;
}

struct KillFilter {
  std::optional<uint64_t> id;
  std::string_view address, local_address, user, type;
  bool skip_me = true;

  bool matches(const Session& session, const Session* me) const {
    if (id && session.id != *id) return false;
    if (!address.empty() && session.peer_address != address) return false;
    if (!local_address.empty() && session.local_address != local_address) return false;
    if (!type.empty() && !client_has_type(session, type)) return false;
    if (!user.empty()) {
      auto& shared = const_cast<Session::Shared&>(session.shared);
      std::lock_guard lock(shared.mutex);
      if (shared.user->name() != user) return false;
    }
    return !(skip_me && &session == me);
  }
};

Result<KillFilter> parse_kill_filter(Call& call) {
  KillFilter filter;
  if (call.argc() == 3) {
    filter.address = call.arg(2);
    filter.skip_me = false;
    return filter;
  }
  if (call.argc() % 2 != 0) return syntax_error();
  for (size_t i = 2; i + 1 < call.argc(); i += 2) {
    const std::string_view value = call.arg(i + 1);
    if (call.arg_is(i, "id")) {
      const int64_t id = TRY(call.integer(i + 1, "ERR client-id should be greater than 0"));
      if (id < 1) return fail("ERR client-id should be greater than 0");
      filter.id = static_cast<uint64_t>(id);
    } else if (call.arg_is(i, "type")) {
      if (!is_client_type(value)) return fail(fmt::format("ERR Unknown client type '{}'", value));
      filter.type = value;
    } else if (call.arg_is(i, "addr")) {
      filter.address = value;
    } else if (call.arg_is(i, "laddr")) {
      filter.local_address = value;
    } else if (call.arg_is(i, "user")) {
      if (!call.session->server().acl().find(value)) return fail(fmt::format("ERR No such user '{}'", value));
      filter.user = value;
    } else if (call.arg_is(i, "skipme") && (equals_ignore_case(value, "yes") || equals_ignore_case(value, "no"))) {
      filter.skip_me = equals_ignore_case(value, "yes");
    } else {
      return syntax_error();
    }
  }
  return filter;
}

Result<Outcome> kill_command(Call& call) {
  const KillFilter filter = TRY(parse_kill_filter(call));
  int64_t killed = 0;
  for (const auto& session : call.session->server().clients().all()) {
    if (!filter.matches(*session, call.session)) continue;
    ++killed;
    if (session.get() == call.session) {
      call.session->close_after_reply = true;
    } else {
      call.session->server().clients().disconnect(*session);
    }
  }
  if (call.argc() > 3) {
    call.reply.integer(killed);
  } else if (killed == 0) {
    return fail("ERR No such client");
  } else {
    call.reply.ok();
  }
  return kDone;
}

Result<Outcome> getname_command(Call& call) {
  std::string name;
  {
    std::lock_guard lock(call.session->shared.mutex);
    name = call.session->shared.name;
  }
  if (name.empty()) call.reply.null();
  else call.reply.bulk(name);
  return kDone;
}

Result<Outcome> setname_command(Call& call) {
  TRY(check_client_name(call.arg(2)));
  set_client_name(*call.session, call.arg(2));
  call.reply.ok();
  return kDone;
}

// Redis 7.2: what client library this is. Accepted so that newer clients need not fall back.
Result<Outcome> setinfo_command(Call& call) {
  const std::string_view value = call.arg(3);
  const bool is_name = call.arg_is(2, "lib-name");
  if (!is_name && !call.arg_is(2, "lib-ver")) return fail(fmt::format("ERR Unrecognized option '{}'", call.arg(2)));
  if (!check_client_name(value))
    return fail(
        fmt::format("ERR {} cannot contain spaces, newlines or special characters.", is_name ? "lib-name" : "lib-ver"));
  std::lock_guard lock(call.session->shared.mutex);
  (is_name ? call.session->shared.library_name : call.session->shared.library_version) = value;
  call.reply.ok();
  return kDone;
}

// ON/OFF options of the session.
Result<Outcome> set_switch(Call& call, std::atomic<bool>& option) {
  const bool on = call.arg_is(2, "on");
  if (!on && !call.arg_is(2, "off")) return syntax_error();
  option = on;
  call.reply.ok();
  return kDone;
}
Result<Outcome> no_evict_command(Call& call) { return set_switch(call, call.session->shared.no_evict); }
Result<Outcome> no_touch_command(Call& call) { return set_switch(call, call.session->shared.no_touch); }

Result<Outcome> pause_command(Call& call) {
  Server& server = call.session->server();
  auto what = Server::Pause::all;
  if (call.argc() == 4) {
    if (call.arg_is(3, "write")) what = Server::Pause::writes;
    else if (!call.arg_is(3, "all")) return fail("ERR CLIENT PAUSE mode must be WRITE or ALL");
  } else if (call.argc() != 3) {
    return syntax_error();
  }
  const int64_t timeout_ms = TRY(call.integer(2, "ERR timeout is not an integer or out of range"));
  if (timeout_ms < 0) return fail("ERR timeout is negative");
  const int64_t now_ms = server.clock().now_ms();
  if (timeout_ms > INT64_MAX - now_ms) return fail("ERR timeout is out of range");
  server.pause(what, now_ms + timeout_ms);
  call.reply.ok();
  return kDone;
}

Result<Outcome> unpause_command(Call& call) {
  call.session->server().unpause();
  call.reply.ok();
  return kDone;
}

Result<Outcome> reply_command(Call& call) {
  Session& session = *call.session;
  if (call.arg_is(2, "on")) {
    session.reply_mode = ReplyMode::on;
    call.reply.ok();
  } else if (call.arg_is(2, "off")) {
    session.reply_mode = ReplyMode::off;
  } else if (call.arg_is(2, "skip")) {
    if (session.reply_mode != ReplyMode::off) session.reply_mode = ReplyMode::skip_this;
  } else {
    return syntax_error();
  }
  return kDone;
}

Result<Outcome> unblock_command(Call& call) {
  if (call.argc() > 4)
    return fail("ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.");
  const int64_t id = TRY(call.integer(2));
  bool with_error = false;
  if (call.argc() == 4) {
    with_error = call.arg_is(3, "error");
    if (!with_error && !call.arg_is(3, "timeout")) return fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  WaitingClients& waiting = call.session->server().waiting();
  const uint64_t client = static_cast<uint64_t>(id);
  // `busy`: it is being served this moment, so it is not blocked any more.
  const auto ended = with_error ? waiting.unblock_with_error(client) : waiting.time_out(client);
  call.reply.integer(ended == WaitingClients::Ended::yes ? 1 : 0);
  return kDone;
}

constexpr uint64_t kOwn = kNoScript | kLoading | kStale | kNoTxn;
constexpr uint64_t kOthers = kOwn | kAdmin;

constexpr KeylessRows sub{Group::connection};

constexpr CommandSpec kSubcommands[] = {
    sub("help", 2, kLoading | kStale | kNoTxn, "5.0.0", "Show helpful text about the different subcommands", "O(1)",
        help_command),
    sub("id", 2, kOwn, "5.0.0", "Returns the client ID for the current connection", "O(1)", id_command),
    sub("info", 2, kOwn, "6.2.0", "Returns information about the current client connection.", "O(1)", info_command),
    sub("list", -2, kOthers, "2.4.0", "Get the list of client connections",
        "O(N) where N is the number of client connections", list_command),
    sub("kill", -3, kOthers, "2.4.0", "Kill the connection of a client",
        "O(N) where N is the number of client connections", kill_command),
    sub("getname", 2, kOwn, "2.6.9", "Get the current connection name", "O(1)", getname_command),
    sub("setname", 3, kOwn, "2.6.9", "Set the current connection name", "O(1)", setname_command),
    sub("setinfo", 4, kOwn, "7.2.0", "Set client or connection specific info", "O(1)", setinfo_command),
    sub("no-evict", 3, kOthers, "7.0.0", "Set client eviction mode for the current connection", "O(1)",
        no_evict_command),
    sub("no-touch", 3, kOwn, "7.2.0",
        "Controls whether commands sent by the client will alter the LRU/LFU of the keys they access.", "O(1)",
        no_touch_command),
    sub("pause", -3, kOthers, "2.9.50", "Stop processing commands from clients for some time", "O(1)", pause_command),
    sub("unpause", 2, kOthers, "6.2.0", "Resume processing of clients that were paused",
        "O(N) Where N is the number of paused clients", unpause_command),
    sub("reply", 3, kOwn, "3.2.0", "Instruct the server whether to reply to commands", "O(1)", reply_command),
    sub("tracking", -3, kOwn, "6.0.0", "Enable or disable server assisted client side caching support",
        "O(1). Some options may introduce additional complexity.", client_tracking_command),
    sub("caching", 3, kOwn, "6.0.0", "Instruct the server about tracking or not keys in the next request", "O(1)",
        client_caching_command),
    sub("getredir", 2, kOwn, "6.0.0", "Get tracking notifications redirection client ID if any", "O(1)",
        client_getredir_command),
    sub("trackinginfo", 2, kOwn, "6.2.0",
        "Return information about server assisted client side caching for the current connection", "O(1)",
        client_trackinginfo_command),
    sub("unblock", -3, kOthers, "5.0.0", "Unblock a client blocked in a blocking command from a different connection",
        "O(log N) where N is the number of client connections", unblock_command),
};

constexpr CommandSpec kCommands[] = {
    {"client",
     -2,
     0,
     {},
     "",
     Group::connection,
     "2.4.0",
     "A container for client connection commands",
     "Depends on subcommand.",
     nullptr,
     kSubcommands},
};

}  // namespace

std::span<const CommandSpec> client_commands() { return kCommands; }

}  // namespace basalt
