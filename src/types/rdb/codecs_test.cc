#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/number.h"
#include "command/error_text.h"
#include "types/rdb/intset.h"
#include "types/rdb/listpack.h"
#include "types/rdb/lzf.h"
#include "types/rdb/rdb_reader.h"
#include "types/rdb/rdb_writer.h"
#include "types/rdb/ziplist.h"
#include "types/rdb/zipmap.h"

namespace basalt::rdb {
namespace {

using ::testing::ElementsAre;

using Walk = Result<void> (*)(std::string_view, ElementVisitor);

/// nullopt: the bytes were refused.
std::optional<std::vector<std::string>> try_elements(Walk walk, std::string_view bytes) {
  std::vector<std::string> found;
  auto walked = walk(bytes, [&](std::string_view element) -> Result<void> {
    found.emplace_back(element);
    return {};
  });
  if (!walked) return std::nullopt;
  return found;
}

/// Fails the test when the bytes were refused.
std::vector<std::string> elements(Walk walk, std::string_view bytes) { return try_elements(walk, bytes).value(); }

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (int value : values) out.push_back(static_cast<char>(value));
  return out;
}

bool refused(Walk walk, std::initializer_list<int> values) { return !try_elements(walk, bytes(values)); }

std::string random_bytes(std::mt19937& random, size_t size, int different) {
  std::string out(size, '\0');
  for (char& byte : out) byte = static_cast<char>(random() % different);
  return out;
}

// Changes a byte, or cuts, or repeats a part.
std::string mutate(std::mt19937& random, std::string bytes) {
  if (bytes.empty()) return bytes;
  const size_t at = random() % bytes.size();
  switch (random() % 4) {
    case 0: bytes[at] = static_cast<char>(random()); break;
    case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8)); break;
    case 2: bytes.erase(at, 1 + random() % 4); break;
    case 3: bytes.insert(at, bytes.substr(random() % bytes.size(), 1 + random() % 8)); break;
  }
  return bytes;
}

// ---- LZF ----

TEST(Lzf, ReadsLiteralsAndMatches) {
  std::string out;
  EXPECT_TRUE(lzf_decompress(bytes({2, 'a', 'b', 'c', 0x20, 2, 0, 'd'}), 7, out));
  EXPECT_EQ(out, "abcabcd");
  EXPECT_TRUE(lzf_decompress(bytes({0, 'x', 0xe0, 3, 0}), 13, out)) << "a match may overlap what it makes";
  EXPECT_EQ(out, std::string(13, 'x'));
  EXPECT_TRUE(lzf_decompress("", 0, out));
}

TEST(Lzf, RefusesWhatIsNotAStream) {
  std::string out;
  EXPECT_FALSE(lzf_decompress(bytes({2, 'a', 'b'}), 3, out)) << "literals are missing";
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a', 0x20}), 4, out)) << "half a match";
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a', 0xe0, 1}), 4, out));
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a', 0x20, 1}), 4, out)) << "a match before the start";
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a', 0x20, 0}), 3, out)) << "more than announced";
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a', 0x20, 0}), 5, out)) << "less than announced";
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a'}), uint64_t{1} << 60, out)) << "no room is made for a lie";
}

