// The records of streams: golden bytes (see golden_test.cc), order, round trips, damage. A failure prints its seed; set
// BASALT_TEST_SEED to run it again.
#include "layout/stream.h"
#include "layout/layout_testing.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace basalt::layout {
namespace {

constexpr ObjectId kObject = make_object_id(3, 0x010203);
constexpr StreamId kId{0x0102, 5};
constexpr StreamNode kNode{{1, 2}, {3, 4}, 300, 7, 4096, 0x1122334455667788};

TEST(GoldenStream, Keys) {
  EXPECT_EQ(hex(stream_entry_key(kObject, kId)),
            "0003000000010203"
            "01"
            "0000000000000102"
            "0000000000000005");
  EXPECT_EQ(hex(stream_node_key(kObject, kId)),
            "0003000000010203"
            "02"
            "0000000000000102"
            "0000000000000005");
  EXPECT_EQ(hex(stream_group_key(kObject, "grp")),
            "0003000000010203"
            "03"
            "677270");
  EXPECT_EQ(hex(stream_consumer_key(kObject, 9, "bob")),
            "0003000000010203"
            "04"
            "00000009"
            "626f62");
  EXPECT_EQ(hex(stream_pending_key(kObject, 9, kId)),
            "0003000000010203"
            "05"
            "00000009"
            "0000000000000102"
            "0000000000000005");
  EXPECT_EQ(hex(stream_owned_key(kObject, 9, "bob", kId)),
            "0003000000010203"
            "06"
            "00000009"
            "00000003"
            "626f62"
            "0000000000000102"
            "0000000000000005");
}

TEST(GoldenStream, Values) {
  EXPECT_EQ(hex(encode_stream_node(kNode)),
            "0000000000000003"
            "0000000000000004"
            "ac02"
            "07"
            "8020"
            "1122334455667788");
  EXPECT_EQ(hex(encode_stream_group({2, {1, 2}, -1, 3, 4, {5, 6}})),
            "00000002"
            "0000000000000001"
            "0000000000000002"
            "ffffffffffffffff"
            "03"
            "04"
            "0000000000000005"
            "0000000000000006");
  EXPECT_EQ(hex(encode_stream_consumer({0x0102, 300})),
            "0000000000000102"
            "ac02");
  EXPECT_EQ(hex(encode_stream_pending({0x0102, 300, "bob"})),
            "0000000000000102"
            "ac02"
            "626f62");
}

TEST(GoldenStream, Fields) {
  EXPECT_EQ(hex(encode_stream_fields({})), std::string(2 * (3 * 16 + 8 + 3), '0'));
  EXPECT_EQ(hex(encode_stream_fields({{9, 1}, {8, 2}, {7, 3}, 400, 2, 3, 5, kNode})),
            "0000000000000009"
            "0000000000000001"
            "0000000000000008"
            "0000000000000002"
            "0000000000000007"
            "0000000000000003"
            "0000000000000190"
            "02"
            "03"
            "05"
            "0000000000000001"
            "0000000000000002"
            "0000000000000003"
            "0000000000000004"
            "ac02"
            "07"
            "8020"
            "1122334455667788");
}

class StreamLayout : public ::testing::Test {
 protected:
  static constexpr int kRounds = 10'000;

