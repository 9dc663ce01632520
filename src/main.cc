// Constructs the parts, wires them, waits for the end. No logic.
#include <csignal>
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <glog/logging.h>

#include "command/error_text.h"
#include "net/network.h"
#include "server/acl/acl.h"
#include "server/banner.h"
#include "server/config/command_line.h"
#include "server/config/config.h"
#include "server/log.h"
#include "server/oom_score.h"
#include "server/open_files.h"
#include "server/process.h"
#include "server/server.h"
#include "server/server_commands.h"
#include "types/families.h"

namespace {

using namespace basalt;

// Why the server can't start: one line, on stderr (and in the log file if there is one).
int refuse(const std::string& why) {
  fmt::print(stderr, "basalt-server: {}\n", why);
  return 1;
}

std::string words_of(const Error& error) {
  if (const auto* storage = error.storage()) return storage->detail;
  return error_text(error);
}

// SIGTERM and SIGINT are waited for by the main thread alone; every other thread inherits the mask.
sigset_t block_termination_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  return signals;
}

// The exit code when there is nothing to serve: something was printed, or the configuration is bad.
std::optional<int> configure(int argc, char** argv, Config& config) {
  const auto command_line = read_command_line({argv + 1, argv + argc});
  if (!command_line) return refuse(command_line.error());
  switch (command_line->ask) {
    case CommandLine::Ask::run: break;
    case CommandLine::Ask::help: fmt::print("{}", help_text()); return 0;
    case CommandLine::Ask::version:
      fmt::print("Basalt {} (RocksDB {})\n", BASALT_VERSION, Store::engine_version());
      return 0;
    case CommandLine::Ask::default_config: fmt::print("{}", default_config_text()); return 0;
  }
  if (const auto loaded = config.load(command_line->config_file, command_line->lines); !loaded)
    return refuse(loaded.error());
  return std::nullopt;
}

int serve(Config& config) {
  const sigset_t signals = block_termination_signals();
  const Settings& settings = config.settings();
  const SystemClock clock;

  OomScore oom_score(config);
  oom_score.apply();  // a failure is in the log
  raise_open_file_limit();
  const OpenFilePlan open_files = plan_open_files(settings.maxclients);
  StoreOptions store_options;
  store_options.open_files = open_files.store_files;
  store_options.directory = settings.dir.get();
  store_options.memory_budget = settings.maxmemory.load();
  store_options.overrides = config.rocksdb_options();
  auto store = Store::open(store_options);
  if (!store) return refuse(words_of(store.error()));

  KeyspaceOptions keyspace_options;
  keyspace_options.databases = static_cast<uint16_t>(settings.databases.load());
  auto keyspace = Keyspace::open(**store, clock, keyspace_options);
  if (!keyspace) return refuse(words_of(keyspace.error()));
  follow_packed_limits(config, (*keyspace)->limits());
  connect_types(**keyspace);

  CommandTable commands;
  add_type_commands(commands);
  add_server_commands(commands);
  const auto io_threads = static_cast<unsigned>(settings.io_threads.load());
  const auto storage_threads = static_cast<unsigned>(settings.storage_threads.load());
  Server server(config, clock, **store, **keyspace, commands, io_threads, storage_threads);
  if (auto loaded = server.acl().load(config.user_lines()); !loaded) return refuse(loaded.error());
  limit_clients(config, open_files.clients);
  Network network(server, io_threads);
  if (auto opened = network.open(); !opened) return refuse(words_of(opened.error()));
  server.on_shutdown([] { ::kill(::getpid(), SIGTERM); });
  server.set_stop_the_loops([&network](const std::function<void()>& action) { network.while_still(action); });

  const auto banner = make_banner(config, **store, network.endpoints());  // before a client may have all opened anew
  (*keyspace)->start();
  network.start();
  log_banner(banner, config);
  tell_service_manager(settings.supervised, "READY=1");
  if (settings.daemonize) leave_terminal();

  int signal = 0;
  sigwait(&signals, &signal);
  LOG(WARNING) << "Received " << (signal == SIGINT ? "SIGINT" : "SIGTERM") << ": shutting down";
  tell_service_manager(settings.supervised, "STOPPING=1");
  network.stop_accepting();
  server.pool().wait_until_idle(
      std::chrono::seconds(settings.shutdown_timeout_s.load()));  // what runs is finished and answered
  network.stop();
  server.pool().stop();
  (*keyspace)->stop();
  if (auto synced = (*store)->sync_wal(); !synced)
    return refuse("the last writes could not be synced: " + words_of(synced.error()));
  LOG(WARNING) << "Basalt is now ready to exit, bye bye...";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  basalt::Config config;
  if (auto exit_code = configure(argc, argv, config)) return *exit_code;
  const Settings& settings = config.settings();
  if (settings.daemonize) {
    if (auto gone = go_to_background(); !gone) return refuse(gone.error());
  }
  auto log = basalt::start_logging(config);
  if (!log) return refuse(log.error());
  PidFile pid_file;
  if (auto written = pid_file.write(settings.pidfile.get()); !written) return refuse(written.error());
  return serve(config);
}
