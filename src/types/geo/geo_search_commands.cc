#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "types/geo/geo_handlers.h"
#include "types/geo/geo_search.h"
#include "types/zset/zset_builder.h"

namespace basalt::geo {
namespace {

/// What a command's name leaves open.
struct Syntax {
  enum class Centre : uint8_t { coordinates, member, option };
  Centre centre = Centre::option;  ///< GEORADIUS, GEORADIUSBYMEMBER, GEOSEARCH
  size_t source_at = 1;
  bool store_option = false;  ///< STORE and STOREDIST
  bool stores = false;        ///< GEOSEARCHSTORE
};

enum class Order : uint8_t { none, nearest, farthest };

struct Query {
  GeoShape shape;
  bool has_centre = false;
  bool has_shape = false;
  bool with_distance = false, with_hash = false, with_coordinates = false;
  Order order = Order::none;
  uint64_t count = 0;  ///< 0: all
  bool any = false;
  size_t store_at = 0;  ///< the argument with the destination; 0: none
  bool store_distance = false;
};

/// Reads the arguments in their order. Redis finds the centre's member on the way: a wrong one fails before what
/// is wrong behind it does, and none fails when the key is missing.
class QueryParser {
 public:
  QueryParser(const Call& call, const Syntax& syntax, const std::optional<Zset>& zset)
      : call_(call), syntax_(syntax), zset_(zset) {
    if (syntax.stores) query_.store_at = 1;
  }

  Result<Query> parse();

 private:
  Result<size_t> leading_arguments();
  Result<void> set_centre(size_t member_at);
  Result<void> set_circle(size_t radius_at);
  Result<void> set_box(size_t width_at);
  Result<void> set_count(size_t at);
  bool flag(size_t at);
  Result<size_t> option(size_t at);
  Result<size_t> search_option(size_t at, size_t following);
  Result<void> check() const;

