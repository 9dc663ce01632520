// MEMORY: what keys and the server take.
#include <fmt/format.h>

#include "base/number.h"
#include "command/call.h"
#include "server/allocator.h"
#include "server/memory_usage.h"
#include "server/server.h"
#include "server/server_commands.h"

namespace basalt {

namespace {

constexpr std::string_view kHelp[] = {
    "DOCTOR",
    "    Return memory problems reports.",
    "MALLOC-STATS",
    "    Return internal statistics report from the memory allocator.",
    "PURGE",
    "    Attempt to purge dirty pages for reclamation by the allocator.",
    "STATS",
    "    Return information about the memory usage of the server.",
    "USAGE <key> [SAMPLES <count>]",
    "    Return memory in bytes used by <key> and its value. Nested values are",
    "    sampled up to <count> times (default: 5, 0 means sample all).",
};

Result<Outcome> help_command(Call& call) {
  reply_help(call.reply, "MEMORY", kHelp);
  return kDone;
}

Result<Outcome> usage_command(Call& call) {
  int64_t samples = 5;
  for (size_t i = 3; i < call.argc(); i += 2) {
    if (!call.arg_is(i, "samples") || i + 1 == call.argc()) return syntax_error();
    samples = TRY(call.integer(i + 1));
    if (samples < 0) return syntax_error();
  }
  call.txn.count_lookups(false);  // as Redis: no hit and no miss
  const auto bytes = TRY(memory_usage(call.txn, call.key(2), static_cast<uint64_t>(samples)));
  if (bytes) call.reply.integer(static_cast<int64_t>(*bytes));
  else call.reply.null();
  return kDone;
}

Result<Outcome> purge_command(Call& call) {
  if (!purge_allocator()) return fail("ERR Error purging dirty pages");
  call.reply.ok();
  return kDone;
}

Result<Outcome> malloc_stats_command(Call& call) {
  const std::string report = allocator_report();
  call.reply.verbatim(report.empty() ? "Stats not supported for the current allocator" : report);
  return kDone;
}

uint64_t client_bytes(Server& server) {
  uint64_t bytes = 0;
  for (const auto& session : server.clients().all())
    bytes += sizeof(Session) + session->shared.query_buffer + session->shared.query_buffer_free +
             session->shared.pending_output;
  return bytes;
}

double ratio(uint64_t a, uint64_t b) { return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b); }

// The pairs of MEMORY STATS.
class StatFields {
 public:
  explicit StatFields(Reply& reply) : reply_(reply), mark_(reply.open(Reply::Aggregate::map)) {}
  void bytes(std::string_view name, uint64_t value) {
    reply_.bulk(name);
    reply_.integer(static_cast<int64_t>(value));
    ++pairs_;
  }
  void fraction(std::string_view name, double value) {
    reply_.bulk(name);
    reply_.number(value);
    ++pairs_;
  }
  /// `name`.ratio and .bytes: how much more `a` is than `b`.
  void excess(std::string_view name, uint64_t a, uint64_t b) {
    fraction(fmt::format("{}.ratio", name), ratio(a, b));
    reply_.bulk(fmt::format("{}.bytes", name));
    reply_.integer(static_cast<int64_t>(a) - static_cast<int64_t>(b));
    ++pairs_;
  }
  void close() { reply_.close(mark_, pairs_); }

