// The table of the geo commands, and those of single members: a geo set is a sorted set whose scores are
// 52-bit geohashes.
#include <span>
#include <string>

#include "base/bytes.h"
#include "types/geo/geo_handlers.h"
#include "types/zset/zset_add.h"

namespace basalt {
namespace geo {
namespace {

struct AddArguments {
  AddOptions options;
  bool count_updated = false;  ///< CH
  size_t coordinates_at = 2;   ///< longitude latitude member [longitude latitude member …]
};

Result<AddArguments> parse_add(const Call& call) {
  AddArguments arguments;
  for (size_t& i = arguments.coordinates_at; i < call.argc(); ++i) {
    if (call.arg_is(i, "NX")) arguments.options.only_new = true;
    else if (call.arg_is(i, "XX")) arguments.options.only_existing = true;
    else if (call.arg_is(i, "CH")) arguments.count_updated = true;
    else break;
  }
  const size_t rest = call.argc() - arguments.coordinates_at;
  const bool contradiction = arguments.options.only_new && arguments.options.only_existing;
  if (rest == 0 || rest % 3 != 0 || contradiction) return syntax_error();
  return arguments;
}

// The keys behind STORE and STOREDIST; the last one counts, but each may be asked for.
template <int kOptionsAt>
void find_radius_keys(const Args& args, std::vector<int>& positions) {
  const auto size = static_cast<int>(args.size());
  if (size > 1) positions.push_back(1);
  for (int i = kOptionsAt; i + 1 < size; ++i) {
    if (equals_ignore_case(args[i], "STORE") || equals_ignore_case(args[i], "STOREDIST")) positions.push_back(++i);
  }
}

}  // namespace

Result<Outcome> geoadd(Call& call) {
  const auto [options, count_updated, coordinates_at] = TRY(parse_add(call));
  std::vector<double> scores;
  for (size_t i = coordinates_at; i < call.argc(); i += 3) {
    scores.push_back(encode_position(TRY(geo::coordinates_at(call, i))));
  }
  ZsetWriter zset(call.txn, call.key(1));
  TRY(zset.open());
  AddCount count;
  for (size_t i = 0; i < scores.size(); ++i) {
    count.count(TRY(add_member(zset, call.arg(coordinates_at + 3 * i + 2), scores[i], options)));
  }
  call.reply.integer(count.reply(count_updated));
  zset.save("zadd");
  return kDone;
}

Result<Outcome> geopos(Call& call) {
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  call.reply.array(static_cast<int64_t>(call.argc() - 2));
  for (size_t i = 2; i < call.argc(); ++i) {
    const auto score = zset ? TRY(zset->score(call.arg(i))) : std::nullopt;
    if (score) reply_coordinates(call.reply, decode_position(*score));
    else call.reply.null_array();
  }
  return kDone;
}

Result<Outcome> geodist(Call& call) {
  if (call.argc() > 5) return syntax_error();
  const double metres_per_unit = call.argc() == 5 ? TRY(unit_at(call, 4)) : 1;
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  const auto from = zset ? TRY(zset->score(call.arg(2))) : std::nullopt;
  const auto to = zset ? TRY(zset->score(call.arg(3))) : std::nullopt;
  if (!from || !to) {
    call.reply.null();
    return kDone;
  }
  reply_distance(call.reply, geo_distance(decode_position(*from), decode_position(*to)) / metres_per_unit);
  return kDone;
}

Result<Outcome> geohash(Call& call) {
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(1)));
  call.reply.array(static_cast<int64_t>(call.argc() - 2));
  for (size_t i = 2; i < call.argc(); ++i) {
    const auto score = zset ? TRY(zset->score(call.arg(i))) : std::nullopt;
    if (score) call.reply.bulk(geohash_text(decode_position(*score)));
    else call.reply.null();
  }
  return kDone;
}

}  // namespace geo

std::span<const CommandSpec> geo_commands() {
  using namespace geo;
  // clang-format off
  static constexpr CommandSpec kCommands[] = {
    {"geoadd", -5, kWrite | kDenyOom, {1, 1, 1}, "RW update",
     Group::geo, "3.2.0",
     "Add one or more geospatial items in the geospatial index represented using a sorted set",
     "O(log(N)) for each item added, where N is the number of elements in the sorted set.", geoadd},
    {"geopos", -2, kReadonly, {1, 1, 1}, "RO access",
     Group::geo, "3.2.0",
     "Returns longitude and latitude of members of a geospatial index",
     "O(N) where N is the number of members requested.", geopos},
    {"geodist", -4, kReadonly, {1, 1, 1}, "RO access",
     Group::geo, "3.2.0",
     "Returns the distance between two members of a geospatial index",
     "O(log(N))", geodist},
    {"geohash", -2, kReadonly, {1, 1, 1}, "RO access",
     Group::geo, "3.2.0",
     "Returns members of a geospatial index as standard geohash strings",
     "O(log(N)) for each member requested, where N is the number of elements in the sorted set.", geohash},
    {"geosearch", -7, kReadonly, {1, 1, 1}, "RO access",
     Group::geo, "6.2.0",
     "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a "
     "circle.",
     "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape "
     "provided as the filter and M is the number of items inside the shape", geosearch},
    {"geosearchstore", -8, kWrite | kDenyOom, {1, 2, 1}, "OW update;RO access",
     Group::geo, "6.2.0",
     "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a "
     "circle, and store the result in another key.",
     "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape "
     "provided as the filter and M is the number of items inside the shape", geosearchstore},
    {"georadius", -6, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, find_radius_keys<6>},
     "RO access;OW update;OW update",
     Group::geo, "3.2.0",
     "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance "
     "from a point",
     "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited "
     "by center and radius and M is the number of items inside the index.", georadius},
    {"georadiusbymember", -5, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, find_radius_keys<5>},
     "RO access;OW update;OW update",
     Group::geo, "3.2.0",
     "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance "
     "from a member",
     "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited "
     "by center and radius and M is the number of items inside the index.", georadiusbymember},
    {"georadius_ro", -6, kReadonly, {1, 1, 1}, "RO access",
     Group::geo, "3.2.10",
     "A read-only variant for GEORADIUS",
     "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited "
     "by center and radius and M is the number of items inside the index.", georadius_ro},
    {"georadiusbymember_ro", -5, kReadonly, {1, 1, 1}, "RO access",
     Group::geo, "3.2.10",
     "A read-only variant for GEORADIUSBYMEMBER",
     "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited "
     "by center and radius and M is the number of items inside the index.", georadiusbymember_ro},
  };
  // clang-format on
  return kCommands;
}

}  // namespace basalt
