// SLOWLOG LATENCY MONITOR: looking at the commands that run.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/bytes.h"
#include "command/call.h"
#include "server/config/config.h"
#include "server/server.h"
#include "server/server_commands.h"

namespace basalt {

namespace {

// ---- SLOWLOG ----

constexpr std::string_view kSlowlogHelp[] = {
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
};

Result<Outcome> slowlog_get_command(Call& call) {
  if (call.argc() > 3)
    return fail(
        fmt::format("ERR unknown subcommand or wrong number of arguments for '{}'. Try SLOWLOG HELP.", call.arg(1)));
  constexpr std::string_view kBadCount = "ERR count should be greater than or equal to -1";
  const int64_t count = call.argc() == 3 ? TRY(call.integer(2, kBadCount)) : 10;
  if (count < -1) return fail(std::string(kBadCount));
  const auto commands = call.session->server().slow_log().newest(static_cast<size_t>(count));
  call.reply.array(static_cast<int64_t>(commands.size()));
  for (const auto& slow : commands) {
    call.reply.array(6);
    call.reply.integer(static_cast<int64_t>(slow->id));
    call.reply.integer(slow->time_s);
    call.reply.integer(slow->duration_us);
    call.reply.array(static_cast<int64_t>(slow->arguments.size()));
    for (const std::string& argument : slow->arguments) call.reply.bulk(argument);
    call.reply.bulk(slow->peer_address);
    call.reply.bulk(slow->client_name);
  }
  return kDone;
}

Result<Outcome> slowlog_len_command(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.session->server().slow_log().size()));
  return kDone;
}

Result<Outcome> slowlog_reset_command(Call& call) {
  call.session->server().slow_log().reset();
  call.reply.ok();
  return kDone;
}

Result<Outcome> slowlog_help_command(Call& call) {
  reply_help(call.reply, "SLOWLOG", kSlowlogHelp);
  return kDone;
}

// ---- LATENCY ----

constexpr std::string_view kLatencyHelp[] = {
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: reset all data for all event classes)",
    "HISTOGRAM [COMMAND ...]",
    "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
    "    If no commands are specified then all histograms are replied.",
};

int64_t now_s(Call& call) { return call.session->server().clock().now_us() / 1'000'000; }

Result<Outcome> latency_history_command(Call& call) {
  const LatencySeries series = call.session->server().latency().series(call.arg(2));
  call.reply.array(static_cast<int64_t>(series.samples.size()));
  for (const LatencySample& sample : series.samples) {
    call.reply.array(2);
    call.reply.integer(sample.time_s);
    call.reply.integer(sample.ms);
  }
  return kDone;
}

Result<Outcome> latency_latest_command(Call& call) {
  const auto events = call.session->server().latency().all();
  call.reply.array(static_cast<int64_t>(events.size()));
  for (const auto& [event, series] : events) {
    call.reply.array(4);
    call.reply.bulk(event);
    call.reply.integer(series.samples.back().time_s);
    call.reply.integer(series.samples.back().ms);
    call.reply.integer(series.highest_ms);
  }
  return kDone;
}

Result<Outcome> latency_reset_command(Call& call) {
  LatencyMonitor& latency = call.session->server().latency();
  int64_t count = 0;
  if (call.argc() == 2) count = static_cast<int64_t>(latency.reset_all());
  for (size_t i = 2; i < call.argc(); ++i) count += latency.reset(call.arg(i)) ? 1 : 0;
  call.reply.integer(count);
  return kDone;
}

Result<Outcome> latency_graph_command(Call& call) {
  const LatencySeries series = call.session->server().latency().series(call.arg(2));
  if (series.samples.empty()) return fail(fmt::format("ERR No samples available for event '{}'", call.arg(2)));
  call.reply.verbatim(latency_graph(call.arg(2), series, now_s(call)));
  return kDone;
}

Result<Outcome> latency_doctor_command(Call& call) {
  Server& server = call.session->server();
  call.reply.verbatim(
      latency_report(server.latency().all(), server.config().settings().latency_monitor_threshold_ms.load()));
  return kDone;
}

Result<Outcome> latency_help_command(Call& call) {
  reply_help(call.reply, "LATENCY", kLatencyHelp);
  return kDone;
}

// Redis's bounds: 2^n times 1024 ns, with what its histogram can't tell from it, in whole microseconds.
int64_t histogram_bound_us(unsigned n) {
  const int64_t ns = int64_t{1024} << n;
  return (ns + ns / 128 - 1) / 1000;
}

// How many calls took at most so long, for each bound at which the number grows.
void reply_histogram(Reply& reply, const std::array<uint64_t, LatencyHistogram::kBuckets>& buckets) {
  const auto mark = reply.open(Reply::Aggregate::map);
  int64_t pairs = 0;
  uint64_t count = 0;
  size_t bucket = 0;
  for (unsigned n = 0; n < 40 && bucket < buckets.size(); ++n) {
    const auto bound_us = static_cast<uint64_t>(histogram_bound_us(n));
    const uint64_t before = count;
    while (bucket < buckets.size() && LatencyHistogram::upper_bound_us(bucket) <= bound_us) count += buckets[bucket++];
    if (count == before) continue;
    reply.integer(static_cast<int64_t>(bound_us));
    reply.integer(static_cast<int64_t>(count));
    ++pairs;
  }
  reply.close(mark, pairs);
}