 private:
  Reply& reply_;
  Reply::Mark mark_;
  int64_t pairs_ = 0;
};

// Redis's fields where they mean the same; what the storage engine holds behind them.
Result<Outcome> stats_command(Call& call) {
  Server& server = call.session->server();
  uint64_t keys = 0;
  for (uint16_t db = 0; db < server.keyspace().database_count(); ++db)
    keys += TRY(server.keyspace().count_keys(call.txn, db)).keys;
  const AllocatorStats allocator = allocator_stats();
  const Store::Memory engine = server.store().memory();
  const uint64_t resident = resident_bytes();
  const uint64_t allocated = allocated_bytes();
  const uint64_t peak = std::max(server.peak_allocated_bytes(), allocated);
  const uint64_t clients = client_bytes(server);
  const uint64_t overhead = std::min(allocated, server.startup_allocated_bytes() + clients);

  StatFields fields(call.reply);
  fields.bytes("peak.allocated", peak);
  fields.bytes("total.allocated", allocated);
  fields.bytes("startup.allocated", server.startup_allocated_bytes());
  fields.bytes("replication.backlog", 0);
  fields.bytes("clients.slaves", 0);
  fields.bytes("clients.normal", clients);
  fields.bytes("overhead.total", overhead);
  fields.bytes("keys.count", keys);
  fields.bytes("keys.bytes-per-key", keys == 0 ? 0 : (allocated - overhead) / keys);
  fields.bytes("dataset.bytes", allocated - overhead);
  fields.fraction("dataset.percentage", 100 * ratio(allocated - overhead, allocated));
  fields.fraction("peak.percentage", 100 * ratio(allocated, peak));
  fields.bytes("allocator.allocated", allocator.allocated);
  fields.bytes("allocator.active", allocator.active);
  fields.bytes("allocator.resident", allocator.resident);
  fields.excess("allocator-fragmentation", allocator.active, allocator.allocated);
  fields.excess("allocator-rss", allocator.resident, allocator.active);
  fields.excess("rss-overhead", resident, allocator.resident);
  fields.fraction("fragmentation", ratio(resident, allocated));
  fields.bytes("fragmentation.bytes", resident > allocated ? resident - allocated : 0);
  fields.bytes("budget", engine.budget);
  fields.bytes("block-cache.capacity", engine.cache_capacity);
  fields.bytes("block-cache.usage", engine.cache_usage);
  fields.bytes("block-cache.pinned", engine.cache_pinned);
  fields.bytes("memtables", engine.memtables);
  fields.bytes("table-readers", engine.table_readers);
  fields.close();
  return kDone;
}

Result<Outcome> doctor_command(Call& call) {
  Server& server = call.session->server();
  const Store::Memory engine = server.store().memory();
  const AllocatorStats allocator = allocator_stats();
  const uint64_t clients = client_bytes(server), connected = std::max<uint64_t>(server.clients().count(), 1);
  constexpr uint64_t kLargeClient = 200 << 10, kFragmented = 64 << 20;
  std::string text;
  auto finding = [&](std::string_view words) { fmt::format_to(std::back_inserter(text), " * {}\n", words); };
  if (engine.table_readers > engine.budget / 4)
    finding(
        fmt::format("Indexes and filters of open table files take {}, beside a budget (maxmemory) of {}: raise it, "
                    "or fewer reads will find their block in the cache.",
                    human_bytes(engine.table_readers), human_bytes(engine.budget)));
  if (engine.cache_pinned > engine.cache_capacity / 2)
    finding(fmt::format("More than half of the block cache is pinned ({} of {}) by long reads.",
                        human_bytes(engine.cache_pinned), human_bytes(engine.cache_capacity)));
  if (clients / connected > kLargeClient)
    finding(fmt::format("Clients' buffers take {} each on average: CLIENT LIST shows whose (qbuf, omem).",
                        human_bytes(clients / connected)));
  if (allocator.resident > allocator.allocated + allocator.allocated / 2 + kFragmented)
    finding(fmt::format("The allocator holds {} for {} in use: MEMORY PURGE gives back what is free.",
                        human_bytes(allocator.resident), human_bytes(allocator.allocated)));
  call.reply.verbatim(text.empty() ? "Nothing wrong was found with the use of memory.\n" : "Findings:\n" + text);
  return kDone;
}

constexpr KeylessRows row{Group::server};

constexpr CommandSpec kSubcommands[] = {
    row("purge", 2, kNoTxn | kOffload, "4.0.0", "Ask the allocator to release memory",
        "Depends on how much memory is allocated, could be slow", purge_command),
    {"usage",
     -3,
     kReadonly,
     {2, 2, 1},
     "RO",
     Group::server,
     "4.0.0",
     "Estimate the memory usage of a key",
     "O(N) where N is the number of samples.",
     usage_command},
    row("help", 2, kLoading | kStale | kNoTxn, "4.0.0", "Show helpful text about the different subcommands", "O(1)",
        help_command),
    row("doctor", 2, kNoTxn, "4.0.0", "Outputs memory problems report", "O(1)", doctor_command),
    row("stats", 2, kOffload, "4.0.0", "Show memory usage details", "O(1)", stats_command),
    row("malloc-stats", 2, kNoTxn | kOffload, "4.0.0", "Show allocator internal stats",
        "Depends on how much memory is allocated, could be slow", malloc_stats_command),
};

constexpr CommandSpec kCommands[] = {
    row("memory", -2, 0, "4.0.0", "A container for memory diagnostics commands", "Depends on subcommand.", nullptr,
        kSubcommands),
};

}  // namespace

std::span<const CommandSpec> memory_commands() { return kCommands; }

}  // namespace basalt