  StreamLayout() {
    const char* given = std::getenv("BASALT_TEST_SEED");
    seed_ = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
    random_.seed(seed_);
  }
  ~StreamLayout() override {
    if (HasFailure()) std::fprintf(stderr, "BASALT_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  }

  uint64_t below(uint64_t n) { return random_() % n; }
  uint64_t number() {
    const uint64_t picks[] = {0, 1, 127, 128, 255, 256, UINT64_MAX, UINT64_MAX - 1, random_()};
    return picks[below(std::size(picks))];
  }
  StreamId id() { return {number(), number()}; }
  std::string name() {
    std::string out(below(5), '\0');
    for (char& c : out) c = "\0\1ab\xff"[below(5)];
    return out;
  }
  StreamNode node() {
    const StreamId a = id(), b = id();
    return {std::min(a, b), std::max(a, b), std::max<uint64_t>(number(), 1), number(), number(), number()};
  }

  uint64_t seed_;
  std::mt19937_64 random_;
};

TEST_F(StreamLayout, IdsSortAsNumbers) {
  for (int i = 0; i < kRounds; ++i) {
    const StreamId a = id(), b = id();
    EXPECT_EQ(stream_entry_key(1, a).view() < stream_entry_key(1, b).view(), a < b);
    EXPECT_EQ(stream_node_key(1, a).view() < stream_node_key(1, b).view(), a < b);
    EXPECT_EQ(stream_pending_key(1, 2, a).view() < stream_pending_key(1, 2, b).view(), a < b);
    EXPECT_EQ(stream_owned_key(1, 2, "c", a).view() < stream_owned_key(1, 2, "c", b).view(), a < b);
    EXPECT_EQ(decode_stream_entry_key(stream_entry_key(1, a)), a);
    EXPECT_EQ(decode_stream_node_key(stream_node_key(1, a)), a);
    EXPECT_EQ(decode_stream_pending_key(stream_pending_key(1, 2, a)), a);
  }
}

TEST_F(StreamLayout, NamesSortAsBytesAndStayApart) {
  for (int i = 0; i < kRounds; ++i) {
    const std::string a = name(), b = name();
    const StreamId x = id(), y = id();
    EXPECT_EQ(stream_group_key(1, a).view() < stream_group_key(1, b).view(), a < b);
    EXPECT_EQ(stream_consumer_key(1, 2, a).view() < stream_consumer_key(1, 2, b).view(), a < b);
    EXPECT_EQ(decode_stream_group_key(stream_group_key(1, a).view()), a);
    EXPECT_EQ(decode_stream_group_number(stream_consumer_key(1, 2, a).view()), 2u);
    EXPECT_EQ(decode_stream_consumer_key(stream_consumer_key(1, 2, a).view()), a);
    EXPECT_EQ(decode_stream_owned_key(stream_owned_key(1, 2, a, x)), x);
    if (a != b) {
      // What one consumer owns lies between its lowest and its highest key; nothing of another one does.
      const KeyBuffer other = stream_owned_key(1, 2, b, y);
      EXPECT_FALSE(other.view() >= stream_owned_key(1, 2, a, kMinStreamId).view() &&
                   other.view() <= stream_owned_key(1, 2, a, kMaxStreamId).view());
    }
  }
}

TEST_F(StreamLayout, ValuesRoundTrip) {
  for (int i = 0; i < kRounds; ++i) {
    const StreamNode a_node = node();
    EXPECT_EQ(decode_stream_node(a_node.first, encode_stream_node(a_node)), a_node);

    StreamFields fields{id(), id(), id(), number(), below(3), below(4), 3, {}};
    if (fields.nodes > 0) fields.tail = node();
    const auto read = decode_stream_fields(encode_stream_fields(fields));
    ASSERT_TRUE(read);
    EXPECT_EQ(encode_stream_fields(*read), encode_stream_fields(fields));
    EXPECT_EQ(read->tail, fields.tail);
    EXPECT_EQ(read->max_deleted_id, fields.max_deleted_id);

    const StreamGroup group{7, id(), static_cast<int64_t>(number()), number(), number(), id()};
    const auto read_group = decode_stream_group(encode_stream_group(group));
    ASSERT_TRUE(read_group);
    EXPECT_EQ(read_group->entries_read, group.entries_read);
    EXPECT_EQ(read_group->first_pending, group.first_pending);
    EXPECT_EQ(read_group->pending, group.pending);

    const std::string consumer = name();
    const std::string pending = encode_stream_pending({static_cast<int64_t>(number()), number(), consumer});
    const auto read_pending = decode_stream_pending(pending);
    ASSERT_TRUE(read_pending);
    EXPECT_EQ(read_pending->consumer, consumer);
    EXPECT_EQ(encode_stream_pending(*read_pending), pending);
  }
}

TEST_F(StreamLayout, EveryTruncationIsRefused) {
  const auto refused_when_cut_or_longer = [](const std::string& whole, auto&& decode) {
    ASSERT_TRUE(decode(whole));
    for (size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode(std::string_view(whole).substr(0, n))) << n;
    EXPECT_FALSE(decode(whole + "x"));
  };
  refused_when_cut_or_longer(encode_stream_fields({{9, 1}, {8, 2}, {7, 3}, 400, 2, 3, 5, kNode}),
                             [](std::string_view b) { return decode_stream_fields(b).has_value(); });
  refused_when_cut_or_longer(encode_stream_node(kNode), [](std::string_view b) {
    return decode_stream_node({1, 2}, b).has_value();
  });
  refused_when_cut_or_longer(encode_stream_group({2, {1, 2}, -1, 3, 4, {5, 6}}),
                             [](std::string_view b) { return decode_stream_group(b).has_value(); });
  refused_when_cut_or_longer(encode_stream_consumer({1, 300}),
                             [](std::string_view b) { return decode_stream_consumer(b).has_value(); });
  refused_when_cut_or_longer(std::string(stream_entry_key(1, kId).view()),
                             [](std::string_view b) { return decode_stream_entry_key(b).has_value(); });
  refused_when_cut_or_longer(std::string(stream_pending_key(1, 2, kId).view()),
                             [](std::string_view b) { return decode_stream_pending_key(b).has_value(); });
  refused_when_cut_or_longer(std::string(stream_owned_key(1, 2, "bob", kId).view()),
                             [](std::string_view b) { return decode_stream_owned_key(b).has_value(); });
}

TEST_F(StreamLayout, WhatNoEncoderMakesIsRefused) {
  EXPECT_FALSE(decode_stream_entry_key(stream_node_key(1, kId))) << "another kind";
  EXPECT_FALSE(decode_stream_node({1, 2}, encode_stream_node({{1, 2}, {3, 4}, 0, 1, 1, 1}))) << "no live entry";
  EXPECT_FALSE(decode_stream_node({9, 9}, encode_stream_node(kNode))) << "ends before it begins";
  EXPECT_FALSE(decode_stream_fields(encode_stream_fields({.groups = 3, .groups_ever = 2})));
}

}  // namespace
}  // namespace basalt::layout
