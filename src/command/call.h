// Call: what a handler gets. Its arguments, its Txn, its reply, and the caller's session.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "command/spec.h"
#include "keyspace/txn.h"
#include "resp/reply.h"
#include "resp/request_parser.h"

namespace basalt {

class Session;  // server/session.h; data commands need none of it

class Call {
 public:
  const CommandSpec& spec;
  const Args& args;  ///< args[0] is the command's name as sent; for a subcommand args[1] is its word
  uint16_t db;       ///< the client's SELECT number
  Txn& txn;
  Reply& reply;
  Session* session;      ///< null when a command runs without a client (tests, scripts)
  bool may_wait = true;  ///< false inside MULTI and scripts: blocking commands answer at once
  /// The command had to wait and runs again: the name of the key whose change woke it.
  std::optional<std::string_view> woken_by = std::nullopt;

  size_t argc() const { return args.size(); }
  std::string_view arg(size_t i) const { return args[i]; }
  Key key(size_t i) const { return {db, args[i]}; }
  bool arg_is(size_t i, std::string_view word) const;  ///< case-insensitive

  /// Integers and doubles with Redis's errors for what isn't one.
  Result<int64_t> integer(size_t i, std::string_view error = "ERR value is not an integer or out of range") const;
  Result<double> number(size_t i, std::string_view error = "ERR value is not a valid float") const;
};

inline auto syntax_error() { return fail("ERR syntax error"); }
/// "ERR wrong number of arguments for 'get' command"
tl::unexpected<Error> wrong_arity(const CommandSpec& spec, std::string_view container = {});

}  // namespace basalt
