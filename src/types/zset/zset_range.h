// Which elements of a zset a command means: by score, by member ("lex") or by rank; and how Redis
// writes that in arguments.
//
// Pure values; the views of a LexRange borrow from the arguments it was parsed from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace basalt {

struct ScoreRange {
  double min = 0;
  double max = 0;
  bool min_exclusive = false;
  bool max_exclusive = false;

  /// No score at all can be inside.
  bool empty() const { return min > max || (min == max && (min_exclusive || max_exclusive)); }
  bool above_min(double score) const { return min_exclusive ? score > min : score >= min; }
  bool below_max(double score) const { return max_exclusive ? score < max : score <= max; }
};

/// One end of a LexRange: a member, or beyond every member.
struct LexBound {
  enum class Kind : uint8_t { lowest, member, highest };
  Kind kind = Kind::lowest;
  std::string_view member;
  bool exclusive = false;
};

struct LexRange {
  LexBound min;
  LexBound max;

  bool empty() const;
  bool above_min(std::string_view member) const;
  bool below_max(std::string_view member) const;
};

/// Ranks counted from the start of the walk, so from the highest score when it goes backwards.
/// Negative ones count from its end; both ends are inside.
struct RankRange {
  int64_t start = 0;
  int64_t stop = -1;

  struct Resolved {
    uint64_t first;
    uint64_t count;
  };
  Resolved resolve(uint64_t size) const;
};

using ZsetRange = std::variant<RankRange, ScoreRange, LexRange>;

/// "1.5", "(1.5", "-inf", "+inf": as Redis's C strtod takes them, so "" is 0 and leading spaces pass.
std::optional<ScoreRange> parse_score_range(std::string_view min, std::string_view max);
/// "[a", "(a", "-", "+".
std::optional<LexRange> parse_lex_range(std::string_view min, std::string_view max);

}  // namespace basalt
