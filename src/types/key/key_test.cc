#include <gtest/gtest.h>

#include "command/command_testing.h"
#include "layout/system_record.h"
#include "types/common/object_writer.h"

namespace basalt {

std::span<const CommandSpec> key_commands();
std::span<const CommandSpec> expire_commands();
std::span<const CommandSpec> object_commands();
std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_set_commands();
std::span<const CommandSpec> zset_commands();

namespace {

class Keys : public testing::Test {
 protected:
  CommandFixture f{key_commands(),    expire_commands(),     object_commands(),
                   string_commands(), string_set_commands(), zset_commands()};

  std::optional<Head> head(Key key) {
    Txn txn(f.keyspace(), Access::blocking);
    auto record = txn.find(key);
    if (!record || !*record) return std::nullopt;
    Head head = (*record)->head;
    head.body = {};
    return head;
  }
  // The garbage records there are.
  std::vector<layout::Garbage> garbage() {
    std::vector<layout::Garbage> all;
    Txn txn(f.keyspace(), Access::blocking);
    Cursor cursor = txn.cursor(Column::system, {});
    for (cursor.seek(layout::garbage_prefix()); cursor.valid(); cursor.next()) {
      if (auto garbage = layout::decode_garbage(cursor.key(), cursor.value())) all.push_back(*garbage);
    }
    return all;
  }
  uint64_t records_of(Column column, ObjectId object) {
    uint64_t count = 0;
    const KeyBuffer lower = layout::object_prefix(object);
    const KeyBuffer upper = layout::object_prefix(object + 1);
    Txn txn(f.keyspace(), Access::blocking);
    Cursor cursor = txn.cursor(column, {.lower = lower, .upper = upper});
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++count;
    return count;
  }
  void spread_everything() {
    f.limits().string_chunk_threshold = 0;
    f.limits().zset_max_listpack_entries = 0;
  }
};

TEST_F(Keys, RenameMovesTheHeadOnly) {
  spread_everything();
  f.run("ZADD a 1 x 2 y");
  f.run("PEXPIRE a 5000");
  const Head before = *head({0, "a"});
  EXPECT_EQ(f.run("RENAME a b"), "+OK\r\n");
  EXPECT_EQ(f.events(), "rename_from a, rename_to b");
  const Head after = *head({0, "b"});
  EXPECT_EQ(after.object, before.object);
  EXPECT_EQ(after.expire_ms, before.expire_ms);
  EXPECT_FALSE(head({0, "a"}).has_value());
  EXPECT_TRUE(garbage().empty());
  EXPECT_EQ(f.run("ZRANGE b 0 -1"), "*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
  // The old name's row in the expiry index went too: the key expires once, under its new name.
  f.clock().advance_ms(5001);
  EXPECT_EQ(f.run("EXISTS a b"), ":0\r\n");
}

TEST_F(Keys, RenameOverASpreadKeyMakesGarbage) {
  spread_everything();
  f.run("ZADD a 1 x");
  f.run("ZADD b 1 y");
  const ObjectId replaced = head({0, "b"})->object;
  EXPECT_EQ(f.run("RENAMENX a b"), ":0\r\n");
  EXPECT_EQ(f.run("RENAME a b"), "+OK\r\n");
  ASSERT_EQ(garbage().size(), 1);
  EXPECT_EQ(garbage()[0].object, replaced);
  EXPECT_EQ(f.run("RENAME b b"), "+OK\r\n");
  EXPECT_EQ(f.run("RENAMENX b b"), ":0\r\n");
  EXPECT_EQ(f.run("RENAME missing b"), "-ERR no such key\r\n");
}

TEST_F(Keys, CopyIsIndependent) {
  for (bool spread : {false, true}) {
    if (spread) spread_everything();
    f.run("DEL z s");
    f.run("ZADD z 1 x 2 y");
    f.run("SETRANGE s 5000 tail");
    f.run("PEXPIRE s 5000");
    for (const char* line : {"COPY z z2", "COPY s s2", "COPY z z3 DB 3", "COPY s s3 DB 3"}) {
      EXPECT_EQ(f.run(line), ":1\r\n") << line;
      EXPECT_EQ(f.events(), std::string("copy_to ") + line[5] + line[8]);
    }
    f.run("ZADD z 3 later");
    f.run("SETRANGE s 0 changed");
    EXPECT_EQ(f.run("ZRANGE z2 0 -1 WITHSCORES"), "*4\r\n$1\r\nx\r\n$1\r\n1\r\n$1\r\ny\r\n$1\r\n2\r\n");
    EXPECT_EQ(f.run("GETRANGE s2 4999 -1"), std::string("$5\r\n\0tail\r\n", 11));
    EXPECT_EQ(f.run("PTTL s2"), ":5000\r\n");
    EXPECT_EQ(f.run("PTTL z2"), ":-1\r\n");
    f.select(3);
    EXPECT_EQ(f.run("ZRANGEBYSCORE z3 2 3"), "*1\r\n$1\r\ny\r\n");
    EXPECT_EQ(f.run("STRLEN s3"), ":5004\r\n");
    f.run("DEL z3 s3");
    f.select(0);
    f.run("DEL z2 s2");
  }
}

TEST_F(Keys, TheCopyOfASpreadKeyBelongsToItsDatabase) {
  spread_everything();
  f.run("ZADD z 1 x 2 y 3 z");
  f.run("COPY z z DB 1");
  const ObjectId from = head({0, "z"})->object;
  const ObjectId to = head({1, "z"})->object;
  EXPECT_NE(object_db(from), object_db(to));
  EXPECT_EQ(records_of(Column::items, to), 3);
  EXPECT_EQ(records_of(Column::scores, to), 3);
  EXPECT_EQ(f.run("MOVE z 2"), ":1\r\n");
  EXPECT_EQ(f.events(), "move_from z, move_to z");
  EXPECT_EQ(object_db(head({2, "z"})->object), object_db(head({2, "z"})->object));
  EXPECT_EQ(records_of(Column::scores, head({2, "z"})->object), 3);
  ASSERT_EQ(garbage().size(), 1);
  EXPECT_EQ(garbage()[0].object, from);
}

// More than fits into the batch of a command: written ahead of it, and no garbage record is left.
TEST_F(Keys, LargeCopies) {
  const std::string big(3 * ObjectWriter::kInTxnBytes, 'x');
  f.run_words({"SETRANGE", "big", "1", big});
  ASSERT_TRUE(head({0, "big"})->spread());
  EXPECT_EQ(f.run("COPY big copy"), ":1\r\n");
  EXPECT_TRUE(garbage().empty());
  f.restart();
  EXPECT_EQ(f.run("GET copy"), f.run("GET big"));
  EXPECT_EQ(records_of(Column::items, head({0, "copy"})->object), records_of(Column::items, head({0, "big"})->object));
}

// A copy that comes to nothing leaves a garbage record that names what was written.
TEST_F(Keys, AnAbandonedCopyIsGarbage) {
  const std::string big(3 * ObjectWriter::kInTxnBytes, 'x');
  f.run_words({"SETRANGE", "big", "1", big});
  ObjectId copy;
  {
    Txn txn(f.keyspace(), Access::blocking);
    ASSERT_TRUE(txn.lock(std::array{Key{0, "big"}, Key{0, "copy"}}).has_value());
    auto copied = copy_object(txn, head({0, "big"})->object, {0, "copy"}, Type::string);
    ASSERT_TRUE(copied.has_value());
    copy = *copied;
  }
  EXPECT_GT(records_of(Column::items, copy), 0);
  ASSERT_EQ(garbage().size(), 1);
  EXPECT_EQ(garbage()[0].object, copy);
  f.clock().advance_ms(ObjectWriter::kAbandonedMs / 2);
  f.keyspace().collect_garbage(100).value();
  EXPECT_GT(records_of(Column::items, copy), 0);
  f.clock().advance_ms(ObjectWriter::kAbandonedMs);
  f.keyspace().collect_garbage(100).value();
  EXPECT_EQ(records_of(Column::items, copy), 0);
  EXPECT_EQ(f.run("STRLEN big"), fmt::format(":{}\r\n", big.size() + 1));
}

TEST_F(Keys, CopyInline) {
  f.run_words({"SETRANGE", "big", "1", std::string(3 * ObjectWriter::kInTxnBytes, 'x')});
  Txn txn(f.keyspace(), Access::inline_);
  ASSERT_TRUE(txn.lock(std::array{Key{0, "big"}, Key{0, "copy"}}).has_value());
  auto copied = copy_object(txn, head({0, "big"})->object, {0, "copy"}, Type::string);
  ASSERT_FALSE(copied.has_value());
  EXPECT_TRUE(copied.error().would_block());
  EXPECT_TRUE(garbage().empty());
}

TEST_F(Keys, ExpiryOfEveryEncoding) {
  for (bool spread : {false, true}) {
    if (spread) spread_everything();
    for (const char* make : {"ZADD k 1 x", "SETRANGE k 0 text"}) {
      f.run("DEL k");
      f.run(make);
      EXPECT_EQ(f.run("PTTL k"), ":-1\r\n");
      EXPECT_EQ(f.run("EXPIRE k 100 XX"), ":0\r\n");
      EXPECT_EQ(f.run("EXPIRE k 100 NX"), ":1\r\n");
      EXPECT_EQ(f.events(), "expire k");
      EXPECT_EQ(f.run("EXPIRE k 50 GT"), ":0\r\n");
      EXPECT_EQ(f.run("EXPIRE k 50 LT"), ":1\r\n");
      EXPECT_EQ(f.run("TTL k"), ":50\r\n");
      EXPECT_EQ(f.run("PERSIST k"), ":1\r\n");
      EXPECT_EQ(f.events(), "persist k");
      EXPECT_EQ(f.run("PERSIST k"), ":0\r\n");
      EXPECT_EQ(f.run("EXPIRE k 50 GT"), ":0\r\n");
      EXPECT_EQ(f.run("EXPIRE k 50 LT"), ":1\r\n");
      f.clock().advance_ms(50'001);
      EXPECT_EQ(f.run("TTL k"), ":-2\r\n");
      f.run(make);
      EXPECT_EQ(f.run("PEXPIREAT k 1"), ":1\r\n");
      EXPECT_EQ(f.events(), "del k");
      EXPECT_EQ(f.run("EXISTS k"), ":0\r\n");
    }
  }
}

TEST_F(Keys, TheLastExpiryThereIs) {
  f.run("SET k v");
  EXPECT_EQ(f.run("PEXPIREAT k 9223372036854775807"), ":1\r\n");
  EXPECT_EQ(f.run("EXPIRETIME k"), ":9223372036854776\r\n");
  EXPECT_EQ(f.run("PEXPIRETIME k"), ":9223372036854775807\r\n");
  EXPECT_EQ(f.run("PEXPIRE k 9223372036854775807"), "-ERR invalid expire time in 'pexpire' command\r\n");
}

TEST_F(Keys, NewKeyEvents) {
  f.recorder().want_rare_events(true);
  const char* const kLines[] = {"SET a 1", "APPEND b 1", "ZADD z 1 x", "COPY a c", "RENAME a d", "MSET e 1 f 2"};
  for (const char* line : kLines) {
    f.run(line);
    EXPECT_TRUE(f.events().starts_with("new ")) << line << ": " << f.events();
  }
  EXPECT_EQ(f.events(), "new e, set e, new f, set f");
  f.run("SET b 2");
  EXPECT_EQ(f.events(), "set b");
  f.run("APPEND b 1");
  EXPECT_EQ(f.events(), "append b");
}

TEST_F(Keys, OverwritingByNameMakesANewKey) {
  f.recorder().want_rare_events(true);
  f.run("MSET a 1 b 2 c 3");
  EXPECT_EQ(f.run("COPY a b REPLACE"), ":1\r\n");
  EXPECT_EQ(f.events(), "new b, copy_to b");
  EXPECT_EQ(f.run("RENAME a c"), "+OK\r\n");
  EXPECT_EQ(f.events(), "new c, rename_from a, rename_to c");
}

TEST_F(Keys, MissesOfReadersAreEvents) {
  f.recorder().want_rare_events(true);
  f.run("GET missing");
  EXPECT_EQ(f.events(), "keymiss missing");
  f.run("EXISTS a b");
  EXPECT_EQ(f.events(), "keymiss a, keymiss b");
  f.run("DEL missing");
  EXPECT_EQ(f.events(), "");
  f.run("SET k v");
  f.run("GET k");
  EXPECT_EQ(f.events(), "");
  f.recorder().want_rare_events(false);
  f.run("GET missing");
  EXPECT_EQ(f.events(), "");
}

TEST_F(Keys, Encodings) {
  auto encoding = [&](const char* key) { return f.run(std::string("OBJECT ENCODING ") + key); };
  f.run("SET k 123");
  EXPECT_EQ(encoding("k"), "$3\r\nint\r\n");
  f.run("SET k 0123");
  EXPECT_EQ(encoding("k"), "$6\r\nembstr\r\n");
  f.run_words({"SET", "k", std::string(45, 'x')});
  EXPECT_EQ(encoding("k"), "$3\r\nraw\r\n");
  f.run("ZADD z 1 x");
  EXPECT_EQ(encoding("z"), "$8\r\nlistpack\r\n");
  spread_everything();
  f.run("ZADD z2 1 x");
  EXPECT_EQ(encoding("z2"), "$8\r\nskiplist\r\n");
  f.run("SETRANGE r 0 123");
  EXPECT_EQ(encoding("r"), "$3\r\nraw\r\n");
  EXPECT_EQ(encoding("missing"), "$-1\r\n");
}

}  // namespace
}  // namespace basalt
