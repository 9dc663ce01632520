// Round trips, order, and damaged bytes, over random records. A failure prints its seed; set
// BASALT_TEST_SEED to run it again.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "base/slot.h"
#include "layout/head.h"
#include "layout/packed.h"
#include "layout/record_key.h"
#include "layout/system_record.h"

namespace basalt::layout {
namespace {

constexpr int kRounds = 20'000;
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

class Layout : public ::testing::Test {
 protected:
  Layout() {
    const char* given = std::getenv("BASALT_TEST_SEED");
    seed_ = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
    random_.seed(seed_);
  }
  ~Layout() override {
    if (HasFailure()) std::fprintf(stderr, "BASALT_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  }

  uint64_t below(uint64_t n) { return random_() % n; }
  template <typename T>
  T pick(std::initializer_list<T> of) {
    return *(of.begin() + below(of.size()));
  }

  // Bytes from a small alphabet, so that equal strings, prefixes and 0x00/0xff are frequent.
  std::string bytes(size_t longest = 6) {
    std::string out(below(longest + 1), '\0');
    for (char& c : out) c = pick<char>({'\0', '\1', 'a', 'b', '{', '}', '\x7f', '\xff'});
    return out;
  }
  int64_t integer() {
    return pick<int64_t>({0, 1, -1, kMax, kMin, kMax - 1, kMin + 1, static_cast<int64_t>(random_()),
                          static_cast<int64_t>(below(1000)) - 500});
  }
  int64_t time() { return pick<int64_t>({0, 1, kMax, 1'700'000'000'000, static_cast<int64_t>(random_() >> 1)}); }
  double score() {
    using Limits = std::numeric_limits<double>;
    double any = std::bit_cast<double>(random_());
    if (std::isnan(any)) any = 0;
    return pick<double>({0.0, -0.0, 1.0, -1.0, Limits::infinity(), -Limits::infinity(), Limits::denorm_min(),
                         -Limits::denorm_min(), Limits::min(), -Limits::min(), Limits::max(), Limits::lowest(),
                         Limits::min() / 2, any, static_cast<double>(below(10)) - 5});
  }
  ObjectId object() { return pick<ObjectId>({0, 1, make_object_id(1, 0), make_object_id(0xffff, 7), random_()}); }

  uint64_t seed_;
  std::mt19937_64 random_;
};

// The order of two byte strings must be the order of what they stand for.
template <typename T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

TEST_F(Layout, ScoresSortAsNumbersThenByMember) {
  for (int i = 0; i < kRounds; ++i) {
    const auto a = std::make_tuple(object(), score(), bytes());
    const auto b = std::make_tuple(object(), score(), bytes());
    const auto key_a = score_key(std::get<0>(a), std::get<1>(a), std::get<2>(a));
    const auto key_b = score_key(std::get<0>(b), std::get<1>(b), std::get<2>(b));
    ASSERT_EQ(order(key_a.view(), key_b.view()), order(a, b)) << std::get<1>(a) << " " << std::get<1>(b);
    ASSERT_TRUE(key_a.view().starts_with(score_prefix(std::get<0>(a), std::get<1>(a)).view()));
    const auto decoded = decode_score_key(key_a);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->object, std::get<0>(a));
    EXPECT_EQ(decoded->score, std::get<1>(a));
    EXPECT_FALSE(std::signbit(decoded->score) && decoded->score == 0) << "-0 reads back as 0";
    EXPECT_EQ(decoded->member, std::get<2>(a));
  }
}

TEST_F(Layout, ScoreValuesKeepEveryBit) {
  for (int i = 0; i < kRounds; ++i) {
    const double a = score();
    const auto decoded = decode_score(encode_score(a));
    ASSERT_TRUE(decoded);
    ASSERT_EQ(std::bit_cast<uint64_t>(*decoded), std::bit_cast<uint64_t>(a));
    // A row of `scores` does too, though -0 sorts as 0.
    const auto row_key = score_key(1, a, "m");
    const auto row = decode_score_row(decode_score_key(row_key)->score, encode_score_row(a));
    ASSERT_TRUE(row);
    ASSERT_EQ(std::bit_cast<uint64_t>(*row), std::bit_cast<uint64_t>(a));
  }
  EXPECT_TRUE(std::signbit(*decode_score_row(0.0, encode_score_row(-0.0))));
}

TEST_F(Layout, ListIndexesSortAsNumbers) {
  for (int i = 0; i < kRounds; ++i) {
    const auto a = std::make_pair(object(), integer());
    const auto b = std::make_pair(object(), integer());
    const auto key_a = index_key(a.first, a.second);
    ASSERT_EQ(order(key_a.view(), index_key(b.first, b.second).view()), order(a, b)) << a.second << " " << b.second;
    const auto decoded = decode_index_key(key_a);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->object, a.first);
    EXPECT_EQ(decoded->index, a.second);
  }
}

TEST_F(Layout, ChunksSortByNumber) {
  for (int i = 0; i < kRounds; ++i) {
    const auto a = std::make_pair(object(), static_cast<uint32_t>(random_()));
    const auto b = std::make_pair(object(), static_cast<uint32_t>(random_()));
    const auto key_a = chunk_key(a.first, a.second);
    ASSERT_EQ(order(key_a.view(), chunk_key(b.first, b.second).view()), order(a, b));
    const auto decoded = decode_chunk_key(key_a);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->object, a.first);
    EXPECT_EQ(decoded->chunk, a.second);
  }
}

TEST_F(Layout, RecordKeysSortByDatabaseThenSlotThenName) {
  for (int i = 0; i < kRounds; ++i) {
    // A common hash tag brings most names into one slot.
    const std::string tag = pick<std::string>({"", "{t}"});
    const auto name_a = tag + bytes();
    const auto name_b = tag + bytes();
    const auto a = std::make_tuple(pick<DbId>({0, 1, 0xffff}), key_slot(name_a), name_a);
    const auto b = std::make_tuple(pick<DbId>({0, 1, 0xffff}), key_slot(name_b), name_b);
    const auto key_a = record_key(std::get<0>(a), name_a);
    ASSERT_EQ(order(key_a.view(), record_key(std::get<0>(b), name_b).view()), order(a, b));
    ASSERT_TRUE(key_a.view().starts_with(slot_prefix(std::get<0>(a), std::get<1>(a)).view()));
    ASSERT_TRUE(key_a.view().starts_with(db_prefix(std::get<0>(a)).view()));
    const auto decoded = decode_record_key(key_a);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->db, std::get<0>(a));
    EXPECT_EQ(decoded->slot, std::get<1>(a));
    EXPECT_EQ(decoded->name, name_a);
  }
}

