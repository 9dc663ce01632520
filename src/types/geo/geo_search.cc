#include "types/geo/geo_search.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace basalt {
namespace {

constexpr double kEarthRadiusMetres = 6372797.560856;
constexpr double kMercatorMetres = 20037726.37;  // from the middle of the map to its edge
constexpr double kRadiansPerDegree = std::numbers::pi / 180.0;

double degrees(double radians) { return radians / kRadiansPerDegree; }

// The finest step whose cells, the centre's with its neighbours, are as large as the shape.
uint8_t estimate_step(double metres, double latitude) {
  if (metres == 0) return kFinestStep;
  int step = 1;
  for (; metres < kMercatorMetres; metres *= 2) ++step;
  step -= 2;
  // Towards the poles, cells are narrower than they look on the map.
  if (std::fabs(latitude) > 66) --step;
  if (std::fabs(latitude) > 80) --step;
  return static_cast<uint8_t>(std::clamp<int>(step, 1, kFinestStep));
}

double reach_metres(const GeoShape& shape) {
  if (shape.kind == GeoShape::Kind::circle) return shape.radius * shape.metres_per_unit;
  const double half_diagonal =
      std::sqrt((shape.width / 2) * (shape.width / 2) + (shape.height / 2) * (shape.height / 2));
  return half_diagonal * shape.metres_per_unit;
}

GeoArea bounding_area(const GeoShape& shape) {
  const bool circle = shape.kind == GeoShape::Kind::circle;
  const double half_height = shape.metres_per_unit * (circle ? shape.radius : shape.height / 2);
  const double half_width = shape.metres_per_unit * (circle ? shape.radius : shape.width / 2);
  const auto& [longitude, latitude] = shape.centre;
  const double up = degrees(half_height / kEarthRadiusMetres);
  // A degree of longitude is shortest at the end nearer to the pole.
  const double nearer_pole = latitude < 0 ? latitude - up : latitude + up;
  const double sideways = degrees(half_width / kEarthRadiusMetres / std::cos(nearer_pole * kRadiansPerDegree));
  return {{longitude - sideways, longitude + sideways}, {latitude - up, latitude + up}};
}

// Whether a neighbour ends before the shape does: the centre lies close to an edge of its cell.
bool neighbours_too_small(const GeoCell& centre, const GeoArea& bounds) {
  return area_of(moved(centre, 0, 1)).latitude.max < bounds.latitude.max ||
         area_of(moved(centre, 0, -1)).latitude.min > bounds.latitude.min ||
         area_of(moved(centre, 1, 0)).longitude.max < bounds.longitude.max ||
         area_of(moved(centre, -1, 0)).longitude.min > bounds.longitude.min;
}

// Whether the shape ends inside the centre's cell on the side where this neighbour lies.
bool out_of_reach(const GeoArea& centre, const GeoArea& bounds, int east, int north) {
  return (north < 0 && centre.latitude.min < bounds.latitude.min) ||
         (north > 0 && centre.latitude.max > bounds.latitude.max) ||
         (east < 0 && centre.longitude.min < bounds.longitude.min) ||
         (east > 0 && centre.longitude.max > bounds.longitude.max);
}

/// Its distance from the shape's centre in metres, if the position is inside.
std::optional<double> distance_inside(const GeoShape& shape, const Coordinates& position) {
  if (shape.kind == GeoShape::Kind::circle) {
    const double distance = geo_distance(shape.centre, position);
    return distance > shape.radius * shape.metres_per_unit ? std::nullopt : std::optional(distance);
  }
  const double height = shape.height * shape.metres_per_unit;
  if (latitude_distance(position.latitude, shape.centre.latitude) > height / 2) return std::nullopt;
  const double width = shape.width * shape.metres_per_unit;
  const Coordinates beside{shape.centre.longitude, position.latitude};
  if (geo_distance(position, beside) > width / 2) return std::nullopt;
  return geo_distance(shape.centre, position);
}

ScoreRange scores_of(GeoCell cell) {
  const auto min = static_cast<double>(first_score(cell));
  ++cell.bits;
  return {.min = min, .max = static_cast<double>(first_score(cell)), .max_exclusive = true};
}

}  // namespace

std::vector<GeoCell> covering_cells(const GeoShape& shape) {
  const GeoArea bounds = bounding_area(shape);
  uint8_t step = estimate_step(reach_metres(shape), shape.centre.latitude);
  GeoCell centre = cell_at(shape.centre, step);
  if (step > 1 && neighbours_too_small(centre, bounds)) centre = cell_at(shape.centre, --step);
  const GeoArea area = area_of(centre);

  struct Direction {
    int east, north;
  };
  constexpr Direction kNeighbours[] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  std::vector<GeoCell> cells{centre};
  for (const auto& [east, north] : kNeighbours) {
    if (step >= 2 && out_of_reach(area, bounds, east, north)) continue;
    // In the coarsest grid, neighbours on both sides are the same cell.
    const GeoCell cell = moved(centre, east, north);
    if (cells.size() == 1 || cells.back() != cell) cells.push_back(cell);
  }
  return cells;
}

Result<std::vector<GeoPoint>> find_inside(const Zset& zset, const GeoShape& shape, uint64_t limit) {
  std::vector<GeoPoint> points;
  const auto place = TRY(zset.place());
  for (const GeoCell& cell : covering_cells(shape)) {
    if (limit != 0 && points.size() >= limit) break;
    TRY(walk_zset(*place, zset.size(), {scores_of(cell)}, [&](const ScoredMember& element) {
      const Coordinates position = decode_position(element.score);
      if (const auto metres = distance_inside(shape, position)) {
        points.push_back({std::string(element.member), element.score, position, *metres});
      }
      return limit == 0 || points.size() < limit;
    }));
  }
  return points;
}

}  // namespace basalt
