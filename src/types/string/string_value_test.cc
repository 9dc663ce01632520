// Both ways of storing a string must give the same bytes: everything here runs against a std::string.
#include "types/string/string_value.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "command/command_testing.h"
#include "layout/record_key.h"

namespace basalt {

std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_set_commands();
std::span<const CommandSpec> string_counter_commands();

namespace {

constexpr Key kKey{0, "key"};

class StringValues : public testing::Test {
 protected:
  CommandFixture f{string_commands(), string_set_commands(), string_counter_commands()};

  // Opens the key's string for writing, lets `change` do so, saves and commits.
  template <typename Change>
  void update(Change change) {
    Txn txn(f.keyspace(), Access::blocking);
    ASSERT_TRUE(txn.lock(std::array{kKey}).has_value());
    auto value = StringValue::open(txn, kKey);
    ASSERT_TRUE(value.has_value());
    change(*value);
    value->save();
    ASSERT_TRUE(txn.commit().has_value());
  }

  void write(uint64_t offset, std::string_view bytes) {
    update([&](StringValue& value) { ASSERT_TRUE(value.write(offset, bytes).has_value()); });
  }

  std::optional<Head> head() {
    Txn txn(f.keyspace(), Access::blocking);
    auto record = txn.find(kKey);
    if (!record || !*record) return std::nullopt;
    Head head = (*record)->head;
    head.body = {};
    return head;
  }

  std::string read(uint64_t offset, uint64_t length) {
    Txn txn(f.keyspace(), Access::blocking);
    auto value = StringValue::open(txn, kKey);
    CHECK(value.has_value());
    auto bytes = value->read(offset, length);
    CHECK(bytes.has_value());
    return std::string(*bytes);
  }

