// Opening: what is refused, in which words, and that a refused directory stays as it was.
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "layout/system_record.h"
#include "store/damage_testing.h"
#include "store/store_testing.h"

namespace basalt {
namespace {

namespace fs = std::filesystem;
using ::testing::AssertionResult;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// Every file and its bytes.
std::map<std::string, std::string> listing(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(directory)) {
    files[entry.path().filename()] = entry.is_regular_file() ? read_file(entry.path()) : "(no file)";
  }
  return files;
}

/// The newest file of this kind.
std::string find_file(const std::string& directory, const std::string& prefix, const std::string& suffix = "") {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(directory)) {
    auto name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(suffix) && entry.file_size() > 0) {
      newest = std::max(newest, entry.path().string());
    }
  }
  EXPECT_NE(newest, "") << "no file " << prefix << "…" << suffix;
  return newest;
}

AssertionResult refused(const StoreOptions& options, StorageError::Cause cause, std::vector<std::string> words) {
  auto opened = Store::open(options);
  if (opened) return ::testing::AssertionFailure() << "it opened";
  if (!opened.error().storage()) return ::testing::AssertionFailure() << "not a storage error";
  const auto& error = *opened.error().storage();
  if (error.detail.find('\n') != std::string::npos)
    return ::testing::AssertionFailure() << "not one line: " << error.detail;
  for (const auto& word : words) {
    if (error.detail.find(word) == std::string::npos) {
      return ::testing::AssertionFailure() << "'" << word << "' is not in: " << error.detail;
    }
  }
  if (error.cause != cause) return ::testing::AssertionFailure() << "another cause, in: " << error.detail;
  return ::testing::AssertionSuccess();
}

void put(Store& store, std::string_view key, std::string_view value) {
  Batch batch;
  batch.put(Column::strings, key, value);
  ASSERT_TRUE(succeeded(store.write(batch, WriteMode::blocking)));
}

using Cause = StorageError::Cause;

TEST(Open, CreatesOnceAndReports) {
  TempStore store;
  EXPECT_TRUE(store->recovery().created);
  EXPECT_EQ(read_file(store.path() + "/BASALT_FORMAT"), "basalt format 1\n");
  Value value;
  ASSERT_TRUE(*store->get(Column::system, layout::version_key(), {}, &value));
  EXPECT_EQ(layout::decode_version(value.view()), layout::kFormatVersion);
  put(*store, "a", std::string(1000, 'x'));
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  put(*store, "b", std::string(1000, 'y'));
  store.restart();
  EXPECT_FALSE(store->recovery().created);
  EXPECT_GE(store->recovery().sst_files, 1u);
  EXPECT_GT(store->recovery().sst_bytes, 0u);
  EXPECT_GT(store->recovery().wal_bytes, 1000u);
  EXPECT_NE(Store::engine_version().find("."), std::string::npos);
}

