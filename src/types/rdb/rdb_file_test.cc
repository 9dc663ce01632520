#include <gmock/gmock.h>

#include <fstream>
#include <random>

#include "base/hash.h"
#include "keyspace/keyspace_testing.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/rdb_file_reader.h"
#include "types/rdb/rdb_file_writer.h"
#include "types/rdb/rdb_format.h"
#include "types/rdb/recorded_payloads_testing.h"
#include "types/rdb/value_builder.h"

namespace basalt::rdb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (int value : values) out.push_back(static_cast<char>(value));
  return out;
}

// Short strings only.
std::string text(std::string_view bytes) { return static_cast<char>(bytes.size()) + std::string(bytes); }

std::string sealed(std::string file) {
  file.push_back('\xff');
  append_little_endian(file, crc64(0, file), 8);
  return file;
}

// What the visitor was shown, as "0:key"; "0:key@expire_ms".
struct Outcome {
  std::vector<std::string> keys;
  FileSummary summary;
  std::string failure;
};

class Listing final : public FileVisitor {
 public:
  Result<void> key(const FileKey& key, RdbReader& value) override {
    DiscardingSink nothing;
    TRY(read_value(value, key.type, nothing));
    keys.push_back(std::to_string(key.db) + ":" + std::string(key.name) +
                   (key.expire_ms != 0 ? "@" + std::to_string(key.expire_ms) : ""));
    return {};
  }
  std::vector<std::string> keys;
};

class RdbFile : public ::testing::Test {
 protected:
  Outcome read(const std::string& contents) {
    const std::string path = directory_ / "dump.rdb";
    std::ofstream(path, std::ios::binary) << contents;
    auto source = FileSource::open(path);
    Listing listing;
    RdbFileReader reader(*source);
    auto summary = reader.read(listing);
    Outcome outcome{.keys = listing.keys};
    if (summary) outcome.summary = *summary;
    else outcome.failure = describe(summary.error());
    return outcome;
  }

  TempDirectory directory_;
};

const std::string kString = bytes({0}) + text("k") + text("v");

TEST_F(RdbFile, WhatStandsBetweenKeys) {
  const std::string file = "REDIS0012" + bytes({250}) + text("redis-ver") + text("7.4.0") + bytes({254, 3}) +
                           bytes({251, 5, 1}) + kString + bytes({252, 1, 2, 0, 0, 0, 0, 0, 0}) + kString +
                           bytes({253, 10, 0, 0, 0}) + bytes({248, 20}) + kString + bytes({249, 7}) + kString +
                           bytes({244, 1, 2, 3}) + bytes({254, 0x40, 0xff}) + kString;
  const auto found = read(sealed(file));
  EXPECT_EQ(found.failure, "");
  EXPECT_THAT(found.keys, ElementsAre("3:k", "3:k@513", "3:k@10000", "3:k", "255:k"));
  EXPECT_EQ(found.summary.version, 12u);
  EXPECT_EQ(found.summary.keys, 5u);
  EXPECT_TRUE(found.summary.has_checksum);
  EXPECT_EQ(found.summary.about.at("redis-ver"), "7.4.0");
}

TEST_F(RdbFile, ATimeBefore1970HasPassed) {
  const std::string file =
      "REDIS0010" + bytes({253, 255, 255, 255, 255}) + kString + bytes({252, 0, 0, 0, 0, 0, 0, 0, 0}) + kString;
  EXPECT_THAT(read(sealed(file)).keys, ElementsAre("0:k@1", "0:k@1"));
}

TEST_F(RdbFile, WhatThereIsNoPlaceForIsSkippedAndCounted) {
  const std::string parts =
      bytes({1, 5, 2, 6, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5}) + text("part") + bytes({0});
  const std::string module_value = bytes({7}) + text("m") + bytes({0x81, 1, 2, 3, 4, 5, 6, 7, 8}) + parts;
  const std::string module_data = bytes({247, 0x81, 1, 2, 3, 4, 5, 6, 7, 8, 2, 1}) + parts;
  const std::string library = bytes({245}) + text("#!lua name=l");
  const auto found = read(sealed("REDIS0010" + module_data + library + library + module_value + kString));
  EXPECT_EQ(found.failure, "");
  EXPECT_THAT(found.keys, ElementsAre("0:k"));
  EXPECT_EQ(found.summary.module_values, 1u);
  EXPECT_EQ(found.summary.module_data, 1u);
  EXPECT_EQ(found.summary.functions, 2u);
}