  const Call& call_;
  const Syntax& syntax_;
  const std::optional<Zset>& zset_;
  Query query_;
  bool from_member_ = false, from_coordinates_ = false;
};

Result<Query> QueryParser::parse() {
  for (size_t i = TRY(leading_arguments()); i < call_.argc();) i += TRY(option(i));
  TRY(check());
  return query_;
}

// Gives the index of the first option.
Result<size_t> QueryParser::leading_arguments() {
  if (syntax_.centre == Syntax::Centre::option) return syntax_.source_at + 1;
  query_.has_centre = query_.has_shape = true;
  if (syntax_.centre == Syntax::Centre::coordinates) {
    query_.shape.centre = TRY(coordinates_at(call_, 2));
    TRY(set_circle(4));
    return 6;
  }
  if (zset_) {
    TRY(set_centre(2));
    TRY(set_circle(3));
  }
  return 5;
}

Result<void> QueryParser::set_centre(size_t member_at) {
  if (!zset_) return {};
  const auto score = TRY(zset_->score(call_.arg(member_at)));
  if (!score) return fail("ERR could not decode requested zset member");
  query_.shape.centre = decode_position(*score);
  return {};
}

Result<void> QueryParser::set_circle(size_t radius_at) {
  query_.shape.kind = GeoShape::Kind::circle;
  query_.shape.radius = TRY(call_.number(radius_at, "ERR need numeric radius"));
  if (query_.shape.radius < 0) return fail("ERR radius cannot be negative");
  query_.shape.metres_per_unit = TRY(unit_at(call_, radius_at + 1));
  return {};
}

Result<void> QueryParser::set_box(size_t width_at) {
  query_.shape.kind = GeoShape::Kind::box;
  query_.shape.width = TRY(call_.number(width_at, "ERR need numeric width"));
  query_.shape.height = TRY(call_.number(width_at + 1, "ERR need numeric height"));
  if (query_.shape.width < 0 || query_.shape.height < 0) return fail("ERR height or width cannot be negative");
  query_.shape.metres_per_unit = TRY(unit_at(call_, width_at + 2));
  return {};
}

Result<void> QueryParser::set_count(size_t at) {
  const int64_t count = TRY(call_.integer(at));
  if (count <= 0) return fail("ERR COUNT must be > 0");
  query_.count = static_cast<uint64_t>(count);
  return {};
}

// Options of one word.
bool QueryParser::flag(size_t at) {
  if (call_.arg_is(at, "WITHDIST")) query_.with_distance = true;
  else if (call_.arg_is(at, "WITHHASH")) query_.with_hash = true;
  else if (call_.arg_is(at, "WITHCOORD")) query_.with_coordinates = true;
  else if (call_.arg_is(at, "ANY")) query_.any = true;
  else if (call_.arg_is(at, "ASC")) query_.order = Order::nearest;
  else if (call_.arg_is(at, "DESC")) query_.order = Order::farthest;
  else if (syntax_.stores && call_.arg_is(at, "STOREDIST")) query_.store_distance = true;
  else return false;
  return true;
}

// Takes the option at `at`; gives how many arguments it has.
Result<size_t> QueryParser::option(size_t at) {
  if (flag(at)) return 1;
  const size_t following = call_.argc() - at - 1;
  if (following >= 1 && call_.arg_is(at, "COUNT")) {
    TRY(set_count(at + 1));
    return 2;
  }
  const bool store_distance = call_.arg_is(at, "STOREDIST");
  if (syntax_.store_option && following >= 1 && (store_distance || call_.arg_is(at, "STORE"))) {
    query_.store_at = at + 1;
    query_.store_distance = store_distance;
    return 2;
  }
  if (syntax_.centre == Syntax::Centre::option) return search_option(at, following);
  return syntax_error();
}

// GEOSEARCH's own: the centre and the shape.
Result<size_t> QueryParser::search_option(size_t at, size_t following) {
  const bool box = query_.has_shape && query_.shape.kind == GeoShape::Kind::box;
  const bool circle = query_.has_shape && !box;
  if (following >= 1 && !from_coordinates_ && call_.arg_is(at, "FROMMEMBER")) {
    TRY(set_centre(at + 1));
    from_member_ = query_.has_centre = true;
    return 2;
  }
  if (following >= 2 && !from_member_ && call_.arg_is(at, "FROMLONLAT")) {
    query_.shape.centre = TRY(coordinates_at(call_, at + 1));
    from_coordinates_ = query_.has_centre = true;
    return 3;
  }
  if (following >= 2 && !box && call_.arg_is(at, "BYRADIUS")) {
    TRY(set_circle(at + 1));
    query_.has_shape = true;
    return 3;
  }
  if (following >= 3 && !circle && call_.arg_is(at, "BYBOX")) {
    TRY(set_box(at + 1));
    query_.has_shape = true;
    return 4;
  }
  return syntax_error();
}

Result<void> QueryParser::check() const {
  if (query_.store_at != 0 && (query_.with_distance || query_.with_hash || query_.with_coordinates)) {
    return fail(fmt::format("ERR {} is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                            syntax_.stores ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS"));
  }
  if (!query_.has_centre) {
    return fail(fmt::format("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {}", call_.arg(0)));
  }
  if (!query_.has_shape) {
    return fail(fmt::format("ERR exactly one of BYRADIUS and BYBOX can be specified for {}", call_.arg(0)));
  }
  if (query_.any && query_.count == 0) return fail("ERR the ANY argument requires COUNT argument");
  return {};
}

// ---- results ----

// A COUNT without an order means the nearest ones, unless ANY will do.
void sort_and_cut(std::vector<GeoPoint>& points, const Query& query) {
  const bool cut = query.count != 0 && query.count < points.size();
  const bool sorted = query.order != Order::none || (query.count != 0 && !query.any);
  if (sorted) {
    const bool farthest = query.order == Order::farthest;
    // Rounding may make the distance of opposite points no number; it must have its place, though.
    const auto metres = [](const GeoPoint& point) {
      return std::isnan(point.metres) ? std::numeric_limits<double>::infinity() : point.metres;
    };
    std::stable_sort(points.begin(), points.end(), [&](const GeoPoint& a, const GeoPoint& b) {
      return farthest ? metres(b) < metres(a) : metres(a) < metres(b);
    });
  }
  if (cut) points.resize(query.count);
}

void reply_points(Reply& reply, const std::vector<GeoPoint>& points, const Query& query) {
  const int extras = query.with_distance + query.with_hash + query.with_coordinates;
  reply.array(static_cast<int64_t>(points.size()));
  for (const GeoPoint& point : points) {
    if (extras != 0) reply.array(1 + extras);
    reply.bulk(point.member);
    if (query.with_distance) reply_distance(reply, point.metres / query.shape.metres_per_unit);
    if (query.with_hash) reply.integer(static_cast<int64_t>(point.score));
    if (query.with_coordinates) reply_coordinates(reply, point.position);
  }
}

Result<void> store_points(Call& call, const std::vector<GeoPoint>& points, const Query& query, std::string_view event) {
  ZsetBuilder target(call.txn, call.key(query.store_at));
  for (const GeoPoint& point : points) {
    const double distance = point.metres / query.shape.metres_per_unit;
    TRY(target.add(point.member, query.store_distance ? distance : point.score));
  }
  call.reply.integer(static_cast<int64_t>(TRY(target.save(event))));
  return {};
}

Result<Outcome> search(Call& call, const Syntax& syntax) {
  const auto zset = TRY(Zset::find_frozen(call.txn, call.key(syntax.source_at)));
  const Query query = TRY(QueryParser(call, syntax, zset).parse());
  std::vector<GeoPoint> points;
  if (zset) points = TRY(find_inside(*zset, query.shape, query.any ? query.count : 0));
  sort_and_cut(points, query);
  if (query.store_at == 0) {
    reply_points(call.reply, points, query);
  } else {
    const bool by_search = syntax.centre == Syntax::Centre::option;
    TRY(store_points(call, points, query, by_search ? "geosearchstore" : "georadiusstore"));
  }
  return kDone;
}

}  // namespace

Result<Outcome> geosearch(Call& call) { return search(call, {}); }
Result<Outcome> geosearchstore(Call& call) { return search(call, {.source_at = 2, .stores = true}); }
Result<Outcome> georadius(Call& call) {
  return search(call, {.centre = Syntax::Centre::coordinates, .store_option = true});
}
Result<Outcome> georadius_ro(Call& call) { return search(call, {.centre = Syntax::Centre::coordinates}); }
Result<Outcome> georadiusbymember(Call& call) {
  return search(call, {.centre = Syntax::Centre::member, .store_option = true});
}
Result<Outcome> georadiusbymember_ro(Call& call) { return search(call, {.centre = Syntax::Centre::member}); }

}  // namespace basalt::geo
