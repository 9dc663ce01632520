#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/glob.h"
#include "base/random.h"
#include "base/slot.h"
#include "keyspace/keyspace_testing.h"
#include "keyspace/scan_tokens.h"

namespace basalt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Whole iterations, page by page.
class Scanner {
 public:
  explicit Scanner(TempKeyspace& keyspace) : keyspace_(keyspace) {}
  ScanRequest request;
  uint16_t db = 0;
  uint64_t pages = 0;

  std::vector<std::string> page() {
    for (Access access : {Access::inline_, Access::blocking}) {
      Txn txn(*keyspace_, access);
      auto result = keyspace_->scan(txn, db, request);
      if (!result && result.error().would_block()) continue;
      EXPECT_TRUE(succeeded(result));
      if (!result) break;
      request.cursor = result->cursor;
      ++pages;
      return result->keys;
    }
    request.cursor = 0;
    return {};
  }
  std::multiset<std::string> all() {
    std::multiset<std::string> keys;
    do {
      for (auto& key : page()) keys.insert(key);
    } while (request.cursor != 0 && pages < 100'000);
    return keys;
  }

 private:
  TempKeyspace& keyspace_;
};

TEST(Scan, AnEmptyDatabaseEndsAtOnce) {
  TempKeyspace keyspace;
  Scanner scanner(keyspace);
  EXPECT_THAT(scanner.all(), IsEmpty());
  EXPECT_EQ(scanner.pages, 1u);
}

TEST(Scan, EveryKeyOnceInBothColumnsAndOnlyOfItsDatabase) {
  TempKeyspace keyspace;
  std::multiset<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    const std::string name = "key:" + std::to_string(i);
    if (i % 2) keyspace.set({0, name}, "v");
    else keyspace.set_packed({0, name}, Type::set, "b");
    keyspace.set({1, "other:" + name}, "v");
    expected.insert(name);
  }
  Scanner scanner(keyspace);
  EXPECT_EQ(scanner.all(), expected);
  EXPECT_GE(scanner.pages, 50u) << "COUNT 10 by default";
  EXPECT_LE(scanner.pages, 52u);
}

TEST(Scan, ExpiredKeysAreNotReturned) {
  TempKeyspace keyspace;
  keyspace.set({0, "a"}, "v", keyspace.clock.now_ms() + 10);
  keyspace.set_packed({0, "b"}, Type::set, "v", keyspace.clock.now_ms() + 10);
  keyspace.set({0, "c"}, "v");
  keyspace.clock.advance_ms(11);
  EXPECT_THAT(Scanner(keyspace).all(), ElementsAre("c"));
  Txn txn(*keyspace, Access::blocking);
  EXPECT_THAT(*keyspace->keys(txn, 0, "*"), ElementsAre("c"));
  EXPECT_EQ(*keyspace->random_key(txn, 0), "c");
}

TEST(Scan, TypesAndPatterns) {
  TempKeyspace keyspace;
  for (const char* name : {"user:1", "user:2", "user:10", "usage", "x"}) keyspace.set({0, name}, "v");
  keyspace.set_packed({0, "user:hash"}, Type::hash, "b");
  keyspace.set_spread({0, "user:set"}, 1);
  auto scan = [&](std::optional<std::string_view> pattern, std::optional<Type> type = {}) {
    Scanner scanner(keyspace);
    scanner.request.pattern = pattern;
    scanner.request.type = type;
    scanner.request.count = 1;
    auto found = scanner.all();
    return std::vector<std::string>(found.begin(), found.end());
  };
  EXPECT_THAT(scan("user:*"), ElementsAre("user:1", "user:10", "user:2", "user:hash", "user:set"));
  EXPECT_THAT(scan("user:*", Type::hash), ElementsAre("user:hash"));
  EXPECT_THAT(scan(std::nullopt, Type::set), ElementsAre("user:set"));
  EXPECT_THAT(scan("user:?"), ElementsAre("user:1", "user:2"));
  EXPECT_THAT(scan("*s*", Type::string), ElementsAre("usage", "user:1", "user:10", "user:2"));
  EXPECT_THAT(scan("user:2"), ElementsAre("user:2"));
  EXPECT_THAT(scan("user:2", Type::hash), IsEmpty());
  EXPECT_THAT(scan("nothing"), IsEmpty());
  EXPECT_THAT(scan("zzz*"), IsEmpty());
  EXPECT_THAT(scan(""), IsEmpty());
  keyspace.set({0, ""}, "v");
  EXPECT_THAT(scan(""), ElementsAre(""));
  EXPECT_THAT(scan("[ux]*"), ElementsAre("usage", "user:1", "user:10", "user:2", "user:hash", "user:set", "x"));
}

