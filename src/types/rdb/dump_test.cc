#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "command/command_testing.h"
#include "types/rdb/dump_payload.h"
#include "types/rdb/rdb_format.h"
#include "types/rdb/recorded_payloads_testing.h"
#include "types/reply_testing.h"

namespace basalt {

std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_set_commands();
std::span<const CommandSpec> list_commands();
std::span<const CommandSpec> set_commands();
std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> hash_expiry_commands();
std::span<const CommandSpec> zset_commands();
std::span<const CommandSpec> stream_commands();
std::span<const CommandSpec> key_commands();
std::span<const CommandSpec> expire_commands();
std::span<const CommandSpec> object_commands();
std::span<const CommandSpec> dump_commands();

namespace rdb {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;

constexpr size_t kSealBytes = 10;

std::string resealed(std::string payload, uint16_t version = kVersion) {
  seal_payload(payload, version);
  return payload;
}

std::string without_seal(std::string payload) {
  payload.resize(payload.size() - kSealBytes);
  return payload;
}

class DumpFixture : public CommandFixture {
 public:
  DumpFixture()
      : CommandFixture({string_commands(), string_set_commands(), list_commands(), set_commands(), hash_commands(),
                        hash_expiry_commands(), zset_commands(), stream_commands(), key_commands(), expire_commands(),
                        object_commands(), dump_commands()}) {}

  std::string dump(const std::string& key) { return reply_list(run_words({"DUMP", key})).front(); }
  std::string restore(const std::string& key, const std::string& payload, std::vector<std::string> options = {}) {
    std::vector<std::string> words = {"RESTORE", key, "0", payload};
    words.insert(words.end(), options.begin(), options.end());
    return run_words(words);
  }
  std::vector<std::string> show(const RecordedPayload& payload, const std::string& key) {
    std::string line = payload.shown_by;
    line.replace(line.find(" k") + 1, 1, key);
    auto shown = reply_list(run(line));
    if (payload.sorted) std::sort(shown.begin(), shown.end());
    return shown;
  }
  void spread_everything() {
    limits().packed_max_bytes = 0;
    limits().string_chunk_threshold = 1;
  }
};

// ---- every encoding ----

class RecordedPayloadTest : public ::testing::TestWithParam<RecordedPayload>, public DumpFixture {};
INSTANTIATE_TEST_SUITE_P(All, RecordedPayloadTest, ::testing::ValuesIn(recorded_payloads()),
                         [](const auto& param) { return param.param.name; });

TEST_P(RecordedPayloadTest, IsRestored) {
  EXPECT_EQ(restore("k", unhex(GetParam().hex)), "+OK\r\n");
  EXPECT_EQ(events(), "restore k");
  EXPECT_EQ(show(GetParam(), "k"), GetParam().shown);
  EXPECT_EQ(run("TTL k"), ":-1\r\n");
}

TEST_P(RecordedPayloadTest, IsRestoredSpread) {
  spread_everything();
  EXPECT_EQ(restore("k", unhex(GetParam().hex)), "+OK\r\n");
  EXPECT_EQ(show(GetParam(), "k"), GetParam().shown);
}

TEST_P(RecordedPayloadTest, GoesRoundPackedAndSpread) {
  restore("k", unhex(GetParam().hex));
  const std::string packed = dump("k");
  EXPECT_EQ(restore("copy", packed), "+OK\r\n");
  EXPECT_EQ(show(GetParam(), "copy"), GetParam().shown);

  spread_everything();
  restore("s", packed);
  const std::string spread = dump("s");
  limits().packed_max_bytes = 1024;
  EXPECT_EQ(restore("packed again", spread), "+OK\r\n");
  EXPECT_EQ(show(GetParam(), "\"packed again\""), GetParam().shown);
  EXPECT_EQ(dump("packed again").size(), packed.size());
}

// Whatever the bytes: an error or a value that can be read, dumped and deleted, never a crash.
TEST_P(RecordedPayloadTest, OutlivesMutations) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  const std::string original = without_seal(unhex(GetParam().hex));
  DiscardingSink sink;
  int restored = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string mutant = original;
    for (uint32_t changes = 1 + random() % 3; changes > 0 && !mutant.empty(); --changes) {
      const size_t at = random() % mutant.size();
      switch (random() % 5) {
        case 0: mutant[at] = static_cast<char>(random()); break;
        case 1: mutant[at] = static_cast<char>(mutant[at] ^ 1 << random() % 8); break;
        case 2: mutant.erase(at, 1 + random() % 4); break;
        case 3: mutant.insert(at, mutant.substr(random() % mutant.size(), 1 + random() % 16)); break;
        case 4: mutant.resize(at); break;
      }
    }
    const std::string payload = resealed(std::move(mutant), kNewestVersionRead);
    const bool readable = read_payload(payload, sink).has_value();
    if (i % 10 != 0) continue;
    const std::string reply = restore("k", payload, {"REPLACE"});
    EXPECT_EQ(reply == "+OK\r\n", readable) << reply;
    if (!readable) continue;
    ++restored;
    const std::string dumped = dump("k");
    EXPECT_EQ(restore("again", dumped, {"REPLACE"}), "+OK\r\n");
    EXPECT_EQ(dump("again").size(), dumped.size());
    EXPECT_EQ(run("DEL k again"), ":2\r\n");
  }
  RecordProperty("restored", restored);
}

