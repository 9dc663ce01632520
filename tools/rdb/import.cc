#include "tools/rdb/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "keyspace/key_walk.h"
#include "keyspace/keyspace.h"
#include "store/bulk_load.h"
#include "store/state_files.h"
#include "tools/common/open_store.h"
#include "tools/common/progress.h"
#include "tools/rdb/databases.h"
#include "types/rdb/rdb_file_reader.h"
#include "types/rdb/value_builder.h"

namespace basalt::tools {

namespace {

constexpr uint16_t kUsualDatabases = 16;
constexpr uint64_t kSortMemory = uint64_t{256} << 20;
constexpr uint64_t kLeastSortMemory = uint64_t{1} << 20;
constexpr uint64_t kStoreMemory = uint64_t{32} << 20;
constexpr std::array kTypes = {Type::string, Type::list, Type::set, Type::zset, Type::hash, Type::stream};

struct Counts {
  std::array<uint64_t, kTypes.size()> of_type{};
  uint64_t stored = 0;
  uint64_t expired = 0;
  uint64_t highest_db = 0;
};

// Stores key after key, each as RESTORE would.
class Importer final : public rdb::FileVisitor {
 public:
  Importer(Keyspace& keyspace, const rdb::FileSource& source)
      : keyspace_(keyspace), source_(source), progress_("reading", Unit::bytes, source.size()) {}

  Result<void> key(const rdb::FileKey& key, rdb::RdbReader& value) override {
    if (key.db >= keyspace_.database_count()) {
      return fail(fmt::format("database {} is beyond the {} there are; give --databases {}", key.db,
                              keyspace_.database_count(), key.db + 1));
    }
    progress_.add(source_.offset() - progress_.done());
    if (key.expire_ms == 0 || keyspace_.clock().now_ms() <= key.expire_ms) return store(key, value);
    rdb::DiscardingSink nothing;
    ++counts_.expired;
    return rdb::read_value(value, key.type, nothing);
  }

  const Counts& counts() const { return counts_; }

 private:
  Result<void> store(const rdb::FileKey& file_key, rdb::RdbReader& value) {
    const Key key{static_cast<uint16_t>(file_key.db), file_key.name};
    Txn txn(keyspace_, Access::blocking);
    TRY(txn.lock({&key, 1}));
    rdb::ValueBuilder builder(txn, key);
    TRY(rdb::read_value(value, file_key.type, builder));
    TRY(builder.save(file_key.expire_ms));
    ++counts_.of_type[static_cast<size_t>(builder.type())];
    ++counts_.stored;
    counts_.highest_db = std::max(counts_.highest_db, file_key.db);
    return txn.commit();
  }

