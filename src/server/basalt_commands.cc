// BASALT: what Basalt's own tools ask of a running server. docs/operations.md describes it.
#include <optional>
#include <string>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "command/call.h"
#include "keyspace/key_tally.h"
#include "server/server.h"
#include "server/server_commands.h"
#include "server/session.h"

namespace basalt {

namespace {

constexpr std::string_view kHelp[] = {
    "CHECKPOINT",
    "    Make a consistent copy of the data (hard links) and tell its directory.",
    "    It is removed when this connection releases it or ends.",
    "COMPACT [<column> [<from> <to>]]",
    "    Compact all columns, or one, or its keys in [<from>, <to>), given as stored.",
    "RELEASE <directory>",
    "    Remove a copy that CHECKPOINT made on this connection.",
    "STAT FILES",
    "    The table files: column, level, files, bytes, entries, deletions.",
    "STAT KEYS <position> <count>",
    "    Look at <count> keys from <position> on ('' is the start). Reply: the next",
    "    position ('' at the end); type, encoding, keys, expiring, elements, bytes of",
    "    each group; database, name, type, encoding, elements, bytes of the largest.",
};

Result<Outcome> help_command(Call& call) {
  reply_help(call.reply, "BASALT", kHelp);
  return kDone;
}

// ---- STAT ----

struct LevelTotal {
  uint64_t files = 0, bytes = 0, entries = 0, deletions = 0;
};

Result<Outcome> stat_files(Call& call) {
  std::map<std::pair<Column, int>, LevelTotal> levels;
  for (const auto& file : call.session->server().store().table_files()) {
    LevelTotal& level = levels[{file.column, file.level}];
    ++level.files;
    level.bytes += file.bytes;
    level.entries += file.entries;
    level.deletions += file.deletions;
  }
  call.reply.array(static_cast<int64_t>(levels.size()));
  for (const auto& [place, total] : levels) {
    call.reply.array(6);
    call.reply.bulk(kColumnNames[static_cast<size_t>(place.first)]);
    call.reply.integer(place.second);
    for (const uint64_t value : {total.files, total.bytes, total.entries, total.deletions})
      call.reply.integer(static_cast<int64_t>(value));
  }
  return kDone;
}

// The SELECT numbers by their ranges on disk, as this command sees them.
absl::flat_hash_map<DbId, uint16_t> numbers_of_databases(const Txn& txn) {
  absl::flat_hash_map<DbId, uint16_t> numbers;
  for (uint16_t db = 0; db < txn.database_count(); ++db) numbers[txn.db_id(db)] = db;
  return numbers;
}

void reply_groups(Reply& reply, const KeyTally& tally) {
  reply.array(static_cast<int64_t>(tally.groups().size()));
  for (const auto& [kind, group] : tally.groups()) {
    reply.array(6);
    reply.bulk(type_name(kind.first));
    reply.bulk(encoding_name(kind.second));
    for (const uint64_t value : {group.keys, group.expiring, group.elements, group.bytes})
      reply.integer(static_cast<int64_t>(value));
  }
}

Result<Outcome> stat_keys(Call& call) {
  constexpr int64_t kMostPerCall = 1'000'000;
  constexpr size_t kBigKeys = 20;
  const int64_t count = TRY(call.integer(4));
  if (count < 1 || count > kMostPerCall) return fail("ERR count must be from 1 to 1000000");
  const auto numbers = numbers_of_databases(call.txn);
  KeyTally tally(
      call.session->server().store(), [&](DbId db) { return numbers.contains(db); }, kBigKeys);
  std::string position(call.arg(3));
  const bool end = TRY(tally.advance(position, static_cast<uint64_t>(count)));
  Reply& reply = call.reply;
  reply.array(3);
  reply.bulk(end ? std::string_view() : position);
  reply_groups(reply, tally);
  const auto big_keys = tally.big_keys();
  reply.array(static_cast<int64_t>(big_keys.size()));
  for (const auto& key : big_keys) {
    reply.array(6);
    reply.integer(numbers.at(key.db));
    reply.bulk(key.name);
    reply.bulk(type_name(key.type));
    reply.bulk(encoding_name(key.encoding));
    reply.integer(static_cast<int64_t>(key.elements));
    reply.integer(static_cast<int64_t>(key.bytes));
  }
  return kDone;
}

Result<Outcome> stat_command(Call& call) {
  if (call.argc() == 3 && call.arg_is(2, "files")) return stat_files(call);
  if (call.argc() == 5 && call.arg_is(2, "keys")) return stat_keys(call);
  return syntax_error();
}

// ---- COMPACT ----

std::optional<Column> column_named(const Call& call, size_t i) {
  for (size_t column = 0; column < kColumnCount; ++column) {
    if (call.arg_is(i, kColumnNames[column])) return static_cast<Column>(column);
  }
  return std::nullopt;
}

Result<Outcome> compact_command(Call& call) {
  Store& store = call.session->server().store();
  if (call.argc() == 2) {
    for (size_t column = 0; column < kColumnCount; ++column) TRY(store.compact(static_cast<Column>(column), {}, {}));
  } else {
    if (call.argc() != 3 && call.argc() != 5) return syntax_error();
    const auto column = column_named(call, 2);
    if (!column) return fail(fmt::format("ERR there is no column '{:.64}'", call.arg(2)));
    const bool range = call.argc() == 5;
    TRY(store.compact(*column, range ? call.arg(3) : "", range ? call.arg(4) : ""));
  }
  call.reply.ok();
  return kDone;
}

// ---- CHECKPOINT, RELEASE ----

Result<Outcome> checkpoint_command(Call& call) {
  Session& session = *call.session;
  call.reply.bulk(TRY(session.server().checkpoints().lend(session.id)));
  return kDone;
}

Result<Outcome> release_command(Call& call) {
  Session& session = *call.session;
  if (!session.server().checkpoints().give_back(session.id, std::string(call.arg(2))))
    return fail("ERR this connection has no such checkpoint");
  call.reply.ok();
  return kDone;
}

constexpr uint64_t kFlags = kAdmin | kNoScript | kNoMulti | kOffload;

constexpr KeylessRows row{Group::server};

constexpr CommandSpec kSubcommands[] = {
    row("checkpoint", 2, kFlags | kNoTxn, "0.1.0",
        "Makes a consistent copy of the data that lasts as long as the connection",
        "O(N) with N the number of table files", checkpoint_command),
    row("compact", -2, kFlags | kNoTxn, "0.1.0", "Compacts columns, or a range of one",
        "O(N) with N the bytes in the range, read and written anew", compact_command),
    row("help", 2, kLoading | kStale | kNoTxn, "0.1.0", "Shows helpful text about the different subcommands", "O(1)",
        help_command),
    row("release", 3, kFlags | kNoTxn, "0.1.0", "Removes a copy that BASALT CHECKPOINT made",
        "O(N) with N the number of its files", release_command),
    row("stat", -3, kFlags, "0.1.0", "Tells about table files and about keys",
        "FILES: O(N) with N the number of table files. KEYS: O(count)", stat_command),
};

constexpr CommandSpec kCommands[] = {
    row("basalt", -2, 0, "0.1.0", "A container for what Basalt's own tools ask of a server", "Depends on subcommand.",
        nullptr, kSubcommands),
};

}  // namespace

std::span<const CommandSpec> basalt_commands() { return kCommands; }

}  // namespace basalt
