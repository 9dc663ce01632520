// A zset's data, for reading; zset_writer.h changes it. Neither tells its caller whether the zset is
// packed in its head or spread into items and score rows.
//
//   packed   the head's body has the elements in order
//   spread   items:  member_key(object, member)        → score, bit for bit
//            scores: score_key(object, score, member)  → encode_score_row(score)
//
// Thread rules: as the Txn's. A visitor must not write the Txn.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "keyspace/txn.h"
#include "types/common/member_scan.h"
#include "types/zset/packed_zset.h"
#include "types/zset/zset_place.h"
#include "types/zset/zset_range.h"

namespace basalt {

/// Gets elements in order; the member is borrowed until it returns. False ends the walk.
using ZsetVisitor = absl::FunctionRef<bool(const ScoredMember&)>;

/// How to go through a range: ZRANGE's REV and LIMIT.
struct ZsetWalk {
  ZsetRange range;
  bool reverse = false;
  int64_t offset = 0;  ///< elements left out first; negative: nothing is found
  int64_t limit = -1;  ///< negative: no limit
};

class Zset {
 public:
  /// nullopt: no such key. Enough for asking one score.
  static Result<std::optional<Zset>> find(Txn& txn, Key key);
  /// The same for whatever reads more than one element of it.
  static Result<std::optional<Zset>> find_frozen(Txn& txn, Key key);
  Zset(Txn& txn, Record record) : txn_(&txn), record_(std::move(record)) {}

  const Head& head() const { return record_.head; }
  uint64_t size() const { return record_.head.size; }
  Result<std::optional<double>> score(std::string_view member) const;

  struct Rank {
    uint64_t rank;
    double score;
  };
  Result<std::optional<Rank>> rank(std::string_view member, bool reverse) const;
  Result<uint64_t> count(const ZsetRange& range) const;
  Result<void> walk(const ZsetWalk& walk, ZsetVisitor visit) const;
  Result<std::unique_ptr<ZsetPlace>> place() const;

  /// Random members, as many as random_reply_count says (types/common/random_member.h).
  Result<void> sample(int64_t count, absl::FunctionRef<Result<void>(const ScoredMember&)> sink) const;
  /// One page of ZSCAN; `visit` gets each member with its score as ZSCAN writes it. Gives the next cursor.
  Result<uint64_t> scan(const MemberScan& scan, absl::FunctionRef<void(std::string_view, std::string)> visit) const;

 private:
  Result<std::vector<ScoredMember>> packed() const;

  Txn* txn_;
  Record record_;
  SeekHint hint_;
};

/// The score of a member of a spread zset.
Result<std::optional<double>> spread_zset_score(Txn& txn, ObjectId object, std::string_view member);
/// Whether every element of a zset of this size lies in the range, as far as the range alone tells.
bool covers_all(const ZsetRange& range, uint64_t size);
/// Walks from any place; `size` is the zset's.
Result<void> walk_zset(ZsetPlace& place, uint64_t size, const ZsetWalk& walk, ZsetVisitor visit);

}  // namespace basalt
