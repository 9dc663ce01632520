// For the tests of sorted sets: commands on a keyspace, and a look at what they left there.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "command/command_testing.h"
#include "types/reply_testing.h"

namespace basalt {

std::span<const CommandSpec> zset_commands();

using List = std::vector<std::string>;

class Zsets : public CommandFixture {
 public:
  Zsets() : CommandFixture({zset_commands()}) {}
  explicit Zsets(std::span<const CommandSpec> more) : CommandFixture({zset_commands(), more}) {}

  /// A reply's strings and numbers in order.
  List list(std::string_view line) { return reply_list(run(line)); }

  bool exists(Key key) {
    Txn txn(keyspace(), Access::blocking);
    return txn.exists(key).value();
  }
  /// The head without its body; the key must be there.
  Head head(Key key) {
    Txn txn(keyspace(), Access::blocking);
    auto record = txn.find(key);
    CHECK(record && *record) << "no such key: " << key.name;
    Head head = (*record)->head;
    head.body = {};
    return head;
  }
  bool spread(std::string_view key) { return head({0, key}).spread(); }
  void set_expiry(Key key, int64_t expire_ms) {
    Txn txn(keyspace(), Access::blocking);
    CHECK(txn.lock({&key, 1}));
    const Record record = *txn.find(key).value();
    Head head = record.head;
    head.expire_ms = expire_ms;
    txn.put(key, head, &record);
    CHECK(txn.commit());
  }
  void set_string(Key key) {
    Txn txn(keyspace(), Access::blocking);
    CHECK(txn.lock({&key, 1}));
    CHECK(txn.put_string_blind(key, "text", 0));
    CHECK(txn.commit());
  }
  /// How many records a column has.
  uint64_t rows(Column column) {
    Txn txn(keyspace(), Access::blocking);
    Cursor cursor = txn.cursor(column, {});
    uint64_t count = 0;
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++count;
    CHECK(cursor.status());
    return count;
  }
};

}  // namespace basalt
