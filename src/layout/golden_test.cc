// Golden bytes: what is on disk. Changing any hex string in this file means that data directories
// written before cannot be read any more: raise kFormatVersion (system_record.h) and say how older
// data is brought over.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "layout/columns.h"
#include "layout/head.h"
#include "layout/layout_testing.h"
#include "layout/packed.h"
#include "layout/record_key.h"
#include "layout/system_record.h"

namespace basalt::layout {
namespace {

std::string head_bytes(const Head& head) {
  std::string out = "left over";
  encode_head(head, out);
  return out;
}

constexpr ObjectId kObject = make_object_id(3, 0x010203);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Golden, FormatVersion) { EXPECT_EQ(kFormatVersion, 1u); }

TEST(Golden, Columns) {
  EXPECT_EQ(kColumnNames,
            (std::array<std::string_view, 7>{"strings", "heads", "items", "scores", "expiry", "streams", "system"}));
}

TEST(Golden, ObjectId) {
  EXPECT_EQ(kObject, 0x0003000000010203u);
  EXPECT_EQ(object_db(kObject), 3);
}

TEST(Golden, RecordKeys) {
  // "foo" is in slot 12182, 0x2f96.
  EXPECT_EQ(hex(record_key(258, "foo")),
            "0102"
            "2f96"
            "666f6f");
  EXPECT_EQ(hex(record_key(0, "")),
            "0000"
            "0000");
  EXPECT_EQ(hex(record_key(0, "{foo}bar")),
            "0000"
            "2f96"
            "7b666f6f7d626172");
  EXPECT_EQ(hex(slot_prefix(258, 12182)),
            "0102"
            "2f96");
  EXPECT_EQ(hex(db_prefix(258)), "0102");
}

TEST(Golden, ItemKeys) {
  EXPECT_EQ(hex(object_prefix(kObject)), "0003000000010203");
  EXPECT_EQ(hex(member_key(kObject, "field")),
            "0003000000010203"
            "da877b28"
            "6669656c64");
  EXPECT_EQ(hex(member_hash_key(kObject, 0xdeadbeef)),
            "0003000000010203"
            "deadbeef");
  EXPECT_EQ(hex(index_key(kObject, 0)),
            "0003000000010203"
            "8000000000000000");
  EXPECT_EQ(hex(index_key(kObject, 5)),
            "0003000000010203"
            "8000000000000005");
  EXPECT_EQ(hex(index_key(kObject, -1)),
            "0003000000010203"
            "7fffffffffffffff");
  EXPECT_EQ(hex(chunk_key(kObject, 7)),
            "0003000000010203"
            "00000007");
}

TEST(Golden, ScoreKeys) {
  EXPECT_EQ(hex(score_key(kObject, 1.5, "m")),
            "0003000000010203"
            "bff8000000000000"
            "6d");
  EXPECT_EQ(hex(score_prefix(kObject, 0.0)),
            "0003000000010203"
            "8000000000000000");
  EXPECT_EQ(hex(score_prefix(kObject, -0.0)),
            "0003000000010203"
            "8000000000000000");
  EXPECT_EQ(hex(score_prefix(kObject, -1.5)),
            "0003000000010203"
            "4007ffffffffffff");
  EXPECT_EQ(hex(score_prefix(kObject, kInfinity)),
            "0003000000010203"
            "fff0000000000000");
  EXPECT_EQ(hex(score_prefix(kObject, -kInfinity)),
            "0003000000010203"
            "000fffffffffffff");
  EXPECT_EQ(hex(field_expiry_key(kObject, 0x0102, "f")),
            "0003000000010203"
            "0000000000000102"
            "66");
}

TEST(Golden, ExpiryKeys) {
  EXPECT_EQ(hex(expiry_key(1700000000000, 1, "foo")),
            "0000018bcfe56800"
            "0001"
            "2f96"
            "666f6f");
}

TEST(Golden, Types) {
  EXPECT_EQ(static_cast<int>(Type::string), 0);
  EXPECT_EQ(static_cast<int>(Type::list), 1);
  EXPECT_EQ(static_cast<int>(Type::set), 2);
  EXPECT_EQ(static_cast<int>(Type::zset), 3);
  EXPECT_EQ(static_cast<int>(Type::hash), 4);
  EXPECT_EQ(static_cast<int>(Type::stream), 5);
}

TEST(Golden, StringRecords) {
  EXPECT_EQ(hex(head_bytes({.body = "abc"})),
            "00"
            "616263");
  EXPECT_EQ(hex(head_bytes({.expire_ms = 0x0102, .body = "abc"})),
            "01"
            "0000000000000102"
            "616263");
  EXPECT_EQ(hex(head_bytes({})), "00");
}

TEST(Golden, PackedHeads) {
  const Head set{.type = Type::set, .encoding = Encoding::packed, .size = 300, .body = "xy"};
  EXPECT_EQ(hex(head_bytes(set)),
            "21"
            "00"
            "ac02"
            "7879");
  const Head integers{.type = Type::set, .encoding = Encoding::packed_intset, .expire_ms = 1, .size = 2, .body = "xy"};
  EXPECT_EQ(hex(head_bytes(integers)),
            "22"
            "01"
            "0000000000000001"
            "02"
            "7879");
  const Head hash{.type = Type::hash,
                  .encoding = Encoding::packed,
                  .expire_ms = 2,
                  .size = 1,
                  .body = "xy",
                  .next_field_expiry_ms = 3};
  EXPECT_EQ(hex(head_bytes(hash)),
            "41"
            "03"
            "0000000000000002"
            "01"
            "0000000000000003"
            "7879");
}

TEST(Golden, SpreadHeads) {
  const Head zset{.type = Type::zset, .encoding = Encoding::spread, .size = 1000, .object = kObject};
  EXPECT_EQ(hex(head_bytes(zset)),
            "33"
            "00"
            "e807"
            "0003000000010203");
  const Head list{.type = Type::list, .encoding = Encoding::spread, .size = 4, .object = kObject, .first = -2};
  EXPECT_EQ(hex(head_bytes(list)),
            "13"
            "00"
            "04"
            "0003000000010203"
            "7ffffffffffffffe");
  const Head hash{
      .type = Type::hash, .encoding = Encoding::spread, .size = 4, .object = kObject, .next_field_expiry_ms = 9};
  EXPECT_EQ(hex(head_bytes(hash)),
            "43"
            "02"
            "04"
            "0000000000000009"
            "0003000000010203");
  const Head string{.encoding = Encoding::spread, .size = 70000, .object = kObject};
  EXPECT_EQ(hex(head_bytes(string)),
            "03"
            "00"
            "f0a204"
            "0003000000010203");
  // What a stream's head has behind this is in stream_test.cc.
  const Head stream{.type = Type::stream, .encoding = Encoding::spread, .body = "xy", .object = kObject};
  EXPECT_EQ(hex(head_bytes(stream)),
            "53"
            "00"
            "00"
            "0003000000010203"
            "7879");
}

TEST(Golden, ItemValues) {
  std::string out;
  append_field_value({"abc"}, out);
  append_field_value({"d", 0x0102}, out);
  EXPECT_EQ(hex(out),
            "00"
            "616263"
            "01"
            "0000000000000102"
            "64");
  EXPECT_EQ(hex(encode_score(1.5)), "3ff8000000000000");
  EXPECT_EQ(hex(encode_score(-0.0)), "8000000000000000");
  EXPECT_EQ(encode_score_row(-1.5), "");
  EXPECT_EQ(encode_score_row(0.0), "");
  EXPECT_EQ(encode_score_row(-0.0), "-");
}

TEST(Golden, PackedBodies) {
  std::string body;
  append_packed(body, "abc");
  append_packed(body, "");
  append_packed(body, std::string(200, 'z'));
  EXPECT_EQ(hex(body.substr(0, 8)),
            "03616263"
            "00"
            "c801"
            "7a");
}

TEST(Golden, SystemRecords) {
  EXPECT_EQ(hex(version_key()), "76");
  EXPECT_EQ(hex(encode_version(1)), "00000001");
  EXPECT_EQ(hex(object_counter_key()), "6f");
  EXPECT_EQ(hex(encode_object_counter(0x0102)), "0000000000000102");
  EXPECT_EQ(hex(database_map_key()), "64");
  EXPECT_EQ(hex(encode_database_map({{0, 5, 2}, 6})),
            "0003"
            "0000"
            "0005"
            "0002"
            "0006");
  EXPECT_EQ(hex(garbage_prefix()), "67");
  EXPECT_EQ(hex(garbage_key(0x0102, kObject)),
            "67"
            "0000000000000102"
            "0003000000010203");
  EXPECT_EQ(hex(encode_garbage(Type::zset, 300)),
            "03"
            "ac02");
  EXPECT_EQ(hex(purge_prefix()), "70");
  EXPECT_EQ(hex(purge_key(258)),
            "70"
            "0102");
  EXPECT_EQ(hex(encode_purge(0x0102)), "0000000000000102");
  EXPECT_EQ(hex(named_key("users")),
            "6e"
            "7573657273");
}

}  // namespace
}  // namespace basalt::layout
