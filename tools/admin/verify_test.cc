#include "tools/admin/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "command/command_testing.h"
#include "layout/packed.h"
#include "layout/stream.h"
#include "layout/system_record.h"
#include "types/families.h"

namespace basalt::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kNow_ms = 1'700'000'000'000;

// A store with keys of every type and encoding, made by the commands; then a test breaks something.
class Verify : public ::testing::Test {
 protected:
  Verify() {
    add_type_commands(server_.table());
    connect_types(server_.keyspace());
    run("SET plain hello");
    run("SET expires soon PXAT 1700000100000");
    run("SET overwritten x PXAT 1700000100000");
    run("SET overwritten y");
    run("PFADD hll a b c");
    run("APPEND chunked " + std::string(5000, 'x'));
    run("RPUSH packed-list a b c");
    run("SADD packed-set a b c");
    run("SADD intset 1 2 3");
    run("HSET packed-hash f v g w");
    run("HPEXPIREAT packed-hash 1700000200000 FIELDS 1 f");
    run("ZADD packed-zset 1 a 2 b");
    server_.limits().set_max_listpack_entries = 2;
    server_.limits().hash_max_listpack_entries = 2;
    server_.limits().zset_max_listpack_entries = 2;
    server_.limits().list_max_listpack_size = 2;
    run("RPUSH list a b c d e");
    run("SADD set a b c d e");
    run("PEXPIREAT set 1700000300000");
    run("HSET hash a 1 b 2 c 3 d 4");
    run("HPEXPIREAT hash 1700000400000 FIELDS 2 a b");
    run("ZADD zset 1 a 2 b -0 c inf d");
    server_.limits().stream_node_max_entries = 2;
    for (int i = 1; i <= 5; ++i) run(fmt::format("XADD stream {}-1 f v{}", i, i));
    run("XDEL stream 2-1");
    run("XGROUP CREATE stream group 0");
    run("XREADGROUP GROUP group alice COUNT 2 STREAMS stream >");
    run("XREADGROUP GROUP group bob COUNT 1 STREAMS stream >");
    run("XGROUP CREATE empty group $ MKSTREAM");
    run("SADD deleted a b c d");
    run("DEL deleted");
    server_.select(3);
    run("SADD elsewhere a b c d");
    run("SET flushed x");
    run("FLUSHDB");
    run("SADD elsewhere a b c d");
    server_.select(0);
  }

  std::string run(const std::string& line) {
    std::string reply = server_.run(line);
    EXPECT_FALSE(reply.starts_with("-")) << line << ": " << reply;
    return reply;
  }
  Store& store() { return server_.keyspace().store(); }

  VerifyResult look(bool mend = false) {
    lines_.clear();
    VerifyOptions options;
    options.mend = mend;
    options.now_ms = kNow_ms;
    options.sink = [this](const std::string& line) { lines_.push_back(line); };
    auto result = verify(store(), options);
    EXPECT_TRUE(succeeded(result));
    return result ? *result : VerifyResult();
  }
  const std::vector<std::string>& findings() {
    look();
    return lines_;
  }
  // Mends in as many rounds as it takes, and says how many.
  int mend() {
    for (int round = 1; round < 6; ++round) {
      look(true);
      if (findings().empty()) return round;
    }
    ADD_FAILURE() << "not mended: " << ::testing::PrintToString(lines_);
    return 0;
  }

