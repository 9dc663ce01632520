#include "types/zset/packed_zset.h"

#include <cmath>

#include "base/number.h"
#include "layout/head.h"
#include "layout/packed.h"

namespace basalt {

std::optional<std::vector<ScoredMember>> decode_packed_zset(std::string_view body) {
  std::vector<ScoredMember> elements;
  layout::PackedReader reader(body);
  while (const auto member = reader.next()) {
    const auto bytes = reader.next();
    const auto score = bytes ? layout::decode_score(*bytes) : std::nullopt;
    if (!score) return std::nullopt;
    elements.push_back({*member, *score});
  }
  if (reader.damaged()) return std::nullopt;
  return elements;
}

std::string encode_packed_zset(const std::vector<ScoredMember>& elements) {
  std::string body;
  for (const auto& [member, score] : elements) {
    layout::append_packed(body, member);
    layout::append_packed(body, layout::encode_score(score == 0 ? 0 : score));
  }
  return body;
}

std::optional<double> packed_zset_score(std::string_view body, std::string_view member, bool* damaged) {
  layout::PackedReader reader(body);
  while (const auto candidate = reader.next()) {
    const auto bytes = reader.next();
    const auto score = bytes && *candidate == member ? layout::decode_score(*bytes) : std::nullopt;
    if (score) return score;
    *damaged = !bytes || *candidate == member;
    if (*damaged) return std::nullopt;
  }
  *damaged = reader.damaged();
  return std::nullopt;
}

std::string listpack_score_text(double score) {
  if (std::abs(score) <= 0x1p62 && score == std::trunc(score)) return int64_to_string(static_cast<int64_t>(score));
  return double_to_string(score);
}

}  // namespace basalt
