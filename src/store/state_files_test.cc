#include "store/state_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "store/damage_testing.h"
#include "store/store_testing.h"

namespace basalt {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

void put(Store& store, std::string_view key) {
  Batch batch;
  batch.put(Column::strings, key, std::string(1000, 'v'));
  ASSERT_TRUE(succeeded(store.write(batch, WriteMode::blocking)));
}

std::unique_ptr<Store> open(const std::string& directory, bool read_only) {
  StoreOptions options;
  options.directory = directory;
  options.read_only = read_only;
  auto store = Store::open(options);
  EXPECT_TRUE(succeeded(store));
  return store ? std::move(*store) : nullptr;
}

// A directory with tables, a WAL behind them, and files that are not the state.
void fill(const std::string& directory) {
  auto store = open(directory, false);
  put(*store, "in a table");
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  put(*store, "in the WAL");
  store.reset();
  std::ofstream(directory + "/000999.sst") << "what a killed flush left";
  std::ofstream(directory + "/notes.txt") << "not ours";
}

TEST(StateFiles, ACopyOfThemIsTheWholeState) {
  TempDirectory data;
  fill(data.path());
  auto store = open(data.path(), true);
  const auto files = state_files(*store);
  ASSERT_TRUE(succeeded(files));
  EXPECT_EQ(files->others.back(), "CURRENT");
  EXPECT_THAT(files->others, Contains("BASALT_FORMAT"));
  EXPECT_THAT(files->others, testing::Not(Contains("notes.txt")));
  EXPECT_THAT(files->tables, testing::Not(Contains("000999.sst")));

  TempDirectory copy;
  for (const auto* names : {&files->tables, &files->others}) {
    for (const auto& name : *names) fs::copy_file(data / name, copy / name);
  }
  store = open(copy.path(), false);
  Value value;
  for (const char* key : {"in a table", "in the WAL"}) EXPECT_EQ(store->get(Column::strings, key, {}, &value), true);
}

TEST(StateFiles, IdentityIsOfTheBytesNotOfTheName) {
  TempDirectory one, other;
  fill(one.path());
  fill(other.path());
  const auto tables = state_files(*open(one.path(), true))->tables;
  const auto others = state_files(*open(other.path(), true))->tables;
  ASSERT_FALSE(tables.empty());
  ASSERT_EQ(tables, others);  // the same names
  fs::copy_file(one / tables[0], one / "renamed");
  const auto identity = table_identity(one / tables[0]);
  ASSERT_TRUE(succeeded(identity));
  EXPECT_EQ(identity->size(), 48u);
  EXPECT_EQ(*identity, table_identity(one / "renamed"));
  EXPECT_NE(*identity, table_identity(other / others[0]));
}

TEST(StateFiles, CheckTableNamesADamagedFile) {
  TempDirectory data;
  fill(data.path());
  const std::string path = data / state_files(*open(data.path(), true))->tables[0];
  EXPECT_TRUE(succeeded(check_table(path)));
  flip_byte(path, 10);
  const auto checked = check_table(path);
  ASSERT_FALSE(checked);
  EXPECT_THAT(describe(checked.error()), HasSubstr(path));
}

// Data, indexes, filters in partitions, properties, footer: no byte is left out.
TEST(StateFiles, CheckTableReadsEveryByte) {
  TempDirectory data;
  {
    const auto store = open(data.path(), false);
    Batch batch;
    for (int i = 0; i < 300; ++i) batch.put(Column::strings, fmt::format("key {}", i), fmt::format("value {}", i));
    ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
    ASSERT_TRUE(succeeded(store->flush_memtables()));
  }
  const std::string largest = largest_table(data.path());
  const auto size = fs::file_size(largest);
  for (uint64_t offset = 0; offset < size; offset += 7) {
    flip_byte(largest, offset);
    EXPECT_FALSE(check_table(largest)) << "byte " << offset << " of " << size;
    flip_byte(largest, offset);
  }
  EXPECT_TRUE(succeeded(check_table(largest)));
}

TEST(StateFiles, ADirectoryBeingRestoredIsNotServed) {
  TempDirectory data;
  fill(data.path());
  ASSERT_TRUE(succeeded(begin_restoring(data.path())));
  EXPECT_TRUE(is_restoring(data.path()));
  StoreOptions options;
  options.directory = data.path();
  const auto refused = Store::open(options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(describe(refused.error()), HasSubstr("unfinished restore"));
  ASSERT_TRUE(succeeded(end_restoring(data.path())));
  EXPECT_TRUE(succeeded(Store::open(options)));
}

TEST(StateFiles, AHeldDirectoryIsNotServed) {
  TempDirectory data;
  {
    const auto held = HeldDirectory::hold(data.path());
    ASSERT_TRUE(succeeded(held));
    EXPECT_FALSE(HeldDirectory::hold(data.path()));
    StoreOptions options;
    options.directory = data.path();
    EXPECT_FALSE(Store::open(options));
  }
  open(data.path(), false);
}

}  // namespace
}  // namespace basalt
