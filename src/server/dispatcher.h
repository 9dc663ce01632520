// Dispatcher: from a parsed command to its reply. Looks the command up, decides whether this session
// may run it now, gives it a Txn with its keys locked, runs it, commits, and counts.
//
// Thread rules: stateless beside the server's parts; used by every worker at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "command/call.h"
#include "command/table.h"
#include "server/acl/user.h"
#include "server/session.h"

namespace basalt {

/// A command that ran: for those who look at commands.
struct RanCommand {
  const CommandTable::Match& match;
  const Args& args;
  uint16_t db;
  int64_t start_us, end_us;
  int64_t duration_us() const { return end_us - start_us; }
};

class Dispatcher {
 public:
  explicit Dispatcher(Server& server) : server_(server) {}

  enum class Executed : uint8_t {
    done,         ///< a reply was written (or suppressed, or none is due)
    would_block,  ///< inline only: nothing happened; run it on the pool
    waiting,      ///< the session is blocked on its keys; the reply comes through Transport::resume
    postponed,    ///< CLIENT PAUSE: nothing happened; run it when the pause ends
  };

  /// Runs one command in a Txn of its own.
  Executed execute(Session& session, const Args& args, std::string& out, Worker& worker);

  /// A command that may join a run of writes that share a Txn: everything checked, only execution is left.
  /// False
  /// when it has to go the general way.
  bool joins_write_run(Session& session, const Args& args, CommandTable::Match& match) const;
  /// Locks the command's keys in `txn` and runs its handler; commits nothing, and leaves it to the caller to have
  /// what was read tracked. `woken_by`: see Call.
  Result<Outcome> call(Session* session, const CommandSpec& spec, const Args& args, uint16_t db, Txn& txn, Reply& reply,
                       bool may_wait, std::optional<std::string_view> woken_by = std::nullopt);

  /// Why the session may not run this command now; nullopt when it may.
  struct Refusal {
    std::string error;  ///< as Redis words it
    std::optional<Denial> denial = std::nullopt;

    Refusal(std::string error) : error(std::move(error)) {}
    Refusal(const char* error) : error(error) {}
    Refusal(std::string error, Denial denial) : error(std::move(error)), denial(denial) {}
  };
  std::optional<Refusal> refuse(Session& session, const CommandTable::Match& match, const Args& args) const;
  /// The part of it that is up to the session's user.
  std::optional<Denial> deny(Session& session, const CommandTable::Match& match, const Args& args) const {
    if (session.user()->unrestricted()) return std::nullopt;
    return session.user_rules().judge(match, args);
  }

  /// After a command of EXEC, which holds its keys: if it reads, its client may keep what it got.
  void mark_reads(const Session& session, const CommandSpec& spec, const Args& args, Txn& txn) const;

  /// The bookkeeping after a command: counters, slow log, latency, MONITOR.
  void account(Session& session, const RanCommand& ran, const std::string* error, Worker& worker);

 private:
  void track_reads(const Session& session, const CommandSpec& spec, const Args& args) const;
  Server& server_;
};

/// "ERR unknown command 'x', with args beginning with: …" as Redis words it.
std::string unknown_command_error(const CommandTable::Match& match, const Args& args);

}  // namespace basalt