  Head head(std::string_view name) {
    Value value;
    EXPECT_TRUE(*store().get(Column::heads, layout::record_key(0, name), {}, &value)) << name;
    body_ = std::string(value.view());
    return *layout::decode_head_record(body_);
  }
  ObjectId object(std::string_view name) { return head(name).object; }
  void put(Column column, std::string_view key, std::string_view value) {
    Batch batch;
    batch.put(column, key, value);
    ASSERT_TRUE(succeeded(store().write(batch, WriteMode::blocking)));
  }
  void erase(Column column, std::string_view key) {
    Batch batch;
    batch.erase(column, key);
    ASSERT_TRUE(succeeded(store().write(batch, WriteMode::blocking)));
  }
  void put_head(std::string_view name, const Head& head) {
    std::string record;
    layout::encode_head(head, record);
    put(Column::heads, layout::record_key(0, name), record);
  }
  uint64_t rows(Column column, ObjectId object) {
    uint64_t count = 0;
    const KeyBuffer from = layout::object_prefix(object), to = layout::object_prefix(object + 1);
    Cursor cursor = store().cursor(column, {}, {.lower = from, .upper = to});
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++count;
    return count;
  }

  CommandFixture server_{{}};
  std::vector<std::string> lines_;
  std::string body_;
};

TEST_F(Verify, WhatCommandsMakeIsClean) {
  const VerifyResult result = look();
  EXPECT_THAT(lines_, IsEmpty());
  EXPECT_TRUE(result.records_checked);
  EXPECT_EQ(result.counts.keys, 17u);
  EXPECT_EQ(result.counts.spread_keys, 8u);
  EXPECT_EQ(result.counts.items, 5u + 5 + 5 + 4 + 4 + 4);
  EXPECT_EQ(result.counts.scores, 2u + 4);
  EXPECT_EQ(result.counts.garbage, 1u);
  EXPECT_EQ(result.counts.purges, 1u);
  EXPECT_EQ(result.counts.expiry_rows, 5u);
  EXPECT_EQ(result.counts.stale_expiry_rows, 1u);
}

