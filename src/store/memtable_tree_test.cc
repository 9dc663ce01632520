// The memtable's tree against a std::map in its order, for keys in every pattern that its splits and prefixes know; and
// beside a writer.
#include "store/memtable_tree.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace basalt::store_internal {
namespace {

struct Key {
  std::string user;
  uint64_t tag;
  friend bool operator<(const Key& a, const Key& b) { return a.user != b.user ? a.user < b.user : a.tag > b.tag; }
  bool operator==(const Key&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Key& key) { return out << '"' << key.user << "\"@" << key.tag; }

EntryKey view(const Key& key) { return {key.user, key.tag}; }
Key key_at(const char* entry) {
  const auto key = EntryKey::of(entry);
  return {std::string(key.user), key.tag};
}

std::string encoded(const Key& key) {
  std::string entry;
  size_t size = key.user.size() + 8;
  for (; size >= 0x80; size >>= 7) entry += static_cast<char>(size | 0x80);
  entry += static_cast<char>(size);
  entry += key.user;
  for (int i = 0; i < 8; ++i) entry += static_cast<char>(key.tag >> (8 * i));
  return entry;
}

class MemtableTreeTest : public testing::Test {
 protected:
  bool insert(const Key& key) {
    entries_.push_back(encoded(key));
    return tree_.insert(entries_.back().data());
  }

  void insert_all(const std::vector<Key>& keys) {
    for (const auto& key : keys) {
      ASSERT_EQ(insert(key), model_.insert(key).second) << key;
      if (model_.size() < 400) expect_model();
    }
    expect_model();
  }

  // Every entry is met in both directions; what is sought is found, and so is what surrounds what is not there.
  void expect_model() {
    MemtableTree::Cursor cursor(tree_);
    cursor.seek_to_first();
    for (const auto& key : model_) {
      ASSERT_TRUE(cursor.entry()) << key;
      ASSERT_EQ(key_at(cursor.entry()), key);
      cursor.next();
    }
    ASSERT_EQ(cursor.entry(), nullptr);
    cursor.seek_to_last();
    for (auto key = model_.rbegin(); key != model_.rend(); ++key) {
      ASSERT_TRUE(cursor.entry()) << *key;
      ASSERT_EQ(key_at(cursor.entry()), *key);
      cursor.prev();
    }
    ASSERT_EQ(cursor.entry(), nullptr);
  }

  void expect_found(const Key& sought) {
    MemtableTree::Cursor cursor(tree_);
    const auto at = model_.lower_bound(sought);
    cursor.seek(view(sought));
    if (at == model_.end()) {
      ASSERT_EQ(cursor.entry(), nullptr) << sought;
    } else {
      ASSERT_TRUE(cursor.entry()) << sought;
      ASSERT_EQ(key_at(cursor.entry()), *at) << sought;
    }
    cursor.seek_before(view(sought));
    if (at == model_.begin()) {
      ASSERT_EQ(cursor.entry(), nullptr) << sought;
    } else {
      ASSERT_TRUE(cursor.entry()) << sought;
      ASSERT_EQ(key_at(cursor.entry()), *std::prev(at)) << sought;
    }
  }

  void expect_neighbours_found() {
    for (const auto& key : model_) {
      expect_found(key);
      expect_found({key.user, key.tag + 1});
      expect_found({key.user, key.tag - 1});
      expect_found({key.user + '\0', key.tag});
      expect_found({key.user.substr(0, key.user.size() / 2), key.tag});
      if (testing::Test::HasFatalFailure()) return;
    }
    expect_found({"", 0});
    expect_found({std::string(40, '\xff'), 0});
  }

  std::mt19937_64 random_{[] {
    const char* given = std::getenv("BASALT_TEST_SEED");
    const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
    fmt::print("BASALT_TEST_SEED={}\n", seed);
    return seed;
  }()};
  std::vector<std::unique_ptr<char[]>> nodes_;
  MemtableTree tree_{[this](size_t bytes) {
    nodes_.push_back(std::make_unique<char[]>(bytes + 63));
    const auto address = reinterpret_cast<uintptr_t>(nodes_.back().get());
    return nodes_.back().get() + (64 - address % 64) % 64;
  }};
  std::deque<std::string> entries_;
  std::set<Key> model_;
};

TEST_F(MemtableTreeTest, is_empty_at_first) {
  expect_model();
  expect_found({"key", 1});
}

TEST_F(MemtableTreeTest, keys_in_random_order) {
  std::vector<Key> keys;
  for (uint64_t i = 0; i < 30'000; ++i) keys.push_back({fmt::format("key:{:012}", random_() % 20'000), i});
  insert_all(keys);
  expect_neighbours_found();
}

