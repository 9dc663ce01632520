// INFO TIME LASTSAVE SAVE BGSAVE BGREWRITEAOF SHUTDOWN WAIT CONFIG DEBUG: running the server.
#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/number.h"
#include "command/call.h"
#include "command/error_text.h"
#include "server/acl/acl.h"
#include "server/checkpoints.h"
#include "server/config/config.h"
#include "server/config_commands.h"
#include "server/info.h"
#include "server/server.h"
#include "server/server_commands.h"
#include "server/transaction.h"

namespace basalt {

namespace {

Result<Outcome> info_command(Call& call) {
  const std::vector<std::string_view> sections(call.args.begin() + 1, call.args.end());
  Server& server = call.session->server();
  KeyCounts counts;
  for (uint16_t db = 0; db < server.keyspace().database_count(); ++db) {
    auto counted = server.keyspace().count_keys(call.txn, db);
    // When the storage fails INFO is asked why: it tells what it can.
    if (!counted && counted.error().storage()) {
      counts.failure = counted.error().storage()->detail;
      counted = server.keyspace().last_count(db).value_or(KeyCount{});
    }
    counts.of_databases.push_back(TRY(std::move(counted)));
  }
  call.reply.verbatim(info_text(server, sections, counts));
  return kDone;
}

Result<Outcome> time_command(Call& call) {
  const int64_t now_us = call.session->server().clock().now_us();
  call.reply.array(2);
  call.reply.bulk_integer(now_us / 1'000'000);
  call.reply.bulk_integer(now_us % 1'000'000);
  return kDone;
}

Result<Outcome> lastsave_command(Call& call) {
  call.reply.integer(call.session->server().checkpoints().last_success_s());
  return kDone;
}

Result<Outcome> save_command(Call& call) {
  Checkpoints& checkpoints = call.session->server().checkpoints();
  if (!checkpoints.begin()) return fail("ERR Background save already in progress");
  TRY(checkpoints.create());
  call.reply.ok();
  return kDone;
}

Result<Outcome> bgsave_command(Call& call) {
  // SCHEDULE asks to wait for an AOF rewrite; there is none to wait for.
  if (call.argc() > 2 || (call.argc() == 2 && !call.arg_is(1, "schedule"))) return syntax_error();
  Server& server = call.session->server();
  if (!server.checkpoints().begin()) return fail("ERR Background save already in progress");
  server.pool().submit([&server](unsigned) { (void)server.checkpoints().create(); });
  call.reply.simple("Background saving started");
  return kDone;
}

// In EXEC, as Redis words it, it is for later; it is so beside a BGSAVE, too.
Result<Outcome> bgrewriteaof_command(Call& call) {
  Server& server = call.session->server();
  if (!server.log_rewrite().begin()) return fail("ERR Background append only file rewriting already in progress");
  const TransactionState* transaction = call.session->transaction.get();
  const bool later = (transaction && !transaction->queue.empty()) || server.checkpoints().running();
  server.pool().submit([&server](unsigned) { server.log_rewrite().run(); });
  call.reply.simple(later ? "Background append only file rewriting scheduled"
                          : "Background append only file rewriting started");
  return kDone;
}

Result<Outcome> shutdown_command(Call& call) {
  bool save = false, no_save = false, abort = false;
  for (size_t i = 1; i < call.argc(); ++i) {
    if (call.arg_is(i, "save")) save = true;
    else if (call.arg_is(i, "nosave")) no_save = true;
    else if (call.arg_is(i, "abort")) abort = true;
    else if (!call.arg_is(i, "now") && !call.arg_is(i, "force")) return syntax_error();
  }
  if ((abort && call.argc() > 2) || (save && no_save)) return syntax_error();
  if (abort) return fail("ERR No shutdown in progress.");
  Server& server = call.session->server();
  if (save) {
    if (call.txn.access() == Access::inline_) return would_block();
    TRY(server.checkpoints().create());
  }
  LOG(WARNING) << "User requested shutdown...";
  server.request_shutdown();
  call.session->close_after_reply = true;  // as Redis: no reply, the connection ends
  return kDone;
}

Result<Outcome> wait_command(Call& call) {
  TRY(call.integer(1));
  const int64_t timeout_ms = TRY(call.integer(2, "ERR timeout is not an integer or out of range"));
  if (timeout_ms < 0) return fail("ERR timeout is negative");
  call.reply.integer(0);  // there are no replicas to wait for
  return kDone;
}

// ---- CONFIG ----

Result<Outcome> config_get_command(Call& call) {
  TRY(config_get(call.session->server().config(), call.args, call.reply));
  return kDone;
}
Result<Outcome> config_set_command(Call& call) {
  const bool local = call.session->unix_socket || call.session->peer_address.starts_with("127.");
  TRY(config_set(call.session->server().config(), call.args, call.reply, local));
  return kDone;
}
Result<Outcome> config_rewrite_command(Call& call) {
  Server& server = call.session->server();
  // Users of an ACL file are saved there.
  const std::vector<std::string> users = server.acl().lines();
  TRY(config_rewrite(server.config(), call.args, call.reply, server.acl().has_file() ? nullptr : &users));
  return kDone;
}
Result<Outcome> config_help_command(Call& call) {
  TRY(config_help(call.session->server().config(), call.args, call.reply));
  return kDone;
}
Result<Outcome> config_resetstat_command(Call& call) {
  Server& server = call.session->server();
  server.stats().reset();
  server.keyspace().reset_stats();
  server.client_memory().reset_evicted_clients();
  server.acl().log().reset_totals();
  call.reply.ok();
  return kDone;
}

constexpr uint64_t kAdminFlags = kAdmin | kNoScript | kLoading | kStale | kNoTxn;

constexpr CommandSpec server_row(std::string_view name, int arity, uint64_t flags, std::string_view since,
                                 std::string_view summary, std::string_view complexity, Handler handler,
                                 std::span<const CommandSpec> subcommands = {}) {
  return {name, arity, flags, {}, "", Group::server, since, summary, complexity, handler, subcommands};
}

constexpr CommandSpec kConfigCommands[] = {
    server_row("get", -3, kAdminFlags, "2.0.0", "Get the values of configuration parameters",
               "O(N) when N is the number of configuration parameters provided", config_get_command),
    server_row("set", -4, kAdminFlags | kOffload, "2.0.0", "Set configuration parameters to the given values",
               "O(N) when N is the number of configuration parameters provided", config_set_command),
    server_row("rewrite", 2, kAdminFlags | kOffload, "2.8.0",
               "Rewrite the configuration file with the in memory configuration", "O(1)", config_rewrite_command),
    server_row("resetstat", 2, kAdminFlags, "2.0.0", "Reset the stats returned by INFO", "O(1)",
               config_resetstat_command),
    server_row("help", 2, kLoading | kStale | kNoTxn, "5.0.0", "Show helpful text about the different subcommands",
               "O(1)", config_help_command),
};

constexpr CommandSpec kCommands[] = {
    server_row("info", -1, kLoading | kStale | kDangerous | kOffload, "1.0.0",
               "Get information and statistics about the server", "O(1)", info_command),
    server_row("time", 1, kLoading | kStale | kFast | kNoTxn, "2.6.0", "Return the current server time", "O(1)",
               time_command),
    {"lastsave",
     1,
     kLoading | kStale | kFast | kDangerous | kNoTxn,
     {},
     "",
     Group::server,
     "1.0.0",
     "Get the UNIX time stamp of the last successful save to disk",
     "O(1)",
     lastsave_command,
     {},
     "@admin"},
    server_row("save", 1, kAdmin | kNoScript | kNoAsyncLoading | kNoMulti | kOffload | kNoTxn, "1.0.0",
               "Synchronously save the dataset to disk", "O(N) where N is the total number of keys in all databases",
               save_command),
    server_row("bgsave", -1, kAdmin | kNoScript | kNoAsyncLoading | kNoTxn, "1.0.0",
               "Asynchronously save the dataset to disk", "O(1)", bgsave_command),
    server_row("bgrewriteaof", 1, kAdmin | kNoScript | kNoAsyncLoading | kNoTxn, "1.0.0",
               "Asynchronously rewrite the append-only file", "O(1)", bgrewriteaof_command),
    server_row(
        "shutdown", -1, kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy | kNoTxn, "1.0.0",
        "Synchronously save the dataset to disk and then shut down the server",
        "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
        shutdown_command),
    {"wait",
     3,
     kNoScript | kNoTxn,
     {},
     "",
     Group::generic,
     "3.0.0",
     "Wait for the synchronous replication of all the write commands sent in the context of the current connection",
     "O(1)",
     wait_command,
     {},
     "@connection"},
    server_row("config", -2, 0, "2.0.0", "A container for server configuration commands", "Depends on subcommand.",
               nullptr, kConfigCommands),
};

}  // namespace

std::span<const CommandSpec> admin_commands() { return kCommands; }

}  // namespace basalt
