#include "types/geo/geohash.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

namespace basalt {
namespace {

constexpr double kEarthRadiusMetres = 6372797.560856;
constexpr double kRadiansPerDegree = std::numbers::pi / 180.0;
constexpr int kScoreBits = 2 * kFinestStep;

double radians(double degrees) { return degrees * kRadiansPerDegree; }

// Moves bit i of 32 to bit 2i of 64, and back: each round spreads (gathers) groups of half the size.
constexpr uint64_t kEveryOther[] = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f,
                                    0x00ff00ff00ff00ff, 0x0000ffff0000ffff, 0x00000000ffffffff};

uint64_t spread_bits(uint32_t value) {
  uint64_t bits = value;
  for (int round = 4; round >= 0; --round) bits = (bits | (bits << (1 << round))) & kEveryOther[round];
  return bits;
}

uint32_t gather_bits(uint64_t bits) {
  bits &= kEveryOther[0];
  for (int round = 0; round < 5; ++round) bits = (bits | (bits >> (1 << round))) & kEveryOther[round + 1];
  return static_cast<uint32_t>(bits);
}

struct GridPlace {
  uint32_t column;
  uint32_t row;
};

GridPlace place_of(const GeoCell& cell) { return {gather_bits(cell.bits >> 1), gather_bits(cell.bits)}; }
uint64_t bits_of(const GridPlace& place) { return spread_bits(place.row) | spread_bits(place.column) << 1; }

uint32_t grid_index(double value, const CoordinateRange& range, uint8_t step) {
  double offset = (value - range.min) / (range.max - range.min);
  offset *= static_cast<double>(uint64_t{1} << step);
  return static_cast<uint32_t>(offset);
}

double grid_line(uint32_t index, const CoordinateRange& range, uint8_t step) {
  const double scale = range.max - range.min;
  return range.min + (index * 1.0 / static_cast<double>(uint64_t{1} << step)) * scale;
}

uint32_t moved_index(uint32_t index, int by, uint8_t step) {
  if (by == 0) return index;
  return (index + static_cast<uint32_t>(by)) & ((uint32_t{1} << step) - 1);
}

double centre(const CoordinateRange& cell, const CoordinateRange& world) {
  return std::clamp((cell.min + cell.max) / 2, world.min, world.max);
}

// What x86-64 makes of a double as uint64_t, where C++ promises nothing: scores of a zset may be anything.
uint64_t bits_of_score(double score) {
  if (score >= 0x1p64) return 0;
  if (score >= 0) return static_cast<uint64_t>(score);
  return score < -0x1p63 ? uint64_t{1} << 63 : static_cast<uint64_t>(static_cast<int64_t>(score));
}

}  // namespace

GeoCell cell_at(const Coordinates& coordinates, uint8_t step, const GeoArea& world) {
  const GridPlace place{grid_index(coordinates.longitude, world.longitude, step),
                        grid_index(coordinates.latitude, world.latitude, step)};
  return {bits_of(place), step};
}

GeoArea area_of(const GeoCell& cell) {
  const auto [column, row] = place_of(cell);
  const auto& [longitude, latitude] = kGeoWorld;
  return {{grid_line(column, longitude, cell.step), grid_line(column + 1, longitude, cell.step)},
          {grid_line(row, latitude, cell.step), grid_line(row + 1, latitude, cell.step)}};
}

GeoCell moved(const GeoCell& cell, int east, int north) {
  const auto [column, row] = place_of(cell);
  return {bits_of({moved_index(column, east, cell.step), moved_index(row, north, cell.step)}), cell.step};
}

uint64_t first_score(const GeoCell& cell) { return cell.bits << (kScoreBits - 2 * cell.step); }

double encode_position(const Coordinates& coordinates) {
  return static_cast<double>(first_score(cell_at(coordinates, kFinestStep)));
}

Coordinates decode_position(double score) {
  const GeoArea area = area_of({bits_of_score(score), kFinestStep});
  return {centre(area.longitude, kGeoWorld.longitude), centre(area.latitude, kGeoWorld.latitude)};
}

std::string geohash_text(const Coordinates& coordinates) {
  constexpr GeoArea kStandardWorld{{-180, 180}, {-90, 90}};
  constexpr std::string_view kAlphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
  const uint64_t bits = cell_at(coordinates, kFinestStep, kStandardWorld).bits;
  std::string text;
  for (int shift = kScoreBits - 5; shift >= 0; shift -= 5) text += kAlphabet[(bits >> shift) & 31];
  return text + '0';  // the two bits left over are not a character
}

double latitude_distance(double a, double b) { return kEarthRadiusMetres * std::fabs(radians(b) - radians(a)); }

// The haversine formula.
double geo_distance(const Coordinates& a, const Coordinates& b) {
  const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v == 0.0) return latitude_distance(a.latitude, b.latitude);
  const double latitude_a = radians(a.latitude);
  const double latitude_b = radians(b.latitude);
  const double u = std::sin((latitude_b - latitude_a) / 2);
  return 2.0 * kEarthRadiusMetres * std::asin(std::sqrt(u * u + std::cos(latitude_a) * std::cos(latitude_b) * v * v));
}

}  // namespace basalt
