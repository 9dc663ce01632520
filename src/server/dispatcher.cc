#include "server/dispatcher.h"

#include <algorithm>

#include <absl/container/inlined_vector.h>
#include <fmt/format.h>
#include <glog/logging.h>

#include "base/clock.h"
#include "command/error_text.h"
#include "server/authentication.h"
#include "server/cold_keys.h"
#include "server/config/config.h"
#include "server/server.h"
#include "server/stats.h"
#include "server/subscriptions.h"
#include "server/tracking.h"
#include "server/transaction.h"

namespace basalt {

namespace {
// Redis prints with %s: a name ends at its first NUL.
std::string_view printable(std::string_view text, size_t limit) {
  return text.substr(0, std::min(text.find('\0'), limit));
}

// A web page made a browser talk to this port: as Redis, nothing that follows may run.
bool is_http(std::string_view name) { return equals_ignore_case(name, "post") || equals_ignore_case(name, "host:"); }

// Writes that hold their locks for a short time, on keys that are where the row says.
bool is_short_write(const CommandSpec& spec) {
  if ((spec.flags & (kWrite | kBlocking | kOffload)) != kWrite || spec.keys.first == 0 || spec.keys.find) return false;
  return (spec.flags & kFast) || spec.group == Group::string;
}
}  // namespace

std::string unknown_command_error(const CommandTable::Match& match, const Args& args) {
  if (match.container)
    return fmt::format("ERR unknown subcommand '{:.128}'. Try {} HELP.", args[1], to_upper(match.container->name));
  constexpr size_t kShown = 128;
  std::string shown;
  for (size_t i = 1; i < args.size() && shown.size() < kShown; ++i)
    shown += fmt::format("'{}' ", printable(args[i], kShown - shown.size()));
  return fmt::format("ERR unknown command '{}', with args beginning with: {}", printable(args[0], kShown), shown);
}

std::optional<Dispatcher::Refusal> Dispatcher::refuse(Session& session, const CommandTable::Match& match,
                                                      const Args& args) const {
  if (!match.spec) return unknown_command_error(match, args);
  const CommandSpec& spec = *match.spec;
  const int argc = static_cast<int>(args.size());
  if ((spec.arity > 0 && argc != spec.arity) || argc < -spec.arity || !spec.handler)
    return fmt::format("ERR wrong number of arguments for '{}' command", server_.commands().full_name(match.index));
  if (!session.authenticated && !(spec.flags & kNoAuth) && session.must_authenticate())
    return "NOAUTH Authentication required.";
  // A client in MONITOR is a kind of replica to Redis: it listens.
  if (session.shared.monitor.load(std::memory_order_relaxed) && (spec.flags & (kWrite | kReadonly | kMayReplicate)))
    return "ERR Replica can't interact with the keyspace";
  const bool queueing = session.transaction && session.transaction->active;
  if (queueing && (spec.flags & kNoMulti)) return "ERR Command not allowed inside a transaction";
  if (auto denial = deny(session, match, args))
    return Refusal(denial_text(*denial, server_.commands().full_name(match.index)), *denial);
  if (session.subscriptions && session.subscriptions->count() > 0 && session.protocol == Protocol::resp2 &&
      !(spec.flags & kInSubscribedMode))
    return fmt::format(
        "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
        "context",
        server_.commands().full_name(match.index));
  return std::nullopt;
}

bool Dispatcher::joins_write_run(Session& session, const Args& args, CommandTable::Match& match) const {
  if (session.transaction || session.tracking || session.reply_mode != ReplyMode::on || server_.needs_general_path())
    return false;
  match = server_.commands().match(args);
  return match.spec && is_short_write(*match.spec) && !refuse(session, match, args);
}

namespace {
// The keys whose values the client may keep, told when they change; none for a command that doesn't just read.
std::vector<std::string_view> tracked_keys(const Session& session, const CommandSpec& spec, const Args& args) {
  std::vector<std::string_view> keys;
  if (!session.tracking || !(spec.flags & kReadonly)) return keys;
  const TrackingOptions& tracking = *session.tracking;
  if (tracking.broadcast || (tracking.opt_in && !tracking.caching) || (tracking.opt_out && tracking.caching))
    return keys;
  std::vector<int> positions;
  find_keys(spec, args, positions);
  for (int position : positions) keys.push_back(args[position]);
  return keys;
}
}  // namespace

// Before the command reads: a change from here on either is seen by it or invalidates what it saw.
void Dispatcher::track_reads(const Session& session, const CommandSpec& spec, const Args& args) const {
  const auto keys = tracked_keys(session, spec, args);
  if (keys.empty()) return;
  server_.tracking().remember(session, keys,
                              static_cast<size_t>(server_.config().settings().tracking_table_max_keys.load()));
}

namespace {
// What CLIENT CACHING said holds for the next command, or for all of a transaction.
void caching_is_used_up(Session& session, const CommandTable::Match& match) {
  if (!session.tracking || (session.transaction && session.transaction->active)) return;
  if (!match.container || match.container->name != "client") session.tracking->caching = false;
}
}  // namespace

void Dispatcher::mark_reads(const Session& session, const CommandSpec& spec, const Args& args, Txn& txn) const {
  for (std::string_view key : tracked_keys(session, spec, args)) Tracking::mark_read(txn, {session.db, key});
}

Result<Outcome> Dispatcher::call(Session* session, const CommandSpec& spec, const Args& args, uint16_t db, Txn& txn,
                                 Reply& reply, bool may_wait, std::optional<std::string_view> woken_by) {
  txn.count_lookups(!(spec.flags & kWrite));
  if (spec.flags & kWrite) {
    absl::InlinedVector<Key, 8> keys;
    if (spec.keys.first == 1 && spec.keys.last == 1 && !spec.keys.find) {
      keys.push_back({db, args[1]});
    } else {
      std::vector<int> positions;
      find_keys(spec, args, positions);
      for (int position : positions) keys.push_back({db, args[position]});
    }
    TRY(txn.lock(keys));
  }
  if (session && !session->user()->unrestricted()) TRY(check_unnamed_keys(*session, spec, args));
  Call call{spec, args, db, txn, reply, session, may_wait, woken_by};
  return spec.handler(call);
}

Dispatcher::Executed Dispatcher::execute(Session& session, const Args& args, std::string& out, Worker& worker) {
  const CommandTable::Match match = server_.commands().match(args);
  const size_t mark = out.size();
  Reply reply(out, session.protocol);
  TransactionState* transaction = session.transaction.get();

  if (!match.spec && is_http(args[0])) {
    LOG(WARNING) << "Possible SECURITY ATTACK detected: client " << session.id << " (" << session.peer_address
                 << ") sent POST or Host: as a command; its connection is closed";
    session.close_after_reply = true;
    return Executed::done;
  }
  if (auto refusal = refuse(session, match, args)) {
    std::string& error = refusal->error;
    if (refusal->denial) log_denial(session, *refusal->denial, match, args);
    if (transaction && transaction->active) transaction->has_errors = true;
    if (match.spec && match.spec->name == "exec") {
      session.end_transaction();
      const size_t code = error.starts_with("ERR ") ? 4 : 0;
      error = "EXECABORT Transaction discarded because of: " + error.substr(code);
    }
    if (match.spec) worker.stats.command_rejected(match.index);
    worker.stats.error_replied(std::string_view(error).substr(0, error.find(' ')));
    reply.error(error);
    caching_is_used_up(session, match);
    session.apply_reply_mode(out, mark);
    return Executed::done;
  }
  const CommandSpec& spec = *match.spec;
  session.shared.last_command.store(match.index, std::memory_order_relaxed);
  if (server_.postpones(session, spec)) return Executed::postponed;
  if (transaction && transaction->active && !(spec.flags & kRunsInsideMulti)) {
    transaction->queue.emplace_back(match, args);
    transaction->queued_bytes += transaction->queue.back().bytes();
    session.shared.queued = static_cast<int32_t>(transaction->queue.size());
    session.shared.queued_bytes = transaction->queued_bytes;
    reply.simple("QUEUED");
    session.apply_reply_mode(out, mark);
    return Executed::done;
  }
  if ((spec.flags & kOffload) && worker.access == Access::inline_) return Executed::would_block;

  const int64_t start_us = session.command_started_us();
  if (worker.access == Access::blocking) bring_in_cold_keys(server_, spec, args, session.db);
  Txn txn(server_.keyspace(), worker.access);
  txn.set_origin(session.id);
  track_reads(session, spec, args);
  Result<Outcome> outcome = call(&session, spec, args, session.db, txn, reply, true);
  if (outcome && outcome->kind == Outcome::Kind::wait) {
    // Registered while the keys are still locked: no push can slip in between.
    server_.block(session, match, args, *outcome);
    server_.show_to_monitors(session, {match, args, session.db, start_us, monotonic_us()});
    return Executed::waiting;
  }
  const bool wrote = outcome && txn.has_writes();
  if (outcome)
    if (auto committed = txn.commit(); !committed) outcome = tl::unexpected(committed.error());
  std::string error;
  if (!outcome) {
    out.resize(mark);
    if (outcome.error().would_block()) return Executed::would_block;
    reply.use(session.protocol);
    reply.error(error = error_text(outcome.error()));
  }
  worker.stats.keyspace_hits.add(txn.lookups().hits);
  worker.stats.keyspace_misses.add(txn.lookups().misses);
  caching_is_used_up(session, match);
  if (wrote && outcome) session.mark_written();
  session.apply_reply_mode(out, mark, outcome && reply.pushed());
  if (session.take_written()) session.acknowledge(mark, out.size());
  account(session, {match, args, session.db, start_us, session.command_ended_us()}, outcome ? nullptr : &error, worker);
  if (txn.met_expired()) txn.expire_met_keys();
  return Executed::done;
}

void Dispatcher::account(Session& session, const RanCommand& ran, const std::string* error, Worker& worker) {
  server_.count_command(worker.stats, ran.match.index, ran.duration_us(), error != nullptr);
  if (error) worker.stats.error_replied(std::string_view(*error).substr(0, error->find(' ')));
  server_.observe_command(session, ran);
}

}  // namespace basalt