TEST_F(Layout, ExpiriesSortByTime) {
  for (int i = 0; i < kRounds; ++i) {
    const auto name = bytes();
    const int64_t a = time(), b = time();
    const DbId db = pick<DbId>({0, 1, 0xffff});
    const auto key_a = expiry_key(a, db, name);
    const auto key_b = expiry_key(b, db, name);
    ASSERT_EQ(order(key_a.view(), key_b.view()), order(a, b)) << a << " " << b;
    const auto decoded = decode_expiry_key(key_a);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->expire_ms, a);
    EXPECT_EQ(decoded->record.db, db);
    EXPECT_EQ(decoded->record.name, name);

    const auto id = object();
    const auto field_a = field_expiry_key(id, a, name);
    ASSERT_EQ(order(field_a.view(), field_expiry_key(id, b, name).view()), order(a, b));
    const auto field = decode_field_expiry_key(field_a);
    ASSERT_TRUE(field);
    EXPECT_EQ(field->object, id);
    EXPECT_EQ(field->expire_ms, a);
    EXPECT_EQ(field->field, name);
  }
}

TEST_F(Layout, ATimeBefore1970SortsFirst) {
  EXPECT_EQ(expiry_key(-5, 0, "k").view(), expiry_key(0, 0, "k").view());
  EXPECT_EQ(field_expiry_key(1, kMin, "k").view(), field_expiry_key(1, 0, "k").view());
}

