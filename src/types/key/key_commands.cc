// Commands on keys of any type: deleting, looking, renaming, copying, moving.
#include <array>
#include <limits>
#include <optional>

#include "base/bytes.h"
#include "command/call.h"
#include "types/common/expiry.h"
#include "types/common/object_writer.h"
#include "types/key/database_argument.h"

namespace basalt {
namespace {

// DEL and UNLINK: both only drop the head, the items go in the background.
Result<Outcome> del(Call& call) {
  int64_t deleted = 0;
  for (size_t i = 1; i < call.argc(); ++i) {
    auto record = TRY(call.txn.find(call.key(i)));
    if (!record) continue;
    delete_key(call.txn, call.key(i), *record);
    ++deleted;
  }
  call.reply.integer(deleted);
  return kDone;
}

// EXISTS and TOUCH: access times are not kept.
Result<Outcome> exists(Call& call) {
  if (call.argc() > 2) call.txn.freeze();
  int64_t count = 0;
  for (size_t i = 1; i < call.argc(); ++i) count += TRY(call.txn.exists(call.key(i)));
  call.reply.integer(count);
  return kDone;
}

Result<Outcome> type(Call& call) {
  auto record = TRY(call.txn.find(call.key(1)));
  call.reply.simple(record ? type_name(record->head.type) : "none");
  return kDone;
}

// Whether the key was renamed: not when `only_if_new` and the new name is taken.
Result<bool> rename_key(Call& call, bool only_if_new) {
  const Key from = call.key(1);
  const Key to = call.key(2);
  auto record = TRY(call.txn.find(from));
  if (!record) return fail("ERR no such key");
  if (from.name == to.name) return !only_if_new;
  auto replaced = TRY(call.txn.find(to));
  if (replaced && only_if_new) return false;
  call.txn.rename(from, *record, to, replaced ? &*replaced : nullptr);
  call.txn.touch(from, EventClass::generic, "rename_from");
  call.txn.touch(to, EventClass::generic, "rename_to");
  return true;
}

Result<Outcome> rename(Call& call) {
  TRY(rename_key(call, false));
  call.reply.ok();
  return kDone;
}

Result<Outcome> renamenx(Call& call) {
  call.reply.integer(TRY(rename_key(call, true)));
  return kDone;
}

tl::unexpected<Error> same_key() { return fail("ERR source and destination objects are the same"); }

// Puts a copy of `record` under `target`, which is free, with the same expiry. A spread value gets an object of
// its own there.
Result<void> put_copy(Txn& txn, const Record& record, Key target) {
  Head head = record.head;
  if (head.spread()) head.object = TRY(copy_object(txn, head.object, target, head.type));
  txn.put(target, head, nullptr);
  return {};
}

struct CopyOptions {
  uint16_t db;
  bool replace = false;
};

Result<CopyOptions> copy_options(const Call& call) {
  CopyOptions options{call.db};
  for (size_t i = 3; i < call.argc(); ++i) {
    if (call.arg_is(i, "replace")) {
      options.replace = true;
    } else if (call.arg_is(i, "db") && i + 1 < call.argc()) {
      options.db = TRY(database_argument(call, ++i));
    } else {
      return syntax_error();
    }
  }
  return options;
}

// Whether the key was copied.
Result<bool> copy_key(Call& call) {
  const CopyOptions options = TRY(copy_options(call));
  const Key from = call.key(1);
  const Key to{options.db, call.arg(2)};
  if (from.db == to.db && from.name == to.name) return same_key();
  TRY(call.txn.lock(std::array{to}));
  call.txn.count_lookups(true);  // the source, not the target
  auto record = TRY(call.txn.find(from));
  call.txn.count_lookups(false);
  if (!record) return false;
  auto replaced = TRY(call.txn.find(to));
  if (replaced && !options.replace) return false;
  if (replaced) call.txn.erase(to, *replaced);
  TRY(put_copy(call.txn, *record, to));
  call.txn.touch(to, EventClass::generic, "copy_to");
  return true;
}

Result<Outcome> copy(Call& call) {
  call.reply.integer(TRY(copy_key(call)));
  return kDone;
}

// Whether the key was moved to another database.
Result<bool> move_key(Call& call) {
  const Key from = call.key(1);
  const Key to{TRY(database_argument(call, 2)), from.name};
  if (from.db == to.db) return same_key();
  TRY(call.txn.lock(std::array{to}));
  auto record = TRY(call.txn.find(from));
  if (!record || TRY(call.txn.exists(to))) return false;
  TRY(put_copy(call.txn, *record, to));
  call.txn.erase(from, *record);
  call.txn.touch(from, EventClass::generic, "move_from");
  call.txn.touch(to, EventClass::generic, "move_to");
  return true;
}

Result<Outcome> move(Call& call) {
  call.reply.integer(TRY(move_key(call)));
  return kDone;
}

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"del", -2, kWrite, {1, -1, 1}, "RM delete", Group::generic, "1.0.0", "Delete a key",
     "O(N) where N is the number of keys that will be removed, whatever they hold.", del},
    {"unlink", -2, kWrite | kFast, {1, -1, 1}, "RM delete", Group::generic, "4.0.0",
     "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.",
     "O(1) for each key removed regardless of its size.", del},
    {"exists", -2, kReadonly | kFast, {1, -1, 1}, "RO", Group::generic, "1.0.0", "Determine if a key exists",
     "O(N) where N is the number of keys to check.", exists},
    {"touch", -2, kReadonly | kFast, {1, -1, 1}, "RO", Group::generic, "3.2.1",
     "Alters the last access time of a key(s). Returns the number of existing keys specified.",
     "O(N) where N is the number of keys that will be touched.", exists},
    {"type", 2, kReadonly | kFast, {1, 1, 1}, "RO", Group::generic, "1.0.0", "Determine the type stored at key",
     "O(1)", type},
    {"rename", 3, kWrite, {1, 2, 1}, "RW access delete;OW update", Group::generic, "1.0.0", "Rename a key", "O(1)",
     rename},
    {"renamenx", 3, kWrite | kFast, {1, 2, 1}, "RW access delete;OW insert", Group::generic, "1.0.0",
     "Rename a key, only if the new key does not exist", "O(1)", renamenx},
    {"copy", -3, kWrite | kDenyOom, {1, 2, 1}, "RO access;OW update", Group::generic, "6.2.0", "Copy a key",
     "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.", copy},
    {"move", 3, kWrite | kFast, {1, 1, 1}, "RW access update", Group::generic, "1.0.0",
     "Move a key to another database",
     "O(1) for small values. O(N) for large collections, where N is the number of nested items.", move},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> key_commands() { return kCommands; }

}  // namespace basalt