TEST_F(RdbFile, OldFilesHaveNoChecksum) {
  const auto found = read("REDIS0003" + kString + "\xff");
  EXPECT_EQ(found.failure, "");
  EXPECT_FALSE(found.summary.has_checksum);
  EXPECT_EQ(read("REDIS0010" + kString + "\xff" + std::string(8, '\0')).summary.has_checksum, false);
}

TEST_F(RdbFile, SaysWhereItStopped) {
  EXPECT_EQ(
      read("REDIS0013\xff").failure,
      "byte 9: RDB version 13 is too new: up to 12 can be read (Redis 7.4), in the header, which begins at byte 0");
  EXPECT_THAT(read("PK\x03\x04 and more").failure, HasSubstr("this is not an RDB file"));
  EXPECT_EQ(read("REDIS").failure, "byte 5: the file ends within the header, which begins at byte 0");
  const std::string whole = sealed("REDIS0010" + kString);
  EXPECT_EQ(read(whole.substr(0, 13)).failure, "byte 13: the file ends within the key \"k\", which begins at byte 9");
  EXPECT_EQ(read(whole.substr(0, whole.size() - 1)).failure,
            "byte 22: the file ends within the checksum, which begins at byte 14");
  EXPECT_THAT(read(whole + "more").failure, HasSubstr("byte 23: 4 bytes come after the end of the RDB file"));
  std::string changed = whole;
  changed[13] = 'w';
  EXPECT_THAT(read(changed).failure, HasSubstr("byte 23: the checksum is "));
  EXPECT_THAT(read(sealed("REDIS0010" + bytes({99}) + text("k") + text("v"))).failure,
              HasSubstr("byte 12: Bad data format, in the key \"k\", which begins at byte 9"));
}

// Every encoding there is, each value with an expiry.
std::string file_of_everything() {
  std::string file = "REDIS0012" + bytes({250}) + text("redis-ver") + text("7.4.0") + bytes({254, 1});
  for (const auto& payload : recorded_payloads()) {
    const std::string dump = unhex(payload.hex);
    file += bytes({252, 1, 2, 3, 4, 5, 6, 0, 0}) + dump[0] + text(payload.name) + dump.substr(1, dump.size() - 11);
  }
  return file;
}

TEST_F(RdbFile, EveryCutIsNoticed) {
  const std::string file = sealed(file_of_everything());
  const auto whole = read(file);
  EXPECT_EQ(whole.failure, "");
  EXPECT_EQ(whole.keys.size(), recorded_payloads().size());
  for (size_t cut = 0; cut < file.size(); cut += 1 + cut / 500) {
    EXPECT_EQ(read(file.substr(0, cut)).failure.substr(0, 5 + std::to_string(cut).size()),
              "byte " + std::to_string(cut));
  }
}

TEST_F(RdbFile, EveryChangedByteIsNoticed) {
  std::string file = "REDIS0012";
  for (const auto& payload : recorded_payloads()) {
    const std::string dump = unhex(payload.hex);
    if (dump.size() < 200) file += dump[0] + text(payload.name) + dump.substr(1, dump.size() - 11);
  }
  file = sealed(file);
  for (size_t at = 0; at < file.size(); at += 3) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 0x14);
    EXPECT_THAT(read(changed).failure, HasSubstr("byte ")) << at;
  }
}

TEST_F(RdbFile, FilesThatAreNone) {
  auto missing = FileSource::open(directory_ / "missing");
  ASSERT_FALSE(missing);
  EXPECT_THAT(describe(missing.error()), HasSubstr("missing: No such file or directory"));
  EXPECT_THAT(describe(FileSource::open(directory_.path()).error()), HasSubstr("Is a directory"));
  EXPECT_THAT(describe(FileSource::open("/dev/null").error()), HasSubstr("not a regular file"));
}

// ---- writing ----

// With a checksum that fits, so that nothing but the reading of it can object.
std::string random_damage(std::mt19937& random, std::string file) {
  for (int changes = 1 + random() % 3; changes > 0; --changes) {
    const size_t at = 9 + random() % (file.size() - 9);
    switch (random() % 4) {
      case 0: file[at] = static_cast<char>(random()); break;
      case 1: file[at] = static_cast<char>(file[at] ^ (1 << random() % 8)); break;
      case 2: file.erase(at, 1 + random() % 8); break;
      case 3: file.insert(at, file.substr(random() % file.size(), 1 + random() % 16)); break;
    }
  }
  return sealed(std::move(file));
}