TEST_F(Layout, MembersRoundTripInHashOrder) {
  for (int i = 0; i < kRounds; ++i) {
    const auto id = object();
    const auto member = bytes(40);
    const auto key = member_key(id, member);
    const auto decoded = decode_member_key(key);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->object, id);
    EXPECT_EQ(decoded->member, member);
    EXPECT_TRUE(key.view().starts_with(object_prefix(id).view()));
    EXPECT_GE(key.view(), member_hash_key(id, decoded->hash).view());
    if (decoded->hash != UINT32_MAX) {
      EXPECT_LT(key.view(), member_hash_key(id, decoded->hash + 1).view());
    }
  }
}

TEST_F(Layout, HeadsRoundTrip) {
  std::string encoded;
  for (int i = 0; i < kRounds; ++i) {
    const auto body = bytes(30);
    Head head;
    head.expire_ms = pick<int64_t>({0, 1, kMax, -1, static_cast<int64_t>(random_())});
    if (below(3) == 0) {
      head.body = body;
      head.size = body.size();
    } else {
      head.type = static_cast<Type>(below(6));
      head.size = pick<uint64_t>({0, 1, 127, 128, UINT64_MAX, random_()});
      head.encoding = Encoding::spread;
      if (head.type != Type::string && head.type != Type::stream && below(2)) head.encoding = Encoding::packed;
      if (head.type == Type::set && below(3) == 0) head.encoding = Encoding::packed_intset;
      if (head.type == Type::hash) head.next_field_expiry_ms = pick<int64_t>({0, 1, kMax});
      if (!head.spread() || head.type == Type::stream) head.body = body;
      if (head.spread()) head.object = object();
      if (head.spread() && head.type == Type::list) head.first = integer();
    }
    encode_head(head, encoded);
    const auto decoded = head.encoding == Encoding::plain ? decode_string_record(encoded) : decode_head_record(encoded);
    ASSERT_TRUE(decoded) << static_cast<int>(head.type) << " " << static_cast<int>(head.encoding);
    EXPECT_EQ(decoded->type, head.type);
    EXPECT_EQ(decoded->encoding, head.encoding);
    EXPECT_EQ(decoded->expire_ms, head.expire_ms);
    EXPECT_EQ(decoded->size, head.size);
    EXPECT_EQ(decoded->body, head.body);
    EXPECT_EQ(decoded->object, head.object);
    EXPECT_EQ(decoded->first, head.first);
    EXPECT_EQ(decoded->next_field_expiry_ms, head.next_field_expiry_ms);
  }
}

TEST_F(Layout, FieldValuesRoundTrip) {
  for (int i = 0; i < kRounds; ++i) {
    const auto text = bytes(30);
    const FieldValue value{text, pick<int64_t>({0, 1, kMax})};
    std::string encoded;
    append_field_value(value, encoded);
    const auto decoded = decode_field_value(encoded);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->bytes, text);
    EXPECT_EQ(decoded->expire_ms, value.expire_ms);
  }
}

TEST_F(Layout, PackedBodiesRoundTrip) {
  for (int i = 0; i < kRounds / 20; ++i) {
    std::vector<std::string> elements(below(20));
    std::string body;
    for (auto& element : elements) {
      element = bytes(300);
      append_packed(body, element);
    }
    const auto read = unpack(body);
    ASSERT_TRUE(read);
    EXPECT_EQ(std::vector<std::string>(read->begin(), read->end()), elements);
  }
}

