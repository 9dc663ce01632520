#include "types/set/set_operations.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "base/number.h"

namespace basalt {

namespace {

// Stepping along is cheaper than looking up as long as few members lie between those asked for.
constexpr uint64_t kMembersBetween = 8;

// Answers whether members are in a set. When they come in the order of a spread set, another spread
// set that is not much larger is walked beside it.
class Membership {
 public:
  Membership(Txn& txn, SetReader& set, const SetReader& asked) : set_(set) {
    if (!set.spread() || !asked.spread() || set.size() / kMembersBetween > asked.size()) return;
    cursor_.emplace(txn, set.object());
    cursor_->seek_to_first();
  }

  Result<bool> contains(std::string_view member) {
    if (!cursor_) return set_.contains(member);
    const MemberPosition wanted = position_of(member);
    for (uint64_t steps = 0;; ++steps) {
      const auto item = TRY(cursor_->item());
      if (!item) return false;
      if (item->position >= wanted) return item->position == wanted;
      if (steps == kMembersBetween) cursor_->seek(wanted);
      else cursor_->next();
    }
  }

 private:
  SetReader& set_;
  std::optional<MemberCursor> cursor_;
};

// A set's members in the order of their positions.
class Ascending {
 public:
  static Result<void> add(Txn& txn, const SetReader& set, std::deque<Ascending>& to) {
    Ascending& members = to.emplace_back();
    if (set.spread()) {
      members.cursor_.emplace(txn, set.object());
      members.cursor_->seek_to_first();
    } else {
      for (std::string_view member : TRY(set.packed_members())) members.sorted_.push_back(position_of(member));
      std::sort(members.sorted_.begin(), members.sorted_.end());
    }
    return members.read();
  }

  /// nullopt behind the last; borrowed until the next().
  const std::optional<MemberPosition>& current() const { return current_; }
  Result<void> next() {
    if (cursor_) cursor_->next();
    else ++at_;
    return read();
  }

 private:
  Result<void> read() {
    current_.reset();
    if (!cursor_) {
      if (at_ < sorted_.size()) current_ = sorted_[at_];
    } else if (const auto item = TRY(cursor_->item())) {
      current_ = item->position;
    }
    return {};
  }

  std::optional<MemberCursor> cursor_;
  std::vector<MemberPosition> sorted_;
  size_t at_ = 0;
  std::optional<MemberPosition> current_;
};

std::vector<SetReader*> existing(Sets sets) {
  std::vector<SetReader*> found;
  for (SetReader* set : sets) {
    if (set) found.push_back(set);
  }
  return found;
}

// All of them are small: gathered in memory, integers in ascending order as Redis has them.
Result<void> unite_packed(Sets sets, SetReader::Visitor visit) {
  std::vector<std::string_view> members;
  absl::flat_hash_set<std::string_view> seen;
  bool only_integers = true;
  for (const SetReader* set : sets) {
    only_integers &= set->is_intset();
    for (std::string_view member : TRY(set->packed_members())) {
      if (seen.insert(member).second) members.push_back(member);
    }
  }
  if (only_integers) {
    std::sort(members.begin(), members.end(),
              [](std::string_view a, std::string_view b) { return parse_int64(a) < parse_int64(b); });
  }
  for (std::string_view member : members) {
    if (!TRY(visit(member))) break;
  }
  return {};
}

// A merge, in the order of positions: equal members meet.
Result<void> unite_by_merging(Txn& txn, Sets sets, SetReader::Visitor visit) {
  std::deque<Ascending> sources;
  std::vector<Ascending*> heap;
  for (const SetReader* set : sets) TRY(Ascending::add(txn, *set, sources));
  for (Ascending& source : sources) {
    if (source.current()) heap.push_back(&source);
  }
  auto later = [](const Ascending* a, const Ascending* b) { return *a->current() > *b->current(); };
  std::make_heap(heap.begin(), heap.end(), later);

  std::string last;
  bool first = true;
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    Ascending& source = *heap.back();
    const std::string_view member = source.current()->name;
    if (first || member != last) {
      first = false;
      last.assign(member);
      if (!TRY(visit(member))) return {};
    }
    TRY(source.next());
    if (source.current()) std::push_heap(heap.begin(), heap.end(), later);
    else heap.pop_back();
  }
  return {};
}

}  // namespace

Result<void> intersect_sets(Txn& txn, Sets sets, SetReader::Visitor visit) {
  std::vector<SetReader*> by_size = existing(sets);
  if (by_size.size() < sets.size()) return {};
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const SetReader* a, const SetReader* b) { return a->size() < b->size(); });
  const SetReader& smallest = *by_size.front();
  std::deque<Membership> others;
  for (size_t i = 1; i < by_size.size(); ++i) others.emplace_back(txn, *by_size[i], smallest);
  return smallest.walk([&](std::string_view member) -> Result<bool> {
    for (Membership& other : others) {
      if (!TRY(other.contains(member))) return true;
    }
    return visit(member);
  });
}

Result<void> unite_sets(Txn& txn, Sets sets, SetReader::Visitor visit) {
  const std::vector<SetReader*> found = existing(sets);
  if (found.size() == 1) return found.front()->walk(visit);
  const bool all_packed = std::none_of(found.begin(), found.end(), [](const SetReader* set) { return set->spread(); });
  return all_packed ? unite_packed(found, visit) : unite_by_merging(txn, found, visit);
}

Result<void> subtract_sets(Txn& txn, Sets sets, SetReader::Visitor visit) {
  if (!sets.front()) return {};
  const SetReader& first = *sets.front();
  std::vector<SetReader*> by_size = existing(sets.subspan(1));
  // The largest is the likeliest to have a member, which ends the asking.
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const SetReader* a, const SetReader* b) { return a->size() > b->size(); });
  std::deque<Membership> others;
  for (SetReader* set : by_size) others.emplace_back(txn, *set, first);
  return first.walk([&](std::string_view member) -> Result<bool> {
    for (Membership& other : others) {
      if (TRY(other.contains(member))) return true;
    }
    return visit(member);
  });
}

}  // namespace basalt