class Building final : public FileVisitor {
 public:
  explicit Building(TempKeyspace& keyspace) : keyspace_(keyspace) {}
  Result<void> key(const FileKey& file_key, RdbReader& value) override {
    const Key key{static_cast<uint16_t>(file_key.db), file_key.name};
    Txn txn(*keyspace_, Access::blocking);
    TRY(txn.lock({&key, 1}));
    ValueBuilder builder(txn, key);
    TRY(read_value(value, file_key.type, builder));
    TRY(builder.save(file_key.expire_ms));
    return txn.commit();
  }

 private:
  TempKeyspace& keyspace_;
};

TEST_F(RdbFile, DamagedFilesAreReadOrRefused) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string whole = file_of_everything();
  TempKeyspace keyspace;
  Building building(keyspace);
  const std::string path = directory_ / "damaged.rdb";
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << random_damage(random, whole);
    auto source = FileSource::open(path);
    ASSERT_TRUE(succeeded(source));
    auto summary = RdbFileReader(*source).read(building);
    if (summary) continue;
    ++refused;
    EXPECT_THAT(describe(summary.error()), HasSubstr("byte "));
  }
  EXPECT_GT(refused, 100);
}

Result<void> write_all(TempKeyspace& keyspace, const std::vector<Key>& keys, const std::string& path,
                       uint16_t version) {
  auto writer = TRY(RdbFileWriter::create(path, version));
  TRY(writer.about("redis-bits", "64"));
  Txn txn(*keyspace, Access::blocking);
  txn.freeze();
  TRY(writer.select(0));
  for (const Key& key : keys) TRY(writer.key(txn, key, *TRY(txn.find(key))));
  TRY(writer.finish());
  return {};
}

TEST_F(RdbFile, WhatIsWrittenReadsBack) {
  TempKeyspace keyspace;
  keyspace.set({0, "a"}, "1");
  keyspace.set({0, "b"}, std::string(3'000'000, 'b'), 1'800'000'000'000);
  const std::string path = directory_ / "out.rdb";
  ASSERT_TRUE(succeeded(write_all(keyspace, {{0, "a"}, {0, "b"}}, path, kVersion)));
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
  auto source = FileSource::open(path);
  ASSERT_TRUE(succeeded(source));
  TempKeyspace copy;
  Building building(copy);
  RdbFileReader reader(*source);
  auto summary = reader.read(building);
  ASSERT_TRUE(succeeded(summary));
  EXPECT_EQ(summary->version, 10u);
  EXPECT_TRUE(summary->has_checksum);
  EXPECT_EQ(copy.get({0, "a"}), "1");
  EXPECT_EQ(copy.get({0, "b"}), std::string(3'000'000, 'b'));
  EXPECT_EQ(copy.rows(Column::expiry), 1u);
}

TEST_F(RdbFile, NothingIsOverwrittenAndNothingHalfIsLeft) {
  TempKeyspace keyspace;
  const std::string path = directory_ / "out.rdb";
  {
    auto writer = RdbFileWriter::create(path, kVersion);
    ASSERT_TRUE(succeeded(writer));
    EXPECT_TRUE(std::filesystem::exists(path + ".partial"));
    EXPECT_THAT(describe(RdbFileWriter::create(path, kVersion).error()), HasSubstr("another export writes"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  ASSERT_TRUE(succeeded(write_all(keyspace, {}, path, kVersion)));
  EXPECT_THAT(describe(write_all(keyspace, {}, path, kVersion).error()), HasSubstr("it is there already"));
}

TEST_F(RdbFile, FieldsThatExpireNeedTheNewerVersion) {
  TempKeyspace keyspace;
  keyspace.write({0, "h"}, [&](Txn& txn) {
    HashBuilder hash(txn, {0, "h"});
    ASSERT_TRUE(succeeded(hash.add({"f", {"v", 1'800'000'000'000}})));
    ASSERT_TRUE(succeeded(hash.save(nullptr, 0)));
  });
  EXPECT_EQ(describe(write_all(keyspace, {{0, "h"}}, directory_ / "old.rdb", kVersion).error()),
            "the hash \"h\" of database 0 has fields that expire, which RDB version 10 cannot hold");
  EXPECT_TRUE(succeeded(write_all(keyspace, {{0, "h"}}, directory_ / "new.rdb", kVersionWithFieldExpiry)));
}

}  // namespace
}  // namespace basalt::rdb
