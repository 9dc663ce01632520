#include "keyspace/key_scan.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/random.h"
#include "base/slot.h"

namespace basalt {
namespace {

// The slot of every name that begins with `prefix`, if the prefix alone decides it: a whole hash tag that
// isn't empty.
std::optional<uint16_t> slot_of_prefix(std::string_view prefix) {
  const size_t open = prefix.find('{');
  if (open == std::string_view::npos) return std::nullopt;
  const size_t close = prefix.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return std::nullopt;
  return key_slot(prefix);
}

}  // namespace

// ---- which keys ----

KeyFilter::KeyFilter(std::optional<std::string_view> pattern, std::optional<Type> type)
    : pattern_(pattern), type_(type) {
  if (!pattern) return;
  prefix_ = glob_prefix(*pattern);
  only_slot_ = slot_of_prefix(prefix_.literal);
  if (*pattern == "*") pattern_.reset();
}

bool KeyFilter::takes(std::string_view name, Type type) const {
  if (type_ && *type_ != type) return false;
  return !pattern_ || glob_match(*pattern_, name);
}

// ---- SCAN and KEYS ----

Result<bool> KeyScan::run(ScanTokens::Place& place, uint64_t work, std::vector<std::string>& keys) {
  if (filter_.only_name() != nullptr) return look_up(keys);
  if (filter_.only_slot() && place.slot > *filter_.only_slot()) return true;
  if (filter_.only_slot() && place.slot < *filter_.only_slot()) place = {.slot = *filter_.only_slot()};
  const bool everything = filter_.prefix().empty() && work == std::numeric_limits<uint64_t>::max();
  KeyWalk walk = TRY(KeyWalk::begin(txn_, db_, /*fill_cache=*/!everything));
  walk.seek(place.slot, std::max<std::string_view>(place.within ? place.after : "", filter_.prefix()));
  if (walk.valid() && place.within && walk.slot() == place.slot && walk.name() == place.after) walk.next();

  for (uint64_t done = 0; walk.valid() && done < work; ++done) {
    if (filter_.only_slot() && walk.slot() != *filter_.only_slot()) return true;
    if (skip_to_prefix(walk)) continue;
    TRY(look_at(walk, keys));
    place.slot = walk.slot();
    place.after.assign(walk.name());
    place.within = true;
    walk.next();
  }
  if (!walk.valid()) {
    TRY(walk.status());
    return true;
  }
  if (walk.slot() != place.slot) place = {.slot = walk.slot()};
  return false;
}

// Whether the walk stood on a key without the prefix; then it has been moved to the next place where keys
// with the prefix can be.
bool KeyScan::skip_to_prefix(KeyWalk& walk) const {
  const std::string& prefix = filter_.prefix();
  if (walk.name().starts_with(prefix)) return false;
  const uint16_t slot = walk.slot();
  if (walk.name() < prefix) walk.seek(slot, prefix);
  else if (slot + 1 < kSlotCount) walk.seek(static_cast<uint16_t>(slot + 1), prefix);
  else walk.finish();
  return true;
}

Result<void> KeyScan::look_at(const KeyWalk& walk, std::vector<std::string>& keys) const {
  const auto entry = TRY(walk.entry());
  if (entry.live(txn_.now_ms()) && filter_.takes(walk.name(), entry.type)) keys.emplace_back(walk.name());
  return {};
}

Result<bool> KeyScan::look_up(std::vector<std::string>& keys) {
  auto record = TRY(txn_.find({db_, *filter_.only_name()}));
  if (record && filter_.takes(*filter_.only_name(), record->head.type)) keys.push_back(*filter_.only_name());
  return true;
}

// ---- RANDOMKEY ----

namespace {

// The characters that names between these two are likely made of: all digits if there is one, the letters
// of a case from the first to the last one seen.
std::string likely_alphabet(std::string_view low, std::string_view high) {
  std::array<bool, 256> seen{};
  for (std::string_view name : {low, high}) {
    for (char c : name) seen[static_cast<uint8_t>(c)] = true;
  }
  for (auto [first, last] : {std::pair('0', '9'), std::pair('a', 'z'), std::pair('A', 'Z')}) {
    const auto begin = seen.begin() + first, end = seen.begin() + last + 1;
    const auto lowest = std::find(begin, end, true);
    if (lowest == end) continue;
    auto highest = end;
    while (!*(highest - 1)) --highest;
    if (first == '0') std::fill(begin, end, true);
    else std::fill(lowest, highest, true);
  }
  std::string alphabet;
  for (int c = 0; c < 256; ++c) {
    if (seen[c]) alphabet.push_back(static_cast<char>(c));
  }
  return alphabet;
}

// A name somewhere between two others: what they share, then at random.
std::string name_between(std::string_view low, std::string_view high) {
  constexpr int kRandomCharacters = 8;
  const size_t shared = std::mismatch(low.begin(), low.end(), high.begin(), high.end()).first - low.begin();
  std::string name(low.substr(0, shared));
  if (shared == high.size()) return name;
  const std::string alphabet = likely_alphabet(low.substr(shared), high.substr(shared));
  const auto byte = [](char c) { return static_cast<uint8_t>(c); };
  std::string first;  // what may follow at the first difference
  for (char c : alphabet) {
    if ((shared == low.size() || byte(c) >= byte(low[shared])) && byte(c) <= byte(high[shared])) first.push_back(c);
  }
  name.push_back(first[random_below(first.size())]);
  for (int i = 0; i < kRandomCharacters; ++i) name.push_back(alphabet[random_below(alphabet.size())]);
  return name;
}

// Picks evenly among the live keys that it is shown, without keeping more than one.
class Lottery {
 public:
  explicit Lottery(int64_t now_ms) : now_ms_(now_ms) {}
  Result<void> show(const KeyWalk& walk) {
    if (!TRY(walk.entry()).live(now_ms_)) return {};
    if (random_below(++shown_) == 0) winner_ = std::string(walk.name());
    return {};
  }
  uint64_t shown() const { return shown_; }
  std::optional<std::string> winner() && { return std::move(winner_); }

