#include "types/zset/scored_source.h"

#include "types/set/set.h"
#include "types/zset/zset.h"

namespace basalt {
namespace {

class EmptySource final : public ScoredSource {
 public:
  uint64_t size() const override { return 0; }
  Result<std::optional<double>> score(std::string_view) const override { return std::nullopt; }
  Result<void> each(absl::FunctionRef<Result<bool>(const ScoredMember&)>) const override { return {}; }
};

class ZsetSource final : public ScoredSource {
 public:
  explicit ZsetSource(Zset zset) : zset_(std::move(zset)) {}

  uint64_t size() const override { return zset_.size(); }
  Result<std::optional<double>> score(std::string_view member) const override { return zset_.score(member); }
  Result<void> each(absl::FunctionRef<Result<bool>(const ScoredMember&)> visit) const override {
    Result<bool> seen = true;
    TRY(zset_.walk({RankRange{}}, [&](const ScoredMember& element) { return (seen = visit(element)) && *seen; }));
    TRY(std::move(seen));
    return {};
  }

 private:
  Zset zset_;
};

class SetSource final : public ScoredSource {
 public:
  SetSource(Txn& txn, Record record) : set_(txn, std::move(record)) {}

  uint64_t size() const override { return set_.size(); }
  Result<std::optional<double>> score(std::string_view member) const override {
    return TRY(set_.contains(member)) ? std::optional(kScore) : std::nullopt;
  }
  Result<void> each(absl::FunctionRef<Result<bool>(const ScoredMember&)> visit) const override {
    return set_.walk([&](std::string_view member) { return visit({member, kScore}); });
  }

 private:
  static constexpr double kScore = 1;
  mutable SetReader set_;  // remembers what it looked up
};

}  // namespace

Result<std::unique_ptr<ScoredSource>> ScoredSource::open(Txn& txn, Key key) {
  auto record = TRY(txn.find(key));
  if (!record) return std::make_unique<EmptySource>();
  if (record->head.type == Type::zset) return std::make_unique<ZsetSource>(Zset(txn, *std::move(record)));
  if (record->head.type == Type::set) return std::make_unique<SetSource>(txn, *std::move(record));
  return fail("WRONGTYPE Operation against a key holding the wrong kind of value");
}

}  // namespace basalt
