// The handlers of the geo commands; the table that names them is in geo_commands.cc.
#pragma once

#include "command/call.h"
#include "types/geo/geohash.h"

namespace basalt::geo {

// geo_commands.cc
Result<Outcome> geoadd(Call& call);
Result<Outcome> geopos(Call& call);
Result<Outcome> geodist(Call& call);
Result<Outcome> geohash(Call& call);

// geo_search_commands.cc
Result<Outcome> geosearch(Call& call);
Result<Outcome> geosearchstore(Call& call);
Result<Outcome> georadius(Call& call);
Result<Outcome> georadius_ro(Call& call);
Result<Outcome> georadiusbymember(Call& call);
Result<Outcome> georadiusbymember_ro(Call& call);

// ---- arguments and replies that both share ----

/// Longitude and latitude, from two arguments.
Result<Coordinates> coordinates_at(const Call& call, size_t at);
/// How many metres the unit has: m, km, ft, mi.
Result<double> unit_at(const Call& call, size_t at);
/// [longitude, latitude]
void reply_coordinates(Reply& reply, const Coordinates& coordinates);
/// With four digits behind the point, a bulk string in RESP3 as well.
void reply_distance(Reply& reply, double distance);

}  // namespace basalt::geo