TEST(Open, RefusesADirectoryInUse) {
  TempStore store;
  put(*store, "a", "1");
  ASSERT_TRUE(succeeded(store->flush_wal()));
  const auto before = listing(store.path());
  EXPECT_TRUE(refused(store.options, Cause::io,
                      {store.path(), "in use by process " + std::to_string(::getpid()) + " (store_test)"}));
  EXPECT_EQ(listing(store.path()), before);
  // From another process as well.
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(refused(store.options, Cause::io, {"in use by process"}) ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(listing(store.path()), before);
  auto reader = store.options;
  reader.read_only = true;
  EXPECT_TRUE(succeeded(Store::open(reader))) << "reading needs no lock";
  reader.exclusive = true;
  EXPECT_TRUE(refused(reader, Cause::io, {"in use by process"}));
}

TEST(Open, ReadingAloneKeepsOthersOutAndChangesNothing) {
  TempStore store;
  put(*store, "a", "1");
  store.close();
  const auto before = listing(store.path());
  auto reader = store.options;
  reader.read_only = reader.exclusive = true;
  {
    auto alone = Store::open(reader);
    ASSERT_TRUE(succeeded(alone));
    EXPECT_TRUE(refused(store.options, Cause::io, {"in use by process"}));
  }
  EXPECT_EQ(listing(store.path()), before);
  store.open();
}

TEST(Open, RefusesANewerFormat) {
  TempStore store;
  store.close();
  write_file(store.path() + "/BASALT_FORMAT", "basalt format 7\n");
  const auto before = listing(store.path());
  EXPECT_TRUE(
      refused(store.options, Cause::io, {store.path(), "needs Basalt with format 7 or newer", "up to format 1"}));
  EXPECT_EQ(listing(store.path()), before);
}

TEST(Open, RefusesANewerFormatRecordWithoutTheFile) {
  TempStore store;
  Batch batch;
  batch.put(Column::system, layout::version_key(), layout::encode_version(9));
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  store.close();
  fs::remove(store.path() + "/BASALT_FORMAT");
  EXPECT_TRUE(refused(store.options, Cause::io, {"needs Basalt with format 9 or newer"}));
  EXPECT_FALSE(fs::exists(store.path() + "/BASALT_FORMAT"));
}

TEST(Open, WritesTheFormatFileAgainWhenItIsLost) {
  TempStore store;
  put(*store, "a", "1");
  store.close();
  fs::remove(store.path() + "/BASALT_FORMAT");
  store.open();
  EXPECT_EQ(read_file(store.path() + "/BASALT_FORMAT"), "basalt format 1\n");
}

TEST(Open, RefusesAFormatFileItCannotRead) {
  TempStore store;
  store.close();
  write_file(store.path() + "/BASALT_FORMAT", "basalt format none\n");
  EXPECT_TRUE(refused(store.options, Cause::corruption, {"BASALT_FORMAT does not name a format version", "backup"}));
}

TEST(Open, RefusesADamagedCurrent) {
  TempStore store;
  store.close();
  const auto current = read_file(store.path() + "/CURRENT");
  for (const std::string& damage :
       {std::string(), std::string("garbage\n"), std::string("MANIFEST-999999\n"), std::string("MANIFEST-../../x\n")}) {
    write_file(store.path() + "/CURRENT", damage);
    const auto before = listing(store.path());
    EXPECT_TRUE(refused(store.options, Cause::corruption, {store.path() + "/CURRENT", "Restore", "backup"})) << damage;
    EXPECT_EQ(listing(store.path()), before);
  }
  fs::remove(store.path() + "/CURRENT");
  auto before = listing(store.path());
  EXPECT_TRUE(refused(store.options, Cause::corruption, {"CURRENT is missing", "MANIFEST-", "backup"}));
  EXPECT_EQ(listing(store.path()), before);
  write_file(store.path() + "/CURRENT", current);
  store.open();
}

TEST(Open, RefusesADamagedManifest) {
  TempStore store;
  put(*store, "a", "1");
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  store.close();
  const auto manifest = find_file(store.path(), "MANIFEST-");
  const auto name = fs::path(manifest).filename().string();
  const auto whole = read_file(manifest);
  flip_byte(manifest, whole.size() / 2);
  const auto before = listing(store.path());
  EXPECT_TRUE(refused(store.options, Cause::corruption, {store.path(), name, "backup"}));
  EXPECT_EQ(listing(store.path()), before);
  write_file(manifest, "");
  EXPECT_TRUE(refused(store.options, Cause::corruption, {store.path(), name, "backup"}));
  write_file(manifest, whole);
  store.open();
}

TEST(Open, RefusesAMissingTable) {
  TempStore store;
  put(*store, "a", "1");
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  store.close();
  const auto table = find_file(store.path(), "", ".sst");
  const auto content = read_file(table);
  fs::remove(table);
  EXPECT_TRUE(refused(store.options, Cause::corruption, {fs::path(table).stem().string(), "backup"}));
  write_file(table, content);
  store.open();
  Value value;
  EXPECT_TRUE(*store->get(Column::strings, "a", {}, &value)) << "the refusal lost nothing";
}

TEST(Open, ADamagedTableIsReportedByName) {
  TempStore store;
  put(*store, "a", std::string(10'000, 'x'));
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  ASSERT_TRUE(succeeded(store->verify_checksums()));
  store.close();
  const std::string table = largest_table(store.path());  // it holds the value
  flip_byte(table, 20);
  store.open();
  auto checked = store->verify_checksums();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().storage()->cause, Cause::corruption);
  const auto name = fs::path(table).filename().string();
  EXPECT_NE(checked.error().storage()->detail.find(name), std::string::npos) << describe(checked.error());
  Value value;
  auto read = store->get(Column::strings, "a", {}, &value);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().storage()->cause, Cause::corruption);
  EXPECT_NE(read.error().storage()->detail.find(name), std::string::npos) << describe(read.error());
}

// A killed server leaves an incomplete last record: whatever byte it ends with, all before it is there.
TEST(Open, AnIncompleteLastWalRecordIsDropped) {
  TempStore store;
  for (int i = 0; i < 20; ++i) put(*store, "k" + std::to_string(i), std::string(100, 'x'));
  store.close();
  const auto whole = listing(store.path());
  const auto wal = fs::path(find_file(store.path(), "", ".log")).filename().string();
  const auto size = whole.at(wal).size();
  for (size_t cut = 1; cut < 120; cut += 7) {
    fs::remove_all(store.path());
    fs::create_directories(store.path());
    for (const auto& [name, content] : whole) write_file(store.path() + "/" + name, content);
    fs::resize_file(store.path() + "/" + wal, size - cut);
    store.open();
    Value value;
    EXPECT_TRUE(*store->get(Column::strings, "k18", {}, &value)) << cut;
    EXPECT_FALSE(*store->get(Column::strings, "k19", {}, &value)) << cut;
    store.close();
  }
}

// Damage before the end may hide acknowledged writes.
TEST(Open, DamageInsideTheWalIsReported) {
  TempStore store;
  for (int i = 0; i < 20; ++i) put(*store, "k" + std::to_string(i), std::string(100, 'x'));
  store.close();
  const auto wal = find_file(store.path(), "", ".log");
  const auto whole = read_file(wal);
  flip_byte(wal, whole.size() / 2);
  const auto name = fs::path(wal).filename().string();
  EXPECT_TRUE(refused(store.options, Cause::corruption, {store.path(), name, "backup"}));
  write_file(wal, whole);
  store.open();
  Value value;
  EXPECT_TRUE(*store->get(Column::strings, "k19", {}, &value)) << "the refusal lost nothing";
}

TEST(Open, DamageInsideTheWalCanBeAccepted) {
  TempStore store;
  for (int i = 0; i < 20; ++i) put(*store, "k" + std::to_string(i), std::string(100, 'x'));
  store.close();
  const auto wal = find_file(store.path(), "", ".log");
  flip_byte(wal, read_file(wal).size() / 2);
  EXPECT_TRUE(refused(store.options, Cause::corruption, {"rocksdb.wal_recovery_mode kPointInTimeRecovery"}));
  store.options.overrides = {{"wal_recovery_mode", "kPointInTimeRecovery"}};
  store.open();
  Value value;
  EXPECT_TRUE(*store->get(Column::strings, "k5", {}, &value));
  EXPECT_FALSE(*store->get(Column::strings, "k19", {}, &value));
}

TEST(Open, RefusesWhatIsNoDirectoryOrNotThere) {
  TempDirectory directory;
  write_file(directory / "file", "x");
  EXPECT_TRUE(refused({.directory = directory / "file"}, Cause::io, {directory / "file", "is not a directory"}));
  EXPECT_TRUE(refused({.directory = directory / "file/below"}, Cause::io, {directory / "file/below"}));
  EXPECT_TRUE(refused({.directory = directory / "none", .create_if_missing = false}, Cause::io, {"does not exist"}));
  EXPECT_FALSE(fs::exists(directory / "none"));
  fs::create_directory(directory / "empty");
  EXPECT_TRUE(refused({.directory = directory / "empty", .create_if_missing = false}, Cause::io, {"no database"}));
  EXPECT_TRUE(refused({.directory = directory / "empty", .read_only = true}, Cause::io, {"no database"}));
  EXPECT_TRUE(fs::is_empty(directory / "empty"));
}

TEST(Open, RefusesWithoutPermission) {
  TempDirectory directory;
  fs::create_directory(directory / "locked");
  // As a user without privileges, whoever runs the test.
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::chmod((directory / "locked").c_str(), 0555) != 0 || ::chmod(directory.path().c_str(), 0755) != 0) ::_exit(2);
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
    ::_exit(refused({.directory = directory / "locked"}, Cause::io, {"no permission", directory / "locked"}) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::is_empty(directory / "locked"));
}