// LATENCY HISTOGRAM names a command, a subcommand ("config|get"), or a container, which stands for its subcommands.
bool names_command(std::string_view word, std::string_view full_name) {
  const size_t bar = full_name.find('|');
  return equals_ignore_case(word, full_name) ||
         (bar != std::string_view::npos && equals_ignore_case(word, full_name.substr(0, bar)));
}

Result<Outcome> latency_histogram_command(Call& call) {
  Server& server = call.session->server();
  const CommandTable& commands = server.commands();
  std::vector<uint32_t> wanted;
  for (uint32_t i = 0; call.argc() == 2 && i < commands.index_count(); ++i) wanted.push_back(i);
  for (size_t word = 2; word < call.argc(); ++word)
    for (uint32_t i = 0; i < commands.index_count(); ++i)
      if (names_command(call.arg(word), commands.full_name(i))) wanted.push_back(i);

  const auto mark = call.reply.open(Reply::Aggregate::map);
  int64_t pairs = 0;
  std::array<uint64_t, LatencyHistogram::kBuckets> buckets;
  for (uint32_t i : wanted) {
    const uint64_t calls = server.stats().latency(i, buckets);
    if (calls == 0) continue;
    ++pairs;
    call.reply.bulk(commands.full_name(i));
    call.reply.map(2);
    call.reply.bulk("calls");
    call.reply.integer(static_cast<int64_t>(calls));
    call.reply.bulk("histogram_usec");
    reply_histogram(call.reply, buckets);
  }
  call.reply.close(mark, pairs);
  return kDone;
}

// ---- MONITOR ----

Result<Outcome> monitor_command(Call& call) {
  if (!call.may_wait) return fail("ERR MONITOR isn't allowed for DENY BLOCKING client");
  Session& session = *call.session;
  if (!session.shared.monitor.exchange(true))
    session.server().monitors().add(session.server().clients().find(session.id));
  call.reply.ok();
  return kDone;
}

// ---- rows ----

constexpr uint64_t kHelp = kLoading | kStale | kNoTxn;
constexpr uint64_t kSlowlogFlags = kAdmin | kLoading | kStale | kNoTxn;
constexpr uint64_t kLatencyFlags = kSlowlogFlags | kNoScript;
constexpr std::string_view kHelpSummary = "Show helpful text about the different subcommands";

constexpr KeylessRows row{Group::server};

constexpr CommandSpec kSlowlog[] = {
    row("help", 2, kHelp, "6.2.0", kHelpSummary, "O(1)", slowlog_help_command),
    row("reset", 2, kSlowlogFlags, "2.2.12", "Clear all entries from the slow log",
        "O(N) where N is the number of entries in the slowlog", slowlog_reset_command),
    row("len", 2, kSlowlogFlags, "2.2.12", "Get the slow log's length", "O(1)", slowlog_len_command),
    row("get", -2, kSlowlogFlags, "2.2.12", "Get the slow log's entries",
        "O(N) where N is the number of entries returned", slowlog_get_command),
};

constexpr CommandSpec kLatency[] = {
    row("graph", 3, kLatencyFlags, "2.8.13", "Return a latency graph for the event.", "O(1)", latency_graph_command),
    row("histogram", -2, kLatencyFlags, "7.0.0",
        "Return the cumulative distribution of latencies of a subset of commands or all.",
        "O(N) where N is the number of commands with latency information being retrieved.", latency_histogram_command),
    row("latest", 2, kLatencyFlags, "2.8.13", "Return the latest latency samples for all events.", "O(1)",
        latency_latest_command),
    row("history", 3, kLatencyFlags, "2.8.13", "Return timestamp-latency samples for the event.", "O(1)",
        latency_history_command),
    row("help", 2, kHelp, "2.8.13", "Show helpful text about the different subcommands.", "O(1)", latency_help_command),
    row("reset", -2, kLatencyFlags, "2.8.13", "Reset latency data for one or more events.", "O(1)",
        latency_reset_command),
    row("doctor", 2, kLatencyFlags, "2.8.13", "Return a human readable latency analysis report.", "O(1)",
        latency_doctor_command),
};

constexpr CommandSpec kCommands[] = {
    row("slowlog", -2, 0, "2.2.12", "A container for slow log commands", "Depends on subcommand.", nullptr, kSlowlog),
    row("latency", -2, 0, "2.8.13", "A container for latency diagnostics commands", "Depends on subcommand.", nullptr,
        kLatency),
    row("monitor", 1, kAdmin | kNoScript | kLoading | kStale | kNoTxn, "1.0.0",
        "Listen for all requests received by the server in real time", "", monitor_command),
};

}  // namespace

std::span<const CommandSpec> observation_commands() { return kCommands; }

}  // namespace basalt
