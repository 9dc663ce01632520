#include "server/config/config.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/split.h"

namespace basalt {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    char pattern[] = "/tmp/config_test.XXXXXX";
    directory_ = ::mkdtemp(pattern);
  }
  ~ConfigTest() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, std::string_view text) {
    std::string path = (directory_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  std::string read(const std::string& path) { return read_whole_file(path).value(); }
  /// The error of loading this text as basalt.conf, without the directory.
  std::string load_error(std::string_view text) {
    Config config;
    auto loaded = config.load(write("basalt.conf", text));
    if (loaded) return "";
    std::string error = loaded.error();
    std::string prefix = directory_.string() + "/";
    for (size_t at = error.find(prefix); at != std::string::npos; at = error.find(prefix))
      error.erase(at, prefix.size());
    return error;
  }

  std::filesystem::path directory_;
};

std::string set_error(Config& config, const std::vector<Config::Pair>& pairs, bool local = false) {
  auto done = config.set(pairs, local);
  return done ? "" : done.error().command()->text;
}

TEST_F(ConfigTest, DefaultsAreRedisOnes) {
  Config config;
  EXPECT_EQ(config.text("port"), "6379");
  EXPECT_EQ(config.text("bind"), "* -::*");
  EXPECT_EQ(config.text("client-output-buffer-limit"),
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
  EXPECT_EQ(config.text("save"), "3600 1 300 100 60 10000");
  EXPECT_EQ(config.text("latency-tracking-info-percentiles"), "50 99 99.9");
  EXPECT_EQ(config.settings().port, 6379);
  EXPECT_THAT(config.settings().bind.words(), ElementsAre("*", "-::*"));
  EXPECT_EQ(config.settings().appendfsync, AppendFsync::everysec);
  EXPECT_EQ(config.settings().output_buffer_limit(ClientClass::pubsub).soft_bytes, 8u << 20);
}

TEST_F(ConfigTest, ZeroMeansChooseForMe) {
  Config config;
  EXPECT_GT(config.settings().maxmemory, 1u << 20);
  EXPECT_EQ(config.text("maxmemory"), std::to_string(config.settings().maxmemory));
  EXPECT_GE(config.settings().io_threads, 1);
  EXPECT_GE(config.settings().storage_threads, 8);
}

TEST_F(ConfigTest, LoadsRedisFiles) {
  Config config;
  auto path = write("basalt.conf",
                    "# a comment\r\n"
                    "\n"
                    "PORT 7000\n"
                    "  bind 127.0.0.1 \"::1\"\n"
                    "requirepass \"pass \\x41\\\"word\"\n"
                    "save 900 1\n"
                    "save 300 10\n"
                    "client-output-buffer-limit normal 1mb 512k 10\n"
                    "hash-max-ziplist-entries 7\n"
                    "notify-keyspace-events KEA\n"
                    "appendfsync ALWAYS\n"
                    "unixsocketperm 700\n"
                    "user alice on >secret ~*\n"
                    "lua-replicate-commands yes\n"
                    "rocksdb.write_buffer_size 64mb\n");
  auto loaded = config.load(path);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(config.file(), path);
  EXPECT_EQ(config.settings().port, 7000);
  EXPECT_THAT(config.settings().bind.words(), ElementsAre("127.0.0.1", "::1"));
  EXPECT_EQ(config.settings().requirepass.get(), "pass A\"word");
  EXPECT_EQ(config.text("save"), "900 1 300 10");
  EXPECT_EQ(config.settings().output_buffer_limit(ClientClass::normal).hard_bytes, 1u << 20);
  EXPECT_EQ(config.settings().output_buffer_limit(ClientClass::normal).soft_bytes, 512'000u);
  EXPECT_EQ(config.settings().output_buffer_limit(ClientClass::replica).hard_bytes, 256u << 20);
  EXPECT_EQ(config.number("hash-max-listpack-entries"), 7);
  EXPECT_EQ(config.text("notify-keyspace-events"), "AKE");
  EXPECT_TRUE(config.settings().notifies(EventClass::zset));
  EXPECT_FALSE(config.settings().notifies(EventClass::key_miss));
  EXPECT_EQ(config.settings().appendfsync, AppendFsync::always);
  EXPECT_EQ(config.text("unixsocketperm"), "700");
  EXPECT_EQ(config.settings().unixsocketperm, 0700);
  ASSERT_EQ(config.user_lines().size(), 1u);
  EXPECT_THAT(config.user_lines()[0].words, ElementsAre("user", "alice", "on", ">secret", "~*"));
  EXPECT_THAT(config.user_lines()[0].where(), EndsWith("basalt.conf:13"));
  EXPECT_THAT(config.rocksdb_options(), ElementsAre(Pair("write_buffer_size", "64mb")));
}

TEST_F(ConfigTest, LaterLinesAndTheCommandLineWin) {
  Config config;
  auto path = write("basalt.conf", "port 1\nport 2\nsave 900 1\n");
  ASSERT_TRUE(config.load(path, {{"", 0, {"port", "3"}}, {"", 0, {"save", "60 5 30 1"}}}));
  EXPECT_EQ(config.settings().port, 3);
  EXPECT_EQ(config.text("save"), "900 1 60 5 30 1");
  Config without_saves;
  ASSERT_TRUE(without_saves.load(path, {{"", 0, {"save", ""}}}));
  EXPECT_EQ(without_saves.text("save"), "");
}

TEST_F(ConfigTest, Includes) {
  write("one.inc", "port 1\ntimeout 5\n");
  write("two.inc", "port 2\n");
  auto path = write("basalt.conf", "timeout 1\ninclude " + (directory_ / "*.inc").string() + "\ninclude " +
                                       (directory_ / "no*such").string() + "\n");
  Config config;
  auto loaded = config.load(path);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(config.settings().port, 2);
  EXPECT_EQ(config.settings().timeout_s, 5);
}

TEST_F(ConfigTest, ErrorsNameFileLineOptionAndWhatWasExpected) {
  EXPECT_EQ(load_error("\nport 70000\n"), "basalt.conf:2: port 70000: argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(load_error("port\n"), "basalt.conf:1: port: expected a value");
  EXPECT_EQ(load_error("port 1 2\n"), "basalt.conf:1: port 1 2: wrong number of arguments");
  EXPECT_EQ(load_error("prot 1\n"), "basalt.conf:1: unknown option 'prot'; did you mean 'port'?");
  EXPECT_EQ(load_error("colour red\n"), "basalt.conf:1: unknown option 'colour'");
  EXPECT_EQ(load_error("appendfsync often\n"),
            "basalt.conf:1: appendfsync often: argument(s) must be one of the following: everysec, always, no");
  EXPECT_EQ(load_error("dir \"a\n"), "basalt.conf:1: a quote is missing, or something follows one: dir \"a");
  EXPECT_EQ(load_error("requirepass secret word\n"), "basalt.conf:1: requirepass: wrong number of arguments");
  EXPECT_EQ(load_error("include missing.conf\n"),
            "basalt.conf:1: include: can't read the configuration file 'missing.conf': No such file or directory");
  EXPECT_EQ(load_error("tls-cluster yes\n"), "basalt.conf:1: tls-cluster yes: cluster mode is not supported");
  EXPECT_EQ(load_error("loadmodule /a.so\n"), "basalt.conf:1: loadmodule: modules are not supported");
  EXPECT_EQ(load_error("replicaof 10.0.0.1 6379\n"),
            "basalt.conf:1: replicaof 10.0.0.1 6379: replication is not supported");
  EXPECT_EQ(load_error("cluster-enabled yes\n"), "basalt.conf:1: cluster-enabled yes: cluster mode is not supported");
  EXPECT_EQ(load_error("rocksdb.a b c\n"), "basalt.conf:1: rocksdb.a: expected one value");
  EXPECT_THAT(load_error("include " + (directory_ / "basalt.conf").string()),
              HasSubstr("include each other too deeply"));
}

TEST_F(ConfigTest, SetChangesTypedSettings) {
  Config config;
  EXPECT_EQ(set_error(config, {{"timeout", "30"}, {"ACL-pubsub-default", "AllChannels"}, {"requirepass", ""}}), "");
  EXPECT_EQ(config.settings().timeout_s, 30);
  EXPECT_EQ(config.settings().acl_pubsub_default, AclPubsubDefault::allchannels);
  EXPECT_EQ(set_error(config, {{"client-output-buffer-limit", "slave 1kb 5 6"}}), "");
  EXPECT_EQ(config.text("client-output-buffer-limit"), "normal 0 0 0 slave 1024 5 6 pubsub 33554432 8388608 60");
  EXPECT_EQ(set_error(config, {{"hz", "1000"}, {"oom-score-adj", "relative"}}), "");
  EXPECT_EQ(config.text("hz"), "500");
  EXPECT_EQ(config.text("oom-score-adj"), "yes");
}

TEST_F(ConfigTest, SetErrorsAreRedisOnes) {
  Config config;
  auto failed = [](std::string_view name, std::string_view why) {
    return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " + std::string(why);
  };
  EXPECT_EQ(set_error(config, {{"timeout", "x"}}), failed("timeout", "argument couldn't be parsed into an integer"));
  EXPECT_EQ(set_error(config, {{"SLAVE-PRIORITY", "-1"}}),
            failed("slave-priority", "argument must be between 0 and 2147483647 inclusive"));
  EXPECT_EQ(set_error(config, {{"Databases", "3"}}), failed("Databases", "can't set immutable config"));
  EXPECT_EQ(set_error(config, {{"dir", "/tmp"}}), failed("dir", "can't set protected config"));
  EXPECT_EQ(set_error(config, {{"timeout", "1"}, {"TIMEOUT", "1"}}), failed("TIMEOUT", "duplicate parameter"));
  EXPECT_EQ(set_error(config, {{"timeout", "x"}, {"foo", "1"}}),
            "ERR Unknown option or number of arguments for CONFIG SET - 'foo'");
  EXPECT_EQ(set_error(config, {{"maxmemory", "1zb"}}), failed("maxmemory", "argument must be a memory value"));
  EXPECT_EQ(set_error(config, {{"maxmemory-clients", "101%"}}),
            failed("maxmemory-clients", "percentage argument must be less or equal to 100"));
  EXPECT_EQ(set_error(config, {{"save", "  900 1"}}), failed("save", "Invalid save parameters"));
  EXPECT_EQ(set_error(config, {{"notify-keyspace-events", "KEq"}}),
            failed("notify-keyspace-events", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."));
  EXPECT_EQ(set_error(config, {{"shutdown-on-sigint", "nosave save"}}),
            failed("shutdown-on-sigint", "shutdown options SAVE and NOSAVE can't be used simultaneously"));
}

TEST_F(ConfigTest, ProtectedOptionsFollowTheirOption) {
  Config config;
  ASSERT_TRUE(config.load("", {{"", 0, {"enable-protected-configs", "local"}}}));
  EXPECT_THAT(set_error(config, {{"dbfilename", "x"}}), HasSubstr("can't set protected config"));
  EXPECT_EQ(set_error(config, {{"dbfilename", "x"}}, true), "");
  EXPECT_THAT(set_error(config, {{"dbfilename", "a/b"}}, true),
              EndsWith("dbfilename can't be a path, just a filename"));
}

TEST_F(ConfigTest, SetIsAllOrNothing) {
  Config config;
  EXPECT_THAT(set_error(config, {{"timeout", "30"}, {"hz", "a"}}), HasSubstr("'hz'"));
  EXPECT_EQ(config.settings().timeout_s, 0);
  EXPECT_EQ(config.text("timeout"), "0");
}

TEST_F(ConfigTest, ListenersHearAndRefuse) {
  Config config;
  std::vector<std::string> heard;
  config.on_change("timeout", [&](const OptionValue& value) {
    heard.push_back("timeout " + value.text);
    return std::nullopt;
  });
  config.on_change("port", [&](const OptionValue& value) -> std::optional<std::string> {
    heard.push_back("port " + value.text);
    if (value.number == 1) return "Unable to listen on this port. Check server logs.";
    return std::nullopt;
  });
  EXPECT_EQ(set_error(config, {{"timeout", "5"}, {"port", "7"}, {"tcp-keepalive", "9"}}), "");
  EXPECT_THAT(heard, ElementsAre("timeout 5", "port 7"));
  heard.clear();
  EXPECT_EQ(set_error(config, {{"timeout", "6"}, {"tcp-keepalive", "1"}, {"port", "1"}}),
            "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server "
            "logs.");
  EXPECT_THAT(heard, ElementsAre("timeout 6", "port 1", "timeout 5"));
  EXPECT_EQ(config.settings().timeout_s, 5);
  EXPECT_EQ(config.settings().tcp_keepalive_s, 9);
  EXPECT_EQ(config.settings().port, 7);
  heard.clear();
  EXPECT_EQ(set_error(config, {{"timeout", "5"}}), "");
  EXPECT_THAT(heard, IsEmpty()) << "nothing changed";
}

TEST_F(ConfigTest, AnOptionMayHaveSeveralListeners) {
  Config config;
  std::vector<std::string> heard;
  config.on_change("timeout", [&](const OptionValue& value) {
    heard.push_back("first " + value.text);
    return std::nullopt;
  });
  config.on_change("timeout", [&](const OptionValue& value) -> std::optional<std::string> {
    heard.push_back("second " + value.text);
    if (value.number == 5) return "not five";
    return std::nullopt;
  });
  EXPECT_THAT(set_error(config, {{"timeout", "5"}}), EndsWith("'timeout') - not five"));
  EXPECT_THAT(heard, ElementsAre("first 5", "second 5", "first 0"));
}

TEST_F(ConfigTest, AFileThatIsNamedAgainMayHaveChanged) {
  Config config;
  int heard = 0;
  config.on_change("tls-cert-file", [&](const OptionValue&) {
    ++heard;
    return std::nullopt;
  });
  EXPECT_EQ(set_error(config, {{"tls-cert-file", "/server.crt"}}), "");
  EXPECT_EQ(set_error(config, {{"tls-cert-file", "/server.crt"}}), "");
  EXPECT_EQ(heard, 2);
}

TEST_F(ConfigTest, AChangeThatNobodyCarriesOutIsRefused) {
  Config config;
  EXPECT_EQ(set_error(config, {{"port", "7"}}),
            "ERR CONFIG SET failed (possibly related to argument 'port') - it can only be set at start");
  EXPECT_EQ(set_error(config, {{"port", "6379"}}), "") << "no change";
}

TEST_F(ConfigTest, Matching) {
  Config config;
  ASSERT_TRUE(config.load("", {{"", 0, {"rocksdb.max_open_files", "100"}}}));
  EXPECT_THAT(config.matching({"hash-max-z*"}),
              UnorderedElementsAre(Pair("hash-max-ziplist-entries", "512"), Pair("hash-max-ziplist-value", "64")));
  EXPECT_THAT(config.matching({"PORT", "por?", "slave-priority"}),
              ElementsAre(Pair("PORT", "6379"), Pair("slave-priority", "100")));
  EXPECT_THAT(config.matching({"watchdog*"}), IsEmpty());
  EXPECT_THAT(config.matching({"watchdog-period"}), ElementsAre(Pair("watchdog-period", "0")));
  EXPECT_THAT(config.matching({"nothing"}), IsEmpty());
  EXPECT_THAT(config.matching({"rocksdb*"}), ElementsAre(Pair("rocksdb.max_open_files", "100")));
}

TEST_F(ConfigTest, PackedLimitsFollow) {
  Config config;
  PackedLimits limits;
  follow_packed_limits(config, limits);
  EXPECT_EQ(limits.hash_max_listpack_entries, 512);
  EXPECT_EQ(limits.packed_max_bytes, 1024);
  EXPECT_EQ(limits.string_chunk_threshold, 4 * 1024);
  EXPECT_EQ(set_error(config, {{"hash-max-ziplist-entries", "3"}, {"list-max-listpack-size", "-5"}}), "");
  EXPECT_EQ(set_error(config, {{"stream-node-max-entries", "7"}}), "");
  EXPECT_EQ(limits.stream_node_max_entries, 7);
  EXPECT_EQ(limits.hash_max_listpack_entries, 3);
  EXPECT_EQ(limits.list_max_listpack_size, -5);
}

TEST_F(ConfigTest, RewriteNeedsAFile) {
  Config config;
  EXPECT_EQ(config.rewrite().error().command()->text, "ERR The server is running without a config file");
}

TEST_F(ConfigTest, RewriteKeepsWhatIsStillTrue) {
  constexpr std::string_view kText =
      "# my server\n"
      "\n"
      "   maxmemory   1gb   \n"
      "port 7000\n"
      "slave-priority 5\n"
      "user alice on\n"
      "rocksdb.x 1\n"
      "# the end";
  Config config;
  auto path = write("basalt.conf", kText);
  ASSERT_TRUE(config.load(path));
  ASSERT_TRUE(config.rewrite());
  EXPECT_EQ(read(path), std::string(kText) + "\n");
}

TEST_F(ConfigTest, RewriteChangesLinesInPlaceAndAppendsOthers) {
  Config config;
  auto path = write("basalt.conf",
                    "# my server\n"
                    "timeout 1\n"
                    "save 900 1\n"
                    "# slowly\n"
                    "slave-priority 5\n"
                    "timeout 2\n"
                    "save 300 10\n");
  ASSERT_TRUE(config.load(path, {{"", 0, {"logfile", "a b"}}}));
  EXPECT_EQ(set_error(config, {{"timeout", "9"},
                               {"replica-priority", "7"},
                               {"save", "1 2"},
                               {"repl-backlog-size", "2mb"},
                               {"client-output-buffer-limit", "pubsub 1 2 3"}}),
            "");
  ASSERT_TRUE(config.rewrite());
  EXPECT_EQ(read(path),
            "# my server\n"
            "timeout 9\n"
            "save 1 2\n"
            "# slowly\n"
            "replica-priority 7\n"
            "# Generated by CONFIG REWRITE\n"
            "client-output-buffer-limit normal 0 0 0\n"
            "client-output-buffer-limit replica 256mb 64mb 60\n"
            "client-output-buffer-limit pubsub 1 2 3\n"
            "logfile \"a b\"\n"
            "repl-backlog-size 2mb\n");
  EXPECT_EQ(set_error(config, {{"hz", "11"}}), "");
  ASSERT_TRUE(config.rewrite());
  EXPECT_THAT(read(path), EndsWith("repl-backlog-size 2mb\nhz 11\n"));
  Config again;
  ASSERT_TRUE(again.load(path));
  EXPECT_EQ(again.matching({"*"}), config.matching({"*"}));
}

TEST_F(ConfigTest, RewriteOverrulesIncludes) {
  auto included = write("more.inc", "timeout 5\nsave 60 1\nhz 20\n");
  auto path = write("basalt.conf", "timeout 1\nsave 900 1\ninclude " + included + "\n");
  Config config;
  ASSERT_TRUE(config.load(path));
  EXPECT_EQ(set_error(config, {{"timeout", "7"}, {"save", "3 4"}}), "");
  ASSERT_TRUE(config.rewrite());
  EXPECT_EQ(read(path), "include " + included + "\n# Generated by CONFIG REWRITE\ntimeout 7\nsave \"\"\nsave 3 4\n");
  Config again;
  ASSERT_TRUE(again.load(path));
  EXPECT_EQ(again.matching({"*"}), config.matching({"*"}));
}

TEST_F(ConfigTest, RewriteReplacesUsers) {
  auto path = write("basalt.conf", "user a on\nport 7000\nuser b off\n");
  Config config;
  ASSERT_TRUE(config.load(path));
  std::vector<std::string> users = {"default on nopass", "a off"};
  ASSERT_TRUE(config.rewrite(&users));
  EXPECT_EQ(read(path), "user default on nopass\nuser a off\nport 7000\n");
}

TEST_F(ConfigTest, RewriteCreatesAMissingFileAndRefusesABadOne) {
  auto path = write("basalt.conf", "port 7000\n");
  Config config;
  ASSERT_TRUE(config.load(path));
  std::filesystem::remove(path);
  ASSERT_TRUE(config.rewrite());
  EXPECT_EQ(read(path), "# Generated by CONFIG REWRITE\nport 7000\n");
  write("basalt.conf", "prot 7000\n");
  EXPECT_THAT(config.rewrite().error().command()->text, AllOf(testing::StartsWith("ERR Rewriting config file: "),
                                                              HasSubstr("basalt.conf:1: unknown option 'prot'")));
  EXPECT_EQ(read(path), "prot 7000\n");
}

TEST_F(ConfigTest, RewriteFollowsLinksAndKeepsPermissions) {
  auto target = write("real.conf", "port 7000\n");
  std::filesystem::permissions(target, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  auto link = directory_ / "basalt.conf";
  std::filesystem::create_symlink(target, link);
  Config config;
  ASSERT_TRUE(config.load(link.string()));
  EXPECT_EQ(set_error(config, {{"hz", "11"}}), "");
  ASSERT_TRUE(config.rewrite());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_THAT(read(target), HasSubstr("hz 11"));
  EXPECT_EQ(std::filesystem::status(target).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_)) ++files;
  EXPECT_EQ(files, 2u) << "temporary files are left";
}

}  // namespace
}  // namespace basalt
