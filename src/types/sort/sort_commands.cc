// SORT and SORT_RO: the elements of a list, set or zset in the order of their own or other keys' values.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "types/list/list_builder.h"
#include "types/list/list_reader.h"
#include "types/set/set.h"
#include "types/sort/sort_options.h"
#include "types/zset/zset.h"

namespace basalt {

namespace {

/// An element, and what it is compared by.
struct Sortable {
  std::string element;
  double score = 0;
  std::optional<std::string> by;  ///< BY … ALPHA: the value looked up
};

// ---- which elements ----

/// The part of `size` elements that LIMIT leaves.
ListRange limited(const SortOptions& options, uint64_t size) {
  const uint64_t position = options.offset < 0 ? 0 : std::min(static_cast<uint64_t>(options.offset), size);
  const uint64_t rest = size - position;
  return {position, options.count < 0 ? rest : std::min(static_cast<uint64_t>(options.count), rest)};
}

Result<void> load_list(Txn& txn, const Head& head, ListRange range, ListEnd from, std::vector<Sortable>& out) {
  if (from == ListEnd::right) range.position = head.size - range.position - range.count;
  return ListReader(txn, head).walk(range, from, [&](uint64_t, std::string_view element) -> Result<bool> {
    out.push_back({std::string(element)});
    return true;
  });
}

Result<void> load_zset(Txn& txn, Record record, ListRange range, bool descending, std::vector<Sortable>& out) {
  if (range.count == 0) return {};
  const auto first = static_cast<int64_t>(range.position);
  const RankRange ranks{first, first + static_cast<int64_t>(range.count) - 1};
  return Zset(txn, std::move(record)).walk({.range = ranks, .reverse = descending}, [&](const ScoredMember& element) {
    out.push_back({std::string(element.member)});
    return true;
  });
}

Result<void> load_set(Txn& txn, Record record, std::vector<Sortable>& out) {
  return SetReader(txn, std::move(record)).walk([&](std::string_view member) -> Result<bool> {
    out.push_back({std::string(member)});
    return true;
  });
}

/// The elements before any sorting. Lists and zsets that keep their order are cut by LIMIT here, and `options`
/// has none any more.
Result<std::vector<Sortable>> load(Txn& txn, std::optional<Record> record, SortOptions& options) {
  std::vector<Sortable> elements;
  if (!record) return elements;
  const Type type = record->head.type;
  const bool in_order = options.keeps_order && type != Type::set;
  ListRange range{0, record->head.size};
  if (in_order) {
    range = limited(options, record->head.size);
    options.offset = 0;
    options.count = -1;
  }
  const bool reverse = in_order && options.descending;
  if (type == Type::list) TRY(load_list(txn, record->head, range, reverse ? ListEnd::right : ListEnd::left, elements));
  else if (type == Type::zset) TRY(load_zset(txn, *std::move(record), range, reverse, elements));
  else TRY(load_set(txn, *std::move(record), elements));
  return elements;
}

// ---- in which order ----

/// A number as C's strtod reads it, up to a NUL as Redis has it; nullopt for anything else.
std::optional<double> sort_score(const std::string& text) {
  errno = 0;
  char* end = nullptr;
  const double score = std::strtod(text.c_str(), &end);
  if (*end != '\0' || errno == ERANGE || std::isnan(score)) return std::nullopt;
  return score;
}

Result<void> look_up(Call& call, const SortOptions& options, std::vector<Sortable>& elements) {
  bool all_numbers = true;
  for (Sortable& sortable : elements) {
    if (options.by) sortable.by = TRY(options.by->value(call, sortable.element));
    if (options.alphabetic || (options.by && !sortable.by)) continue;
    const auto score = sort_score(options.by ? *sortable.by : sortable.element);
    if (!score) all_numbers = false;
    else sortable.score = *score;
  }
  if (!all_numbers) return fail("ERR One or more scores can't be converted into double");
  return {};
}

class SortOrder {
 public:
  explicit SortOrder(const SortOptions& options) : options_(options) {}

  /// Equal ones stay as they stand in memory.
  bool operator()(const Sortable* a, const Sortable* b) const {
    const int order = options_.alphabetic ? alphabetic(*a, *b) : numeric(*a, *b);
    if (order == 0) return a < b;
    return options_.descending ? order > 0 : order < 0;
  }

 private:
  int numeric(const Sortable& a, const Sortable& b) const {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    return a.element.compare(b.element);
  }
  int alphabetic(const Sortable& a, const Sortable& b) const {
    if (!options_.by) return text(a.element, b.element);
    if (!a.by || !b.by) return int{a.by.has_value()} - int{b.by.has_value()};
    return text(*a.by, *b.by);
  }
  // What is replied is compared as C strings are in the C locale, what is stored by all its bytes.
  int text(const std::string& a, const std::string& b) const {
    return options_.store ? a.compare(b) : std::string_view(a.c_str()).compare(b.c_str());
  }

