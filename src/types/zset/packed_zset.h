// A zset's elements in order, and the packed body they make (layout/packed.h).
//
// Pure functions. Views borrow from the body or whatever else the caller gave.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace basalt {

struct ScoredMember {
  std::string_view member;
  double score = 0;
};

/// The order of a zset: by score, and by member where scores are equal. -0 equals +0.
inline bool ordered_before(const ScoredMember& a, const ScoredMember& b) {
  return a.score != b.score ? a.score < b.score : a.member < b.member;
}

/// nullopt when the bytes are damaged.
std::optional<std::vector<ScoredMember>> decode_packed_zset(std::string_view body);
/// -0 becomes 0, as in Redis, whose listpacks have it as the integer.
std::string encode_packed_zset(const std::vector<ScoredMember>& elements);

/// The score of one member, without decoding the rest. nullopt: it isn't there; `damaged` then tells
/// whether the bytes could be read.
std::optional<double> packed_zset_score(std::string_view body, std::string_view member, bool* damaged);

/// A score as Redis's listpacks keep it: whole numbers as integers, never with an exponent. ZSCAN shows it.
std::string listpack_score_text(double score);

}  // namespace basalt
