// For the tests of this layer: a keyspace in a temporary directory under a clock moved by hand, and
// shorthands that run one Txn each, in blocking mode.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "keyspace/keyspace.h"
#include "store/store_testing.h"

namespace basalt {

class TempKeyspace {
 public:
  explicit TempKeyspace(KeyspaceOptions options = {}) : options_(options) { open(); }

  void open() {
    auto opened = Keyspace::open(*store, clock, options_);
    if (!opened) {
      ADD_FAILURE() << "cannot open a keyspace: " << describe(opened.error());
      abort();  // the test could only crash from here on
    }
    keyspace_ = *std::move(opened);
  }
  void restart() {
    keyspace_.reset();
    store.restart();
    open();
  }
  Keyspace& operator*() { return *keyspace_; }
  Keyspace* operator->() { return keyspace_.get(); }

  /// Runs `body(txn)` with `key` locked, and commits.
  template <typename Body>
  void write(Key key, Body body) {
    Txn txn(*keyspace_, Access::blocking);
    ASSERT_TRUE(succeeded(txn.lock({&key, 1})));
    body(txn);
    ASSERT_TRUE(succeeded(txn.commit()));
  }
  void set(Key key, std::string_view value, int64_t expire_ms = 0) {
    write(key, [&](Txn& txn) { ASSERT_TRUE(succeeded(txn.put_string_blind(key, value, expire_ms))); });
  }
  /// A packed collection with this body.
  void set_packed(Key key, Type type, std::string_view body, int64_t expire_ms = 0) {
    Head head{.type = type, .encoding = Encoding::packed, .expire_ms = expire_ms, .size = 1, .body = body};
    put(key, head);
  }
  /// A spread set of `size` items, without a member in common with any other.
  ObjectId set_spread(Key key, uint64_t size, int64_t expire_ms = 0) {
    ObjectId object = 0;
    write(key, [&](Txn& txn) {
      auto previous = *txn.find(key);
      object = txn.new_object(key);
      for (uint64_t i = 0; i < size; ++i) {
        txn.put_item(Column::items, layout::member_key(object, std::to_string(i)), "");
      }
      txn.put(key,
              {.type = Type::set, .encoding = Encoding::spread, .expire_ms = expire_ms, .size = size, .object = object},
              previous ? &*previous : nullptr);
    });
    return object;
  }
  void put(Key key, const Head& head) {
    write(key, [&](Txn& txn) {
      auto previous = *txn.find(key);
      txn.put(key, head, previous ? &*previous : nullptr);
    });
  }
  void erase(Key key) {
    write(key, [&](Txn& txn) {
      auto record = *txn.find(key);
      if (record) txn.erase(key, *record);
    });
  }
  /// Its body; "(none)" when there is no such key; "(spread)"; or what went wrong.
  std::string get(Key key) {
    Txn txn(*keyspace_, Access::blocking);
    auto record = txn.find(key);
    if (!record) return describe(record.error());
    if (!*record) return "(none)";
    return (*record)->head.spread() ? "(spread)" : std::string((*record)->head.body);
  }
  /// How many rows a column has.
  uint64_t rows(Column column, std::string_view prefix = {}) {
    uint64_t count = 0;
    const auto end = prefix.empty() ? std::nullopt : prefix_successor(prefix);
    const std::string upper = end ? *end : std::string();
    Cursor cursor = store->cursor(column, {}, {.lower = prefix, .upper = upper});
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++count;
    EXPECT_TRUE(succeeded(cursor.status()));
    return count;
  }

  ManualClock clock{1'700'000'000'000};
  TempStore store;

 private:
  KeyspaceOptions options_;
  std::unique_ptr<Keyspace> keyspace_;
};

/// Keeps what was committed, as "set 0:key" per touch ("-" for no event, "!" behind what is no change).
class Recorder final : public CommitObserver {
 public:
  void committed(Txn&, std::span<const Touch> touches) override {
    for (const Touch& t : touches) {
      seen.push_back(std::string(t.event.empty() ? "-" : t.event) + " " + std::to_string(t.key.db) + ":" +
                     std::string(t.whole_database ? "*" : t.key.name) + (t.modified ? "" : "!"));
    }
  }
  std::vector<std::string> seen;
};

}  // namespace basalt
