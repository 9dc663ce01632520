// Elements by their place: pushing, counting, reading, setting and trimming.
#include "types/list/list_handlers.h"

namespace basalt::list {

namespace {

Result<Outcome> push(Call& call, ListEnd end, bool only_to_existing) {
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key, Type::list));
  if (!record && only_to_existing) {
    call.reply.integer(0);
    return kDone;
  }
  ListWriter list(call.txn, key, std::move(record));
  for (size_t i = 2; i < call.argc(); ++i) TRY(list.push(end, call.arg(i)));
  list.save();
  call.txn.touch(key, EventClass::list, push_event(end));
  call.reply.integer(static_cast<int64_t>(list.size()));
  return kDone;
}

}  // namespace

Result<Outcome> lpush(Call& call) { return push(call, ListEnd::left, false); }
Result<Outcome> rpush(Call& call) { return push(call, ListEnd::right, false); }
Result<Outcome> lpushx(Call& call) { return push(call, ListEnd::left, true); }
Result<Outcome> rpushx(Call& call) { return push(call, ListEnd::right, true); }

Result<Outcome> lindex(Call& call) {
  const auto record = TRY(call.txn.find_frozen(call.key(1), Type::list));
  if (!record) {
    call.reply.null();
    return kDone;
  }
  const auto position = list_position(TRY(call.integer(2)), record->head.size);
  if (!position) {
    call.reply.null();
    return kDone;
  }
  TRY(ListReader(call.txn, record->head)
          .walk({*position, 1}, ListEnd::left, [&](uint64_t, std::string_view element) -> Result<bool> {
            call.reply.bulk(element);
            return true;
          }));
  return kDone;
}

Result<Outcome> lset(Call& call) {
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key, Type::list));
  if (!record) return fail("ERR no such key");
  const auto position = list_position(TRY(call.integer(2)), record->head.size);
  if (!position) return fail("ERR index out of range");
  ListWriter list(call.txn, key, std::move(record));
  TRY(list.set(*position, call.arg(3)));
  list.save();
  call.txn.touch(key, EventClass::list, "lset");
  call.reply.ok();
  return kDone;
}

Result<Outcome> lrange(Call& call) {
  const int64_t start = TRY(call.integer(2));
  const int64_t stop = TRY(call.integer(3));
  const auto record = TRY(call.txn.find_frozen(call.key(1), Type::list));
  const ListRange range = record ? list_range(start, stop, record->head.size) : ListRange{};
  call.reply.array(static_cast<int64_t>(range.count));
  if (!record) return kDone;
  TRY(ListReader(call.txn, record->head)
          .walk(range, ListEnd::left, [&](uint64_t, std::string_view element) -> Result<bool> {
            call.reply.bulk(element);
            return true;
          }));
  return kDone;
}

Result<Outcome> ltrim(Call& call) {
  const int64_t start = TRY(call.integer(2));
  const int64_t stop = TRY(call.integer(3));
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key, Type::list));
  if (record) {
    ListWriter list(call.txn, key, std::move(record));
    TRY(list.keep(list_range(start, stop, list.size())));
    save_removal(call, key, list, "ltrim");
  }
  call.reply.ok();
  return kDone;
}

}  // namespace basalt::list