  const SortOptions& options_;
};

/// The elements LIMIT leaves, in order; borrowed.
std::vector<const Sortable*> in_order(const std::vector<Sortable>& elements, const SortOptions& options) {
  std::vector<const Sortable*> ordered;
  ordered.reserve(elements.size());
  for (const Sortable& sortable : elements) ordered.push_back(&sortable);
  const ListRange range = limited(options, elements.size());
  const auto begin = ordered.begin() + static_cast<ptrdiff_t>(range.position);
  const auto end = begin + static_cast<ptrdiff_t>(range.count);
  if (!options.keeps_order) std::partial_sort(ordered.begin(), end, ordered.end(), SortOrder(options));
  return {begin, end};
}

// ---- what is given ----

using Output = absl::FunctionRef<Result<void>(std::optional<std::string_view> value)>;

/// Gives each element, or what GET makes of it; nullopt where there is nothing.
Result<void> give(Call& call, const SortOptions& options, std::span<const Sortable* const> ordered, Output output) {
  for (const Sortable* sortable : ordered) {
    if (options.get.empty()) TRY(output(sortable->element));
    for (const PatternLookup& get : options.get) {
      const auto value = TRY(get.value(call, sortable->element));
      TRY(output(value ? std::optional<std::string_view>(*value) : std::nullopt));
    }
  }
  return {};
}

Result<void> reply(Call& call, const SortOptions& options, std::span<const Sortable* const> ordered) {
  call.reply.array(static_cast<int64_t>(ordered.size() * std::max<size_t>(1, options.get.size())));
  return give(call, options, ordered, [&](std::optional<std::string_view> value) -> Result<void> {
    if (value) call.reply.bulk(*value);
    else call.reply.null();
    return {};
  });
}

Result<void> store(Call& call, const SortOptions& options, std::span<const Sortable* const> ordered) {
  const Key key = call.key(*options.store);
  const auto previous = TRY(call.txn.find(key));
  int64_t stored = 0;
  ListBuilder list(call.txn, key);
  TRY(give(call, options, ordered, [&](std::optional<std::string_view> value) {
    ++stored;
    return list.add(value.value_or(""));
  }));
  if (stored > 0) {
    TRY(list.save(previous ? &*previous : nullptr, 0));
    call.txn.touch(key, EventClass::list, "sortstore");
  } else if (previous) {
    call.txn.erase(key, *previous);
    call.txn.touch(key, EventClass::generic, "del");
  }
  call.reply.integer(stored);
  return {};
}

Result<Outcome> sort_key(Call& call, bool may_store) {
  SortOptions options = TRY(sort_options(call, may_store));
  call.txn.freeze_all();  // the keys that BY and GET name are not locked
  auto record = TRY(call.txn.find(call.key(1)));
  if (record) {
    const Type type = record->head.type;
    if (type != Type::list && type != Type::set && type != Type::zset) return wrong_type();
    // The order of a set is no order to be kept in a list.
    if (options.keeps_order && options.store && type == Type::set) {
      options.keeps_order = false;
      options.alphabetic = true;
      options.by.reset();
    }
  }
  auto elements = TRY(load(call.txn, std::move(record), options));
  if (!options.keeps_order) TRY(look_up(call, options, elements));
  const auto ordered = in_order(elements, options);
  TRY(options.store ? store(call, options, ordered) : reply(call, options, ordered));
  return kDone;
}

Result<Outcome> sort(Call& call) { return sort_key(call, /*may_store=*/true); }
Result<Outcome> sort_ro(Call& call) { return sort_key(call, /*may_store=*/false); }

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"sort", -2, kWrite | kDenyOom | kMovableKeys | kDangerous, {1, 1, 1, find_sort_keys}, "RO access;OW update",
     Group::generic, "1.0.0", "Sort the elements in a list, set or sorted set",
     "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned "
     "elements. When the elements are not sorted, complexity is O(N).", sort, {}, "@set @sortedset @list"},
    {"sort_ro", -2, kReadonly | kMovableKeys | kDangerous, {1, 1, 1}, "RO access",
     Group::generic, "7.0.0", "Sort the elements in a list, set or sorted set. Read-only variant of SORT.",
     "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned "
     "elements. When the elements are not sorted, complexity is O(N).", sort_ro, {}, "@set @sortedset @list"},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> sort_commands() { return kCommands; }

}  // namespace basalt
