// Unions, intersections and differences of sorted sets and sets, in bounded memory: every element of the result
// is shown once, as it is found.
//
// Thread rules: as the inputs'. `visit` must not write the Txn.
#pragma once

#include <memory>
#include <vector>

#include <absl/functional/function_ref.h>

#include "types/zset/packed_zset.h"
#include "types/zset/scored_source.h"

namespace basalt {

struct ScoredInput {
  std::unique_ptr<ScoredSource> source;
  double weight = 1;
};

enum class Aggregate : uint8_t { sum, min, max };

/// The member is borrowed until it returns; false, or a failure, ends the operation.
using ScoredVisitor = absl::FunctionRef<Result<bool>(const ScoredMember&)>;

/// Both sort the inputs by size: sums of floating-point numbers depend on the order of their terms, and Redis goes
/// from the smallest input to the largest.
Result<void> unite(std::vector<ScoredInput>& inputs, Aggregate aggregate, ScoredVisitor visit);
Result<void> intersect(std::vector<ScoredInput>& inputs, Aggregate aggregate, ScoredVisitor visit);

/// What the first input has and no other; weights don't matter.
Result<void> subtract(const std::vector<ScoredInput>& inputs, ScoredVisitor visit);

}  // namespace basalt
