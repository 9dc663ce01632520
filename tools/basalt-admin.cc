// basalt-admin: looks into a data directory, checks it, repairs it.
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "tools/admin/data_directory.h"
#include "tools/admin/record_text.h"
#include "tools/admin/stat.h"
#include "tools/admin/text.h"
#include "tools/admin/verify.h"
#include "tools/common/command_line.h"
#include "tools/common/progress.h"
#include "tools/common/server_link.h"

namespace basalt::tools {
namespace {

void print_line(std::string_view line) { fmt::print("{}\n", line); }

Result<uint16_t> database_number(const Arguments& arguments) {
  const uint64_t number = arguments.number("db", 0);
  if (number > UINT16_MAX) return fail(fmt::format("--db {}: there is no such database", number));
  return static_cast<uint16_t>(number);
}

// ---- stat ----

Result<int> run_stat(const Arguments& arguments) {
  const size_t most_big_keys = arguments.number("keys", 10);
  Statistics statistics;
  if (arguments.has("server")) {
    ServerLink server = TRY(ServerLink::connect(arguments));
    statistics = TRY(read_statistics(server, most_big_keys));
  } else {
    const auto store = TRY(open_to_look(arguments.text("dir")));
    statistics = TRY(read_statistics(*store, most_big_keys));
  }
  fmt::print("{}", arguments.has("json") ? statistics_json(statistics) : statistics_text(statistics));
  return kFine;
}

// ---- inspect ----

Result<int> run_inspect(const Arguments& arguments) {
  const uint16_t number = TRY(database_number(arguments));
  const auto name = unescape(arguments.words()[0]);
  if (!name) return fail("the key ends within an escape; a backslash is written \\\\");
  const auto store = TRY(open_to_look(arguments.text("dir")));
  const SystemState system = TRY(read_system(*store));
  if (TRY(inspect(*store, system, number, *name, arguments.number("items", 20), print_line))) return kFine;
  return fail(
      fmt::format("there is no key {} in database {}; --db looks in another one", tools::quoted(*name), number));
}

// ---- verify ----

uint64_t all_records(const Store& store) {
  uint64_t records = 0;
  for (const Column column :
       {Column::strings, Column::heads, Column::items, Column::scores, Column::expiry, Column::streams})
    records += store.property(column, "rocksdb.estimate-num-keys");
  return records;
}

uint64_t all_bytes(const Store& store) {
  uint64_t bytes = 0;
  for (const auto& file : store.table_files()) bytes += file.bytes;
  return bytes;
}

Result<VerifyResult> verify_once(Store& store, const Arguments& arguments, bool files, bool mend, bool quiet) {
  Progress reading("reading files", Unit::bytes, files ? all_bytes(store) : 0);
  std::optional<Progress> checking;
  VerifyOptions options;
  options.files = files;
  options.mend = mend;
  options.now_ms = SystemClock().now_ms();
  options.most_lines = arguments.number("lines", 1000);
  options.sink = quiet ? [](const std::string&) {} : Report::Sink(print_line);
  options.file_read = [&](uint64_t bytes) { reading.add(bytes); };
  options.records_seen = [&](uint64_t records) {
    if (!checking) checking.emplace("checking records", Unit::pieces, all_records(store));
    checking->add(records);
  };
  return verify(store, options);
}

void print_summary(const VerifyResult& result) {
  const VerifyCounts& c = result.counts;
  fmt::print("{} files, {}; ", c.files, human_size(c.file_bytes));
  if (result.records_checked) {
    fmt::print("{} keys ({} spread), {} items, {} scores, {} stream records, {} expiry rows ({} stale)\n", c.keys,
               c.spread_keys, c.items, c.scores, c.stream_records, c.expiry_rows, c.stale_expiry_rows);
    fmt::print("waiting to be removed: {} deleted collections, {} flushed databases\n", c.garbage, c.purges);
  } else {
    fmt::print("records were not all checked\n");
  }
  if (result.damages == 0) fmt::print("no damage\n");
  else fmt::print("{} findings of damage\n", result.damages);
}

// A copy of all files (hard links) beside the data, before anything changes.
Result<std::string> back_up(Store& store, const Arguments& arguments) {
  namespace fs = std::filesystem;
  std::string directory = arguments.text("backup");
  if (directory.empty()) {
    std::string stamp = time_text(SystemClock().now_ms()).substr(0, 19);
    for (char& c : stamp) {
      if (c == ' ' || c == ':') c = '-';
    }
    const fs::path parent = fs::path(store.directory()) / "checkpoints";
    std::error_code error;
    fs::create_directories(parent, error);
    if (error) return fail(fmt::format("cannot create {}: {}", parent.string(), error.message()));
    directory = (parent / ("before-repair-" + stamp)).string();
  }
  TRY(store.checkpoint(directory));
  return directory;
}

Result<int> repair(Store& store, const Arguments& arguments) {
  constexpr int kMostRounds = 5;
  VerifyResult result = TRY(verify_once(store, arguments, true, false, false));
  print_summary(result);
  if (result.damages == 0) return kFine;
  if (!result.records_checked) {
    return fail(
        fmt::format("{}: damaged files cannot be repaired, what they held is lost here; restore the directory "
                    "from a backup (basalt-restore)",
                    store.directory()));
  }
  fmt::print("backup of the directory as it was: {}\n", TRY(back_up(store, arguments)));
  for (int round = 1; round <= kMostRounds; ++round) {
    TRY(verify_once(store, arguments, false, true, true));
    result = TRY(verify_once(store, arguments, false, false, true));
    if (result.damages != 0) continue;
    fmt::print("repaired in {} round{}: no damage any more\n", round, round == 1 ? "" : "s");
    return kFine;
  }
  fmt::print("what could not be repaired:\n");
  TRY(verify_once(store, arguments, false, false, false));
  return fail(fmt::format("{}: {} findings are left; restore the directory from a backup (basalt-restore)",
                          store.directory(), result.damages));
}

// A directory that does not open because of damage: which files it is in.
Result<std::unique_ptr<Store>> open_or_name_the_damage(const Arguments& arguments) {
  const std::string directory = arguments.text("dir");
  auto store = arguments.has("repair") ? open_to_change(directory) : open_to_look(directory);
  const StorageError* error = store ? nullptr : store.error().storage();
  if (error == nullptr || error->cause != StorageError::Cause::corruption) return store;
  if (const auto damages = damaged_tables(directory)) {
    for (const std::string& damage : *damages) print_line("damage: file " + damage);
  }
  return store;
}

Result<int> run_verify(const Arguments& arguments) {
  const auto store = TRY(open_or_name_the_damage(arguments));
  if (arguments.has("repair")) return repair(*store, arguments);
  const VerifyResult result = TRY(verify_once(*store, arguments, true, false, false));
  print_summary(result);
  return result.damages == 0 ? kFine : kFailed;
}

// ---- compact ----

struct Range {
  std::string from, to;
};

Result<Range> range_of(const Arguments& arguments) {
  Range range;
  if (!arguments.has("range")) return range;
  const std::string text = arguments.text("range");
  const size_t dots = text.find("..");
  const auto from = dots == std::string::npos ? std::nullopt : unescape(text.substr(0, dots));
  const auto to = dots == std::string::npos ? std::nullopt : unescape(text.substr(dots + 2));
  if (!from || !to) return fail(R"(--range takes FROM..TO, keys as stored: "\x00\x00".."\x00\x01")");
  return Range{*from, *to};
}

Result<int> run_compact(const Arguments& arguments) {
  const Range range = TRY(range_of(arguments));
  std::vector<Column> columns;
  for (size_t i = 0; i < kColumnCount; ++i) columns.push_back(static_cast<Column>(i));
  if (arguments.has("column")) {
    const auto column = column_named(arguments.text("column"));
    if (!column)
      return fail(fmt::format("there is no column {}; it is one of {}", arguments.text("column"),
                              fmt::join(kColumnNames, ", ")));
    columns = {*column};
  }
  std::optional<ServerLink> server;
  std::unique_ptr<Store> store;
  if (arguments.has("server")) server = TRY(ServerLink::connect(arguments));
  else store = TRY(open_to_change(arguments.text("dir")));
  for (const Column column : columns) {
    const int64_t start_us = monotonic_us();
    if (!server) TRY(store->compact(column, range.from, range.to));
    else if (!arguments.has("range")) TRY(server->call({"BASALT", "COMPACT", column_name(column)}));
    else TRY(server->call({"BASALT", "COMPACT", column_name(column), range.from, range.to}));
    say("compacted {} in {}", column_name(column), human_duration((monotonic_us() - start_us) / 1'000'000));
  }
  return kFine;
}

// ---- dump ----

Result<int> run_dump(const Arguments& arguments) {
  std::optional<uint16_t> number;
  if (arguments.has("db")) number = TRY(database_number(arguments));
  const std::string pattern = arguments.has("match") ? arguments.text("match") : "*";
  const auto store = TRY(open_to_look(arguments.text("dir")));
  const SystemState system = TRY(read_system(*store));
  const DumpCounts counts = TRY(dump(*store, system, number, pattern, print_line));
  say("{} key{}", counts.keys, counts.keys == 1 ? "" : "s");
  if (counts.damaged == 0 && counts.gaps == 0) return kFine;
  return fail(fmt::format("{}: keys read in part: {}, damaged blocks left out: {}; see basalt-admin verify",
                          store->directory(), counts.damaged, counts.gaps));
}

Tool tool() {
  const Flag db{"db", FlagKind::number, "N", "the database's number"};
  Tool tool{"basalt-admin", "looks into a data directory, checks it and repairs it", {}, ""};
  tool.commands = {
      {"stat",
       "",
       "keys by type and encoding, bytes by column and level, the biggest keys",
       with_server_flags({kDirFlag, {"keys", FlagKind::number, "N", "how many big keys (10)"}, kJsonFlag}),
       {"server|dir"},
       run_stat,
       "  basalt-admin stat --server 127.0.0.1:6379 --keys 20\n"
       "  basalt-admin stat --dir /var/lib/basalt/checkpoints/NAME --json\n"},
      {"inspect",
       "KEY",
       "all that is stored of a key; in it \\x00 is a byte, \\\\ a backslash",
       {kDirFlag, db, {"items", FlagKind::number, "N", "how many elements (20)"}},
       {"dir"},
       run_inspect,
       "  basalt-admin inspect 'user:17' --dir /var/lib/basalt --db 2\n"},
      {"verify",
       "",
       "checks every file and every record; exit code 1 on damage",
       {kDirFlag,
        {"repair", FlagKind::toggle, "", "mends what is found, after a backup"},
        {"backup", FlagKind::text, "PATH", "where the backup goes (DIR/checkpoints/…)", "repair"},
        {"lines", FlagKind::number, "N", "how many findings to print (1000)"}},
       {"dir"},
       run_verify,
       "  basalt-admin verify --dir /var/lib/basalt && echo sound\n"},
      {"compact",
       "",
       "rewrites tables without what was overwritten and deleted",
       with_server_flags({kDirFlag,
                          {"column", FlagKind::text, "NAME", "only this one of the columns"},
                          {"range", FlagKind::text, "FROM..TO", "only these of its keys, as stored", "column"}}),
       {"server|dir"},
       run_compact,
       "  basalt-admin compact --server 127.0.0.1:6379 --column items\n"},
      {"dump",
       "",
       "every key, as commands that redis-cli reads",
       {kDirFlag, db, {"match", FlagKind::text, "PATTERN", "only keys that match, as in KEYS"}},
       {"dir"},
       run_dump,
       "  basalt-admin dump --dir /var/lib/basalt --match 'user:*' | redis-cli -p 6390\n"},
  };
  tool.example =
      "  basalt-admin stat --server 127.0.0.1:6379\n"
      "  basalt-admin verify --dir /var/lib/basalt && echo sound\n"
      "  basalt-admin inspect 'user:17' --dir /var/lib/basalt --db 2\n";
  return tool;
}

}  // namespace
}  // namespace basalt::tools

int main(int argc, char** argv) { return basalt::tools::run_tool(basalt::tools::tool(), argc, argv); }