// ---- what DUMP writes ----

TEST(Dump, WritesSmallValuesAsRedisDoes) {
  DumpFixture f;
  const auto written = [&](std::string_view line) {
    f.run("DEL k");
    f.run(line);
    return f.dump("k");
  };
  const auto recorded = [](std::string_view name) {
    for (const RecordedPayload& payload : recorded_payloads()) {
      if (payload.name == name) return unhex(payload.hex);
    }
    return std::string("none");
  };
  EXPECT_EQ(written("SET k hello"), recorded("string"));
  EXPECT_EQ(written("SET k ''"), recorded("empty_string"));
  EXPECT_EQ(written("SET k -5"), recorded("integer_of_one_byte"));
  EXPECT_EQ(written("SET k 1000"), recorded("integer_of_two_bytes"));
  EXPECT_EQ(written("SET k -100000"), recorded("integer_of_four_bytes"));
  EXPECT_EQ(written("SET k 12345678901"), recorded("integer_as_text"));
  EXPECT_EQ(written("SADD k 1 2 -3"), recorded("set_intset_of_two_bytes"));
  EXPECT_EQ(written("SADD k 1 70000"), recorded("set_intset_of_four_bytes"));
  EXPECT_EQ(written("HSET k f v n 1"), recorded("hash_listpack"));
  EXPECT_EQ(written("ZADD k 1 a 2.5 b -inf c inf d -0 e"), recorded("zset_listpack"));
}

TEST(Dump, IsNullForAMissingKey) {
  DumpFixture f;
  EXPECT_EQ(f.run("DUMP none"), "$-1\r\n");
  f.run("SET k v");
  f.run("PEXPIRE k 10");
  f.clock().advance_ms(11);
  EXPECT_EQ(f.run("DUMP k"), "$-1\r\n");
}

