// The handlers of the stream commands, by theme, and what they share; the table that names them is in
// stream_commands.cc.
#pragma once

#include "command/call.h"
#include "types/stream/stream.h"

namespace basalt::stream {

// stream_add_commands.cc: adding and removing entries
Result<Outcome> xadd(Call& call);
Result<Outcome> xtrim(Call& call);
Result<Outcome> xdel(Call& call);
Result<Outcome> xsetid(Call& call);

// stream_range_commands.cc: entries by id
Result<Outcome> xlen(Call& call);
Result<Outcome> xrange(Call& call);
Result<Outcome> xrevrange(Call& call);

// stream_read_commands.cc: what is new in several streams, for oneself or as a consumer of a group
Result<Outcome> xread(Call& call);
Result<Outcome> xreadgroup(Call& call);

// stream_group_commands.cc: consumer groups
Result<Outcome> xgroup_create(Call& call);
Result<Outcome> xgroup_setid(Call& call);
Result<Outcome> xgroup_destroy(Call& call);
Result<Outcome> xgroup_createconsumer(Call& call);
Result<Outcome> xgroup_delconsumer(Call& call);
Result<Outcome> xgroup_help(Call& call);
Result<Outcome> xack(Call& call);

// stream_pending_commands.cc: what was delivered and not acknowledged
Result<Outcome> xpending(Call& call);
Result<Outcome> xclaim(Call& call);
Result<Outcome> xautoclaim(Call& call);

// stream_info_commands.cc
Result<Outcome> xinfo_stream(Call& call);
Result<Outcome> xinfo_groups(Call& call);
Result<Outcome> xinfo_consumers(Call& call);
Result<Outcome> xinfo_help(Call& call);

/// "ERR unknown subcommand or wrong number of arguments for 'create'. Try XGROUP HELP."
tl::unexpected<Error> subcommand_syntax_error(const Call& call);

/// Replies with the entries from `from` to `to`, both included: `count` of them at most, 0: all.
Result<void> reply_range(Call& call, const Stream& stream, StreamId from, StreamId to, Stream::Order order,
                         uint64_t count);

}  // namespace basalt::stream
