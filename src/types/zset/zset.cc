#include "types/zset/zset.h"

#include <cmath>
#include <limits>

#include "base/number.h"
#include "layout/head.h"
#include "layout/packed.h"
#include "layout/record_key.h"
#include "types/common/random_member.h"

namespace basalt {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// ---- where a walk begins ----

void start(ZsetPlace& place, const ScoreRange& range, bool reverse) {
  if (reverse) {
    if (range.max_exclusive) return place.seek_before(range.max, {});
    if (range.max == kInfinity) return place.last();
    return place.seek_before(std::nextafter(range.max, kInfinity), {});
  }
  if (!range.min_exclusive) return place.seek(range.min, {});
  place.seek(std::nextafter(range.min, kInfinity), {});
}

// Members are in order only where the scores are equal; a lex range over others gives what a search from
// one end would find first.
void start(ZsetPlace& place, const LexRange& range, bool reverse) {
  if (reverse) {
    place.last();
    if (range.max.kind == LexBound::Kind::member && place.valid()) {
      std::string behind(range.max.member);
      if (!range.max.exclusive) behind += '\0';
      place.seek_before(place.score(), behind);
    }
    while (place.valid() && !range.below_max(place.member())) place.prev();
  } else {
    place.first();
    if (range.min.kind == LexBound::Kind::member && place.valid()) place.seek(place.score(), range.min.member);
    while (place.valid() && !range.above_min(place.member())) place.next();
  }
}

bool beyond(const ScoreRange& range, const ZsetPlace& place, bool reverse) {
  return reverse ? !range.above_min(place.score()) : !range.below_max(place.score());
}

bool beyond(const LexRange& range, const ZsetPlace& place, bool reverse) {
  return reverse ? !range.above_min(place.member()) : !range.below_max(place.member());
}

void step(ZsetPlace& place, bool reverse) { reverse ? place.prev() : place.next(); }

void walk_ranks(ZsetPlace& place, uint64_t size, const RankRange& range, bool reverse, ZsetVisitor visit) {
  auto [first, count] = range.resolve(size);
  if (count == 0) return;
  place.seek_rank(reverse ? size - 1 - first : first);
  for (; place.valid(); step(place, reverse)) {
    if (!visit({place.member(), place.score()}) || --count == 0) return;
  }
}

template <typename Range>
void walk_values(ZsetPlace& place, const Range& range, const ZsetWalk& walk, ZsetVisitor visit) {
  if (range.empty() || walk.offset < 0 || walk.limit == 0) return;
  start(place, range, walk.reverse);
  for (int64_t i = 0; i < walk.offset && place.valid(); ++i) step(place, walk.reverse);
  int64_t left = walk.limit;
  for (; place.valid() && !beyond(range, place, walk.reverse); step(place, walk.reverse)) {
    if (!visit({place.member(), place.score()}) || --left == 0) return;
  }
}

}  // namespace

Result<std::optional<double>> spread_zset_score(Txn& txn, ObjectId object, std::string_view member) {
  Value value;
  if (!TRY(txn.get(Column::items, layout::member_key(object, member), &value))) return std::nullopt;
  const auto score = layout::decode_score(value.view());
  if (!score) return damaged_record("a zset's item");
  return score;
}

bool covers_all(const ZsetRange& range, uint64_t size) {
  if (const auto* ranks = std::get_if<RankRange>(&range)) return ranks->resolve(size).count == size;
  const auto* scores = std::get_if<ScoreRange>(&range);
  return scores && scores->above_min(-kInfinity) && scores->below_max(kInfinity);
}

Result<void> walk_zset(ZsetPlace& place, uint64_t size, const ZsetWalk& walk, ZsetVisitor visit) {
  if (const auto* ranks = std::get_if<RankRange>(&walk.range)) {
    walk_ranks(place, size, *ranks, walk.reverse, visit);
  } else if (walk.offset <= 0 || static_cast<uint64_t>(walk.offset) < size) {
    std::visit(
        [&](const auto& range) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(range)>, RankRange>)
            walk_values(place, range, walk, visit);
        },
        walk.range);
  }
  return place.status();
}

// ---- Zset ----

Result<std::optional<Zset>> Zset::find(Txn& txn, Key key) {
  auto record = TRY(txn.find(key, Type::zset));
  if (!record) return std::nullopt;
  return Zset(txn, *std::move(record));
}

Result<std::optional<Zset>> Zset::find_frozen(Txn& txn, Key key) {
  auto record = TRY(txn.find_frozen(key, Type::zset));
  if (!record) return std::nullopt;
  Zset zset(txn, *std::move(record));
  const ObjectId object = zset.head().object;
  if (zset.head().spread()) zset.hint_ = txn.holds(key) ? txn.seek_hint(object) : txn.frozen_seek_hint(object);
  return zset;
}

Result<std::optional<double>> Zset::score(std::string_view member) const {
  if (head().spread()) return spread_zset_score(*txn_, head().object, member);
  bool damaged = false;
  const auto score = packed_zset_score(head().body, member, &damaged);
  if (damaged) return damaged_record("a packed zset");
  return score;
}

Result<std::vector<ScoredMember>> Zset::packed() const {
  auto elements = decode_packed_zset(head().body);
  if (!elements) return damaged_record("a packed zset");
  return *std::move(elements);
}

Result<std::unique_ptr<ZsetPlace>> Zset::place() const {
  if (head().spread()) return std::make_unique<SpreadZsetPlace>(*txn_, head().object, size(), hint_);
  return std::make_unique<PackedZsetPlace>(TRY(packed()));
}

Result<std::optional<Zset::Rank>> Zset::rank(std::string_view member, bool reverse) const {
  const auto score = TRY(this->score(member));
  if (!score) return std::nullopt;
  const auto rank = TRY(TRY(place())->rank_of({member, *score}));
  return Rank{reverse ? size() - 1 - rank : rank, *score};
}

Result<uint64_t> Zset::count(const ZsetRange& range) const {
  if (covers_all(range, size())) return size();
  uint64_t count = 0;
  TRY(walk({range}, [&](const ScoredMember&) { return ++count, true; }));
  return count;
}

Result<void> Zset::walk(const ZsetWalk& walk, ZsetVisitor visit) const {
  const auto from = TRY(place());
  return walk_zset(*from, size(), walk, visit);
}

Result<void> Zset::sample(int64_t count, absl::FunctionRef<Result<void>(const ScoredMember&)> sink) const {
  const auto decode = [&](Member member) -> Result<void> {
    const auto score = layout::decode_score(member.value);
    if (!score) return damaged_record("a zset");
    return sink({member.name, *score});
  };
  if (head().spread()) return sample_members(*txn_, head().object, size(), count, decode);
  std::vector<Member> members;
  layout::PackedReader reader(head().body);
  while (const auto name = reader.next()) members.push_back({*name, reader.next().value_or("")});
  if (reader.damaged()) return damaged_record("a packed zset");
  return sample_members(members, count, decode);
}

Result<uint64_t> Zset::scan(const MemberScan& scan,
                            absl::FunctionRef<void(std::string_view, std::string)> visit) const {
  if (head().spread()) {
    return scan_page(*txn_, head().object, scan, [&](Member member) -> Result<void> {
      const auto score = layout::decode_score(member.value);
      if (!score) return damaged_record("a zset's item");
      visit(member.name, double_to_string(*score));
      return {};
    });
  }
  for (const auto& [member, score] : TRY(packed())) {
    if (scan.wants(member)) visit(member, listpack_score_text(score));
  }
  return 0;
}

}  // namespace basalt
