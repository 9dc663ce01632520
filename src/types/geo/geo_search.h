// Finding the members of a geo set inside a circle or a box: which cells to look through, and which of
// their members lie inside.
//
// Thread rules: as the Txn's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/geo/geohash.h"
#include "types/zset/zset.h"

namespace basalt {

struct GeoShape {
  enum class Kind : uint8_t { circle, box };
  Kind kind = Kind::circle;
  Coordinates centre;
  double metres_per_unit = 1;
  // In units.
  double radius = 0;             ///< circle
  double width = 0, height = 0;  ///< box
};

struct GeoPoint {
  std::string member;
  double score;
  Coordinates position;
  double metres;  ///< from the shape's centre
};

/// The cells that together cover the shape, in the order Redis looks through them: the centre's, and those
/// of its eight neighbours that the shape can reach.
std::vector<GeoCell> covering_cells(const GeoShape& shape);

/// The members inside; stops when it has `limit` (0: none). In cell order.
Result<std::vector<GeoPoint>> find_inside(const Zset& zset, const GeoShape& shape, uint64_t limit);

}  // namespace basalt
