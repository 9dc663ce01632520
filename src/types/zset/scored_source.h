// An input of ZUNION, ZINTER and ZDIFF: a sorted set, or a set, whose members count as scored 1.
//
// Thread rules: as the Txn's, which has frozen or holds the key's lock.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "keyspace/txn.h"
#include "types/zset/packed_zset.h"

namespace basalt {

class ScoredSource {
 public:
  /// A missing key is an empty source. WRONGTYPE for what is neither.
  static Result<std::unique_ptr<ScoredSource>> open(Txn& txn, Key key);
  virtual ~ScoredSource() = default;

  virtual uint64_t size() const = 0;
  virtual Result<std::optional<double>> score(std::string_view member) const = 0;
  /// Shows every element, in no promised order; the member is borrowed until `visit` returns. It may look
  /// into other sources; false, or a failure, ends the walk.
  virtual Result<void> each(absl::FunctionRef<Result<bool>(const ScoredMember&)> visit) const = 0;
};

}  // namespace basalt
