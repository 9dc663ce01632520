#include "server/transaction.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/number.h"
#include "command/call.h"
#include "command/error_text.h"
#include "server/authentication.h"
#include "server/dispatcher.h"
#include "server/server.h"
#include "server/server_commands.h"
#include "server/session.h"

namespace basalt {

QueuedCommand::QueuedCommand(CommandTable::Match match, const Args& args) : match_(match) {
  for (auto arg : args) size_ += arg.size();
  bytes_.reset(new char[size_]);
  char* at = bytes_.get();
  for (auto arg : args) {
    args_.emplace_back(at, arg.size());
    at = std::copy(arg.begin(), arg.end(), at);
  }
}

namespace {
std::string watch_id(uint16_t db, std::string_view name) {
  std::string id;
  append_be(id, db);
  id.append(name);
  return id;
}
}  // namespace

void WatchRegistry::watch(const WatchedKey& key, const std::shared_ptr<WatchFlags>& flag) {
  const std::string id = watch_id(key.db, key.name);
  Shard& shard = shard_of(id);
  std::lock_guard lock(shard.mutex);
  shard.keys[id].push_back(flag);
  count_.fetch_add(1);
}

void WatchRegistry::unwatch(const WatchedKey& key, const std::shared_ptr<WatchFlags>& flag) {
  const std::string id = watch_id(key.db, key.name);
  Shard& shard = shard_of(id);
  std::lock_guard lock(shard.mutex);
  auto it = shard.keys.find(id);
  if (it == shard.keys.end()) return;
  auto& flags = it->second;
  auto at = std::find(flags.begin(), flags.end(), flag);
  if (at == flags.end()) return;
  flags.erase(at);
  count_.fetch_sub(1);
  if (flags.empty()) shard.keys.erase(it);
}

void WatchRegistry::committed(std::span<const Touch> touches) {
  if (watched_keys() == 0) return;
  for (const Touch& touch : touches) {
    if (!touch.modified) continue;
    // That a key is past its time EXEC sees for itself; a key that was so when WATCH came may be removed any time.
    if (touch.event_class == EventClass::expired) continue;
    if (touch.whole_database) {
      for (Shard& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        for (auto& [id, flags] : shard.keys)
          if (load_big_endian<uint16_t>(id.data()) == touch.key.db)
            for (auto& flag : flags) flag->replaced = true;
      }
      continue;
    }
    const std::string id = watch_id(touch.key.db, touch.key.name);
    Shard& shard = shard_of(id);
    std::lock_guard lock(shard.mutex);
    auto it = shard.keys.find(id);
    if (it != shard.keys.end())
      for (auto& flag : it->second) flag->changed = true;
  }
}

namespace {

TransactionState& state_of(Session& session) {
  if (!session.transaction) session.transaction = std::make_unique<TransactionState>();
  return *session.transaction;
}

Result<Outcome> multi_command(Call& call) {
  TransactionState& state = state_of(*call.session);
  if (state.active) return fail("ERR MULTI calls can not be nested");
  state.active = true;
  call.session->shared.queued = 0;
  call.reply.ok();
  return kDone;
}

Result<Outcome> discard_command(Call& call) {
  Session& session = *call.session;
  if (!session.transaction || !session.transaction->active) return fail("ERR DISCARD without MULTI");
  session.end_transaction();
  call.reply.ok();
  return kDone;
}

Result<Outcome> watch_command(Call& call) {
  Session& session = *call.session;
  TransactionState& state = state_of(session);
  if (state.active) return fail("ERR WATCH inside MULTI is not allowed");
  for (size_t i = 1; i < call.argc(); ++i) {
    const bool known = std::any_of(state.watched.begin(), state.watched.end(), [&](const WatchedKey& watched) {
      return watched.db == call.db && watched.name == call.arg(i);
    });
    if (known) continue;
    state.watched.push_back({call.db, std::string(call.arg(i)), false});
    session.holds_name(call.arg(i));
    session.server().watches().watch(state.watched.back(), state.flags);
    state.watched.back().existed = TRY(call.txn.exists(call.key(i)));
  }
  session.shared.watched = static_cast<uint32_t>(state.watched.size());
  session.show_watch_flags(state.flags);
  call.reply.ok();
  return kDone;
}

Result<Outcome> unwatch_command(Call& call) {
  call.session->unwatch_all();
  call.reply.ok();
  return kDone;
}

// The keys EXEC must hold: those of every queued command, and the watched ones, so that no commit can
// slip between looking at `changed` and our own.
std::vector<Key> keys_to_lock(const TransactionState& state, uint16_t db) {
  std::vector<Key> keys;
  for (const WatchedKey& watched : state.watched) keys.push_back({watched.db, watched.name});
  std::vector<int> positions;
  for (const QueuedCommand& command : state.queue) {
    const std::string_view name = command.match().spec->name;
    if (name == "select") {
      auto selected = parse_int64(command.args()[1]);
      if (selected && *selected >= 0 && *selected <= UINT16_MAX) db = static_cast<uint16_t>(*selected);
      continue;
    }
    positions.clear();
    find_keys(*command.match().spec, command.args(), positions);
    for (int position : positions) keys.push_back({db, command.args()[position]});
  }
  return keys;
}

// One of EXEC's commands, run or denied.
struct Done {
  uint16_t db;
  int64_t start_us, end_us;
  std::string error;
  std::optional<Denial> denial = std::nullopt;
};

// What a command gets that the user was allowed to queue but is no longer allowed to run.
std::string late_denial_text(const Denial& denial) {
  std::string_view reason = "no permission to execute the command or subcommand";
  if (denial.reason == DenialReason::key) reason = "no permission to touch the specified keys";
  if (denial.reason == DenialReason::channel) reason = "no permission to access one of the channels used as arguments";
  return fmt::format(
      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is "
      "no longer allowed for the following reason: {}",
      reason);
}

// Counts and shows what EXEC did, once it is done for good.
void account_for(Session& session, const TransactionState& state, const std::vector<Done>& done) {
  for (size_t i = 0; i < done.size(); ++i) {
    const auto& [db, start_us, end_us, error, denial] = done[i];
    const QueuedCommand& command = state.queue[i];
    if (denial) {
      log_denial(session, *denial, command.match(), command.args());
      session.worker().stats.error_replied("NOPERM");
      continue;
    }
    session.server().dispatcher().account(session, {command.match(), command.args(), db, start_us, end_us},
                                          error.empty() ? nullptr : &error, session.worker());
  }
}

Result<Outcome> exec_command(Call& call) {
  Session& session = *call.session;
  if (!session.transaction || !session.transaction->active) return fail("ERR EXEC without MULTI");
  TransactionState& state = *session.transaction;
  if (state.has_errors) {
    session.end_transaction();
    return fail("EXECABORT Transaction discarded because of previous errors.");
  }
  const bool offload = std::any_of(state.queue.begin(), state.queue.end(),
                                   [](const auto& command) { return command.match().spec->flags & kOffload; });
  if (offload && call.txn.access() == Access::inline_) return would_block();

  TRY(call.txn.lock(keys_to_lock(state, call.db)));
  // What no commit touched may have expired, or gone or come with its whole database.
  bool changed = state.flags->changed;
  const bool replaced = state.flags->replaced;
  for (const WatchedKey& watched : state.watched) {
    const bool exists = TRY(call.txn.exists({watched.db, watched.name}));
    changed = changed || (watched.existed && !exists) || (replaced && (watched.existed || exists));
  }
  if (changed) {
    call.txn.abandon();
    session.end_transaction();
    call.reply.null_array();
    return kDone;
  }

  const Session::Undo undo(session);
  std::vector<Done> done;  // counted when all of it is: EXEC may have to start anew
  done.reserve(state.queue.size());
  Dispatcher& dispatcher = session.server().dispatcher();
  call.reply.array(static_cast<int64_t>(state.queue.size()));
  state.active = false;  // the commands run as themselves, not as queued
  for (const QueuedCommand& command : state.queue) {
    if (auto denial = dispatcher.deny(session, command.match(), command.args())) {
      call.reply.error(late_denial_text(*denial));
      done.push_back({session.db, 0, 0, "", denial});
      continue;
    }
    const size_t mark = call.reply.size();
    call.txn.save_point();
    call.reply.use(session.protocol);
    const int64_t start_us = monotonic_us();
    auto outcome =
        dispatcher.call(&session, *command.match().spec, command.args(), session.db, call.txn, call.reply, false);
    done.push_back({session.db, start_us, monotonic_us(), ""});
    if (!outcome && outcome.error().would_block()) {
      state.active = true;
      undo.restore();
      return would_block();
    }
    if (!outcome) {
      call.reply.truncate(mark);
      call.txn.roll_back_to_save_point();
      call.reply.error(done.back().error = error_text(outcome.error()));
    }
    dispatcher.mark_reads(session, *command.match().spec, command.args(), call.txn);
  }
  state.active = true;
  // Also when nothing was written: what was read is told to others, by the names that the queue has.
  const bool wrote = call.txn.has_writes();
  if (auto committed = call.txn.commit(); !committed) {
    if (committed.error().would_block()) undo.restore();
    else session.end_transaction();
    return tl::unexpected(committed.error());
  }
  if (wrote) session.mark_written();
  account_for(session, state, done);
  session.end_transaction();
  return kDone;
}

constexpr uint64_t kSessionFlags = kNoScript | kLoading | kStale | kFast | kAllowBusy | kNoTxn | kRunsInsideMulti;

constexpr CommandSpec kCommands[] = {
    {"multi",
     1,
     kSessionFlags,
     {},
     "",
     Group::transactions,
     "1.2.0",
     "Mark the start of a transaction block",
     "O(1)",
     multi_command},
    {"exec",
     1,
     kNoScript | kLoading | kStale | kSkipSlowlog | kRunsInsideMulti,
     {},
     "",
     Group::transactions,
     "1.2.0",
     "Execute all commands issued after MULTI",
     "Depends on commands in the transaction",
     exec_command},
    {"discard",
     1,
     kSessionFlags,
     {},
     "",
     Group::transactions,
     "2.0.0",
     "Discard all commands issued after MULTI",
     "O(N), when N is the number of queued commands",
     discard_command},
    {"watch",
     -2,
     kSessionFlags,
     {1, -1, 1},
     "RO",
     Group::transactions,
     "2.2.0",
     "Watch the given keys to determine execution of the MULTI/EXEC block",
     "O(1) for every key.",
     watch_command},
    {"unwatch",
     1,
     kSessionFlags & ~kRunsInsideMulti,  // queued, and then without effect: EXEC has looked already
     {},
     "",
     Group::transactions,
     "2.2.0",
     "Forget about all watched keys",
     "O(1)",
     unwatch_command},
};

}  // namespace

std::span<const CommandSpec> transaction_commands() { return kCommands; }

}  // namespace basalt