TEST(Scan, APrefixIsSoughtRatherThanFiltered) {
  TempKeyspace keyspace;
  // Many keys in few slots, of which few match.
  for (int i = 0; i < 2'000; ++i) keyspace.set({0, "{tag" + std::to_string(i % 4) + "}" + std::to_string(i)}, "v");
  keyspace.set({0, "match:1"}, "v");
  keyspace.set({0, "match:2"}, "v");
  Scanner scanner(keyspace);
  scanner.request.pattern = "match:*";
  scanner.request.count = 100;
  EXPECT_THAT(scanner.all(), ElementsAre("match:1", "match:2"));
  EXPECT_EQ(scanner.pages, 1u) << "one or two seeks a slot";
}

TEST(Scan, ATagInThePrefixLeadsToOneSlot) {
  TempKeyspace keyspace;
  std::multiset<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    keyspace.set({0, "key" + std::to_string(i)}, "v");
    const std::string name = "{user}:" + std::to_string(i);
    keyspace.set({0, name}, "v");
    expected.insert(name);
  }
  Scanner scanner(keyspace);
  scanner.request.pattern = "{user}:*";
  EXPECT_EQ(scanner.all(), expected);
  EXPECT_LE(scanner.pages, 31u);
  Scanner beyond(keyspace);
  beyond.request.pattern = "{user}:*";
  beyond.request.cursor = kSlotCount - 1;
  EXPECT_TRUE(beyond.all().empty() || key_slot("{user}") == kSlotCount - 1);
}

TEST(Scan, ForeignCursorsAreHarmless) {
  TempKeyspace keyspace;
  keyspace.set({0, "a"}, "v");
  for (uint64_t cursor : {uint64_t{1}, uint64_t{16383}, uint64_t{16384}, UINT64_MAX, UINT64_MAX - 16383}) {
    Scanner scanner(keyspace);
    scanner.request.cursor = cursor;
    scanner.all();
    EXPECT_LE(scanner.pages, 2u);
  }
}

