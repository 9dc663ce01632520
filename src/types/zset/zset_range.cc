#include "types/zset/zset_range.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/number.h"

namespace basalt {
namespace {

// -1, 0 or 1 as `bound` lies after, at or before `member`.
int compare(std::string_view member, const LexBound& bound) {
  if (bound.kind == LexBound::Kind::lowest) return 1;
  if (bound.kind == LexBound::Kind::highest) return -1;
  const int order = member.compare(bound.member);
  return order < 0 ? -1 : order > 0;
}

std::optional<double> parse_score_bound(std::string_view text, bool* exclusive) {
  *exclusive = !text.empty() && text[0] == '(';
  if (*exclusive) text.remove_prefix(1);
  if (auto integer = parse_int64(text)) return static_cast<double>(*integer);
  const std::string copy(text.substr(0, text.find('\0')));
  char* end = nullptr;
  const double score = std::strtod(copy.c_str(), &end);
  if (*end != '\0' || std::isnan(score)) return std::nullopt;
  return score;
}

std::optional<LexBound> parse_lex_bound(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char sign = text[0];
  if (sign == '[' || sign == '(') return LexBound{LexBound::Kind::member, text.substr(1), sign == '('};
  if (text.size() > 1 && text[1] != '\0') return std::nullopt;
  if (sign == '-') return LexBound{LexBound::Kind::lowest, {}, true};
  if (sign == '+') return LexBound{LexBound::Kind::highest, {}, true};
  return std::nullopt;
}

}  // namespace

bool LexRange::empty() const {
  if (min.kind != max.kind) return min.kind > max.kind;
  if (min.kind != LexBound::Kind::member) return true;
  const int order = compare(min.member, max);
  return order > 0 || (order == 0 && (min.exclusive || max.exclusive));
}

bool LexRange::above_min(std::string_view member) const {
  const int order = compare(member, min);
  return order > 0 || (order == 0 && !min.exclusive);
}

bool LexRange::below_max(std::string_view member) const {
  const int order = compare(member, max);
  return order < 0 || (order == 0 && !max.exclusive);
}

RankRange::Resolved RankRange::resolve(uint64_t size) const {
  const auto length = static_cast<int64_t>(size);
  const int64_t first = std::max<int64_t>(start < 0 ? start + length : start, 0);
  const int64_t last = std::min(stop < 0 ? stop + length : stop, length - 1);
  if (first > last) return {0, 0};
  return {static_cast<uint64_t>(first), static_cast<uint64_t>(last - first + 1)};
}

std::optional<ScoreRange> parse_score_range(std::string_view min, std::string_view max) {
  ScoreRange range;
  const auto low = parse_score_bound(min, &range.min_exclusive);
  const auto high = low ? parse_score_bound(max, &range.max_exclusive) : std::nullopt;
  if (!high) return std::nullopt;
  range.min = *low;
  range.max = *high;
  return range;
}

std::optional<LexRange> parse_lex_range(std::string_view min, std::string_view max) {
  const auto low = parse_lex_bound(min);
  const auto high = parse_lex_bound(max);
  if (!low || !high) return std::nullopt;
  return LexRange{*low, *high};
}

}  // namespace basalt