TEST_F(MemtableTreeTest, keys_in_ascending_and_in_descending_order) {
  std::vector<Key> keys;
  for (uint64_t i = 0; i < 10'000; ++i) keys.push_back({fmt::format("a{:08}", i), i});
  for (uint64_t i = 10'000; i > 0; --i) keys.push_back({fmt::format("b{:08}", i), i});
  for (uint64_t i = 0; i < 10'000; ++i) keys.push_back({fmt::format("aa{:08}", i), i});  // between those
  insert_all(keys);
  expect_neighbours_found();
}

TEST_F(MemtableTreeTest, many_versions_of_one_key_between_others) {
  std::vector<Key> keys{{"hot", 7}};
  for (uint64_t i = 0; i < 20'000; ++i) {
    keys.push_back({"hotter", 1000 + i});
    if (i % 16 == 0) keys.push_back({fmt::format("hot{}", random_() % 100'000), i});
  }
  insert_all(keys);
  expect_neighbours_found();
}

TEST_F(MemtableTreeTest, keys_that_share_much_nothing_and_everything_but_their_length) {
  std::vector<Key> keys;
  const std::string long_prefix(300, 'p');
  for (uint64_t i = 0; i < 3'000; ++i) {
    keys.push_back({long_prefix + fmt::format("{:x}", random_() % 4096), i});
    keys.push_back({std::string(i % 700, '\0'), i});
    keys.push_back({std::string(i % 700, 'p'), i});
    std::string noise(random_() % 12, 0);
    for (char& c : noise) c = static_cast<char>(random_() % 3 * 127);
    keys.push_back({noise, i});
  }
  insert_all(keys);
  expect_neighbours_found();
}

// An edge of the tree takes keys that share less than those before.
TEST_F(MemtableTreeTest, a_shorter_common_prefix_at_both_ends) {
  std::vector<Key> keys;
  for (uint64_t i = 0; i < 200; ++i) keys.push_back({fmt::format("middle:of:it:{:05}", i), i});
  for (const char* edge : {"middle:of:jt", "middle:og", "mz", "z", "middle:of:a", "middle:a", "ma", "a", ""}) {
    keys.push_back({edge, 5});
  }
  for (uint64_t i = 0; i < 10'000; ++i) keys.push_back({fmt::format("{}:{:05}", i % 7, random_() % 9999), i});
  insert_all(keys);
  expect_neighbours_found();
}

TEST_F(MemtableTreeTest, a_key_that_is_there_is_refused) {
  EXPECT_TRUE(insert({"key", 5}));
  EXPECT_FALSE(insert({"key", 5}));
  EXPECT_TRUE(insert({"key", 6}));
  EXPECT_TRUE(insert({"ke", 5}));
}

TEST_F(MemtableTreeTest, counts_about_what_lies_between_two_keys) {
  const Key low{"key:00002000", 0};
  const Key high{"key:00005000", 0};
  EXPECT_EQ(tree_.approximate_count(view(low), view(high)), 0u);
  for (uint64_t i = 0; i < 10'000; ++i) insert({fmt::format("key:{:08}", i * 7919 % 10'000), i + 1});
  EXPECT_NEAR(tree_.approximate_count(view(low), view(high)), 3000, 300);
  EXPECT_NEAR(tree_.approximate_count({"", 0}, {"z", 0}), 10'000, 1);
  EXPECT_EQ(tree_.approximate_count(view(high), view(low)), 0u);
  EXPECT_EQ(tree_.approximate_count({"x", 0}, {"z", 0}), 0u);
}

// What the writer has published is found by everybody from then on, and a walk in either direction meets all of it,
// in order, however much comes in between.
TEST_F(MemtableTreeTest, readers_beside_the_writer_miss_nothing) {
  constexpr size_t kKeys = 60'000;
  std::vector<std::string> entries;
  for (uint64_t i = 0; i < kKeys; ++i) {
    const auto user = i % 3 == 0 ? std::string("hot") : fmt::format("key:{:08}", i % 3 == 1 ? random_() % 50'000 : i);
    entries.push_back(encoded({user, i}));
  }
  std::atomic<size_t> published = 0;
  std::atomic<int> failures = 0;
  const auto read = [&](uint64_t seed) {
    std::mt19937_64 random(seed);
    while (published < kKeys) {
      const size_t known = published;
      if (known == 0) continue;
      MemtableTree::Cursor cursor(tree_);
      for (int i = 0; i < 50; ++i) {
        const char* wanted = entries[random() % known].data();
        cursor.seek(EntryKey::of(wanted));
        if (cursor.entry() != wanted) ++failures;
      }
      const bool forward = random() % 2 == 0;
      size_t met = 0;
      Key last;
      for (forward ? cursor.seek_to_first() : cursor.seek_to_last(); cursor.entry() != nullptr;
           forward ? cursor.next() : cursor.prev()) {
        const auto key = key_at(cursor.entry());
        if (met++ != 0 && !(forward ? last < key : key < last)) ++failures;
        last = key;
      }
      if (met < known) ++failures;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read, random_());
  for (const auto& entry : entries) {
    ASSERT_TRUE(tree_.insert(entry.data()));
    ++published;
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace basalt::store_internal
