// DEBUG: for tests and people who look inside. Only what means something here; the rest is refused.
#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/glob.h"
#include "base/number.h"
#include "command/call.h"
#include "server/config/config.h"
#include "server/server.h"
#include "server/server_commands.h"
#include "types/digest/digest.h"
#include "types/key/object_encoding.h"
#include "types/rdb/value_writer.h"

namespace basalt {

namespace {

constexpr std::string_view kHelp[] = {
    "DIGEST",
    "    Output a hex signature representing the current DB content: Redis's own.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Output a hex signature of the values of all the specified keys.",
    "ERROR <string>",
    "    Return a Redis protocol error with <string> as message. Useful for clients",
    "    unit tests to simulate Redis errors.",
    "LOADAOF",
    "    Close the store and open it again: what is not in data files yet is read from",
    "    the write-ahead log.",
    "LOG <message>",
    "    Write <message> to the server log.",
    "OBJECT <key>",
    "    Show low level info about `key` and associated value.",
    "PAUSE-CRON <0|1>",
    "    Stop (1) what the server does ten times a second, or let it go on (0).",
    "PROTOCOL <type>",
    "    Reply with a test value of the specified type. <type> can be: string,",
    "    integer, double, null, array, set, map, attrib, push, verbatim, true,",
    "    false.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Packed lists get no longer than <size> bytes, whatever the options say.",
    "    0 restores the default, which is no such limit.",
    "RELOAD [NOSAVE]",
    "    Write everything to data files, close the store and open it again; with NOSAVE",
    "    as LOADAOF.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Setting it to 0 disables expiring keys (and hash fields) in the background.",
    "SLEEP <seconds>",
    "    Stop the client for <seconds>. Decimals allowed.",
    "STRINGMATCH-LEN <pattern> <string-length>",
    "    Match a string of <string-length> 'a's against <pattern>.",
};

Result<Outcome> help_command(Call& call) {
  reply_help(call.reply, "DEBUG", kHelp);
  return kDone;
}

Result<Outcome> sleep_command(Call& call) {
  const double seconds = TRY(call.number(2));
  std::this_thread::sleep_for(std::chrono::duration<double>(std::max(0.0, seconds)));
  call.reply.ok();
  return kDone;
}

Result<Outcome> set_active_expire_command(Call& call) {
  const int64_t on = TRY(call.integer(2));
  call.session->server().keyspace().set_active_expire(on != 0);
  call.reply.ok();
  return kDone;
}

Result<Outcome> pause_cron_command(Call& call) {
  const int64_t paused = TRY(call.integer(2));
  call.session->server().pause_ticks(paused != 0);
  call.reply.ok();
  return kDone;
}

// The store anew from disk: from its data files, and from its log what `flush` does not write to them first.
Result<Outcome> reopen(Call& call, bool flush) {
  Server& server = call.session->server();
  if (flush) TRY(server.store().flush_memtables());
  TRY(server.reopen());
  call.reply.ok();
  return kDone;
}

Result<Outcome> reload_command(Call& call) {
  bool flush = true;
  for (size_t i = 2; i < call.argc(); ++i) {
    if (!call.arg_is(i, "nosave")) return fail("ERR DEBUG RELOAD only supports the NOSAVE option.");
    flush = false;
  }
  return reopen(call, flush);
}

Result<Outcome> loadaof_command(Call& call) { return reopen(call, false); }

Result<Outcome> digest_command(Call& call) {
  call.reply.simple(TRY(dataset_digest(call.txn)).text());
  return kDone;
}

Result<Outcome> digest_value_command(Call& call) {
  call.reply.array(static_cast<int64_t>(call.argc()) - 2);
  for (size_t i = 2; i < call.argc(); ++i) call.reply.simple(TRY(value_digest(call.txn, call.key(i))).text());
  return kDone;
}

Result<Outcome> log_command(Call& call) {
  LOG(WARNING) << "DEBUG LOG: " << call.arg(2);
  call.reply.ok();
  return kDone;
}

Result<Outcome> packed_threshold_command(Call& call) {
  constexpr uint64_t kMost = (uint64_t{1} << 32) - (1 << 20);
  const auto bytes = parse_memory(call.arg(2));
  if (!bytes || *bytes > kMost) return fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  call.session->server().keyspace().limits().list_packed_threshold = static_cast<int64_t>(*bytes);
  call.reply.ok();
  return kDone;
}

// In Redis's words as far as they mean something: a value has no address but the place of its record.
Result<Outcome> object_command(Call& call) {
  call.txn.freeze();
  const auto record = TRY(call.txn.find(call.key(2)));
  if (!record) return fail("ERR no such key");
  const Head& head = record->head;
  std::string serialized;
  auto again = TRY(call.txn.find(call.key(2)));
  TRY(rdb::write_value(call.txn, call.key(2), *std::move(again), serialized, []() -> Result<void> { return {}; }));
  const std::string_view encodings[] = {"plain", "packed", "packed_intset", "spread"};
  const std::string_view column = head.encoding == Encoding::plain ? "strings" : "heads";
  call.reply.simple(fmt::format(
      "Value at:{}:{:016x} refcount:1 encoding:{} serializedlength:{} type:{} layout:{} size:{} body_bytes:{} "
      "expire_ms:{}",
      column, head.object, object_encoding(head), serialized.size() - 1, type_name(head.type),
      encodings[static_cast<size_t>(head.encoding)], head.size, head.body.size(), head.expire_ms));
  return kDone;
}

Result<Outcome> error_command(Call& call) { return fail(std::string(call.arg(2))); }

Result<Outcome> stringmatch_command(Call& call) {
  const int64_t length = TRY(call.integer(3));
  if (length < 0 || length > (int64_t{1} << 29)) return fail("ERR value is out of range");
  const std::string text(static_cast<size_t>(length), 'a');
  call.reply.integer(glob_match(call.arg(2), text) ? 1 : 0);
  return kDone;
}

Result<Outcome> protocol_command(Call& call) {
  Reply& reply = call.reply;
  if (call.arg_is(2, "string")) reply.bulk("Hello World");
  else if (call.arg_is(2, "integer")) reply.integer(12345);
  else if (call.arg_is(2, "double")) reply.number(3.141);
  else if (call.arg_is(2, "null")) reply.null();
  else if (call.arg_is(2, "true")) reply.boolean(true);
  else if (call.arg_is(2, "false")) reply.boolean(false);
  else if (call.arg_is(2, "verbatim")) reply.verbatim("This is a verbatim\nstring");
  else if (call.arg_is(2, "bignum")) reply.big_number("1234567999999999999999999999999999999");
  else if (call.arg_is(2, "array") || call.arg_is(2, "set") || call.arg_is(2, "push")) {
    if (call.arg_is(2, "array")) reply.array(3);
    else if (call.arg_is(2, "set")) reply.set(3);
    else reply.push(3);
    for (int64_t i = 0; i < 3; ++i) reply.integer(i);
  } else if (call.arg_is(2, "map")) {
    reply.map(3);
    for (int64_t i = 0; i < 3; ++i) {
      reply.integer(i);
      reply.boolean(i == 1);
    }
  } else if (call.arg_is(2, "attrib")) {
    if (reply.resp3()) {
      reply.attribute(1);
      reply.bulk("key-popularity");
      reply.array(2);
      reply.bulk("key:123");
      reply.integer(90);
    }
    reply.bulk("Some real reply following the attribute");
  } else {
    return fail(
        "ERR Wrong protocol type name. Please use one of the following: "
        "string|integer|double|null|array|set|map|attrib|push|verbatim|true|false");
  }
  return kDone;
}

// enable-debug-command, as Redis: no, yes, or only for clients on this machine.
bool debug_allowed(const Call& call) {
  const auto setting = call.session->server().config().settings().enable_debug_command.load();
  if (setting == ProtectedAction::yes) return true;
  const bool local = call.session->unix_socket || call.session->peer_address.starts_with("127.");
  return setting == ProtectedAction::local && local;
}

struct Subcommand {
  std::string_view name;
  int arity;  // as in CommandSpec
  Handler handler;
};

constexpr Subcommand kSubcommands[] = {
    {"help", 2, help_command},
    {"sleep", 3, sleep_command},
    {"set-active-expire", 3, set_active_expire_command},
    {"pause-cron", 3, pause_cron_command},
    {"reload", -2, reload_command},
    {"loadaof", 2, loadaof_command},
    {"digest", 2, digest_command},
    {"digest-value", -2, digest_value_command},
    {"log", 3, log_command},
    {"quicklist-packed-threshold", 3, packed_threshold_command},
    {"object", -3, object_command},
    {"error", 3, error_command},
    {"stringmatch-len", 4, stringmatch_command},
    {"protocol", 3, protocol_command},
};

Result<Outcome> debug_command(Call& call) {
  if (!debug_allowed(call))
    return fail(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
        "local "
        "connection, otherwise you need to set this option in the configuration file, and then restart the server.");
  const int argc = static_cast<int>(call.argc());
  for (const Subcommand& subcommand : kSubcommands) {
    if (!call.arg_is(1, subcommand.name)) continue;
    if (subcommand.arity > 0 ? argc == subcommand.arity : argc >= -subcommand.arity) return subcommand.handler(call);
  }
  return fail(
      fmt::format("ERR unknown subcommand or wrong number of arguments for '{:.128}'. Try DEBUG HELP.", call.arg(1)));
}

// To Redis, DEBUG is one command: its subcommands are not listed.
constexpr CommandSpec kCommands[] = {
    {"debug",
     -2,
     kAdmin | kNoScript | kLoading | kStale | kOffload,
     {},
     "",
     Group::server,
     "1.0.0",
     "A container for debugging commands",
     "Depends on subcommand.",
     debug_command},
};

}  // namespace

std::span<const CommandSpec> debug_commands() { return kCommands; }

}  // namespace basalt