TEST(Scan, ALargePageLeavesTheIoThread) {
  TempKeyspace keyspace;
  for (int i = 0; i < 3'000; ++i) keyspace.set({0, std::to_string(i)}, "v");
  Txn inline_txn(*keyspace, Access::inline_);
  EXPECT_TRUE(succeeded(keyspace->scan(inline_txn, 0, {.count = 10})));
  EXPECT_TRUE(succeeded(keyspace->scan(inline_txn, 0, {.count = 1'000})));
  auto large = keyspace->scan(inline_txn, 0, {.count = 10'000});
  ASSERT_FALSE(large);
  EXPECT_TRUE(large.error().would_block());
  Txn txn(*keyspace, Access::blocking);
  auto page = keyspace->scan(txn, 0, {.count = 10'000});
  ASSERT_TRUE(succeeded(page));
  EXPECT_EQ(page->keys.size(), 3'000u);
  EXPECT_EQ(page->cursor, 0u);
}

TEST(Scan, SeesPendingWritesOfItsTxn) {
  TempKeyspace keyspace;
  keyspace.set({0, "old"}, "v");
  keyspace.set_packed({0, "gone"}, Type::set, "b");
  Txn txn(*keyspace, Access::blocking);
  const Key keys[] = {{0, "new"}, {0, "gone"}};
  ASSERT_TRUE(succeeded(txn.lock(keys)));
  ASSERT_TRUE(succeeded(txn.put_string_blind(keys[0], "v", 0)));
  txn.erase(keys[1], **txn.find(keys[1]));
  EXPECT_THAT((*keyspace->scan(txn, 0, {})).keys, UnorderedElementsAre("new", "old"));
}

TEST(Scan, DamagedRecordsAreErrors) {
  TempKeyspace keyspace;
  Batch batch;
  batch.put(Column::heads, layout::record_key(0, "b"), "\xff\xff");
  ASSERT_TRUE(succeeded(keyspace.store->write(batch, WriteMode::blocking)));
  Txn txn(*keyspace, Access::blocking);
  auto page = keyspace->scan(txn, 0, {});
  ASSERT_FALSE(page);
  EXPECT_THAT(describe(page.error()), ::testing::HasSubstr("column heads: the record of \"b\" is damaged"));
}

// The contract: a whole iteration returns every key that was there from its start to its end, whatever else
// comes and goes, and even when the server restarts in between.
TEST(Scan, NeverMissesAKeyThatWasThereThroughout) {
  const uint64_t seed = random_u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  uint64_t state = seed;
  auto below = [&](uint64_t n) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return (state >> 33) % n;
  };
  // Names that crowd in a few slots, and names that don't.
  auto name = [&] {
    const std::string number = std::to_string(below(400));
    return below(2) ? "{t" + std::to_string(below(3)) + "}" + number : "k" + number;
  };
  for (int round = 0; round < 12; ++round) {
    TempKeyspace keyspace;
    auto set_any = [&](const std::string& key) {
      if (below(2)) keyspace.set({0, key}, "v");
      else keyspace.set_packed({0, key}, Type::set, "b");
    };
    std::set<std::string> there;
    for (int i = 0; i < 300; ++i) there.insert(name());
    for (const auto& key : there) set_any(key);
    std::set<std::string> throughout = there;
    std::set<std::string> ever = there;

    Scanner scanner(keyspace);
    scanner.request.count = 1 + below(20);
    if (round % 3 == 1) scanner.request.pattern = "{t1}*";
    if (round % 3 == 2) scanner.request.pattern = "k1*";
    std::set<std::string> found;
    int restarts = 0;
    do {
      for (auto& key : scanner.page()) found.insert(key);
      for (int i = 0; i < 5; ++i) {
        const std::string key = name();
        if (below(2)) {
          keyspace.erase({0, key});
          throughout.erase(key);
        } else {
          set_any(key);  // overwritten, even in the other column, it stays
          ever.insert(key);
        }
      }
      // A restart begins the slot anew, so there must be an end of them for a small page in a crowded slot.
      if (restarts < 20 && below(30) == 0) {
        keyspace.restart();
        ++restarts;
      }
      ASSERT_LT(scanner.pages, 20'000u) << "it must come to an end";
    } while (scanner.request.cursor != 0);

    for (const auto& key : throughout) {
      if (scanner.request.pattern && !glob_match(*scanner.request.pattern, key)) continue;
      EXPECT_TRUE(found.contains(key)) << key;
    }
    for (const auto& key : found) EXPECT_TRUE(ever.contains(key)) << key;
  }
}

TEST(Keys, MatchLikeScan) {
  TempKeyspace keyspace;
  for (const char* name : {"one", "two", "three", "{a}1", "{a}2"}) keyspace.set({0, name}, "v");
  keyspace.set_packed({0, "four"}, Type::zset, "b");
  Txn txn(*keyspace, Access::blocking);
  EXPECT_THAT(*keyspace->keys(txn, 0, "*"), UnorderedElementsAre("one", "two", "three", "four", "{a}1", "{a}2"));
  EXPECT_THAT(*keyspace->keys(txn, 0, "t*"), UnorderedElementsAre("two", "three"));
  EXPECT_THAT(*keyspace->keys(txn, 0, "{a}*"), UnorderedElementsAre("{a}1", "{a}2"));
  EXPECT_THAT(*keyspace->keys(txn, 0, "four"), ElementsAre("four"));
  EXPECT_THAT(*keyspace->keys(txn, 1, "*"), IsEmpty());
}

TEST(ScanTokens, TheTableIsBounded) {
  ScanTokens tokens;
  const uint64_t first = tokens.cursor_after(key_slot("first"), "first");
  EXPECT_TRUE(tokens.place_of(first).within);
  for (size_t i = 0; i < ScanTokens::kMaxTokens; ++i) {
    const std::string name = std::to_string(i);
    const uint64_t cursor = tokens.cursor_after(key_slot(name), name);
    if (i % 1000 != 0) continue;
    const auto place = tokens.place_of(cursor);
    ASSERT_TRUE(place.within);
    ASSERT_EQ(place.after, name);
    ASSERT_EQ(place.slot, key_slot(name));
  }
  const auto place = tokens.place_of(first);
  EXPECT_FALSE(place.within) << "pushed out";
  EXPECT_EQ(place.slot, key_slot("first"));
  // A few huge names push out all others.
  const std::string small = "small";
  const uint64_t cursor = tokens.cursor_after(key_slot(small), small);
  for (char c : {'a', 'b', 'c'}) {
    const std::string name(ScanTokens::kMaxBytes / 2, c);
    tokens.cursor_after(key_slot(name), name);
  }
  EXPECT_FALSE(tokens.place_of(cursor).within);
}

TEST(RandomKey, FindsTheOnlyOneAndNoneInAnEmptyDatabase) {
  TempKeyspace keyspace;
  Txn txn(*keyspace, Access::inline_);
  EXPECT_EQ(*keyspace->random_key(txn, 0), std::nullopt);
  keyspace.set_packed({0, "only"}, Type::set, "b");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*keyspace->random_key(txn, 0), "only");
}

void expect_even_picks(TempKeyspace& keyspace, size_t keys, int picks, double tolerance) {
  std::map<std::string, int> seen;
  for (int i = 0; i < picks; ++i) {
    Txn txn(*keyspace, Access::blocking);
    ++seen[**keyspace->random_key(txn, 0)];
  }
  EXPECT_EQ(seen.size(), keys) << "every key has a chance";
  const double even = static_cast<double>(picks) / static_cast<double>(keys);
  for (const auto& [name, count] : seen) {
    EXPECT_GT(count, even / tolerance) << name;
    EXPECT_LT(count, even * tolerance) << name;
  }
}

TEST(RandomKey, IsEvenAmongFewKeys) {
  TempKeyspace keyspace;
  for (int i = 0; i < 10; ++i) keyspace.set({0, "k" + std::to_string(i)}, "v");
  expect_even_picks(keyspace, 10, 3'000, 1.5);
}

TEST(RandomKey, GivesKeysOfOneSlotAChanceEach) {
  TempKeyspace keyspace;
  for (int i = 0; i < 200; ++i) keyspace.set({0, "{t}" + std::to_string(1000 + i)}, "v");
  expect_even_picks(keyspace, 200, 10'000, 8);
}

}  // namespace
}  // namespace basalt
