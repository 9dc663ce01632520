// The table of the stream commands; their handlers are declared in stream_handlers.h.
#include <span>
#include <vector>

#include "command/spec.h"
#include "types/stream/stream_handlers.h"

namespace basalt {

namespace {

// The keys of XREAD and XREADGROUP: the first half of what follows STREAMS.
void find_read_keys(const Args& args, std::vector<int>& positions) {
  const auto is = [&](size_t i, std::string_view word) { return equals_ignore_case(args[i], word); };
  for (size_t i = 1; i < args.size(); ++i) {
    if (is(i, "block") || is(i, "count")) {
      ++i;
    } else if (is(i, "group")) {
      i += 2;
    } else if (is(i, "streams")) {
      const size_t rest = args.size() - i - 1;
      if (rest % 2 != 0) return;
      for (size_t key = 1; key <= rest / 2; ++key) positions.push_back(static_cast<int>(i + key));
      return;
    } else if (!is(i, "noack")) {
      return;
    }
  }
}

// clang-format off
constexpr CommandSpec kGroupSubcommands[] = {
    {"create", -5, kWrite | kDenyOom, {2, 2, 1}, "RW insert", Group::stream, "5.0.0",
     "Create a consumer group.", "O(1)", stream::xgroup_create},
    {"createconsumer", 5, kWrite | kDenyOom, {2, 2, 1}, "RW insert", Group::stream, "6.2.0",
     "Create a consumer in a consumer group.", "O(1)", stream::xgroup_createconsumer},
    {"delconsumer", 5, kWrite, {2, 2, 1}, "RW delete", Group::stream, "5.0.0",
     "Delete a consumer from a consumer group.", "O(1)", stream::xgroup_delconsumer},
    {"destroy", 4, kWrite, {2, 2, 1}, "RW delete", Group::stream, "5.0.0",
     "Destroy a consumer group.",
     "O(N) where N is the number of entries in the group's pending entries list (PEL).", stream::xgroup_destroy},
    {"help", 2, kLoading | kStale | kNoTxn, {}, "", Group::stream, "5.0.0",
     "Show helpful text about the different subcommands", "O(1)", stream::xgroup_help},
    {"setid", -5, kWrite, {2, 2, 1}, "RW update", Group::stream, "5.0.0",
     "Set a consumer group to an arbitrary last delivered ID value.", "O(1)", stream::xgroup_setid},
};

constexpr CommandSpec kInfoSubcommands[] = {
    {"consumers", 4, kReadonly, {2, 2, 1}, "RO access", Group::stream, "5.0.0",
     "List the consumers in a consumer group", "O(1)", stream::xinfo_consumers},
    {"groups", 3, kReadonly, {2, 2, 1}, "RO access", Group::stream, "5.0.0",
     "List the consumer groups of a stream", "O(1)", stream::xinfo_groups},
    {"help", 2, kLoading | kStale | kNoTxn, {}, "", Group::stream, "5.0.0",
     "Show helpful text about the different subcommands", "O(1)", stream::xinfo_help},
    {"stream", -3, kReadonly, {2, 2, 1}, "RO access", Group::stream, "5.0.0",
     "Get information about a stream", "O(1)", stream::xinfo_stream},
};

constexpr CommandSpec kCommands[] = {
    {"xack", -4, kWrite | kFast, {1, 1, 1}, "RW update", Group::stream, "5.0.0",
     "Marks a pending message as correctly processed, effectively removing it from the pending entries list of the "
     "consumer group. Return value of the command is the number of messages successfully acknowledged, that is, the "
     "IDs we were actually able to resolve in the PEL.",
     "O(1) for each message ID processed.", stream::xack},
    {"xadd", -5, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW update", Group::stream, "5.0.0",
     "Appends a new entry to a stream",
     "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.", stream::xadd},
    {"xautoclaim", -6, kWrite | kFast, {1, 1, 1}, "RW delete", Group::stream, "6.2.0",
     "Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered to the "
     "specified consumer.",
     "O(1) if COUNT is small.", stream::xautoclaim},
    {"xclaim", -6, kWrite | kFast, {1, 1, 1}, "RW update", Group::stream, "5.0.0",
     "Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to the "
     "specified consumer.",
     "O(log N) with N being the number of messages in the PEL of the consumer group.", stream::xclaim},
    {"xdel", -3, kWrite | kFast, {1, 1, 1}, "RW delete", Group::stream, "5.0.0",
     "Removes the specified entries from the stream. Returns the number of items actually deleted, that may be "
     "different from the number of IDs passed in case certain IDs do not exist.",
     "O(1) for each single item to delete in the stream, regardless of the stream size.", stream::xdel},
    {"xgroup", -2, 0, {}, "", Group::stream, "5.0.0", "A container for consumer groups commands",
     "Depends on subcommand.", nullptr, kGroupSubcommands},
    {"xinfo", -2, 0, {}, "", Group::stream, "5.0.0", "A container for stream introspection commands",
     "Depends on subcommand.", nullptr, kInfoSubcommands},
    {"xlen", 2, kReadonly | kFast, {1, 1, 1}, "RO", Group::stream, "5.0.0",
     "Return the number of entries in a stream", "O(1)", stream::xlen},
    {"xpending", -3, kReadonly, {1, 1, 1}, "RO access", Group::stream, "5.0.0",
     "Return information and entries from a stream consumer group pending entries list, that are messages fetched but "
     "never acknowledged.",
     "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is "
     "O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command "
     "returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) "
     "time for iterating every consumer.", stream::xpending},
    {"xrange", -4, kReadonly, {1, 1, 1}, "RO access", Group::stream, "5.0.0",
     "Return a range of elements in a stream, with IDs matching the specified IDs interval",
     "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 "
     "elements with COUNT), you can consider it O(1).", stream::xrange},
    {"xread", -4, kReadonly | kBlocking | kMovableKeys, {0, 0, 0, find_read_keys}, "RO access", Group::stream, "5.0.0",
     "Return never seen elements in multiple streams, with IDs greater than the ones reported by the caller for each "
     "stream. Can block.",
     "For each stream mentioned: O(N) with N being the number of elements being returned, it means that XREAD-ing with "
     "a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in order to serve the M "
     "clients blocked on the stream getting new data.", stream::xread},
    {"xreadgroup", -7, kWrite | kBlocking | kMovableKeys, {0, 0, 0, find_read_keys}, "RO access", Group::stream,
     "5.0.0",
     "Return new entries from a stream using a consumer group, or access the history of the pending entries for a "
     "given consumer. Can block.",
     "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always "
     "asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP "
     "blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.",
     stream::xreadgroup},
    {"xrevrange", -4, kReadonly, {1, 1, 1}, "RO access", Group::stream, "5.0.0",
     "Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse order (from "
     "greater to smaller IDs) compared to XRANGE",
     "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements "
     "with COUNT), you can consider it O(1).", stream::xrevrange},
    {"xsetid", -3, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW update", Group::stream, "5.0.0",
     "An internal command for replicating stream values", "O(1)", stream::xsetid},
    {"xtrim", -4, kWrite, {1, 1, 1}, "RW delete", Group::stream, "5.0.0",
     "Trims the stream to (approximately if '~' is passed) a certain size",
     "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are "
     "organized in macro nodes containing multiple entries that can be released with a single deallocation.",
     stream::xtrim},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> stream_commands() { return kCommands; }

}  // namespace basalt
