#include "types/zset/zset_add.h"

#include <cmath>

namespace basalt {

Result<Added> add_member(ZsetWriter& zset, std::string_view member, double score, const AddOptions& options) {
  const auto before = TRY(zset.score(member));
  if (before ? options.only_new : options.only_existing) return Added{};
  if (!before) {
    zset.set(member, score, before);
    return Added{Added::Kind::added, score};
  }
  if (options.increment) score += *before;
  if (std::isnan(score)) return fail("ERR resulting score is not a number (NaN)");
  if (options.only_greater && score <= *before) return Added{};
  if (options.only_less && score >= *before) return Added{};
  if (score == *before) return Added{Added::Kind::unchanged, score};
  zset.set(member, score, before);
  return Added{Added::Kind::updated, score};
}

}  // namespace basalt
