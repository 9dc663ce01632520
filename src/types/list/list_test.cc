#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "command/command_testing.h"
#include "types/list/list_writer.h"
#include "types/reply_testing.h"

namespace basalt {

std::span<const CommandSpec> list_commands();
std::span<const CommandSpec> key_commands();

namespace {

using ::testing::ElementsAre;

std::string numbered(std::string_view command, int from, int to) {
  std::string line(command);
  for (int i = from; i <= to; ++i) line += fmt::format(" e{}", i);
  return line;
}

class ListFixture : public CommandFixture {
 public:
  ListFixture() : CommandFixture({list_commands(), key_commands()}) {}

  std::vector<std::string> list(std::string_view line) { return reply_list(run(line)); }
  std::vector<std::string> elements(std::string_view name) { return list(fmt::format("LRANGE {} 0 -1", name)); }

  Head head(std::string_view name) {
    Txn txn(keyspace(), Access::blocking);
    auto record = txn.find({0, name}, Type::list);
    CHECK(record && *record) << name;
    Head head = (*record)->head;
    head.body = {};
    return head;
  }
  /// The indexes of all items there are, of whatever object.
  std::vector<int64_t> item_indexes() {
    Txn txn(keyspace(), Access::blocking);
    Cursor cursor = txn.cursor(Column::items, {});
    std::vector<int64_t> indexes;
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      auto key = layout::decode_index_key(cursor.key());
      CHECK(key);
      indexes.push_back(key->index);
    }
    return indexes;
  }
  void collect_garbage() {
    clock().advance_ms(60'000);
    CHECK(keyspace().collect_garbage(1000));
  }
};

// Every test runs on a packed and on a spread list.
class ListTest : public ::testing::TestWithParam<bool>, public ListFixture {
 public:
  ListTest() {
    if (GetParam()) limits().packed_max_bytes = 0;
  }
};
INSTANTIATE_TEST_SUITE_P(Encodings, ListTest, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Spread" : "Packed"; });

TEST_P(ListTest, PushesAtBothEnds) {
  EXPECT_EQ(run("RPUSH l c d"), ":2\r\n");
  EXPECT_EQ(events(), "rpush l");
  EXPECT_EQ(head("l").spread(), GetParam());
  EXPECT_EQ(run("LPUSH l b a"), ":4\r\n");
  EXPECT_EQ(events(), "lpush l");
  EXPECT_EQ(run("LPUSHX none a"), ":0\r\n");
  EXPECT_EQ(events(), "");
  EXPECT_EQ(run("RPUSHX l e"), ":5\r\n");
  EXPECT_EQ(run("LLEN l"), ":5\r\n");
  restart();
  EXPECT_THAT(elements("l"), ElementsAre("a", "b", "c", "d", "e"));
}

TEST_P(ListTest, ReadsAnyPlace) {
  run(numbered("RPUSH l", 0, 9));
  EXPECT_EQ(run("LINDEX l 0"), "$2\r\ne0\r\n");
  EXPECT_EQ(run("LINDEX l -1"), "$2\r\ne9\r\n");
  EXPECT_EQ(run("LINDEX l -10"), "$2\r\ne0\r\n");
  EXPECT_EQ(run("LINDEX l -11"), "$-1\r\n");
  EXPECT_EQ(run("LINDEX l 10"), "$-1\r\n");
  EXPECT_THAT(list("LRANGE l 3 5"), ElementsAre("e3", "e4", "e5"));
  EXPECT_THAT(list("LRANGE l -2 100"), ElementsAre("e8", "e9"));
  EXPECT_THAT(list("LRANGE l -100 1"), ElementsAre("e0", "e1"));
  EXPECT_EQ(run("LRANGE l 5 3"), "*0\r\n");
  EXPECT_EQ(run("LRANGE l 10 20"), "*0\r\n");
  EXPECT_EQ(run("LRANGE none 0 -1"), "*0\r\n");
}

TEST_P(ListTest, PopsBothEndsUntilTheKeyIsGone) {
  run(numbered("RPUSH l", 0, 5));
  EXPECT_EQ(run("LPOP l"), "$2\r\ne0\r\n");
  EXPECT_EQ(events(), "lpop l");
  EXPECT_EQ(run("RPOP l"), "$2\r\ne5\r\n");
  EXPECT_THAT(list("RPOP l 2"), ElementsAre("e4", "e3"));
  EXPECT_EQ(events(), "rpop l");
  EXPECT_EQ(run("LPOP l 0"), "*0\r\n");
  EXPECT_EQ(events(), "");
  EXPECT_THAT(list("LPOP l 10"), ElementsAre("e1", "e2"));
  EXPECT_EQ(events(), "lpop l, del l");
  EXPECT_EQ(run("EXISTS l"), ":0\r\n");
  EXPECT_EQ(run("LPOP l"), "$-1\r\n");
  EXPECT_EQ(run("LPOP l 1"), "*-1\r\n");
  collect_garbage();
  EXPECT_THAT(item_indexes(), ElementsAre());
}

TEST_P(ListTest, KeepsItsExpiry) {
  run("RPUSH l a b c");
  Txn txn(keyspace(), Access::blocking);
  const Key key{0, "l"};
  ASSERT_TRUE(txn.lock({&key, 1}));
  auto record = *txn.find(key);
  Head head = record->head;
  head.expire_ms = clock().now_ms() + 1000;
  txn.put(key, head, &*record);
  ASSERT_TRUE(txn.commit());

  run("LPOP l");
  run("RPUSH l d");
  run("LREM l 0 c");
  EXPECT_EQ(this->head("l").expire_ms, clock().now_ms() + 1000);
  clock().advance_ms(1001);
  EXPECT_EQ(run("RPUSH l new"), ":1\r\n");
  EXPECT_EQ(this->head("l").expire_ms, 0);
}

TEST_P(ListTest, Sets) {
  run(numbered("RPUSH l", 0, 2));
  EXPECT_EQ(run("LSET l 1 x"), "+OK\r\n");
  EXPECT_EQ(events(), "lset l");
  EXPECT_EQ(run("LSET l -1 ''"), "+OK\r\n");
  EXPECT_THAT(elements("l"), ElementsAre("e0", "x", ""));
  EXPECT_EQ(run("LSET l 3 x"), "-ERR index out of range\r\n");
  EXPECT_EQ(run("LSET none 0 x"), "-ERR no such key\r\n");
}

TEST_P(ListTest, InsertsOnEitherSide) {
  run(numbered("RPUSH l", 0, 5));
  EXPECT_EQ(run("LINSERT l BEFORE e1 x"), ":7\r\n");
  EXPECT_EQ(events(), "linsert l");
  EXPECT_EQ(run("LINSERT l AFTER e4 y"), ":8\r\n");
  EXPECT_EQ(run("LINSERT l BEFORE e0 first"), ":9\r\n");
  EXPECT_EQ(run("LINSERT l AFTER e5 last"), ":10\r\n");
  EXPECT_THAT(elements("l"), ElementsAre("first", "e0", "x", "e1", "e2", "e3", "e4", "y", "e5", "last"));
  EXPECT_EQ(run("LINSERT l AFTER none z"), ":-1\r\n");
  EXPECT_EQ(events(), "");
  EXPECT_EQ(run("LINSERT none AFTER a b"), ":0\r\n");
}

TEST_P(ListTest, RemovesFromEitherEnd) {
  run("RPUSH l a b a c a d a");
  EXPECT_EQ(run("LREM l 1 a"), ":1\r\n");
  EXPECT_EQ(events(), "lrem l");
  EXPECT_THAT(elements("l"), ElementsAre("b", "a", "c", "a", "d", "a"));
  EXPECT_EQ(run("LREM l -2 a"), ":2\r\n");
  EXPECT_THAT(elements("l"), ElementsAre("b", "a", "c", "d"));
  EXPECT_EQ(run("LREM l 0 none"), ":0\r\n");
  EXPECT_EQ(events(), "");
  run("RPUSH one x x x");
  EXPECT_EQ(run("LREM one 0 x"), ":3\r\n");
  EXPECT_EQ(events(), "lrem one, del one");
  EXPECT_EQ(run("EXISTS one"), ":0\r\n");
}

TEST_P(ListTest, Trims) {
  run(numbered("RPUSH l", 0, 9));
  EXPECT_EQ(run("LTRIM l 2 -3"), "+OK\r\n");
  EXPECT_EQ(events(), "ltrim l");
  EXPECT_THAT(elements("l"), ElementsAre("e2", "e3", "e4", "e5", "e6", "e7"));
  EXPECT_EQ(run("LTRIM l 0 -1"), "+OK\r\n");
  EXPECT_EQ(events(), "ltrim l");
  EXPECT_EQ(run("LTRIM l 3 1"), "+OK\r\n");
  EXPECT_EQ(events(), "ltrim l, del l");
  EXPECT_EQ(run("EXISTS l"), ":0\r\n");
}

TEST_P(ListTest, FindsPositions) {
  run("RPUSH l a b c a b c a b c");
  EXPECT_EQ(run("LPOS l b"), ":1\r\n");
  EXPECT_EQ(run("LPOS l b RANK -1"), ":7\r\n");
  EXPECT_EQ(run("LPOS l b RANK 2 COUNT 0"), "*2\r\n:4\r\n:7\r\n");
  EXPECT_EQ(run("LPOS l b RANK -2 COUNT 1"), "*1\r\n:4\r\n");
  EXPECT_EQ(run("LPOS l b MAXLEN 1"), "$-1\r\n");
  EXPECT_EQ(run("LPOS l c MAXLEN 1 RANK -1"), ":8\r\n");
  EXPECT_EQ(run("LPOS l none COUNT 0"), "*0\r\n");
  EXPECT_EQ(run("LPOS none a"), "$-1\r\n");
  EXPECT_EQ(run("LPOS none a COUNT 1"), "*0\r\n");
}

TEST_P(ListTest, MovesBetweenLists) {
  run(numbered("RPUSH a", 0, 2));
  EXPECT_EQ(run("LMOVE a b LEFT RIGHT"), "$2\r\ne0\r\n");
  EXPECT_EQ(events(), "rpush b, lpop a");
  EXPECT_EQ(run("RPOPLPUSH a b"), "$2\r\ne2\r\n");
  EXPECT_EQ(events(), "lpush b, rpop a");
  EXPECT_EQ(run("LMOVE a b RIGHT RIGHT"), "$2\r\ne1\r\n");
  EXPECT_EQ(events(), "rpush b, rpop a, del a");
  EXPECT_THAT(elements("b"), ElementsAre("e2", "e0", "e1"));
  EXPECT_EQ(run("LMOVE a b RIGHT RIGHT"), "$-1\r\n");
}

TEST_P(ListTest, MovesWithinOneList) {
  run(numbered("RPUSH l", 0, 2));
  EXPECT_EQ(run("LMOVE l l LEFT RIGHT"), "$2\r\ne0\r\n");
  EXPECT_EQ(events(), "rpush l, lpop l");
  EXPECT_THAT(elements("l"), ElementsAre("e1", "e2", "e0"));
  EXPECT_EQ(run("LMOVE l l RIGHT RIGHT"), "$2\r\ne0\r\n");
  EXPECT_THAT(elements("l"), ElementsAre("e1", "e2", "e0"));
  run("RPUSH one x");
  EXPECT_EQ(run("RPOPLPUSH one one"), "$1\r\nx\r\n");
  EXPECT_EQ(events(), "lpush one, rpop one");
  EXPECT_THAT(elements("one"), ElementsAre("x"));
}

TEST_P(ListTest, PopsFromTheFirstOfSeveral) {
  run("RPUSH b 1 2 3");
  run("RPUSH c 4");
  EXPECT_THAT(list("LMPOP 3 a b c LEFT COUNT 2"), ElementsAre("b", "1", "2"));
  EXPECT_EQ(events(), "lpop b");
  EXPECT_THAT(list("BLMPOP 0 3 a b c RIGHT COUNT 9"), ElementsAre("b", "3"));
  EXPECT_EQ(events(), "rpop b, del b");
  EXPECT_THAT(list("BLPOP a b c 0"), ElementsAre("c", "4"));
  EXPECT_EQ(run("LMPOP 1 a LEFT"), "*-1\r\n");
}

TEST_P(ListTest, WaitsForElements) {
  EXPECT_EQ(run("BLPOP a b 1.5"), "");
  EXPECT_EQ(last_outcome().kind, Outcome::Kind::wait);
  EXPECT_EQ(last_outcome().timeout_ms, 1500);
  EXPECT_EQ(last_outcome().on_timeout, Outcome::OnTimeout::null_array);
  run("BLMOVE a b LEFT LEFT 0.0001");
  EXPECT_EQ(last_outcome().timeout_ms, 1);
  set_may_wait(false);
  EXPECT_EQ(run("BRPOP a 0"), "*-1\r\n");
  EXPECT_EQ(run("BLMPOP 0 1 a LEFT"), "*-1\r\n");
  EXPECT_EQ(run("BLMOVE a b LEFT LEFT 0"), "$-1\r\n");
  EXPECT_EQ(run("BRPOPLPUSH a b 0"), "$-1\r\n");
}

// What a woken client does: it takes from the key that woke it, and nothing else.
TEST_P(ListTest, TakesFromTheKeyThatWokeIt) {
  run("RPUSH a 1");
  run("RPUSH b 2");
  EXPECT_EQ(run_woken("b", "BLPOP a b 0"), "*2\r\n$1\r\nb\r\n$1\r\n2\r\n");
  EXPECT_EQ(run_woken("b", "BLPOP a b 0"), "");
  EXPECT_EQ(last_outcome().kind, Outcome::Kind::wait);
  EXPECT_EQ(run_woken("b", "BLMOVE a b LEFT LEFT 0"), "");
  EXPECT_EQ(run_woken("a", "BLMOVE a b LEFT LEFT 0"), "$1\r\n1\r\n");
}

// ---- packed and spread ----

class ListEncodingTest : public ::testing::Test, public ListFixture {};

TEST_F(ListEncodingTest, SpreadsBeyondAnyLimit) {
  limits().list_max_listpack_size = 4;
  run("RPUSH elements a b c d");
  EXPECT_FALSE(head("elements").spread());
  run("LPUSH elements e");
  EXPECT_TRUE(head("elements").spread());
  EXPECT_THAT(elements("elements"), ElementsAre("e", "a", "b", "c", "d"));

  limits().list_max_listpack_size = 0;  // Redis: one
  run("RPUSH one a");
  EXPECT_FALSE(head("one").spread());

  limits().list_max_listpack_size = -1;
  limits().packed_max_bytes = 1 << 20;
  run_words({"RPUSH", "bytes", std::string(4094, 'x')});
  EXPECT_FALSE(head("bytes").spread());
  run("RPUSH bytes y");
  EXPECT_TRUE(head("bytes").spread());

  limits().list_max_listpack_size = -5;
  limits().packed_max_bytes = 100;
  run_words({"RPUSH", "body", std::string(99, 'x')});
  EXPECT_FALSE(head("body").spread());
  run_words({"LSET", "body", "0", std::string(100, 'x')});
  EXPECT_TRUE(head("body").spread());
  EXPECT_THAT(elements("body"), ElementsAre(std::string(100, 'x')));
}

TEST_F(ListEncodingTest, StaysSpread) {
  limits().list_max_listpack_size = 4;
  run(numbered("RPUSH l", 0, 9));
  const ObjectId object = head("l").object;
  run("LTRIM l 0 1");
  run("LREM l 0 e1");
  EXPECT_TRUE(head("l").spread());
  EXPECT_EQ(head("l").object, object);
}

TEST_F(ListEncodingTest, TrimmingAwayNearlyAllMovesTheRest) {
  limits().packed_max_bytes = 0;
  const int count = static_cast<int>(ListWriter::kManyItems) + 100;
  run(numbered("RPUSH l", 1, count));
  const ObjectId object = head("l").object;
  EXPECT_EQ(run("LTRIM l 5000 5002"), "+OK\r\n");
  EXPECT_NE(head("l").object, object);
  EXPECT_THAT(elements("l"), ElementsAre("e5001", "e5002", "e5003"));
  EXPECT_EQ(run("LPUSH l first"), ":4\r\n");
  EXPECT_EQ(run("RPOP l"), "$5\r\ne5003\r\n");
  collect_garbage();
  EXPECT_THAT(item_indexes(), ElementsAre(-1, 0, 1));
}

// Long moves go over several pages, and to the pool.
TEST_F(ListEncodingTest, InsertsAndRemovesInTheMiddleOfALongList) {
  limits().packed_max_bytes = 0;
  std::vector<std::string> words = {"RPUSH", "l"};
  std::vector<std::string> model;
  for (int i = 0; i < 9000; ++i) model.push_back(fmt::format("{:0300}", i));
  words.insert(words.end(), model.begin(), model.end());
  run_words(words);
  for (int pivot : {4400, 4600}) {  // either side
    run_words({"LINSERT", "l", "AFTER", model[pivot], "new"});
    model.insert(model.begin() + pivot + 1, "new");
    EXPECT_EQ(elements("l"), model);
    model[pivot + 1] = fmt::format("was new {}", pivot);
    run_words({"LSET", "l", std::to_string(pivot + 1), model[pivot + 1]});
  }
  for (int position : {1000, 4000, 5000, 8500}) {
    model[position] = "gone";
    run_words({"LSET", "l", std::to_string(position), "gone"});
  }
  EXPECT_EQ(run("LREM l 3 gone"), ":3\r\n");
  EXPECT_EQ(run("LREM l -1 gone"), ":1\r\n");
  std::erase(model, "gone");
  EXPECT_EQ(elements("l"), model);
  EXPECT_EQ(item_indexes().size(), model.size());
}

// ---- anything at all, beside a deque ----

class ListModel {
 public:
  ListModel(ListFixture& fixture, uint32_t seed) : fixture_(fixture), random_(seed) {}

  void step() {
    const std::string element = fmt::format("v{}", below(5));
    switch (below(9)) {
      case 0: return push("LPUSH", element);
      case 1: return push("RPUSH", element);
      case 2: return pop("LPOP");
      case 3: return pop("RPOP");
      case 4: return set(element);
      case 5: return insert(element);
      case 6: return remove(element);
      case 7: return trim();
      case 8: return rotate();
    }
  }
  void check() {
    EXPECT_EQ(fixture_.elements("l"), std::vector<std::string>(model_.begin(), model_.end()));
    fixture_.collect_garbage();
    auto indexes = fixture_.item_indexes();
    if (indexes.empty()) return;
    EXPECT_EQ(indexes.size(), model_.size());
    EXPECT_EQ(indexes.front(), fixture_.head("l").first);
    EXPECT_EQ(indexes.back() - indexes.front() + 1, static_cast<int64_t>(model_.size()));
  }

 private:
  size_t below(size_t n) { return random_() % n; }
  void push(const std::string& command, const std::string& element) {
    for (size_t i = below(6); i > 0; --i) {
      if (command == "LPUSH") model_.push_front(element);
      else model_.push_back(element);
      fixture_.run_words({command, "l", element});
    }
  }
  void pop(const std::string& command) {
    for (size_t i = std::min(below(3), model_.size()); i > 0; --i) {
      const std::string expected = command == "LPOP" ? model_.front() : model_.back();
      if (command == "LPOP") model_.pop_front();
      else model_.pop_back();
      EXPECT_EQ(fixture_.list(command + " l"), std::vector<std::string>{expected});
    }
  }
  void set(const std::string& element) {
    if (model_.empty()) return;
    const size_t position = below(model_.size());
    model_[position] = element;
    fixture_.run_words({"LSET", "l", std::to_string(position), element});
  }
  void insert(const std::string& pivot) {
    auto found = std::find(model_.begin(), model_.end(), pivot);
    if (found == model_.end()) return;
    const bool after = below(2) == 1;
    const std::string element = fmt::format("i{}", below(100));
    model_.insert(found + (after ? 1 : 0), element);
    fixture_.run_words({"LINSERT", "l", after ? "AFTER" : "BEFORE", pivot, element});
  }
  void remove(const std::string& element) {
    const int count = static_cast<int>(below(7)) - 3;
    if (count < 0) std::reverse(model_.begin(), model_.end());
    int left = count == 0 ? -1 : std::abs(count);
    for (auto it = model_.begin(); it != model_.end() && left != 0;) {
      if (*it != element) {
        ++it;
      } else {
        it = model_.erase(it);
        --left;
      }
    }
    if (count < 0) std::reverse(model_.begin(), model_.end());
    fixture_.run_words({"LREM", "l", std::to_string(count), element});
  }
  void trim() {
    if (model_.size() < 20) return;
    const size_t left = below(4);
    const size_t right = below(4);
    model_.erase(model_.begin(), model_.begin() + left);
    model_.erase(model_.end() - right, model_.end());
    fixture_.run_words({"LTRIM", "l", std::to_string(left), std::to_string(-1 - static_cast<int>(right))});
  }
  void rotate() {
    if (model_.empty()) return;
    model_.push_front(model_.back());
    model_.pop_back();
    fixture_.run("RPOPLPUSH l l");
  }

  ListFixture& fixture_;
  std::mt19937 random_;
  std::deque<std::string> model_;
};

TEST_P(ListTest, AgreesWithADeque) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  ListModel model(*this, seed);
  for (int i = 0; i < 600 && !HasFailure(); ++i) {
    model.step();
    if (i % 5 == 0) model.check();
  }
}

}  // namespace
}  // namespace basalt
