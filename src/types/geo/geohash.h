// Positions as 52-bit geohashes: the scores of a geo set, bit for bit those of Redis.
//
// The world, ±180° by ±85.05112878° (what Web Mercator, EPSG:3857, covers), is a grid of 2^step by 2^step
// cells. A cell's number interleaves the bits of its column (odd places) and its row (even places), so cells of
// a coarse step are ranges of scores of the finest.
//
// Pure functions. The arithmetic is in the order Redis has it: other orders round differently, and then
// replies differ in their last digits.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace basalt {

struct Coordinates {
  double longitude = 0;
  double latitude = 0;
};

struct CoordinateRange {
  double min;
  double max;
};

struct GeoArea {
  CoordinateRange longitude;
  CoordinateRange latitude;
};

inline constexpr GeoArea kGeoWorld{{-180, 180}, {-85.05112878, 85.05112878}};
inline constexpr uint8_t kFinestStep = 26;

struct GeoCell {
  uint64_t bits = 0;
  uint8_t step = 0;
  bool operator==(const GeoCell&) const = default;
};

/// The cell of `world` where the coordinates lie; they must lie in it.
GeoCell cell_at(const Coordinates& coordinates, uint8_t step, const GeoArea& world = kGeoWorld);
GeoArea area_of(const GeoCell& cell);
/// The cell so many columns to the east and rows to the north; the grid has no edges.
GeoCell moved(const GeoCell& cell, int east, int north);
/// The score of the cell's first position.
uint64_t first_score(const GeoCell& cell);

double encode_position(const Coordinates& coordinates);
/// The centre of the score's cell. Any score gives some position, as in Redis.
Coordinates decode_position(double score);

/// The eleven characters of GEOHASH: a standard geohash (of ±90°), its last character always '0'.
std::string geohash_text(const Coordinates& coordinates);

/// In metres, along a great circle.
double geo_distance(const Coordinates& a, const Coordinates& b);
/// In metres, along a meridian.
double latitude_distance(double a, double b);

}  // namespace basalt
