#include "store/bulk_load.h"

#include <algorithm>
#include <map>
#include <random>

#include "layout/record_key.h"
#include "store/record_sorter.h"
#include "store/store_testing.h"

namespace basalt {
namespace {

using store_internal::LoadRecord;
using store_internal::RecordSorter;

using Records = std::map<std::string, std::string>;

Records all_of(Store& store, Column column) {
  Records records;
  Cursor cursor = store.cursor(column, {}, {});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) records[std::string(cursor.key())] = cursor.value();
  EXPECT_TRUE(succeeded(cursor.status()));
  return records;
}

void put(Store& store, Column column, std::string_view key, std::string_view value) {
  Batch batch;
  batch.put(column, key, value);
  ASSERT_TRUE(succeeded(store.write(batch, WriteMode::blocking)));
}

bool has_scratch(const TempStore& store) { return std::filesystem::exists(store.path() + "/bulk-load.tmp"); }

// ---- sorting ----

std::vector<std::string> sorted(RecordSorter& sorter) {
  std::vector<std::string> seen;
  EXPECT_TRUE(succeeded(sorter.merge([&](const LoadRecord& record) -> Result<void> {
    seen.push_back(std::to_string(static_cast<int>(record.column)) + " " + std::string(record.key) + " " +
                   (record.erased ? "erased" : std::string(record.value)));
    return {};
  })));
  return seen;
}

TEST(RecordSorter, ByColumnThenKeyThenArrival) {
  TempDirectory directory;
  RecordSorter sorter(directory.path(), 1 << 20);
  ASSERT_TRUE(succeeded(sorter.add({Column::items, false, "b", "1"})));
  ASSERT_TRUE(succeeded(sorter.add({Column::heads, false, "a", "2"})));
  ASSERT_TRUE(succeeded(sorter.add({Column::strings, false, "b", "3"})));
  ASSERT_TRUE(succeeded(sorter.add({Column::items, true, "b", ""})));
  ASSERT_TRUE(succeeded(sorter.add({Column::items, false, "", "4"})));
  ASSERT_TRUE(succeeded(sorter.add({Column::items, false, std::string("b\0", 2), "5"})));
  EXPECT_EQ(sorted(sorter),
            (std::vector<std::string>{"1 a 2", "0 b 3", "2  4", "2 b 1", "2 b erased", std::string("2 b\0 5", 6)}));
}

TEST(RecordSorter, ManyRunsInLevels) {
  TempDirectory directory;
  // A run for every few records: more runs than are read at once.
  RecordSorter sorter(directory.path(), 2 << 20);
  std::mt19937 random(7);
  std::vector<std::pair<std::string, int>> expected;
  const std::string filler(200'000, 'x');
  for (int i = 0; i < 1500; ++i) {
    const std::string key = std::to_string(random() % 400);
    expected.emplace_back(key, i);
    ASSERT_TRUE(succeeded(sorter.add({Column::items, false, key, std::to_string(i) + filler})));
  }
  std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  size_t position = 0;
  ASSERT_TRUE(succeeded(sorter.merge([&](const LoadRecord& record) -> Result<void> {
    const auto& [key, arrival] = expected.at(position++);
    if (record.key != key || record.value != std::to_string(arrival) + filler) return fail("ERR out of order");
    return {};
  })));
  EXPECT_EQ(position, expected.size());
  EXPECT_TRUE(std::filesystem::is_empty(directory.path())) << "runs are left";
}

TEST(RecordSorter, RecordsLargerThanItsMemory) {
  TempDirectory directory;
  RecordSorter sorter(directory.path(), 1 << 20);
  for (char c : {'c', 'a', 'b'}) {
    ASSERT_TRUE(succeeded(sorter.add({Column::strings, false, std::string(1, c), std::string(5 << 20, c)})));
  }
  std::string keys;
  ASSERT_TRUE(succeeded(sorter.merge([&](const LoadRecord& record) -> Result<void> {
    EXPECT_EQ(record.value.size(), size_t{5} << 20);
    EXPECT_EQ(record.value.find_first_not_of(record.key[0]), std::string_view::npos);
    keys += record.key;
    return {};
  })));
  EXPECT_EQ(keys, "abc");
}

// ---- loading ----

TEST(BulkLoad, AppearsAtOnceAndStays) {
  TempStore store;
  put(*store, Column::items, "old", "1");
  Records expected{{"old", "1"}};
  {
    auto load = BulkLoad::begin(*store, 1 << 20);
    ASSERT_TRUE(succeeded(load));
    for (int i = 0; i < 50'000; ++i) {
      const std::string key = std::to_string(i * 7919 % 50'000);
      put(*store, Column::items, key, "value of " + key);
      expected[key] = "value of " + key;
    }
    put(*store, Column::scores, "s", "");
    EXPECT_EQ(all_of(*store, Column::items), (Records{{"old", "1"}}));
    uint64_t last = 0;
    auto loaded = (*load)->finish([&](uint64_t done, uint64_t of) {
      EXPECT_EQ(of, 50'001u);
      EXPECT_GE(done, last);
      last = done;
    });
    ASSERT_TRUE(succeeded(loaded));
    EXPECT_EQ(last, 50'001u);
    EXPECT_EQ(loaded->tables, 2u);
    put(*store, Column::items, "new", "2");
    expected["new"] = "2";
  }
  EXPECT_EQ(all_of(*store, Column::items), expected);
  store.restart();
  EXPECT_EQ(all_of(*store, Column::items), expected);
  EXPECT_EQ(all_of(*store, Column::scores), (Records{{"s", ""}}));
  EXPECT_FALSE(has_scratch(store));
}

TEST(BulkLoad, TheYoungestRecordOfAKeyCounts) {
  TempStore store;
  put(*store, Column::items, "a", "old");
  put(*store, Column::items, "b", "old");
  put(*store, Column::items, "c", "old");
  {
    auto load = BulkLoad::begin(*store, 1 << 20);
    ASSERT_TRUE(succeeded(load));
    put(*store, Column::items, "a", "new");
    Batch batch;
    batch.put(Column::items, "b", "new");
    batch.erase(Column::items, "b");
    batch.put(Column::items, "d", "once");
    batch.put(Column::items, "d", "twice");
    ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
    ASSERT_TRUE(succeeded((*load)->finish(nullptr)));
  }
  EXPECT_EQ(all_of(*store, Column::items), (Records{{"a", "new"}, {"c", "old"}, {"d", "twice"}}));
}

TEST(BulkLoad, OfWhatWasNotFinishedNothingIsThere) {
  TempStore store;
  {
    auto load = BulkLoad::begin(*store, 1 << 20);
    ASSERT_TRUE(succeeded(load));
    put(*store, Column::items, "a", "1");
    EXPECT_TRUE(has_scratch(store));
  }
  EXPECT_EQ(all_of(*store, Column::items), Records());
  EXPECT_FALSE(has_scratch(store));
  put(*store, Column::items, "b", "2");
  EXPECT_EQ(all_of(*store, Column::items), (Records{{"b", "2"}}));
}

TEST(BulkLoad, AKeyHasOneRecord) {
  for (Column second : {Column::strings, Column::heads}) {
    TempStore store;
    auto load = BulkLoad::begin(*store, 1 << 20);
    ASSERT_TRUE(succeeded(load));
    put(*store, Column::strings, layout::record_key(0, "apple"), "1");
    put(*store, second, layout::record_key(0, "apple"), "2");
    auto loaded = (*load)->finish(nullptr);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(describe(loaded.error()), "ERR the key 'apple' was loaded twice");
    load->reset();
    EXPECT_EQ(all_of(*store, Column::strings), Records());
    EXPECT_EQ(all_of(*store, Column::heads), Records());
  }
}

TEST(BulkLoad, WhatAKilledOneLeftGoesWithTheNextOpening) {
  TempStore store;
  store.close();
  std::filesystem::create_directory(store.path() + "/bulk-load.tmp");
  TempDirectory elsewhere;
  std::filesystem::copy(store.path() + "/CURRENT", store.path() + "/bulk-load.tmp/0.run");
  store.open();
  EXPECT_FALSE(has_scratch(store));
}

// How many tables there will be is known when all are written: their filters have parts in any case.
TEST(BulkLoad, FiltersAreInParts) {
  TempStore store(uint64_t{1} << 30);
  auto load = BulkLoad::begin(*store, 1 << 20);
  ASSERT_TRUE(succeeded(load));
  put(*store, Column::items, "a", "1");
  ASSERT_TRUE(succeeded((*load)->finish(nullptr)));
  EXPECT_EQ(filter_kinds(store), "partitionedfilter.");
}

TEST(BulkLoad, TwoInARow) {
  TempStore store;
  for (const char* value : {"1", "2"}) {
    auto load = BulkLoad::begin(*store, 1 << 20);
    ASSERT_TRUE(succeeded(load));
    put(*store, Column::heads, "a", value);
    ASSERT_TRUE(succeeded((*load)->finish(nullptr)));
    load->reset();
    EXPECT_EQ(all_of(*store, Column::heads), (Records{{"a", value}}));
  }
}

}  // namespace
}  // namespace basalt