TEST(Dump, LongListsAndStringsComeBack) {
  DumpFixture f;
  std::vector<std::string> words = {"RPUSH", "l"};
  for (int i = 0; i < 5000; ++i) words.push_back(fmt::format("{:0{}}", i, i % 40 + 1));
  f.run_words(words);
  const std::string list = f.dump("l");
  EXPECT_EQ(f.restore("l2", list), "+OK\r\n");
  EXPECT_EQ(f.run("LRANGE l2 0 -1"), f.run("LRANGE l 0 -1"));

  f.run_words({"SET", "s", times(300'000, "0123456789")});
  const std::string string = f.dump("s");
  EXPECT_LT(string.size(), 100'000u) << "compressed";
  EXPECT_EQ(f.restore("s2", string), "+OK\r\n");
  EXPECT_EQ(f.run("GET s2"), f.run("GET s"));
}

// ---- hashes whose fields expire ----

TEST(Dump, KeepsTheExpiryOfFields) {
  for (bool spread : {false, true}) {
    DumpFixture f;
    if (spread) f.spread_everything();
    f.run("HSET h a 1 b 2 c 3");
    f.run("HPEXPIRE h 5000 FIELDS 1 a");
    f.run("HPEXPIRE h 9000 FIELDS 1 b");
    const std::string payload = f.dump("h");
    EXPECT_EQ(payload[payload.size() - kSealBytes], kVersionWithFieldExpiry);
    EXPECT_EQ(f.restore("copy", payload), "+OK\r\n");
    EXPECT_THAT(reply_list(f.run("HPTTL copy FIELDS 3 a b c")), ElementsAre("5000", "9000", "-1"));
    f.clock().advance_ms(5001);
    EXPECT_EQ(f.run("HGET copy a"), "$-1\r\n");
    EXPECT_EQ(f.restore("late", payload), "+OK\r\n");
    EXPECT_THAT(reply_list(f.run("HKEYS late")), ::testing::UnorderedElementsAre("b", "c"));
  }
}

// ---- RESTORE ----

class RestoreTest : public ::testing::Test, public DumpFixture {
 public:
  RestoreTest() {
    run("SET source v");
    payload_ = dump("source");
  }
  std::string run_restore(std::string_view ttl, std::vector<std::string> options) {
    std::vector<std::string> words = {"RESTORE", "k", std::string(ttl), payload_};
    words.insert(words.end(), options.begin(), options.end());
    return run_words(words);
  }
  std::string payload_;
};

TEST_F(RestoreTest, ReplacesOnlyWhenAsked) {
  run("RPUSH k a");
  EXPECT_EQ(restore("k", payload_), "-BUSYKEY Target key name already exists.\r\n");
  EXPECT_EQ(restore("k", payload_, {"replace"}), "+OK\r\n");
  EXPECT_EQ(events(), "restore k");
  EXPECT_EQ(run("GET k"), "$1\r\nv\r\n");
}

TEST_F(RestoreTest, AReplacedKeyIsNewToListeners) {
  run("SET k old");
  recorder().want_rare_events(true);
  restore("k", payload_, {"REPLACE"});
  EXPECT_EQ(events(), "new k, restore k");
}

TEST_F(RestoreTest, SetsTheExpiry) {
  EXPECT_EQ(run_restore("5000", {}), "+OK\r\n");
  EXPECT_EQ(run("PTTL k"), ":5000\r\n");
  EXPECT_EQ(run_restore("0", {"REPLACE"}), "+OK\r\n");
  EXPECT_EQ(run("PTTL k"), ":-1\r\n");
  const std::string later = std::to_string(clock().now_ms() + 700);
  EXPECT_EQ(run_restore(later, {"REPLACE", "ABSTTL"}), "+OK\r\n");
  EXPECT_EQ(run("PTTL k"), ":700\r\n");
  clock().advance_ms(701);
  EXPECT_EQ(run("EXISTS k"), ":0\r\n");
}

TEST_F(RestoreTest, AnExpiryThatHasPassedLeavesNoKey) {
  EXPECT_EQ(run_restore("1", {"ABSTTL"}), "+OK\r\n");
  EXPECT_EQ(events(), "");
  run("SET k old");
  EXPECT_EQ(run_restore("1", {"ABSTTL", "REPLACE"}), "+OK\r\n");
  EXPECT_EQ(events(), "del k");
  EXPECT_EQ(run("EXISTS k"), ":0\r\n");
  payload_ = resealed("\x63");
  EXPECT_EQ(run_restore("1", {"ABSTTL"}), "-ERR Bad data format\r\n") << "but must be a value";
}

TEST_F(RestoreTest, ChecksItsOptions) {
  EXPECT_EQ(run_restore("x", {}), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(run_restore("-1", {}), "-ERR Invalid TTL value, must be >= 0\r\n");
  EXPECT_EQ(run_restore("0", {"bad"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run_restore("0", {"IDLETIME"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run_restore("0", {"IDLETIME", "-1"}), "-ERR Invalid IDLETIME value, must be >= 0\r\n");
  EXPECT_EQ(run_restore("0", {"FREQ", "256"}), "-ERR Invalid FREQ value, must be >= 0 and <= 255\r\n");
  EXPECT_EQ(run_restore("0", {"IDLETIME", "1", "FREQ", "1"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run_restore("0", {"IDLETIME", "1"}), "+OK\r\n");
  EXPECT_EQ(run_restore("0", {"REPLACE", "FREQ", "255"}), "+OK\r\n");
}

TEST_F(RestoreTest, ChecksVersionAndChecksum) {
  constexpr std::string_view kWrong = "-ERR DUMP payload version or checksum are wrong\r\n";
  EXPECT_EQ(restore("k", ""), kWrong);
  EXPECT_EQ(restore("k", "short"), kWrong);
  EXPECT_EQ(restore("k", resealed(without_seal(payload_), kNewestVersionRead + 1)), kWrong);
  std::string flipped = payload_;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_EQ(restore("k", flipped), kWrong);
  flipped = payload_;
  flipped[2] = 'w';
  EXPECT_EQ(restore("k", flipped), kWrong);
}

TEST_F(RestoreTest, RefusesValuesThatCannotBe) {
  const auto refused = [&](std::string value) {
    const std::string reply = restore("k", resealed(std::move(value)));
    return reply == "-ERR Bad data format\r\n" && run("EXISTS k") == ":0\r\n";
  };
  using namespace std::string_literals;
  EXPECT_TRUE(refused("")) << "nothing";
  EXPECT_TRUE(refused("\x08\x01\x61")) << "no such type";
  EXPECT_TRUE(refused("\x07\x01\x61")) << "a module's";
  EXPECT_TRUE(refused("\x00\x05ok"s)) << "too short";
  EXPECT_TRUE(refused("\x00\x02okay"s)) << "too long";
  EXPECT_TRUE(refused("\x01\x00"s)) << "no elements";
  EXPECT_TRUE(refused("\x02\x02\x01\x61\x01\x61"s)) << "a member twice";
  EXPECT_TRUE(refused("\x04\x02\x01\x66\x01v\x01\x66\x01w"s)) << "a field twice";
  EXPECT_TRUE(refused("\x05\x01\x01m\x00\x00\x00\x00\x00\x00\xf8\x7f"s)) << "no number";
  EXPECT_TRUE(refused("\x03\x01\x01m\xfd"s)) << "no number";
  EXPECT_TRUE(refused("\x02\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01\x61"s)) << "fewer members than announced";
}

std::string recorded(std::string_view name) {
  for (const RecordedPayload& payload : recorded_payloads()) {
    if (payload.name == name) return unhex(payload.hex);
  }
  return "";
}

TEST_F(RestoreTest, StreamsKeepTheirGroups) {
  EXPECT_EQ(restore("k", recorded("stream_listpacks_2")), "+OK\r\n");
  const std::string group = "XINFO STREAM k FULL";
  const std::string info = run(group);
  EXPECT_THAT(reply_list(info), ::testing::IsSupersetOf({"1-2", "2-0", "alice", "1700000000001", "5-7", "bob",
                                                         "1700000000000", "9", "carol", "h", "9-0"}));
  const std::string dumped = dump("k");
  EXPECT_EQ(restore("k", dumped, {"REPLACE"}), "+OK\r\n");
  EXPECT_EQ(dump("k"), dumped);
  run("XADD k 10 f v");
  run("XACK k g 2-0");
  EXPECT_THAT(reply_list(run("XPENDING k g")), ElementsAre("1", "5-7", "5-7", "bob", "1"));
}

// The counters that came with 7.0 are reckoned as there.
TEST_F(RestoreTest, OldStreams) {
  EXPECT_EQ(restore("x", recorded("stream_listpacks")), "+OK\r\n");
  EXPECT_THAT(reply_list(run("XINFO GROUPS x")),
              ElementsAre("name", "g1", "consumers", "1", "pending", "4", "last-delivered-id", "5-0", "entries-read",
                          "1", "lag", "1", "name", "g2", "consumers", "0", "pending", "0", "last-delivered-id", "0-0",
                          "entries-read", "0", "lag", "2"));
}

TEST_F(RestoreTest, EmptyStreams) {
  run("XGROUP CREATE k g 0 MKSTREAM");
  EXPECT_EQ(restore("copy", dump("k")), "+OK\r\n");
  EXPECT_EQ(run("XLEN copy"), ":0\r\n");
  EXPECT_EQ(run("XINFO GROUPS copy"), run("XINFO GROUPS k"));
}

}  // namespace
}  // namespace rdb
}  // namespace basalt
