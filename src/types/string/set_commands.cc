// Commands that give a key a whole new string: SET and its kin, and those that read a string and end or
// renew its life (GETDEL, GETEX).
#include <optional>

#include "base/bytes.h"
#include "command/call.h"
#include "types/common/expiry.h"
#include "types/string/string_value.h"

namespace basalt {
namespace {

struct Options {
  bool nx = false;
  bool xx = false;
  bool get = false;
  bool keep_ttl = false;
  bool persist = false;
  std::optional<TimeUnit> unit;  ///< EX, PX, EXAT, PXAT
  size_t time = 0;               ///< the argument with the time

  bool need_old_value() const { return nx || xx || get || keep_ttl; }
};

enum class OptionsOf : uint8_t { set, getex };

std::optional<TimeUnit> time_unit(std::string_view word) {
  if (equals_ignore_case(word, "ex")) return TimeUnit{.relative = true, .seconds = true};
  if (equals_ignore_case(word, "px")) return TimeUnit{.relative = true, .seconds = false};
  if (equals_ignore_case(word, "exat")) return TimeUnit{.relative = false, .seconds = true};
  if (equals_ignore_case(word, "pxat")) return TimeUnit{.relative = false, .seconds = false};
  return std::nullopt;
}

// An option may come twice, but not beside one that contradicts it. nullopt: a syntax error.
std::optional<Options> parse_options(const Args& args, size_t first, OptionsOf command) {
  Options options;
  for (size_t i = first; i < args.size(); ++i) {
    const std::string_view word = args[i];
    const bool last = i + 1 == args.size();
    auto unit = time_unit(word);
    if (unit) {
      const bool same =
          !options.unit || (options.unit->relative == unit->relative && options.unit->seconds == unit->seconds);
      if (last || !same || options.keep_ttl || options.persist) return std::nullopt;
      options.unit = unit;
      options.time = ++i;
    } else if (command == OptionsOf::getex) {
      if (!equals_ignore_case(word, "persist") || options.unit) return std::nullopt;
      options.persist = true;
    } else if (equals_ignore_case(word, "nx") && !options.xx) {
      options.nx = true;
    } else if (equals_ignore_case(word, "xx") && !options.nx) {
      options.xx = true;
    } else if (equals_ignore_case(word, "get")) {
      options.get = true;
    } else if (equals_ignore_case(word, "keepttl") && !options.unit) {
      options.keep_ttl = true;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

void touch_set(Call& call, Key key, bool expires) {
  call.txn.touch(key, EventClass::string, "set");
  if (expires) call.txn.touch(key, EventClass::generic, "expire");
}

// Over whatever the key holds, without looking.
Result<void> set_blind(Call& call, Key key, std::string_view bytes, int64_t expire_ms) {
  TRY(call.txn.put_string_blind(key, bytes, expire_ms));
  touch_set(call, key, expire_ms != 0);
  return {};
}

void put_over(Call& call, Key key, std::string_view bytes, int64_t expire_ms, const std::optional<Record>& previous) {
  Head head;
  head.body = bytes;
  head.size = bytes.size();
  head.expire_ms = expire_ms;
  call.txn.put(key, head, previous ? &*previous : nullptr);
}

// The key of a command that writes, but looks for it as a reader does, as Redis counts.
Result<std::optional<Record>> find_to_read(Call& call, Key key) {
  call.txn.count_lookups(true);
  auto record = call.txn.find(key);
  call.txn.count_lookups(false);
  return record;
}

// Replies with the string that was found, or null.
Result<void> reply_old_value(Call& call, Key key, const std::optional<Record>& record) {
  if (record) {
    if (record->head.type != Type::string) return wrong_type();
    return reply_string(call.reply, call.txn, key, *record);
  }
  call.reply.null();
  return {};
}

Result<Outcome> set_and_look(Call& call, const Options& options, int64_t expire_ms) {
  const Key key = call.key(1);
  auto record = options.get ? TRY(find_to_read(call, key)) : TRY(call.txn.find(key));
  if (options.get) TRY(reply_old_value(call, key, record));
  if ((options.nx && record) || (options.xx && !record)) {
    if (!options.get) call.reply.null();
    return kDone;
  }
  const int64_t kept_ms = options.keep_ttl && record ? record->head.expire_ms : expire_ms;
  put_over(call, key, call.arg(2), kept_ms, record);
  touch_set(call, key, expire_ms != 0);
  if (!options.get) call.reply.ok();
  return kDone;
}

Result<Outcome> set(Call& call) {
  auto options = parse_options(call.args, 3, OptionsOf::set);
  if (!options) return syntax_error();
  const int64_t expire_ms = options->unit ? TRY(positive_expire_time(call, options->time, *options->unit)) : 0;
  if (options->need_old_value()) return set_and_look(call, *options, expire_ms);
  TRY(set_blind(call, call.key(1), call.arg(2), expire_ms));
  call.reply.ok();
  return kDone;
}

Result<Outcome> setnx(Call& call) {
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key));
  if (!record) {
    put_over(call, key, call.arg(2), 0, record);
    touch_set(call, key, false);
  }
  call.reply.integer(!record);
  return kDone;
}

template <bool seconds>
Result<Outcome> set_with_expiry(Call& call) {
  const int64_t expire_ms = TRY(positive_expire_time(call, 2, {.relative = true, .seconds = seconds}));
  TRY(set_blind(call, call.key(1), call.arg(3), expire_ms));
  call.reply.ok();
  return kDone;
}

Result<Outcome> getset(Call& call) {
  const Key key = call.key(1);
  auto record = TRY(find_to_read(call, key));
  TRY(reply_old_value(call, key, record));
  put_over(call, key, call.arg(2), 0, record);
  touch_set(call, key, false);
  return kDone;
}

Result<Outcome> getdel(Call& call) {
  const Key key = call.key(1);
  auto record = TRY(find_to_read(call, key));
  TRY(reply_old_value(call, key, record));
  if (record) delete_key(call.txn, key, *record);
  return kDone;
}

Result<Outcome> getex(Call& call) {
  auto options = parse_options(call.args, 2, OptionsOf::getex);
  if (!options) return syntax_error();
  const Key key = call.key(1);
  auto record = TRY(find_to_read(call, key));
  if (record && record->head.type != Type::string) return wrong_type();
  int64_t expire_ms = 0;
  if (record && options->unit) expire_ms = TRY(positive_expire_time(call, options->time, *options->unit));
  TRY(reply_old_value(call, key, record));
  if (!record) return kDone;
  if (options->unit && !options->unit->relative && expire_ms <= call.txn.now_ms()) {
    delete_key(call.txn, key, *record);
  } else if (options->unit) {
    set_expiry(call.txn, key, *record, expire_ms);
    call.txn.touch(key, EventClass::generic, "expire");
  } else if (options->persist && record->head.expire_ms != 0) {
    set_expiry(call.txn, key, *record, 0);
    call.txn.touch(key, EventClass::generic, "persist");
  }
  return kDone;
}

Result<void> set_pairs(Call& call) {
  for (size_t i = 1; i < call.argc(); i += 2) TRY(set_blind(call, call.key(i), call.arg(i + 1), 0));
  return {};
}

Result<Outcome> mset(Call& call) {
  if (call.argc() % 2 == 0) return wrong_arity(call.spec);
  TRY(set_pairs(call));
  call.reply.ok();
  return kDone;
}

Result<Outcome> msetnx(Call& call) {
  if (call.argc() % 2 == 0) return wrong_arity(call.spec);
  for (size_t i = 1; i < call.argc(); i += 2) {
    if (TRY(call.txn.exists(call.key(i)))) {
      call.reply.integer(0);
      return kDone;
    }
  }
  TRY(set_pairs(call));
  call.reply.integer(1);
  return kDone;
}

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"set", -3, kWrite | kDenyOom, {1, 1, 1}, "RW access update variable_flags", Group::string, "1.0.0",
     "Set the string value of a key", "O(1)", set},
    {"setnx", 3, kWrite | kDenyOom | kFast, {1, 1, 1}, "OW insert", Group::string, "1.0.0",
     "Set the value of a key, only if the key does not exist", "O(1)", setnx},
    {"setex", 4, kWrite | kDenyOom, {1, 1, 1}, "OW update", Group::string, "2.0.0",
     "Set the value and expiration of a key", "O(1)", set_with_expiry<true>},
    {"psetex", 4, kWrite | kDenyOom, {1, 1, 1}, "OW update", Group::string, "2.6.0",
     "Set the value and expiration in milliseconds of a key", "O(1)", set_with_expiry<false>},
    {"getset", 3, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW access update", Group::string, "1.0.0",
     "Set the string value of a key and return its old value", "O(1)", getset},
    {"getdel", 2, kWrite | kFast, {1, 1, 1}, "RW access delete", Group::string, "6.2.0",
     "Get the value of a key and delete the key", "O(1)", getdel},
    {"getex", -2, kWrite | kFast, {1, 1, 1}, "RW access update", Group::string, "6.2.0",
     "Get the value of a key and optionally set its expiration", "O(1)", getex},
    {"mset", -3, kWrite | kDenyOom, {1, -1, 2}, "OW update", Group::string, "1.0.1",
     "Set multiple keys to multiple values", "O(N) where N is the number of keys to set.", mset},
    {"msetnx", -3, kWrite | kDenyOom, {1, -1, 2}, "OW insert", Group::string, "1.0.1",
     "Set multiple keys to multiple values, only if none of the keys exist",
     "O(N) where N is the number of keys to set.", msetnx},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> string_set_commands() { return kCommands; }

}  // namespace basalt