TEST_F(Verify, StaysCleanWhileTheServerTidiesUp) {
  server_.clock().advance_ms(1'000'000);
  ASSERT_TRUE(succeeded(server_.keyspace().expire_due(1000)));
  ASSERT_TRUE(succeeded(server_.keyspace().collect_garbage(1000)));
  ASSERT_TRUE(succeeded(server_.keyspace().purge_dropped_databases()));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Verify, MissingItems) {
  erase(Column::items, layout::member_key(object("set"), "c"));
  erase(Column::items, layout::chunk_key(object("chunked"), 1));  // zeros: no damage
  EXPECT_THAT(findings(), ElementsAre("damage: set \"set\" (db 0): its head says 5 elements, there are 4"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("SCARD set"), ":4\r\n");
}

TEST_F(Verify, AllItemsMissing) {
  for (const char* member : {"a", "b", "c", "d", "e"}) erase(Column::items, layout::member_key(object("set"), member));
  EXPECT_THAT(findings(), ElementsAre("damage: set \"set\" (db 0): its head says 5 elements, there are 0"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("EXISTS set"), ":0\r\n");
}

TEST_F(Verify, MissingHead) {
  const ObjectId zset = object("zset");
  erase(Column::heads, layout::record_key(0, "zset"));
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_THAT(lines_[0], HasSubstr(fmt::format("object {:016x}: 4 items, 4 scores and 0 stream records of a key that "
                                               "is not there",
                                               zset)));
  EXPECT_EQ(mend(), 1);
  server_.clock().advance_ms(60'000);
  ASSERT_TRUE(succeeded(server_.keyspace().collect_garbage(1000)));
  EXPECT_EQ(rows(Column::items, zset) + rows(Column::scores, zset), 0u);
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Verify, OrphanItemsAndStreamRecords) {
  const ObjectId nobody = make_object_id(0, 77);
  put(Column::items, layout::member_key(nobody, "m"), "");
  put(Column::streams, std::string(layout::object_prefix(nobody).view()) + "e", "x");
  EXPECT_THAT(findings(), ElementsAre("damage: object 000000000000004d: 1 items, 0 scores and 1 stream records of a "
                                      "key that is not there"));
  EXPECT_EQ(mend(), 1);
  server_.clock().advance_ms(60'000);
  ASSERT_TRUE(succeeded(server_.keyspace().collect_garbage(1000)));
  EXPECT_EQ(rows(Column::items, nobody) + rows(Column::streams, nobody), 0u);
}

TEST_F(Verify, WrongSize) {
  Head wrong = head("hash");
  wrong.size = 40;
  put_head("hash", wrong);
  EXPECT_THAT(findings(), ElementsAre("damage: hash \"hash\" (db 0): its head says 40 elements, there are 4"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("HLEN hash"), ":4\r\n");
}

TEST_F(Verify, MissingExpiryRow) {
  erase(Column::expiry, layout::expiry_key(1'700'000'100'000, 0, "expires"));
  EXPECT_THAT(findings(),
              ElementsAre("damage: key \"expires\" (db 0) is due at 2023-11-14 22:15:00.000 UTC, but has no "
                          "row in the expiry index: nothing would remove it then"));
  EXPECT_EQ(mend(), 1);
  server_.clock().advance_ms(200'000);
  EXPECT_EQ(*server_.keyspace().expire_due(1000), 1u);
}

TEST_F(Verify, UnreadableExpiryRow) {
  put(Column::expiry, "nonsense", "");
  EXPECT_THAT(findings(), ElementsAre("damage: column expiry: the row \"nonsense\" makes no sense"));
  EXPECT_EQ(mend(), 1);
}

TEST_F(Verify, MissingScoreRow) {
  erase(Column::scores, layout::score_key(object("zset"), 2, "b"));
  EXPECT_THAT(findings(), ElementsAre("damage: zset \"zset\" (db 0): \"b\" with 2 has no row in scores"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("ZRANGE zset 0 -1"), "*4\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nd\r\n");
}

TEST_F(Verify, ScoresDisagree) {
  put(Column::items, layout::member_key(object("zset"), "b"), layout::encode_score(7));
  EXPECT_THAT(findings(),
              ElementsAre("damage: zset \"zset\" (db 0): the row of \"b\" with 2 in scores disagrees with its "
                          "item",
                          "damage: zset \"zset\" (db 0): \"b\" with 7 has no row in scores"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("ZRANGE zset 0 -1"), "*4\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nd\r\n");
  EXPECT_EQ(run("ZSCORE zset b"), "$1\r\n7\r\n");
}

TEST_F(Verify, NegativeZeroIsToldFromZero) {
  put(Column::scores, layout::score_key(object("zset"), 0, "c"), "");
  EXPECT_EQ(findings().size(), 2u);
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("ZRANGE zset 0 0 WITHSCORES"), "*2\r\n$1\r\nc\r\n$2\r\n-0\r\n");
}

TEST_F(Verify, LostZsetItemComesBack) {
  erase(Column::items, layout::member_key(object("zset"), "d"));
  EXPECT_THAT(findings(), ElementsAre("damage: zset \"zset\" (db 0): the row of \"d\" with inf in scores has no item",
                                      "damage: zset \"zset\" (db 0): its head says 4 elements, there are 3"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("ZSCORE zset d"), "$3\r\ninf\r\n");
  EXPECT_EQ(run("ZCARD zset"), ":4\r\n");
}

TEST_F(Verify, ScoreRowThatTheHeadDoesNotCountGoes) {
  put(Column::scores, layout::score_key(object("zset"), 5, "e"), "");
  EXPECT_THAT(findings(), ElementsAre("damage: zset \"zset\" (db 0): the row of \"e\" with 5 in scores has no item"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("ZCARD zset"), ":4\r\n");
  EXPECT_EQ(rows(Column::scores, object("zset")), 4u);
}

TEST_F(Verify, FieldExpiry) {
  erase(Column::scores, layout::field_expiry_key(object("hash"), 1'700'000'400'000, "a"));
  put(Column::scores, layout::field_expiry_key(object("hash"), 1'700'000'000'001, "b"), "");
  put(Column::scores, layout::field_expiry_key(object("hash"), 1'700'000'000'001, "nobody"), "");
  EXPECT_EQ(findings().size(), 3u);
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(rows(Column::scores, object("hash")), 2u);
}

TEST_F(Verify, FieldThatExpiresEarlierThanItsHeadSays) {
  for (const char* name : {"hash", "packed-hash"}) {
    Head wrong = head(name);
    wrong.next_field_expiry_ms = 0;
    put_head(name, wrong);
    ASSERT_EQ(findings().size(), 1u);
    EXPECT_THAT(lines_[0], HasSubstr("earlier than its head says"));
    look(true);
    EXPECT_THAT(findings(), IsEmpty());  // the row in the expiry index is still there
  }
}

TEST_F(Verify, ListWithGaps) {
  erase(Column::items, layout::index_key(object("list"), 1));
  erase(Column::items, layout::index_key(object("list"), 3));
  EXPECT_THAT(findings(),
              ElementsAre("damage: list \"list\" (db 0): its head says 5 elements from index 0 on, there are "
                          "3 from 0 to 4"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("LRANGE list 0 -1"), "*3\r\n$1\r\na\r\n$1\r\nc\r\n$1\r\ne\r\n");
}

TEST_F(Verify, ListWhoseHeadIsWrong) {
  Head wrong = head("list");
  wrong.first = 2;
  wrong.size = 1;
  put_head("list", wrong);
  EXPECT_EQ(findings().size(), 1u);
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("LLEN list"), ":5\r\n");
  EXPECT_EQ(run("LINDEX list 0"), "$1\r\na\r\n");
}

TEST_F(Verify, Chunks) {
  put(Column::items, layout::chunk_key(object("chunked"), 9), "tail");
  put(Column::items, layout::chunk_key(object("chunked"), 0), std::string(1025, 'y'));
  EXPECT_THAT(findings(),
              ElementsAre("damage: string \"chunked\" (db 0): chunk 0 has 1025 bytes",
                          "damage: string \"chunked\" (db 0): its head says 5000 bytes, its last chunk ends "
                          "at 9220"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("STRLEN chunked"), ":9220\r\n");
  EXPECT_EQ(run("GETRANGE chunked -5 -1"), std::string("$5\r\n\0tail\r\n", 11));
}

TEST_F(Verify, StreamEntriesAndNodes) {
  const ObjectId stream = object("stream");
  erase(Column::streams, layout::stream_entry_key(stream, {3, 1}));
  EXPECT_THAT(findings(), ElementsAre("damage: stream \"stream\" (db 0): its head says 4 entries, there are 3"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("XLEN stream"), ":3\r\n");
  run("XADD stream 6-1 f v");
  EXPECT_THAT(findings(), IsEmpty());
  run("XTRIM stream MAXLEN 1");
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Verify, StreamNodeMissing) {
  erase(Column::streams, layout::stream_node_key(object("stream"), {1, 1}));
  EXPECT_THAT(findings(), ElementsAre("damage: stream \"stream\" (db 0): its nodes do not fit its entries"));
  EXPECT_EQ(mend(), 1);
}

TEST_F(Verify, StreamHead) {
  Head wrong = head("stream");
  StreamFields fields = *layout::decode_stream_fields(wrong.body);
  fields.first_id = {2, 0};
  fields.last_id = {4, 0};
  const std::string body = layout::encode_stream_fields(fields);
  wrong.body = body;
  put_head("stream", wrong);
  EXPECT_EQ(findings().size(), 1u);
  EXPECT_EQ(mend(), 1);
  EXPECT_TRUE(server_.run("XADD stream 5-1 f v").starts_with("-ERR The ID specified in XADD is equal or smaller"));
}

TEST_F(Verify, StreamPending) {
  const ObjectId stream = object("stream");
  erase(Column::streams, layout::stream_owned_key(stream, 1, "alice", {1, 1}));
  EXPECT_THAT(findings(),
              ElementsAre("damage: stream \"stream\" (db 0): what is pending, by id and by consumer, does not "
                          "agree"));
  EXPECT_EQ(mend(), 1);
  erase(Column::streams, layout::stream_pending_key(stream, 1, {3, 1}));
  EXPECT_THAT(findings(), ElementsAre("damage: stream \"stream\" (db 0): group \"group\" says 3 pending entries, there "
                                      "are 2"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(
      run("XPENDING stream group"),
      "*4\r\n:2\r\n$3\r\n1-1\r\n$3\r\n4-1\r\n*2\r\n*2\r\n$5\r\nalice\r\n$1\r\n1\r\n*2\r\n$3\r\nbob\r\n$1\r\n1\r\n");
  EXPECT_EQ(rows(Column::streams, stream), 4u + 2 + 1 + 2 + 2 + 2);
}

TEST_F(Verify, StreamConsumerMissing) {
  erase(Column::streams, layout::stream_consumer_key(object("stream"), 1, "bob"));
  EXPECT_THAT(findings(),
              ElementsAre("damage: stream \"stream\" (db 0): group \"group\" says 2 consumers, there are 1"));
  EXPECT_EQ(mend(), 1);
  EXPECT_EQ(run("XACK stream group 4-1"), ":1\r\n");
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Verify, StreamRecordsOfNoGroup) {
  const ObjectId stream = object("stream");
  erase(Column::streams, layout::stream_group_key(stream, "group"));
  EXPECT_EQ(findings().size(), 2u);
  EXPECT_EQ(mend(), 1);
  EXPECT_TRUE(server_.run("XPENDING stream group").starts_with("-NOGROUP"));
  EXPECT_EQ(rows(Column::streams, stream), 4u);
}

TEST_F(Verify, LiveCollectionListedAsGarbage) {
  put(Column::system, layout::garbage_key(kNow_ms, object("set")), layout::encode_garbage(Type::set, 5));
  EXPECT_THAT(findings(),
              ElementsAre("damage: set \"set\" (db 0): its items are listed as garbage, and would be removed"));
  EXPECT_EQ(mend(), 1);
  server_.clock().advance_ms(60'000);
  ASSERT_TRUE(succeeded(server_.keyspace().collect_garbage(1000)));
  EXPECT_EQ(rows(Column::items, object("set")), 5u);
}

TEST_F(Verify, KeyInBothColumns) {
  put(Column::strings, layout::record_key(0, "set"), std::string("\0x", 2));
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_EQ(lines_[0], "damage: key \"set\" (db 0) is both a plain string and something else");
  EXPECT_EQ(mend(), 2);  // the items follow in the second round
  EXPECT_EQ(run("GET set"), "$1\r\nx\r\n");
}

TEST_F(Verify, RecordsThatMakeNoSense) {
  put(Column::heads, layout::record_key(0, "packed-set"), "\x7f");
  put(Column::strings, layout::record_key(0, "plain"), "\x7f");
  put(Column::strings, std::string("\0\0\0\0wrong slot", 14), std::string(1, '\0'));
  put(Column::items, "short", "");
  put(Column::items, std::string(layout::object_prefix(object("set")).view()) + "xxxxmember", "");
  put(Column::system, "what", "");
  EXPECT_EQ(findings().size(), 6u);
  look(true);
  EXPECT_THAT(findings(),
              ElementsAre("damage: column system: the record \"what\" is of no kind that this build knows"));
}

TEST_F(Verify, PackedBodies) {
  const auto body = [](std::initializer_list<std::string_view> elements) {
    std::string packed;
    for (auto element : elements) layout::append_packed(packed, element);
    return packed;
  };
  const auto check = [&](const char* name, const std::string& elements, uint64_t size, const char* what) {
    Head wrong = head(name);
    wrong.body = elements;
    wrong.size = size;
    put_head(name, wrong);
    ASSERT_EQ(findings().size(), 1u) << name;
    EXPECT_THAT(lines_[0], HasSubstr(what));
    EXPECT_EQ(mend(), 1);
  };
  check("packed-list", body({"a", "b"}), 3, "its size says 3, there are 2 elements");
  EXPECT_EQ(run("LLEN packed-list"), ":2\r\n");
  check("packed-list", body({"a", "b"}) + "\x20short", 3, "its bytes make no sense behind element 2");
  check("packed-set", body({"a", "b", "a"}), 3, "element \"a\" is there twice");
  EXPECT_EQ(run("SCARD packed-set"), ":2\r\n");
  check("intset", body({"3", "1"}), 2, "its elements are not in order");
  check("intset", body({"1", "x"}), 2, "element \"x\" makes no sense");
  const std::string one = layout::encode_score(1), two = layout::encode_score(2);
  check("packed-zset", body({"b", two, "a", one}), 2, "its elements are not in order");
  EXPECT_EQ(run("ZRANGE packed-zset 0 -1"), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  check("packed-zset", body({"b", "x"}), 1, "element \"b\" makes no sense");
  EXPECT_EQ(run("EXISTS packed-zset"), ":0\r\n");
}

TEST_F(Verify, ObjectCounterBelowAnIdInUse) {
  put(Column::system, layout::object_counter_key(), layout::encode_object_counter(1));
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_THAT(lines_[0], HasSubstr("the object counter is at 1, but object"));
  EXPECT_EQ(mend(), 1);
}

TEST_F(Verify, RangeThatNoDatabaseHas) {
  put(Column::strings, layout::record_key(999, "a"), std::string(1, '\0'));
  put(Column::items, layout::member_key(make_object_id(999, 5), "a"), "");
  EXPECT_THAT(findings(), ElementsAre("damage: range 999: at least 2 records of a database that no number leads to"));
  EXPECT_EQ(mend(), 1);
}

TEST_F(Verify, MissingSystemRecords) {
  erase(Column::system, layout::database_map_key());
  erase(Column::system, layout::version_key());
  EXPECT_THAT(findings(), ::testing::Contains(HasSubstr("the database map is missing")));
  EXPECT_THAT(lines_, ::testing::Contains(HasSubstr("the format version record is missing")));
}

TEST_F(Verify, TwoHeadsOfOneObject) {
  Head copy = head("set");
  copy.expire_ms = 0;
  put_head("twin", copy);
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_THAT(lines_[0], HasSubstr("name the same object"));
}

TEST_F(Verify, StringThatOnlyBeginsAsAHyperLogLogIsANote) {
  run("SET pretender HYLLxxxxxxxxxxxxxxxxxxxx");
  EXPECT_EQ(look().damages, 0u);
  EXPECT_THAT(lines_, ElementsAre("note: string \"pretender\" (db 0) begins as a HyperLogLog does, and is none"));
}

TEST_F(Verify, FlippedByteNamesTheFile) {
  ASSERT_TRUE(succeeded(store().flush_memtables()));
  const auto files = store().table_files();
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    for (const uint64_t offset : {uint64_t{3}, file.bytes / 2}) {
      const auto flip = [&] {
        std::fstream bytes(file.path, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(static_cast<std::streamoff>(offset));
        const int byte = bytes.get();
        bytes.seekp(static_cast<std::streamoff>(offset));
        bytes.put(static_cast<char>(byte ^ 0x10));
      };
      flip();
      const VerifyResult result = look();
      ASSERT_EQ(lines_.size(), 1u);
      EXPECT_THAT(lines_[0], HasSubstr(file.path));
      EXPECT_FALSE(result.records_checked);
      flip();
    }
  }
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Verify, CountsBeyondTheLinesShown) {
  for (uint64_t i = 0; i < 10; ++i) put(Column::items, layout::member_key(make_object_id(0, 70 + i), "m"), "");
  VerifyOptions options;
  options.most_lines = 3;
  options.sink = [this](const std::string& line) { lines_.push_back(line); };
  EXPECT_EQ(verify(store(), options)->damages, 10u);
  EXPECT_EQ(lines_.size(), 4u);
}

}  // namespace
}  // namespace basalt::tools