 private:
  int64_t now_ms_;
  uint64_t shown_ = 0;
  std::optional<std::string> winner_;
};

struct Position {
  uint16_t slot = 0;
  std::string name;
};

// A random slot; then, since a slot may hold very many keys (hash tags), a random name within it.
Result<Position> random_position(Txn& txn, uint16_t db) {
  KeyWalk walk = TRY(KeyWalk::begin(txn, db, /*fill_cache=*/true));
  walk.seek(static_cast<uint16_t>(random_below(kSlotCount)), "");
  TRY(walk.status());
  if (!walk.valid()) return Position{};
  Position position{walk.slot(), std::string(walk.name())};
  walk.seek_for_last(position.slot);
  TRY(walk.status());
  if (walk.valid() && walk.slot() == position.slot) position.name = name_between(position.name, walk.name());
  return position;
}

}  // namespace

Result<std::optional<std::string>> pick_random_key(Txn& txn, uint16_t db) {
  // One of the keys that follow a random position, going on from the first key at the end: a key's chance
  // then depends little on how far it lies from the one before, and a small database is picked from evenly.
  constexpr uint64_t kCandidates = 16;
  const Position start = TRY(random_position(txn, db));
  Lottery lottery(txn.now_ms());
  KeyWalk walk = TRY(KeyWalk::begin(txn, db, /*fill_cache=*/true));
  for (walk.seek(start.slot, start.name); walk.valid() && lottery.shown() < kCandidates; walk.next()) {
    TRY(lottery.show(walk));
  }
  TRY(walk.status());
  if (lottery.shown() == kCandidates) return std::move(lottery).winner();

  KeyWalk front = TRY(KeyWalk::begin(txn, db, /*fill_cache=*/true));
  for (front.seek(0, ""); front.valid() && lottery.shown() < kCandidates; front.next()) {
    if (std::pair<uint16_t, std::string_view>(front.slot(), front.name()) >=
        std::pair(start.slot, std::string_view(start.name)))
      break;
    TRY(lottery.show(front));
  }
  TRY(front.status());
  return std::move(lottery).winner();
}

}  // namespace basalt