  Keyspace& keyspace_;
  const rdb::FileSource& source_;
  Progress progress_;
  Counts counts_;
};

Result<bool> has_keys(Keyspace& keyspace) {
  Txn txn(keyspace, Access::blocking);
  for (uint16_t db = 0; db < keyspace.database_count(); ++db) {
    KeyWalk walk = TRY(KeyWalk::begin(txn, db, /*fill_cache=*/false));
    walk.seek(0, "");
    if (walk.valid()) return true;
    TRY(walk.status());
  }
  return false;
}

// Every database gets a fresh range; what the old ones hold goes once the map that leads to the new ones is stored.
Result<void> drop_all_keys(Keyspace& keyspace) {
  Txn txn(keyspace, Access::blocking);
  for (uint16_t db = 0; db < keyspace.database_count(); ++db) TRY(txn.flush_database(db));
  return txn.commit();
}

Result<BulkLoad::Loaded> write_tables(BulkLoad& load) {
  Progress progress("writing", Unit::pieces, 0);
  return load.finish([&](uint64_t done, uint64_t of) {
    progress.set_total(of);
    progress.add(done - progress.done());
  });
}

void report_skipped(const rdb::FileSummary& file) {
  const auto skipped = [](uint64_t count, std::string_view what) {
    if (count != 0) say("basalt-rdb: WARNING: NOT imported: {}: {}", what, count);
  };
  skipped(file.module_values, "keys whose values belong to modules");
  skipped(file.module_data, "modules' own data");
  skipped(file.functions, "libraries of functions");
  if (!file.has_checksum) say("basalt-rdb: WARNING: the file has no checksum: a changed byte would not be noticed");
}

void report(const rdb::FileSummary& file, const Counts& counts, const BulkLoad::Loaded& loaded, uint64_t file_bytes,
            int64_t took_us) {
  const double seconds = std::max<double>(static_cast<double>(took_us) / 1e6, 0.001);
  std::string types;
  for (Type type : kTypes) {
    const uint64_t count = counts.of_type[static_cast<size_t>(type)];
    if (count != 0) types += fmt::format("{}{} {}", types.empty() ? "" : ", ", type_name(type), count);
  }
  say("basalt-rdb: imported {} keys{} in {:.1f} s: {}/s, {:.0f} keys/s; {} in {} tables", counts.stored,
      types.empty() ? "" : " (" + types + ")", seconds, human_size(static_cast<uint64_t>(file_bytes / seconds)),
      static_cast<double>(counts.stored) / seconds, human_size(loaded.table_bytes), loaded.tables);
  if (counts.expired != 0) say("basalt-rdb: not imported, because they have expired: keys: {}", counts.expired);
  if (counts.highest_db >= kUsualDatabases)
    say("basalt-rdb: start the server with `databases {}` or more: there are keys in database {}",
        counts.highest_db + 1, counts.highest_db);
  report_skipped(file);
}

Result<std::unique_ptr<Store>> open_target(const std::string& directory) {
  if (is_restoring(directory))
    return fail(fmt::format("cannot import into {}: it holds an unfinished restore; finish that first", directory));
  StoreOptions options;
  options.directory = directory;
  options.memory_budget = kStoreMemory;
  options.space_check_interval_ms = 0;
  return open_store(options, "import into a new directory");
}

// Where in the file it failed, with the file's name before it; a failure of the storage speaks for itself.
Error named(const std::string& file, const std::string& directory, const Error& error) {
  if (error.command() == nullptr) return error;
  return CommandError{
      fmt::format("cannot import {}: {}; nothing was imported into {}", file, error.command()->text, directory)};
}

Result<uint16_t> database_count(const Arguments& arguments, Store& store) {
  const uint64_t wanted = arguments.number("databases", kUsualDatabases);
  if (wanted < 1 || wanted > std::numeric_limits<uint16_t>::max() / 2) {
    return fail(
        fmt::format("--databases {}: from 1 to {} can be had", wanted, std::numeric_limits<uint16_t>::max() / 2));
  }
  return std::max(static_cast<uint16_t>(wanted), TRY(stored_databases(store)));
}

Result<int> import_file(const Arguments& arguments) {
  const int64_t began_us = monotonic_us();
  const std::string path = arguments.text("rdb");
  const std::string directory = arguments.text("dir");
  rdb::FileSource source = TRY(rdb::FileSource::open(path));
  auto store = TRY(open_target(directory));
  const SystemClock clock;
  const uint16_t databases = TRY(database_count(arguments, *store));
  auto load = TRY(BulkLoad::begin(*store, std::max(arguments.number("memory", kSortMemory), kLeastSortMemory)));
  auto keyspace = TRY(Keyspace::open(*store, clock, {.databases = databases}));
  if (TRY(has_keys(*keyspace))) {
    if (!arguments.has("replace")) {
      return fail(
          fmt::format("{} has keys already; give --replace to have the file's keys instead of all of them", directory));
    }
    TRY(drop_all_keys(*keyspace));
  }
  rdb::FileSummary summary;
  Counts counts;
  {
    Importer importer(*keyspace, source);
    auto read = rdb::RdbFileReader(source).read(importer);
    if (!read) return tl::unexpected(named(path, directory, read.error()));
    summary = *std::move(read);
    counts = importer.counts();
  }
  auto loaded = write_tables(*load);
  if (!loaded) return tl::unexpected(named(path, directory, loaded.error()));
  report(summary, counts, *loaded, source.size(), monotonic_us() - began_us);
  return kFine;
}

}  // namespace

Command import_command() {
  return {"import",
          "",
          "makes an RDB file's keys those of a directory",
          {{"rdb", FlagKind::text, "FILE", "the RDB file"},
           kDirFlag,
           {"replace", FlagKind::toggle, "", "instead of the keys that DIR has"},
           {"databases", FlagKind::number, "N", "as many as the server will have; 16"},
           {"memory", FlagKind::bytes, "SIZE", "for sorting; 256mb"}},
          {"rdb", "dir"},
          import_file,
          "  basalt-rdb import --rdb dump.rdb --dir /var/lib/basalt\n"};
}

}  // namespace basalt::tools
