// Elements by their value: LPOS, LREM and LINSERT.
#include <algorithm>
#include <limits>

#include "types/list/list_handlers.h"

namespace basalt::list {

namespace {

uint64_t magnitude(int64_t v) { return v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v); }

struct PositionSearch {
  ListEnd from = ListEnd::left;
  uint64_t rank = 1;              ///< the first match that counts
  std::optional<uint64_t> count;  ///< matches wanted; 0: all; none: one, replied by itself
  uint64_t most_compared = std::numeric_limits<uint64_t>::max();
};

Result<uint64_t> not_negative(const Call& call, size_t i, std::string_view error) {
  const int64_t value = TRY(call.integer(i, error));
  if (value < 0) return fail(std::string(error));
  return static_cast<uint64_t>(value);
}

Result<PositionSearch> position_search(const Call& call) {
  PositionSearch search;
  for (size_t i = 3; i < call.argc(); i += 2) {
    if (i + 1 == call.argc()) return syntax_error();
    if (call.arg_is(i, "rank")) {
      const int64_t rank = TRY(call.integer(i + 1));
      if (rank == 0) {
        return fail(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to "
            "start from the end of the list");
      }
      search.from = rank < 0 ? ListEnd::right : ListEnd::left;
      // Redis negates the lowest integer to itself: every match is beyond that rank.
      search.rank = rank == std::numeric_limits<int64_t>::min() ? 1 : magnitude(rank);
    } else if (call.arg_is(i, "count")) {
      search.count = TRY(not_negative(call, i + 1, "ERR COUNT can't be negative"));
    } else if (call.arg_is(i, "maxlen")) {
      const uint64_t most = TRY(not_negative(call, i + 1, "ERR MAXLEN can't be negative"));
      search.most_compared = most == 0 ? std::numeric_limits<uint64_t>::max() : most;
    } else {
      return syntax_error();
    }
  }
  return search;
}

// Shows `found` the positions of the wanted matches.
Result<void> find_positions(const ListReader& list, std::string_view wanted, const PositionSearch& search,
                            absl::FunctionRef<void(uint64_t position)> found) {
  const uint64_t compared = std::min(search.most_compared, list.size());
  const ListRange range = {search.from == ListEnd::left ? 0 : list.size() - compared, compared};
  const uint64_t most_found = search.count.value_or(1);
  uint64_t matches = 0;
  return list.walk(range, search.from, [&](uint64_t position, std::string_view element) -> Result<bool> {
    if (element != wanted || ++matches < search.rank) return true;
    found(position);
    return most_found == 0 || matches - search.rank + 1 < most_found;
  });
}

}  // namespace

Result<Outcome> lpos(Call& call) {
  const PositionSearch search = TRY(position_search(call));
  const auto record = TRY(call.txn.find_frozen(call.key(1), Type::list));
  std::vector<uint64_t> positions;
  if (record) {
    TRY(find_positions(ListReader(call.txn, record->head), call.arg(2), search,
                       [&](uint64_t position) { positions.push_back(position); }));
  }
  if (search.count) call.reply.array(static_cast<int64_t>(positions.size()));
  else if (positions.empty()) call.reply.null();
  for (uint64_t position : positions) call.reply.integer(static_cast<int64_t>(position));
  return kDone;
}

Result<Outcome> lrem(Call& call) {
  const int64_t count = TRY(call.integer(2));
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key, Type::list));
  if (!record) {
    call.reply.integer(0);
    return kDone;
  }
  ListWriter list(call.txn, key, std::move(record));
  const PositionSearch search{.from = count < 0 ? ListEnd::right : ListEnd::left, .count = magnitude(count)};
  std::vector<uint64_t> positions;
  TRY(find_positions(list.reader(), call.arg(3), search, [&](uint64_t position) { positions.push_back(position); }));
  call.reply.integer(static_cast<int64_t>(positions.size()));
  if (positions.empty()) return kDone;
  if (search.from == ListEnd::right) std::reverse(positions.begin(), positions.end());
  TRY(list.remove(positions));
  save_removal(call, key, list, "lrem");
  return kDone;
}

Result<Outcome> linsert(Call& call) {
  const bool after = call.arg_is(2, "after");
  if (!after && !call.arg_is(2, "before")) return syntax_error();
  const Key key = call.key(1);
  auto record = TRY(call.txn.find(key, Type::list));
  if (!record) {
    call.reply.integer(0);
    return kDone;
  }
  ListWriter list(call.txn, key, std::move(record));
  std::optional<uint64_t> pivot;
  TRY(find_positions(list.reader(), call.arg(3), {}, [&](uint64_t position) { pivot = position; }));
  if (!pivot) {
    call.reply.integer(-1);
    return kDone;
  }
  TRY(list.insert(*pivot + (after ? 1 : 0), call.arg(4)));
  list.save();
  call.txn.touch(key, EventClass::list, "linsert");
  call.reply.integer(static_cast<int64_t>(list.size()));
  return kDone;
}

}  // namespace basalt::list