TEST_F(Layout, SystemRecordsRoundTrip) {
  EXPECT_EQ(decode_version(encode_version(77)), 77u);
  EXPECT_EQ(decode_object_counter(encode_object_counter(uint64_t{1} << 48)), uint64_t{1} << 48);
  const auto map = decode_database_map(encode_database_map({{4, 1, 0}, 5}));
  ASSERT_TRUE(map);
  EXPECT_EQ(map->ids, (std::vector<DbId>{4, 1, 0}));
  EXPECT_EQ(map->next, 5);
  const auto garbage = decode_garbage(garbage_key(123, 456), encode_garbage(Type::hash, 789));
  ASSERT_TRUE(garbage);
  EXPECT_EQ(garbage->deleted_ms, 123);
  EXPECT_EQ(garbage->object, 456u);
  EXPECT_EQ(garbage->type, Type::hash);
  EXPECT_EQ(garbage->size, 789u);
  const auto purge = decode_purge(purge_key(9), encode_purge(10));
  ASSERT_TRUE(purge);
  EXPECT_EQ(purge->db, 9);
  EXPECT_EQ(purge->dropped_ms, 10);
  EXPECT_LT(garbage_key(1, UINT64_MAX), garbage_key(2, 0)) << "garbage is walked in order of time";
}

// ---- damage ----

TEST_F(Layout, EveryTruncationIsRefused) {
  // Fixed-size records, and those whose parts have a stated size.
  std::string list, hash;
  encode_head({.type = Type::list, .encoding = Encoding::spread, .expire_ms = 5, .size = 300, .object = 1, .first = 2},
              list);
  encode_head({.type = Type::hash, .encoding = Encoding::spread, .size = 1, .object = 1, .next_field_expiry_ms = 4},
              hash);
  auto refused_when_cut_or_longer = [](const std::string& whole, auto&& decode) {
    ASSERT_TRUE(decode(whole));
    for (size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode(std::string_view(whole).substr(0, n))) << n;
    EXPECT_FALSE(decode(whole + "x"));
  };
  refused_when_cut_or_longer(list, [](std::string_view b) { return decode_head_record(b).has_value(); });
  refused_when_cut_or_longer(hash, [](std::string_view b) { return decode_head_record(b).has_value(); });
  refused_when_cut_or_longer(std::string(index_key(1, 2).view()),
                             [](std::string_view b) { return decode_index_key(b).has_value(); });
  refused_when_cut_or_longer(std::string(chunk_key(1, 2).view()),
                             [](std::string_view b) { return decode_chunk_key(b).has_value(); });
  refused_when_cut_or_longer(std::string(member_key(1, "m").view()),
                             [](std::string_view b) { return decode_member_key(b).has_value(); });
  refused_when_cut_or_longer(std::string(record_key(1, "m").view()),
                             [](std::string_view b) { return decode_record_key(b).has_value(); });
  refused_when_cut_or_longer(std::string(expiry_key(1, 2, "m").view()),
                             [](std::string_view b) { return decode_expiry_key(b).has_value(); });
  refused_when_cut_or_longer(encode_score(1), [](std::string_view b) { return decode_score(b).has_value(); });
  refused_when_cut_or_longer(encode_version(1), [](std::string_view b) { return decode_version(b).has_value(); });
  refused_when_cut_or_longer(encode_object_counter(1),
                             [](std::string_view b) { return decode_object_counter(b).has_value(); });
  refused_when_cut_or_longer(encode_database_map({{0, 1}, 2}),
                             [](std::string_view b) { return decode_database_map(b).has_value(); });
  refused_when_cut_or_longer(garbage_key(1, 2), [](std::string_view b) {
    return decode_garbage(b, encode_garbage(Type::set, 1)).has_value();
  });
  refused_when_cut_or_longer(encode_garbage(Type::set, 300),
                             [](std::string_view b) { return decode_garbage(garbage_key(1, 2), b).has_value(); });
  refused_when_cut_or_longer(purge_key(1),
                             [](std::string_view b) { return decode_purge(b, encode_purge(1)).has_value(); });
  refused_when_cut_or_longer(encode_purge(1),
                             [](std::string_view b) { return decode_purge(purge_key(1), b).has_value(); });
}