/// As RocksDB sees the directory.
void with_rocksdb(const std::string& directory,
                  const std::function<void(rocksdb::DB&, rocksdb::ColumnFamilyHandle*)>& f) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  std::vector<std::string> names;
  rocksdb::Options options;
  options.create_if_missing = true;
  (void)rocksdb::DB::ListColumnFamilies(options, directory, &names);
  if (names.empty()) names.push_back(rocksdb::kDefaultColumnFamilyName);
  for (const auto& name : names) descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, directory, descriptors, &handles, &db).ok());
  rocksdb::ColumnFamilyHandle* streams = nullptr;
  for (auto* handle : handles) {
    if (handle->GetName() == "streams") streams = handle;
  }
  f(*db, streams);
  for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  delete db;
}

TEST(Open, CreatesAColumnThatAnOlderServerDidNotHave) {
  TempStore store;
  put(*store, "a", "1");
  store.close();
  with_rocksdb(store.path(), [](rocksdb::DB& db, rocksdb::ColumnFamilyHandle* streams) {
    ASSERT_TRUE(db.DropColumnFamily(streams).ok());
  });
  auto reader = store.options;
  reader.read_only = true;
  EXPECT_TRUE(refused(reader, Cause::io, {"streams"}));
  store.open();
  Value value;
  EXPECT_FALSE(*store->get(Column::streams, "a", {}, &value));
  EXPECT_TRUE(*store->get(Column::strings, "a", {}, &value));
}

