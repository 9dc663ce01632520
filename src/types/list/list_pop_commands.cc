// Taking elements from an end, moving them to another list, and waiting for some to take.
#include <algorithm>
#include <string>

#include "types/common/awaited_key.h"
#include "types/common/block_timeout.h"
#include "types/common/multi_pop.h"
#include "types/list/list_handlers.h"

namespace basalt::list {

namespace {

// Replies with `count` elements, or as many as there are, and removes them.
Result<void> take(Call& call, Key key, Record record, ListEnd end, uint64_t count) {
  ListWriter list(call.txn, key, std::move(record));
  TRY(list.reader().walk(list.reader().at_end(end, count), end,
                         [&](uint64_t, std::string_view element) -> Result<bool> {
                           call.reply.bulk(element);
                           return true;
                         }));
  TRY(list.drop(end, count));
  save_removal(call, key, list, pop_event(end));
  return {};
}

Result<Outcome> pop(Call& call, ListEnd end) {
  if (call.argc() > 3) return wrong_arity(call.spec);
  std::optional<uint64_t> count;
  if (call.argc() == 3) count = TRY(parse_pop_count(call, 2));
  auto record = TRY(call.txn.find(call.key(1), Type::list));
  if (!record) {
    if (count) call.reply.null_array();
    else call.reply.null();
    return kDone;
  }
  const uint64_t taken = std::min(count.value_or(1), record->head.size);
  if (count) call.reply.array(static_cast<int64_t>(taken));
  if (taken > 0) TRY(take(call, call.key(1), *std::move(record), end, taken));
  return kDone;
}

// Pops from the first of the keys that has a list, as a pair of key and element, or, with `count`, of
// key and elements. False: there is none.
Result<bool> pop_from_first(Call& call, size_t first_key, size_t keys, ListEnd end, std::optional<uint64_t> count) {
  for (size_t i = first_key; i < first_key + keys; ++i) {
    auto record = TRY(find_awaited(call, i, Type::list));
    if (!record) continue;
    const uint64_t taken = std::min(count.value_or(1), record->head.size);
    call.reply.array(2);
    call.reply.bulk(call.arg(i));
    if (count) call.reply.array(static_cast<int64_t>(taken));
    TRY(take(call, call.key(i), *std::move(record), end, taken));
    return true;
  }
  return false;
}

Result<Outcome> pop_or_wait(Call& call, size_t first_key, size_t keys, ListEnd end, std::optional<uint64_t> count,
                            size_t timeout_at) {
  const int64_t timeout_ms = TRY(parse_block_timeout(call.arg(timeout_at)));
  if (TRY(pop_from_first(call, first_key, keys, end, count))) return kDone;
  if (call.may_wait) return Outcome::wait(timeout_ms, Outcome::OnTimeout::null_array);
  call.reply.null_array();
  return kDone;
}

Result<ListEnd> parse_end(const Call& call, size_t i) {
  if (call.arg_is(i, "left")) return ListEnd::left;
  if (call.arg_is(i, "right")) return ListEnd::right;
  return syntax_error();
}

ListEnd end_of(const MultiPop& multi) { return multi.from_second_end ? ListEnd::right : ListEnd::left; }

struct Move {
  ListEnd from;
  ListEnd to;
};

Result<Move> parse_move(const Call& call) {
  const ListEnd from = TRY(parse_end(call, 3));
  const ListEnd to = TRY(parse_end(call, 4));
  return Move{from, to};
}

constexpr Move kRightToLeft{ListEnd::right, ListEnd::left};

// The element is pushed before it is dropped, so that a list of one that moves to itself is never empty.
Result<void> move(Call& call, Record source_record, Move move) {
  const Key source_key = call.key(1);
  const Key target_key = call.key(2);
  const bool to_itself = source_key.name == target_key.name;
  std::optional<Record> target_record;
  if (!to_itself) target_record = TRY(call.txn.find(target_key, Type::list));

  ListWriter source(call.txn, source_key, std::move(source_record));
  ListWriter other(call.txn, target_key, std::move(target_record));
  ListWriter& target = to_itself ? source : other;
  std::string element;
  TRY(source.reader().walk(source.reader().at_end(move.from, 1), move.from,
                           [&](uint64_t, std::string_view bytes) -> Result<bool> {
                             element = bytes;
                             return true;
                           }));
  TRY(target.push(move.to, element));
  TRY(source.drop(move.from, 1));
  if (!to_itself) target.save();
  call.txn.touch(target_key, EventClass::list, push_event(move.to));
  save_removal(call, source_key, source, pop_event(move.from));
  call.reply.bulk(element);
  return {};
}

Result<Outcome> move_now(Call& call, Move how) {
  auto record = TRY(call.txn.find(call.key(1), Type::list));
  if (record) TRY(move(call, *std::move(record), how));
  else call.reply.null();
  return kDone;
}

Result<Outcome> move_or_wait(Call& call, Move how, size_t timeout_at) {
  const int64_t timeout_ms = TRY(parse_block_timeout(call.arg(timeout_at)));
  auto record = TRY(find_awaited(call, 1, Type::list));
  if (record) {
    TRY(move(call, *std::move(record), how));
    return kDone;
  }
  if (call.may_wait) return Outcome::wait(timeout_ms, Outcome::OnTimeout::null_array);
  call.reply.null();
  return kDone;
}

}  // namespace

void save_removal(Call& call, Key key, ListWriter& list, std::string_view event) {
  list.save();
  call.txn.touch(key, EventClass::list, event);
  if (list.size() == 0) call.txn.touch(key, EventClass::generic, "del");
}

Result<Outcome> lpop(Call& call) { return pop(call, ListEnd::left); }
Result<Outcome> rpop(Call& call) { return pop(call, ListEnd::right); }

Result<Outcome> lmpop(Call& call) {
  const MultiPop multi = TRY(parse_multi_pop(call, 1, "left", "right"));
  if (!TRY(pop_from_first(call, multi.first_key, multi.keys, end_of(multi), multi.count))) call.reply.null_array();
  return kDone;
}

// [key …] timeout
Result<Outcome> blpop(Call& call) {
  return pop_or_wait(call, 1, call.argc() - 2, ListEnd::left, std::nullopt, call.argc() - 1);
}
Result<Outcome> brpop(Call& call) {
  return pop_or_wait(call, 1, call.argc() - 2, ListEnd::right, std::nullopt, call.argc() - 1);
}

Result<Outcome> blmpop(Call& call) {
  const MultiPop multi = TRY(parse_multi_pop(call, 2, "left", "right"));
  return pop_or_wait(call, multi.first_key, multi.keys, end_of(multi), multi.count, 1);
}

Result<Outcome> lmove(Call& call) { return move_now(call, TRY(parse_move(call))); }
Result<Outcome> rpoplpush(Call& call) { return move_now(call, kRightToLeft); }
Result<Outcome> blmove(Call& call) { return move_or_wait(call, TRY(parse_move(call)), 5); }
Result<Outcome> brpoplpush(Call& call) { return move_or_wait(call, kRightToLeft, 3); }

}  // namespace basalt::list