TEST_F(Layout, WhatNoEncoderMakesIsRefused) {
  using std::string_view_literals::operator""sv;
  EXPECT_FALSE(decode_string_record(""));
  EXPECT_FALSE(decode_string_record("\x02xyz")) << "an unknown flag";
  EXPECT_FALSE(decode_string_record("\x01\0\0\0\0\0\0\0\0xyz"sv)) << "an expiry that is never";
  EXPECT_FALSE(decode_head_record("\x60\0\0"sv)) << "an unknown type";
  EXPECT_FALSE(decode_head_record("\x24\0\0"sv)) << "an unknown encoding";
  EXPECT_FALSE(decode_head_record("\x20\0\0"sv)) << "plain, outside strings";
  EXPECT_FALSE(decode_head_record("\x42\0\0"sv)) << "an intset that is no set";
  EXPECT_FALSE(decode_head_record("\x01\0\0"sv)) << "a packed string";
  EXPECT_FALSE(decode_head_record("\x21\x04\0"sv)) << "an unknown flag";
  EXPECT_FALSE(decode_head_record("\x21\x02\x01\0\0\0\0\0\0\0\x01"sv)) << "fields that expire, in a set";
  EXPECT_FALSE(decode_field_value(""));
  EXPECT_FALSE(decode_field_value("\x02x"));
  EXPECT_FALSE(decode_score("\x7f\xf8\0\0\0\0\0\0"sv)) << "not a number";
  EXPECT_FALSE(decode_score_row(0.0, "+"));
  EXPECT_FALSE(decode_score_row(1.5, "-"));
  EXPECT_FALSE(decode_score_key("\0\0\0\0\0\0\0\1\xff\xf8\0\0\0\0\0\0m"sv)) << "not a number";
  EXPECT_FALSE(decode_score_key("\0\0\0\0\0\0\0\1\x7f\xff\xff\xff\xff\xff\xff\xffm"sv)) << "-0";
  EXPECT_FALSE(decode_field_expiry_key("\0\0\0\0\0\0\0\1\x80\0\0\0\0\0\0\0m"sv)) << "a negative time";
  EXPECT_FALSE(decode_expiry_key("\x80\0\0\0\0\0\0\0\0\0\0\0"sv)) << "a negative time";
  EXPECT_FALSE(decode_database_map(encode_database_map({{3, 3}, 4}))) << "two databases on one range";
  EXPECT_FALSE(decode_object_counter(encode_object_counter(UINT64_MAX)));
  EXPECT_FALSE(decode_garbage(garbage_key(1, 2), "\x09\x01"sv)) << "an unknown type";
}

TEST_F(Layout, DamagedPackedBodiesAreRefused) {
  std::string body;
  append_packed(body, "abc");
  append_packed(body, std::string(200, 'z'));
  for (size_t n = 1; n < body.size(); ++n) {
    if (n == 4) continue;  // the end of the first element
    EXPECT_FALSE(unpack(std::string_view(body).substr(0, n))) << n;
  }
  EXPECT_FALSE(
      unpack("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
             "a"));
  PackedReader reader(
      "\x05"
      "abc");
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.damaged());
  EXPECT_FALSE(reader.next());
}

// Whatever the bytes, decoders answer; what they accept, the encoder makes again.
TEST_F(Layout, RandomBytesNeverMislead) {
  std::string again;
  for (int i = 0; i < kRounds * 5; ++i) {
    std::string raw(below(32), '\0');
    for (char& c : raw) c = below(2) ? static_cast<char>(below(4)) : static_cast<char>(random_());
    if (auto head = decode_head_record(raw)) {
      encode_head(*head, again);
      EXPECT_EQ(again, raw);
    }
    if (auto head = decode_string_record(raw)) {
      encode_head(*head, again);
      EXPECT_EQ(again, raw);
    }
    if (auto key = decode_score_key(raw)) {
      EXPECT_EQ(score_key(key->object, key->score, key->member).view(), raw);
    }
    if (auto key = decode_member_key(raw)) {
      EXPECT_EQ(member_key(key->object, key->member).view(), raw);
    }
    if (auto key = decode_expiry_key(raw)) {
      EXPECT_EQ(expiry_key(key->expire_ms, key->record.db, key->record.name).view(), raw);
    }
    if (auto elements = unpack(raw)) {
      std::string body;
      for (auto element : *elements) append_packed(body, element);
      EXPECT_EQ(body, raw);
    }
  }
}

}  // namespace
}  // namespace basalt::layout
