// The geo commands; what they give is redis-server's, digit for digit.
#include <cmath>
#include <random>
#include <set>

#include "types/geo/geo_search.h"
#include "types/zset/zset_testing.h"

namespace basalt {

std::span<const CommandSpec> geo_commands();

namespace {

class GeoCommands : public Zsets, public ::testing::TestWithParam<bool> {
 protected:
  GeoCommands() : Zsets(geo_commands()) {
    if (GetParam()) limits().zset_max_listpack_entries = 0;
    run("GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania");
  }
};
INSTANTIATE_TEST_SUITE_P(Encoding, GeoCommands, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Spread" : "Packed"; });

TEST_P(GeoCommands, Add) {
  EXPECT_EQ(list("ZRANGE sicily 0 -1 WITHSCORES"),
            (List{"Palermo", "3479099956230698", "Catania", "3479447370796909"}));
  EXPECT_EQ(run("GEOADD sicily CH 13.4 38 Palermo 12.5 37.9 Trapani 15.087269 37.502669 Catania"), ":2\r\n");
  EXPECT_EQ(events(), "zadd sicily");
  EXPECT_EQ(run("GEOADD sicily NX 1 1 Palermo 1 1 new"), ":1\r\n");
  EXPECT_EQ(run("GEOADD sicily XX CH 2 2 new 3 3 newer"), ":1\r\n");
  EXPECT_EQ(run("GEOADD sicily XX NX 2 2 new"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("GEOADD sicily 1 1 a 2 2"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("GEOADD sicily 181 1 a"), "-ERR invalid longitude,latitude pair 181.000000,1.000000\r\n");
  EXPECT_EQ(run("GEOADD sicily 1 85.06 a"), "-ERR invalid longitude,latitude pair 1.000000,85.060000\r\n");
  EXPECT_EQ(run("GEOADD sicily 1 1 a x 1 b"), "-ERR value is not a valid float\r\n");
  EXPECT_EQ(run("ZCARD sicily"), ":4\r\n") << "all or nothing";
}

TEST_P(GeoCommands, Positions) {
  EXPECT_EQ(list("GEOPOS sicily Palermo nothing Catania"),
            (List{"13.36138933897018433", "38.11555639549629859", "15.08726745843887329", "37.50266842333162032"}));
  EXPECT_EQ(run("GEOPOS sicily nothing"), "*1\r\n*-1\r\n");
  EXPECT_EQ(list("GEOHASH sicily Palermo nothing Catania"), (List{"sqc8b49rny0", "(nil)", "sqdtr74hyu0"}));
  EXPECT_EQ(run("GEOPOS nothing a"), "*1\r\n*-1\r\n");
  EXPECT_EQ(run("GEOHASH nothing a"), "*1\r\n$-1\r\n");
  EXPECT_EQ(list("GEODIST sicily Palermo Catania"), List{"166274.1516"});
  EXPECT_EQ(list("GEODIST sicily Palermo Catania KM"), List{"166.2742"});
  EXPECT_EQ(list("GEODIST sicily Palermo Catania mi"), List{"103.3182"});
  EXPECT_EQ(list("GEODIST sicily Palermo Palermo"), List{"0.0000"});
  EXPECT_EQ(run("GEODIST sicily Palermo nothing"), "$-1\r\n");
  EXPECT_EQ(run("GEODIST nothing a b"), "$-1\r\n");
  EXPECT_EQ(run("GEODIST sicily Palermo Catania x"), "-ERR unsupported unit provided. please use M, KM, FT, MI\r\n");
  use_protocol(Protocol::resp3);
  EXPECT_EQ(run("GEOPOS sicily Palermo"), "*1\r\n*2\r\n,13.36138933897018433\r\n,38.11555639549629859\r\n");
  EXPECT_EQ(run("GEODIST sicily Palermo Catania"), "$11\r\n166274.1516\r\n");
}

TEST_P(GeoCommands, Search) {
  run("GEOADD sicily 12.758489 38.788135 edge1 17.241510 38.788135 edge2");
  EXPECT_EQ(list("GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC"), (List{"Catania", "Palermo"}));
  EXPECT_EQ(list("GEOSEARCH sicily FROMLONLAT 15 37 BYBOX 400 400 km DESC WITHDIST"),
            (List{"edge1", "279.7405", "edge2", "279.7403", "Palermo", "190.4424", "Catania", "56.4413"}));
  EXPECT_EQ(list("GEOSEARCH sicily FROMMEMBER Palermo BYRADIUS 100 mi WITHHASH WITHDIST WITHCOORD COUNT 1"),
            (List{"Palermo", "0.0000", "3479099956230698", "13.36138933897018433", "38.11555639549629859"}));
  EXPECT_EQ(list("GEOSEARCH sicily FROMLONLAT 15 37 BYBOX 400 400 km COUNT 2"), (List{"Catania", "Palermo"}));
  EXPECT_EQ(list("GEOSEARCH sicily FROMLONLAT 15 37 BYBOX 400 400 km COUNT 3 ANY").size(), 3);
  EXPECT_EQ(list("GEORADIUS sicily 15 37 200 km WITHDIST"), (List{"Palermo", "190.4424", "Catania", "56.4413"}));
  EXPECT_EQ(list("GEORADIUSBYMEMBER_RO sicily Catania 0 m"), List{"Catania"});
  EXPECT_EQ(run("GEOSEARCH nothing FROMMEMBER a BYRADIUS 1 km"), "*0\r\n");
  EXPECT_EQ(run("GEOSEARCH sicily FROMLONLAT 0 0 BYRADIUS 1 m"), "*0\r\n");
}

TEST_P(GeoCommands, SearchErrors) {
  EXPECT_EQ(run("GEOSEARCH sicily FROMMEMBER x BYRADIUS 1 km"), "-ERR could not decode requested zset member\r\n");
  EXPECT_EQ(run("GeoSearch sicily BYRADIUS 1 km ASC ASC"),
            "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GeoSearch\r\n");
  EXPECT_EQ(run("GEOSEARCH sicily FROMLONLAT 1 1 ASC ASC"),
            "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH\r\n");
  EXPECT_EQ(run("GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS 1 km BYBOX 1 1 km"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS -1 km"), "-ERR radius cannot be negative\r\n");
  EXPECT_EQ(run("GEOSEARCH sicily FROMLONLAT 1 1 BYBOX x 1 km"), "-ERR need numeric width\r\n");
  EXPECT_EQ(run("GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS 1 km COUNT 0"), "-ERR COUNT must be > 0\r\n");
  EXPECT_EQ(run("GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS 1 km ANY"),
            "-ERR the ANY argument requires COUNT argument\r\n");
  EXPECT_EQ(run("GEORADIUS_RO sicily 1 1 1 km STORE x"), "-ERR syntax error\r\n");
  EXPECT_EQ(run("GEORADIUS sicily 1 1 1 km STORE x WITHDIST"),
            "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options\r\n");
  set_string({0, "s"});
  for (const char* line : {"GEOADD s 1 1 a", "GEOPOS s a", "GEOHASH s a", "GEODIST s a b", "GEORADIUS s 1 1 1 km",
                           "GEORADIUSBYMEMBER s a 1 km", "GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 1 km",
                           "GEOSEARCHSTORE x s FROMLONLAT 1 1 BYRADIUS 1 km"}) {
    EXPECT_EQ(run(line), "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n") << line;
  }
}

TEST_P(GeoCommands, Store) {
  EXPECT_EQ(run("GEOSEARCHSTORE near sicily FROMLONLAT 15 37 BYRADIUS 100 km"), ":1\r\n");
  EXPECT_EQ(events(), "geosearchstore near");
  EXPECT_EQ(list("ZRANGE near 0 -1 WITHSCORES"), (List{"Catania", "3479447370796909"}));
  EXPECT_EQ(run("GEOSEARCHSTORE near sicily FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST"), ":2\r\n");
  EXPECT_EQ(list("ZRANGE near 0 -1 WITHSCORES"),
            (List{"Catania", "56.441257870158204", "Palermo", "190.44242984775784"}));
  EXPECT_EQ(run("GEORADIUS sicily 15 37 200 km STORE a STOREDIST b COUNT 1"), ":1\r\n");
  EXPECT_EQ(events(), "georadiusstore b");
  EXPECT_EQ(run("GEORADIUSBYMEMBER sicily Catania 1 km STORE sicily"), ":1\r\n") << "onto itself";
  EXPECT_EQ(list("ZRANGE sicily 0 -1"), List{"Catania"});
  EXPECT_EQ(run("GEOSEARCHSTORE near sicily FROMLONLAT 0 0 BYRADIUS 1 m"), ":0\r\n");
  EXPECT_EQ(events(), "del near");
  EXPECT_EQ(run("GEORADIUS nothing 15 37 200 km STORE b"), ":0\r\n");
  EXPECT_EQ(events(), "del b");
}

TEST_P(GeoCommands, AroundTheDateLineAndThePoles) {
  run("GEOADD world 179.9 0 east -179.9 0 west 10 85 north 10 -85 south");
  EXPECT_EQ(list("GEOSEARCH world FROMLONLAT 179.95 0 BYRADIUS 50 km ASC"), (List{"east", "west"}));
  EXPECT_EQ(list("GEOSEARCH world FROMLONLAT -179.95 0 BYRADIUS 50 km ASC"), (List{"west", "east"}));
  EXPECT_EQ(list("GEOSEARCH world FROMLONLAT 180 0 BYRADIUS 50 km ASC"), List{"east"}) << "as redis-server has it";
  EXPECT_EQ(list("GEOSEARCH world FROMLONLAT -170 85 BYRADIUS 2000 km"), List{"north"});
  EXPECT_EQ(list("GEOSEARCH world FROMLONLAT 0 0 BYRADIUS 30000 km").size(), 4);
}

TEST(Geo, ScoresOfAnyKindGiveSomePosition) {
  for (const double score : {-1.0, -1e19, 1e19, 1e300, -1e300, HUGE_VAL, -HUGE_VAL, 0.5, 9007199254740993.0}) {
    const Coordinates position = decode_position(score);
    EXPECT_TRUE(std::abs(position.longitude) <= 180 && std::abs(position.latitude) <= 85.05112878) << score;
  }
}

// Away from the poles and the date line a search finds what a look at every member finds.
TEST(Geo, SearchesFindAllThatIsInside) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  const auto between = [&](double low, double high) { return std::uniform_real_distribution(low, high)(random); };
  Zsets zsets(geo_commands());
  std::vector<Coordinates> positions;
  std::vector<std::string> add{"GEOADD", "g"};
  for (int i = 0; i < 1000; ++i) {
    const std::vector<std::string> words{fmt::format("{}", between(-20, 20)), fmt::format("{}", between(-40, 40)),
                                         std::to_string(i)};
    add.insert(add.end(), words.begin(), words.end());
    positions.push_back(decode_position(encode_position({std::stod(words[0]), std::stod(words[1])})));
  }
  zsets.run_words(add);
  for (int round = 0; round < 200; ++round) {
    const Coordinates centre{between(-20, 20), between(-40, 40)};
    const double radius = std::exp(between(0, 14));
    std::set<std::string> expected;
    for (size_t i = 0; i < positions.size(); ++i) {
      if (geo_distance(centre, positions[i]) <= radius) expected.insert(std::to_string(i));
    }
    const std::string line =
        fmt::format("GEOSEARCH g FROMLONLAT {} {} BYRADIUS {} m", centre.longitude, centre.latitude, radius);
    const List found = zsets.list(line);
    ASSERT_EQ(std::set<std::string>(found.begin(), found.end()), expected) << line;
    ASSERT_EQ(found.size(), expected.size()) << line << ": none twice";
  }
}

}  // namespace
}  // namespace basalt
