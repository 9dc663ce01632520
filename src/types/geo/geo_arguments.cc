#include <cmath>

#include <fmt/format.h>

#include "types/geo/geo_handlers.h"

namespace basalt::geo {

Result<Coordinates> coordinates_at(const Call& call, size_t at) {
  const double longitude = TRY(call.number(at));
  const double latitude = TRY(call.number(at + 1));
  const auto outside = [](double value, const CoordinateRange& range) {
    return value < range.min || value > range.max;
  };
  if (outside(longitude, kGeoWorld.longitude) || outside(latitude, kGeoWorld.latitude)) {
    return fail(fmt::format("ERR invalid longitude,latitude pair {:f},{:f}", longitude, latitude));
  }
  return Coordinates{longitude, latitude};
}

Result<double> unit_at(const Call& call, size_t at) {
  if (call.arg_is(at, "m")) return 1;
  if (call.arg_is(at, "km")) return 1000;
  if (call.arg_is(at, "ft")) return 0.3048;
  if (call.arg_is(at, "mi")) return 1609.34;
  return fail("ERR unsupported unit provided. please use M, KM, FT, MI");
}

void reply_coordinates(Reply& reply, const Coordinates& coordinates) {
  reply.array(2);
  reply.human_number(coordinates.longitude);
  reply.human_number(coordinates.latitude);
}

// Rounded as a whole number of ten-thousandths, half to even, which "%.4f" does not always give.
void reply_distance(Reply& reply, double distance) {
  const long long units = std::llrint(distance * 10000);
  // Negative only where rounding made the distance of opposite points no number, which Redis prints as it comes.
  const uint64_t magnitude = units < 0 ? 0 - static_cast<uint64_t>(units) : static_cast<uint64_t>(units);
  reply.bulk(fmt::format("{}{}.{:04}", units < 0 ? "-" : "", magnitude / 10000, magnitude % 10000));
}

}  // namespace basalt::geo