TEST(Lzf, ComesBack) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::string out;
  for (int different : {1, 2, 4, 256}) {
    for (size_t size : {1, 3, 4, 21, 263, 264, 265, 266, 8191, 8195, 8500, 40'000}) {
      const std::string original = random_bytes(random, size, different);
      auto stream = lzf_compress(original);
      if (!stream) continue;
      EXPECT_LT(stream->size(), size);
      ASSERT_TRUE(lzf_decompress(*stream, size, out)) << size << ", " << different;
      EXPECT_EQ(out, original);
    }
  }
  EXPECT_LT(lzf_compress(std::string(40'000, 'x'))->size(), 500u);
  EXPECT_EQ(lzf_compress(random_bytes(random, 1000, 256)), std::nullopt) << "noise";
}

TEST(Lzf, OutlivesMutations) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string original = random_bytes(random, 2000, 3);
  const std::string stream = *lzf_compress(original);
  std::string out;
  for (int i = 0; i < 5000; ++i) {
    const bool read = lzf_decompress(mutate(random, stream), original.size(), out);
    EXPECT_TRUE(!read || out.size() == original.size());
  }
}

// ---- listpacks ----

std::vector<std::string> edges() {
  std::vector<std::string> all = {"", "a", "-", "01", "+1", "-0", "9223372036854775808"};
  for (int64_t edge :
       {int64_t{0}, int64_t{127}, int64_t{4095}, int64_t{32767}, int64_t{8388607}, int64_t{2147483647}}) {
    for (int64_t value : {edge, edge + 1, -edge, -edge - 1, -edge - 2}) all.push_back(int64_to_string(value));
  }
  all.push_back(int64_to_string(INT64_MAX));
  all.push_back(int64_to_string(INT64_MIN));
  for (size_t size :
       {62, 63, 64, 124, 125, 126, 127, 4094, 4095, 4096, 16375, 16376, 16377, 16378, 16379, 16380, 70'000}) {
    all.push_back(std::string(size, 'x'));
  }
  return all;
}

TEST(Listpack, ComesBack) {
  ListpackBuilder builder;
  for (const std::string& element : edges()) builder.append(element);
  EXPECT_EQ(elements(walk_listpack, builder.finish()), edges());
  EXPECT_THAT(elements(walk_listpack, ListpackBuilder().finish()), ElementsAre());
}

TEST(Listpack, IsAsRedisWritesIt) {
  ListpackBuilder builder;
  for (const char* element : {"a", "1", "-1", "hello"}) builder.append(element);
  EXPECT_EQ(builder.finish(),
            bytes({22, 0, 0, 0, 4, 0, 0x81, 'a', 2, 1, 1, 0xdf, 0xff, 2, 0x85, 'h', 'e', 'l', 'l', 'o', 6, 0xff}));
}

TEST(Listpack, WithMoreElementsThanItsHeaderCounts) {
  ListpackBuilder builder;
  for (int i = 0; i < 70'000; ++i) builder.append("1");
  EXPECT_EQ(elements(walk_listpack, builder.finish()).size(), 70'000u);
}

TEST(Listpack, RefusesWhatIsNone) {
  EXPECT_TRUE(refused(walk_listpack, {}));
  EXPECT_TRUE(refused(walk_listpack, {7, 0, 0, 0, 0, 0})) << "no end";
  EXPECT_TRUE(refused(walk_listpack, {8, 0, 0, 0, 0, 0, 0xff})) << "wrong size";
  EXPECT_TRUE(refused(walk_listpack, {9, 0, 0, 0, 2, 0, 1, 1, 0xff})) << "wrong count";
  EXPECT_TRUE(refused(walk_listpack, {9, 0, 0, 0, 1, 0, 1, 2, 0xff})) << "wrong length backwards";
  EXPECT_TRUE(refused(walk_listpack, {9, 0, 0, 0, 1, 0, 0x85, 1, 0xff})) << "a string beyond the end";
  EXPECT_TRUE(refused(walk_listpack, {9, 0, 0, 0, 1, 0, 0xf5, 1, 0xff})) << "no such encoding";
  EXPECT_TRUE(refused(walk_listpack, {13, 0, 0, 0, 1, 0, 0xf0, 0xff, 0xff, 0xff, 0xff, 5, 0xff}));
  EXPECT_FALSE(refused(walk_listpack, {9, 0, 0, 0, 1, 0, 1, 1, 0xff}));
  EXPECT_FALSE(refused(walk_listpack, {9, 0, 0, 0, 0xff, 0xff, 1, 1, 0xff})) << "the count is not known";
}

TEST(Listpack, OutlivesMutations) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  ListpackBuilder builder;
  for (const std::string& element : edges()) {
    if (element.size() < 100) builder.append(element);
  }
  const std::string listpack = builder.finish();
  for (int i = 0; i < 5000; ++i) try_elements(walk_listpack, mutate(random, mutate(random, listpack)));
}

// ---- intsets ----

TEST(Intset, ComesBack) {
  for (const std::vector<int64_t>& integers : {std::vector<int64_t>{-32768, 0, 32767},
                                               {-32769, 5},
                                               {1, 2147483647},
                                               {1, 2147483648},
                                               {INT64_MIN, INT64_MAX}}) {
    std::vector<std::string> expected;
    for (int64_t integer : integers) expected.push_back(int64_to_string(integer));
    EXPECT_EQ(elements(walk_intset, encode_intset(integers)), expected);
  }
  EXPECT_EQ(encode_intset({1, 2}).size(), 8u + 2 * 2);
  EXPECT_EQ(encode_intset({1, 40'000}).size(), 8u + 2 * 4);
  EXPECT_EQ(encode_intset({1, int64_t{1} << 40}).size(), 8u + 2 * 8);
}

TEST(Intset, RefusesWhatIsNone) {
  EXPECT_TRUE(refused(walk_intset, {2, 0, 0, 0}));
  EXPECT_TRUE(refused(walk_intset, {3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0})) << "no such width";
  EXPECT_TRUE(refused(walk_intset, {2, 0, 0, 0, 2, 0, 0, 0, 1, 0})) << "one is missing";
  EXPECT_TRUE(refused(walk_intset, {2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0})) << "not ascending";
  EXPECT_TRUE(refused(walk_intset, {2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0})) << "twice the same";
  EXPECT_TRUE(refused(walk_intset, {8, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}));
  EXPECT_FALSE(refused(walk_intset, {2, 0, 0, 0, 1, 0, 0, 0, 1, 0}));
}

// ---- ziplists and zipmaps ----

TEST(Ziplist, ReadsEveryEncoding) {
  const std::string ziplist = bytes({31, 0, 0, 0, 26, 0, 0, 0, 6, 0}) +  // header
                              bytes({0, 1, 'a'}) +                       // a short string
                              bytes({3, 0xf1}) +                         // 0
                              bytes({2, 0xfd}) +                         // 12
                              bytes({2, 0xfe, 0x80}) +                   // one byte
                              bytes({3, 0xd0, 0, 0, 0, 0x80}) +          // four
                              bytes({6, 0x40, 1, 'b', 0xff});            // a longer string
  EXPECT_THAT(elements(walk_ziplist, ziplist), ElementsAre("a", "0", "12", "-128", "-2147483648", "b"));
}

TEST(Ziplist, RefusesWhatIsNone) {
  EXPECT_FALSE(refused(walk_ziplist, {15, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0xf1, 2, 0xf2, 0xff}));
  EXPECT_TRUE(refused(walk_ziplist, {14, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0xf1, 2, 0xf2, 0xff})) << "wrong size";
  EXPECT_TRUE(refused(walk_ziplist, {15, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0xf1, 2, 0xf2, 0xff})) << "wrong last entry";
  EXPECT_TRUE(refused(walk_ziplist, {15, 0, 0, 0, 12, 0, 0, 0, 3, 0, 0, 0xf1, 2, 0xf2, 0xff})) << "wrong count";
  EXPECT_TRUE(refused(walk_ziplist, {15, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0xf1, 3, 0xf2, 0xff})) << "wrong length before";
  EXPECT_TRUE(refused(walk_ziplist, {15, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0xf1, 2, 0x05, 0xff}))
      << "a string beyond the end";
  EXPECT_TRUE(refused(walk_ziplist, {15, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0xf1, 2, 0xc1, 0xff})) << "no such encoding";
  EXPECT_TRUE(refused(walk_ziplist, {}));
}

TEST(Zipmap, ReadsFieldsAndSkipsTheRoomBehindValues) {
  EXPECT_THAT(elements(walk_zipmap, bytes({2, 1, 'f', 1, 2, 'v', '.', '.', 1, 'g', 0, 0, 0xff})),
              ElementsAre("f", "v", "g", ""));
  EXPECT_THAT(elements(walk_zipmap, bytes({254, 1, 'f', 254, 1, 0, 0, 0, 0, 'v', 0xff})), ElementsAre("f", "v"));
  EXPECT_TRUE(refused(walk_zipmap, {2, 1, 'f', 1, 0, 'v', 0xff})) << "wrong count";
  EXPECT_TRUE(refused(walk_zipmap, {1, 1, 'f', 0xff})) << "no value";
  EXPECT_TRUE(refused(walk_zipmap, {1, 1, 'f', 1, 9, 'v', 0xff}));
  EXPECT_TRUE(refused(walk_zipmap, {}));
}

// ---- lengths, strings, numbers ----

TEST(Rdb, LengthsComeBack) {
  for (uint64_t length : {uint64_t{0}, uint64_t{63}, uint64_t{64}, uint64_t{16383}, uint64_t{16384}, uint64_t{1} << 32,
                          (uint64_t{1} << 32) - 1, ~uint64_t{0}}) {
    std::string out;
    RdbWriter(out).length(length);
    StringSource source(out);
    RdbReader in(source);
    EXPECT_EQ(*in.length(), length);
    EXPECT_TRUE(source.empty());
  }
}

TEST(Rdb, StringsComeBack) {
  for (const std::string& original : edges()) {
    std::string out;
    RdbWriter(out).string(original);
    StringSource source(out);
    RdbReader in(source);
    EXPECT_EQ(*in.string(), original);
    EXPECT_TRUE(source.empty());
  }
}

TEST(Rdb, RefusesLengthsThatLie) {
  const auto refused = [](std::string_view bytes) {
    StringSource source(bytes);
    RdbReader in(source);
    return !in.string();
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused(bytes({5, 'a'})));
  EXPECT_TRUE(refused(bytes({0x80, 0xff, 0xff, 0xff, 0xff})));
  EXPECT_TRUE(refused(bytes({0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'a'})));
  EXPECT_TRUE(refused(bytes({0x82})));
  EXPECT_TRUE(refused(bytes({0xc4}))) << "no such special string";
  EXPECT_TRUE(refused(bytes({0xc3, 2, 0x80, 0x1f, 0xff, 0xff, 0xff, 0, 'a'}))) << "compressed: much from nothing";
}

}  // namespace
}  // namespace basalt::rdb