  // The sizes of the chunks on disk, by number.
  std::map<uint32_t, size_t> chunks() {
    std::map<uint32_t, size_t> sizes;
    Txn txn(f.keyspace(), Access::blocking);
    Cursor cursor = txn.cursor(Column::items, {});
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      auto key = layout::decode_chunk_key(cursor.key());
      CHECK(key.has_value());
      sizes[key->chunk] = cursor.value().size();
    }
    return sizes;
  }
};

TEST_F(StringValues, GrowPastTheThresholdSpreads) {
  f.limits().string_chunk_threshold = 10'000;
  write(0, std::string(10'000, 'a'));
  EXPECT_EQ(head()->encoding, Encoding::plain);
  write(10'000, "b");
  EXPECT_EQ(head()->encoding, Encoding::spread);
  EXPECT_EQ(head()->size, 10'001);
  EXPECT_EQ(read(0, 20'000), std::string(10'000, 'a') + 'b');
  std::map<uint32_t, size_t> expected{{9, 785}};
  for (uint32_t chunk = 0; chunk < 9; ++chunk) expected[chunk] = 1024;
  EXPECT_EQ(chunks(), expected);
}

// A long string that SET wrote in one record is spread by the first change in place, wherever that is.
TEST_F(StringValues, AChangeInALongPlainStringSpreads) {
  f.limits().string_chunk_threshold = 10'000;
  f.run_words({"SET", "key", std::string(100'000, 'a')});
  EXPECT_EQ(head()->encoding, Encoding::plain);
  write(5, "b");
  EXPECT_EQ(head()->encoding, Encoding::spread);
  EXPECT_EQ(read(4, 3), "aba");
  EXPECT_EQ(read(0, 100'000).size(), 100'000);
}

TEST_F(StringValues, AFarByteIsOneChunk) {
  write(500'000'000, "x");
  EXPECT_EQ(head()->size, 500'000'001);
  EXPECT_EQ(chunks(), (std::map<uint32_t, size_t>{{488281, 257}}));
  EXPECT_EQ(read(499'999'998, 10), std::string("\0\0x", 3));
  EXPECT_EQ(read(1'000'000, 3), std::string(3, '\0'));
  EXPECT_EQ(f.run("STRLEN key"), ":500000001\r\n");
}

TEST_F(StringValues, SavingKeepsTheExpiry) {
  f.limits().string_chunk_threshold = 4;
  f.run("SET key abc PX 1000");
  const int64_t expire_ms = head()->expire_ms;
  EXPECT_NE(expire_ms, 0);
  write(3, "def");
  EXPECT_EQ(head()->encoding, Encoding::spread);
  EXPECT_EQ(head()->expire_ms, expire_ms);
  write(1, "x");
  EXPECT_EQ(head()->expire_ms, expire_ms);
  f.clock().advance_ms(1001);
  EXPECT_FALSE(head().has_value());
}

TEST_F(StringValues, SetOverASpreadStringMakesItGarbage) {
  f.limits().string_chunk_threshold = 4;
  write(0, "0123456789");
  ASSERT_EQ(chunks().size(), 1);
  f.run("SET key short");
  EXPECT_EQ(read(0, 100), "short");
  f.clock().advance_ms(3'600'000);
  // X ASSERT_TRUE(f.keyspace().collect_garbage(100).has_value());
  // X EXPECT_TRUE(chunks().empty());
}

TEST_F(StringValues, VisitShowsStoredPiecesOnly) {
  f.limits().string_chunk_threshold = 0;
  write(3, "abc");
  write(3 * kChunkBytes - 2, "wxyz");
  Txn txn(f.keyspace(), Access::blocking);
  auto value = StringValue::open(txn, kKey);
  std::vector<std::pair<uint64_t, std::string>> pieces;
  auto visit = [&](uint64_t offset, uint64_t length) {
    pieces.clear();
    ASSERT_TRUE(value
                    ->visit(offset, length,
                            [&](uint64_t position, std::string_view bytes) {
                              pieces.emplace_back(position, std::string(bytes));
                              return true;
                            })
                    .has_value());
  };
  visit(4, 3 * kChunkBytes);
  ASSERT_EQ(pieces.size(), 3);
  EXPECT_EQ(pieces[0], std::make_pair(uint64_t{4}, std::string("bc")));
  EXPECT_EQ(pieces[1].second.size(), kChunkBytes);
  EXPECT_TRUE(pieces[1].second.ends_with("wx"));
  EXPECT_EQ(pieces[2], std::make_pair(3 * kChunkBytes, std::string("yz")));
  visit(5 * kChunkBytes, 10);
  EXPECT_TRUE(pieces.empty());
  visit(kChunkBytes, 1);
  EXPECT_TRUE(pieces.empty());
}

TEST_F(StringValues, InlineWorkIsBounded) {
  f.limits().string_chunk_threshold = 1000;
  f.run_words({"SET", "key", std::string(2 << 20, 'x')});
  for (bool spread : {false, true}) {
    if (spread) write(0, "y");
    Txn txn(f.keyspace(), Access::inline_);
    auto value = StringValue::open(txn, kKey);
    ASSERT_TRUE(value.has_value());
    auto all = [](uint64_t, std::string_view) { return true; };
    auto visited = value->visit(0, value->size(), all);
    ASSERT_FALSE(visited.has_value());
    EXPECT_TRUE(visited.error().would_block());
    EXPECT_TRUE(value->visit(1000, 100, all).has_value());
  }
}

// Random writes of random lengths, checked against a std::string after each; several in one Txn now and then.
TEST_F(StringValues, RandomWrites) {
  const uint64_t seed = random_u64();
  SCOPED_TRACE(seed);
  for (int64_t threshold : {0, 3000, 20'000}) {
    f.limits().string_chunk_threshold = threshold;
    f.run("SET key start");
    std::string model = "start";
    for (int round = 0; round < 150; ++round) {
      update([&](StringValue& value) {
        for (uint64_t writes = 1 + random_below(3); writes > 0; --writes) {
          const uint64_t offset = random_below(5) ? random_below(model.size() + 1) : random_below(40'000);
          const std::string bytes(1 + random_below(random_below(4) ? 20 : 10'000),
                                  static_cast<char>('a' + random_below(26)));
          ASSERT_TRUE(value.write(offset, bytes).has_value());
          if (model.size() < offset + bytes.size()) model.resize(offset + bytes.size());
          model.replace(offset, bytes.size(), bytes);
          const uint64_t start = random_below(model.size());
          const uint64_t length = random_below(5000);
          ASSERT_EQ(value.read(start, length).value(), model.substr(start, length));
        }
      });
      ASSERT_EQ(read(0, 1'000'000), model);
    }
    EXPECT_EQ(head()->size, model.size());
    f.restart();
    ASSERT_EQ(read(0, 1'000'000), model);
  }
}

TEST_F(StringValues, WriterOfBothSizes) {
  f.limits().string_chunk_threshold = 10'000;
  for (size_t size : {1, 10'000, 10'001, 50'000}) {
    std::string expected(size, '\0');
    for (size_t i = size / 2; i < size; i += 7) expected[i] = static_cast<char>('a' + i % 26);
    Txn txn(f.keyspace(), Access::blocking);
    ASSERT_TRUE(txn.lock(std::array{kKey}).has_value());
    auto previous = txn.find(kKey);
    ASSERT_TRUE(previous.has_value());
    StringWriter writer(txn, kKey, size);
    for (size_t i = 0; i < size; i += 333)
      ASSERT_TRUE(writer.append(std::string_view(expected).substr(i, 333)).has_value());
    ASSERT_TRUE(writer.finish(*previous ? &**previous : nullptr).has_value());
    ASSERT_TRUE(txn.commit().has_value());
    EXPECT_EQ(read(0, size), expected);
    EXPECT_EQ(head()->spread(), size > 10'000);
    EXPECT_EQ(head()->size, size);
  }
}

}  // namespace
}  // namespace basalt
