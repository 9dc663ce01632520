#include "tools/rdb/export.h"

#include <fmt/format.h>

#include <algorithm>

#include "keyspace/key_walk.h"
#include "keyspace/keyspace.h"
#include "tools/backup/source.h"
#include "tools/common/progress.h"
#include "tools/common/server_link.h"
#include "tools/rdb/databases.h"
#include "types/rdb/rdb_file_writer.h"
#include "types/rdb/rdb_format.h"

namespace basalt::tools {

namespace {

class Exporter {
 public:
  Exporter(Source& source, Keyspace& keyspace, rdb::RdbFileWriter& out, Progress& progress)
      : source_(source), txn_(keyspace, Access::blocking), out_(out), progress_(progress) {
    txn_.freeze();
  }

  /// How many keys it wrote.
  Result<uint64_t> run() {
    for (uint16_t db = 0; db < txn_.database_count(); ++db) TRY(write_database(db));
    return written_;
  }

 private:
  Result<void> write_database(uint16_t db) {
    bool selected = false;
    KeyWalk walk = TRY(KeyWalk::begin(txn_, db, /*fill_cache=*/false));
    for (walk.seek(0, ""); walk.valid(); walk.next()) {
      progress_.add(1);
      TRY(source_.keep_alive());
      if (!TRY(walk.entry()).live(txn_.now_ms())) continue;
      const Key key{db, walk.name()};
      auto record = TRY(txn_.find(key));
      if (!record) continue;
      if (!std::exchange(selected, true)) TRY(out_.select(db));
      TRY(out_.key(txn_, key, *std::move(record)));
      ++written_;
    }
    return walk.status();
  }

  Source& source_;
  Txn txn_;
  rdb::RdbFileWriter& out_;
  Progress& progress_;
  uint64_t written_ = 0;
};

Result<uint16_t> wanted_version(const Arguments& arguments) {
  const uint64_t version = arguments.number("rdb-version", rdb::kVersion);
  if (version == rdb::kVersion || version == rdb::kVersionWithFieldExpiry) return static_cast<uint16_t>(version);
  return fail(fmt::format("--rdb-version {}: it is {} (Redis 7.0 and newer) or {} (7.4 and newer)", version,
                          rdb::kVersion, rdb::kVersionWithFieldExpiry));
}

Result<uint64_t> write_file(Source& source, Keyspace& keyspace, rdb::RdbFileWriter& out) {
  TRY(out.about("basalt-ver", BASALT_VERSION));
  TRY(out.about("redis-bits", "64"));
  TRY(out.about("ctime", std::to_string(keyspace.clock().now_ms() / 1000)));
  const Store& store = keyspace.store();
  Progress progress("exporting", Unit::pieces,
                    store.property(Column::strings, "rocksdb.estimate-num-keys") +
                        store.property(Column::heads, "rocksdb.estimate-num-keys"));
  return Exporter(source, keyspace, out, progress).run();
}

Result<int> export_file(const Arguments& arguments) {
  const int64_t began_us = monotonic_us();
  const std::string path = arguments.text("rdb");
  const uint16_t version = TRY(wanted_version(arguments));
  auto source = TRY(open_source(arguments));
  const SystemClock clock;
  const uint16_t databases = TRY(stored_databases(source->store()));
  if (databases == 0) return fail(fmt::format("cannot export {}: there are no databases in it", source->name()));
  auto keyspace = TRY(Keyspace::open(source->store(), clock, {.databases = databases}));
  auto out = TRY(rdb::RdbFileWriter::create(path, version));
  auto written = write_file(*source, *keyspace, out);
  if (!written) {
    const bool fields_expire = words_of(written.error()).find("fields that expire") != std::string::npos;
    return fail(fmt::format("cannot export to {}: {}{}", path, words_of(written.error()),
                            fields_expire ? "; give --rdb-version 12, which Redis 7.4 loads" : ""));
  }
  const uint64_t bytes = TRY(out.finish());
  keyspace.reset();
  TRY(source->release());
  const double seconds = std::max<double>(static_cast<double>(monotonic_us() - began_us) / 1e6, 0.001);
  say("basalt-rdb: exported {} keys, {}, to {} in {:.1f} s: {}/s, {:.0f} keys/s", *written, human_size(bytes), path,
      seconds, human_size(static_cast<uint64_t>(static_cast<double>(bytes) / seconds)),
      static_cast<double>(*written) / seconds);
  return kFine;
}

}  // namespace

Command export_command() {
  return {
      "export",
      "",
      "writes all keys to an RDB file",
      with_server_flags({{"rdb", FlagKind::text, "FILE", "the RDB file; must not exist yet"},
                         kDirFlag,
                         {"rdb-version", FlagKind::number, "N", "10, for Redis 7.0 (the default), or 12, for 7.4"}}),
      {"rdb", "server|dir"},
      export_file,
      "  basalt-rdb export --server 127.0.0.1:6379 --rdb dump.rdb\n"};
}

}  // namespace basalt::tools