TEST(Open, RefusesTheDatabaseOfAnotherProgram) {
  TempDirectory directory;
  with_rocksdb(directory / "other",
               [](rocksdb::DB& db, rocksdb::ColumnFamilyHandle*) { ASSERT_TRUE(db.Put({}, "a", "1").ok()); });
  const auto before = listing(directory / "other");
  EXPECT_TRUE(refused({.directory = directory / "other"}, Cause::io, {directory / "other", "another program"}));
  EXPECT_EQ(listing(directory / "other"), before);
  with_rocksdb(directory / "other", [](rocksdb::DB& db, rocksdb::ColumnFamilyHandle*) {
    rocksdb::ColumnFamilyHandle* made = nullptr;
    ASSERT_TRUE(db.CreateColumnFamily({}, "metadata", &made).ok());
    ASSERT_TRUE(db.DestroyColumnFamilyHandle(made).ok());
  });
  EXPECT_TRUE(refused({.directory = directory / "other"}, Cause::io, {"'metadata'", "another program"}));
}

TEST(Open, OverridesReachRocksDB) {
  TempStore store;
  store.close();
  store.options.overrides = {{"max_background_jobs", "3"},
                             {"write_buffer_size", "2097152"},
                             {"block_size", "16384"},
                             {"compression", "kNoCompression"}};
  store.open();
  put(*store, "a", "1");
  store.close();
  const auto written = read_file(find_file(store.path(), "OPTIONS-"));
  EXPECT_NE(written.find("max_background_jobs=3"), std::string::npos);
  EXPECT_NE(written.find("write_buffer_size=2097152"), std::string::npos);
  EXPECT_NE(written.find("block_size=16384"), std::string::npos);
  EXPECT_NE(written.find("compression=kNoCompression"), std::string::npos);
}

TEST(Open, BadOverridesAreNamed) {
  TempDirectory directory;
  StoreOptions options{.directory = directory / "data"};
  options.overrides = {{"no_such_option", "1"}};
  EXPECT_TRUE(refused(options, Cause::io, {"rocksdb.no_such_option", "'1'", "no such option"}));
  options.overrides = {{"max_background_jobs", "many"}};
  EXPECT_TRUE(refused(options, Cause::io, {"rocksdb.max_background_jobs", "'many'", "not a number"}));
  options.overrides = {{"write_buffer_size", "1x"}};
  EXPECT_TRUE(refused(options, Cause::io, {"rocksdb.write_buffer_size", "'1x'"}));
  options.overrides = {{"compression", "kFast"}};
  EXPECT_TRUE(refused(options, Cause::io, {"rocksdb.compression", "'kFast'", "not a valid value"}));
  options.overrides = {{"block_size", ""}};
  EXPECT_TRUE(refused(options, Cause::io, {"rocksdb.block_size", "''"}));
  EXPECT_FALSE(fs::exists(directory / "data")) << "nothing is created for options that are wrong";
}

}  // namespace
}  // namespace basalt
