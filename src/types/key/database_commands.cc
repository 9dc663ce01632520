// Commands on whole databases: listing, counting, emptying, swapping.
#include <optional>

#include "base/bytes.h"
#include "base/number.h"
#include "command/call.h"
#include "keyspace/keyspace.h"
#include "types/key/database_argument.h"

namespace basalt {
namespace {

void reply_keys(Reply& reply, const std::vector<std::string>& keys) {
  reply.array(static_cast<int64_t>(keys.size()));
  for (const std::string& key : keys) reply.bulk(key);
}

Result<Outcome> keys(Call& call) {
  reply_keys(call.reply, TRY(call.txn.keyspace().keys(call.txn, call.db, call.arg(1))));
  return kDone;
}

std::optional<Type> type_of_name(std::string_view name) {
  for (Type type : {Type::string, Type::list, Type::set, Type::zset, Type::hash, Type::stream}) {
    if (equals_ignore_case(name, type_name(type))) return type;
  }
  return std::nullopt;
}

struct ScanArguments {
  ScanRequest request;
  bool unknown_type = false;  ///< no key fits; the database is walked all the same
};

Result<ScanArguments> scan_arguments(const Call& call) {
  auto cursor = parse_scan_cursor(call.arg(1));
  if (!cursor) return fail("ERR invalid cursor");
  ScanArguments arguments;
  arguments.request.cursor = *cursor;
  for (size_t i = 2; i < call.argc(); i += 2) {
    if (i + 1 == call.argc()) return syntax_error();
    if (call.arg_is(i, "count")) {
      const int64_t count = TRY(call.integer(i + 1));
      if (count < 1) return syntax_error();
      arguments.request.count = static_cast<uint64_t>(count);
    } else if (call.arg_is(i, "match")) {
      arguments.request.pattern = call.arg(i + 1);
    } else if (call.arg_is(i, "type")) {
      arguments.request.type = type_of_name(call.arg(i + 1));
      arguments.unknown_type = !arguments.request.type;
    } else {
      return syntax_error();
    }
  }
  return arguments;
}

Result<Outcome> scan(Call& call) {
  const ScanArguments arguments = TRY(scan_arguments(call));
  ScanPage page = TRY(call.txn.keyspace().scan(call.txn, call.db, arguments.request));
  if (arguments.unknown_type) page.keys.clear();
  char digits[21];
  call.reply.array(2);
  call.reply.bulk({digits, format_uint64(digits, page.cursor)});
  reply_keys(call.reply, page.keys);
  return kDone;
}

Result<Outcome> randomkey(Call& call) {
  auto key = TRY(call.txn.keyspace().random_key(call.txn, call.db));
  if (key) call.reply.bulk(*key);
  else call.reply.null();
  return kDone;
}

Result<Outcome> dbsize(Call& call) {
  const KeyCount count = TRY(call.txn.keyspace().count_keys(call.txn, call.db));
  call.reply.integer(static_cast<int64_t>(count.keys));
  return kDone;
}

// Both words mean the same here: the data is out of sight at once, and removed in the background.
Result<void> check_flush_mode(const Call& call) {
  if (call.argc() == 1 || (call.argc() == 2 && (call.arg_is(1, "sync") || call.arg_is(1, "async")))) return {};
  return syntax_error();
}

Result<Outcome> flushdb(Call& call) {
  TRY(check_flush_mode(call));
  TRY(call.txn.flush_database(call.db));
  call.reply.ok();
  return kDone;
}

Result<Outcome> flushall(Call& call) {
  TRY(check_flush_mode(call));
  for (uint16_t db = 0; db < call.txn.database_count(); ++db) TRY(call.txn.flush_database(db));
  call.reply.ok();
  return kDone;
}

Result<Outcome> swapdb(Call& call) {
  const int64_t first = TRY(int_argument(call, 1, "ERR invalid first DB index"));
  const int64_t second = TRY(int_argument(call, 2, "ERR invalid second DB index"));
  const uint16_t a = TRY(database_number(call, first));
  const uint16_t b = TRY(database_number(call, second));
  TRY(call.txn.swap_databases(a, b));
  call.reply.ok();
  return kDone;
}

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"keys", 2, kReadonly | kDangerous | kOffload, {}, "", Group::generic, "1.0.0",
     "Find all keys matching the given pattern",
     "O(N) with N being the number of keys in the database, under the assumption that the key names in the "
     "database and the given pattern have limited length.",
     keys},
    {"scan", -2, kReadonly, {}, "", Group::generic, "2.8.0", "Incrementally iterate the keys space",
     "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return "
     "back to 0. N is the number of elements inside the collection.",
     scan},
    {"randomkey", 1, kReadonly, {}, "", Group::generic, "1.0.0", "Return a random key from the keyspace", "O(1)",
     randomkey},
    {"dbsize", 1, kReadonly | kFast | kOffload, {}, "", Group::server, "1.0.0",
     "Return the number of keys in the selected database",
     "O(N) up to a hundred thousand keys. Larger databases are counted in the background, O(1) here.", dbsize, {},
     "@keyspace"},
    {"flushdb", -1, kWrite | kDangerous, {}, "", Group::server, "1.0.0",
     "Remove all keys from the current database", "O(N) where N is the number of keys in the selected database",
     flushdb, {}, "@keyspace"},
    {"flushall", -1, kWrite | kDangerous, {}, "", Group::server, "1.0.0", "Remove all keys from all databases",
     "O(N) where N is the total number of keys in all databases", flushall, {}, "@keyspace"},
    {"swapdb", 3, kWrite | kFast | kDangerous, {}, "", Group::server, "4.0.0", "Swaps two Redis databases",
     "O(N) where N is the count of clients watching or blocking on keys from both databases.", swapdb, {},
     "@keyspace"},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> database_commands() { return kCommands; }

}  // namespace basalt
