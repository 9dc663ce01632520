// Consumer groups: XGROUP and XACK.
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "command/help.h"
#include "types/stream/stream_group_writer.h"
#include "types/stream/stream_handlers.h"
#include "types/stream/stream_id.h"
#include "types/stream/stream_writer.h"

namespace basalt::stream {

namespace {

struct GroupOptions {
  bool create_stream = false;
  int64_t entries_read = StreamGroup::kUnknown;
};

Result<GroupOptions> parse_options(const Call& call, bool creating) {
  GroupOptions options;
  for (size_t i = 5; i < call.argc(); ++i) {
    if (creating && call.arg_is(i, "mkstream")) {
      options.create_stream = true;
    } else if (call.arg_is(i, "entriesread") && i + 1 < call.argc()) {
      options.entries_read = TRY(call.integer(++i));
      if (options.entries_read < 0 && options.entries_read != StreamGroup::kUnknown) {
        return fail("ERR value for ENTRIESREAD must be positive or -1");
      }
    } else {
      return subcommand_syntax_error(call);
    }
  }
  return options;
}

auto no_stream() {
  return fail(
      "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM "
      "option to create an empty stream automatically.");
}

// The group at arguments 2 and 3.
Result<GroupWriter> find_group(const Call& call) {
  const auto stream = TRY(Stream::find(call.txn, call.key(2)));
  if (!stream) return no_stream();
  auto group = TRY(GroupWriter::find(call.txn, stream->object(), call.arg(3)));
  if (!group) {
    return fail(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'", call.arg(3), call.arg(2)));
  }
  return *std::move(group);
}

}  // namespace

tl::unexpected<Error> subcommand_syntax_error(const Call& call) {
  return fail(fmt::format("ERR unknown subcommand or wrong number of arguments for '{:.128}'. Try {} HELP.",
                          call.arg(1), to_upper(call.arg(0))));
}

Result<Outcome> xgroup_create(Call& call) {
  constexpr size_t kMostArguments = 8;
  const GroupOptions options = TRY(parse_options(call, /*creating=*/true));
  auto record = TRY(call.txn.find(call.key(2), Type::stream));
  if (!record && !options.create_stream) return no_stream();
  if (call.argc() > kMostArguments) return subcommand_syntax_error(call);
  const bool created = !record;
  StreamWriter stream = TRY(StreamWriter::open(call.txn, call.key(2), std::move(record)));
  const StreamId id = call.arg(4) == "$" ? stream.fields().last_id : TRY(parse_stream_id(call.arg(4)));
  if (!created && TRY(GroupReader::find(call.txn, stream.object(), call.arg(3)))) {
    return fail("BUSYGROUP Consumer Group name already exists");
  }
  GroupWriter group(call.txn, stream.object(), call.arg(3),
                    {.number = stream.add_group(), .last_id = id, .entries_read = options.entries_read});
  TRY(group.save());
  TRY(stream.save());
  // A group changes nothing for those who watch the key; a new key does.
  if (created) call.txn.touch(call.key(2), EventClass::stream, "xgroup-create");
  else call.txn.notify(call.key(2), EventClass::stream, "xgroup-create");
  call.reply.ok();
  return kDone;
}

Result<Outcome> xgroup_setid(Call& call) {
  const GroupOptions options = TRY(parse_options(call, /*creating=*/false));
  GroupWriter group = TRY(find_group(call));
  if (call.argc() != 5 && call.argc() != 7) return subcommand_syntax_error(call);
  StreamId id;
  if (call.arg(4) == "$") id = TRY(Stream::find(call.txn, call.key(2)))->fields().last_id;
  else id = TRY(parse_stream_bound(call.arg(4)));
  group.set_last_id(id);
  group.set_entries_read(options.entries_read);
  TRY(group.save());
  call.txn.notify(call.key(2), EventClass::stream, "xgroup-setid");
  call.reply.ok();
  return kDone;
}

Result<Outcome> xgroup_destroy(Call& call) {
  auto record = TRY(call.txn.find(call.key(2), Type::stream));
  if (!record) return no_stream();
  StreamWriter stream = TRY(StreamWriter::open(call.txn, call.key(2), std::move(record)));
  auto group = TRY(GroupWriter::find(call.txn, stream.object(), call.arg(3)));
  if (group) {
    TRY(group->destroy());
    stream.remove_group();
    TRY(stream.save());
    call.txn.touch(call.key(2), EventClass::stream, "xgroup-destroy");  // also wakes who reads as this group
  }
  call.reply.integer(group ? 1 : 0);
  return kDone;
}

Result<Outcome> xgroup_createconsumer(Call& call) {
  GroupWriter group = TRY(find_group(call));
  const bool created = TRY(group.need_consumer(call.arg(4))) == GroupWriter::Found::created;
  if (created) {
    TRY(group.save());
    call.txn.notify(call.key(2), EventClass::stream, "xgroup-createconsumer");
  }
  call.reply.integer(created ? 1 : 0);
  return kDone;
}

Result<Outcome> xgroup_delconsumer(Call& call) {
  GroupWriter group = TRY(find_group(call));
  uint64_t pending = 0;
  if (TRY(group.has_consumer(call.arg(4))) == GroupWriter::Found::yes) {
    pending = TRY(group.remove_consumer(call.arg(4)));
    TRY(group.save());
    call.txn.notify(call.key(2), EventClass::stream, "xgroup-delconsumer");
  }
  call.reply.integer(static_cast<int64_t>(pending));
  return kDone;
}

Result<Outcome> xgroup_help(Call& call) {
  constexpr std::string_view kLines[] = {
      "CREATE <key> <groupname> <id|$> [option]",
      "    Create a new consumer group. Options are:",
      "    * MKSTREAM",
      "      Create the empty stream if it does not exist.",
      "    * ENTRIESREAD entries_read",
      "      Set the group's entries_read counter (internal use).",
      "CREATECONSUMER <key> <groupname> <consumer>",
      "    Create a new consumer in the specified group.",
      "DELCONSUMER <key> <groupname> <consumer>",
      "    Remove the specified consumer.",
      "DESTROY <key> <groupname>",
      "    Remove the specified group.",
      "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
      "    Set the current group ID and entries_read counter.",
  };
  reply_help(call.reply, "XGROUP", kLines);
  return kDone;
}

// key group id [id …]
Result<Outcome> xack(Call& call) {
  std::optional<GroupWriter> group;
  if (const auto stream = TRY(Stream::find(call.txn, call.key(1)))) {
    group = TRY(GroupWriter::find(call.txn, stream->object(), call.arg(2)));
  }
  if (!group) {
    call.reply.integer(0);
    return kDone;
  }
  std::vector<StreamId> ids;
  for (size_t i = 3; i < call.argc(); ++i) ids.push_back(TRY(parse_stream_id(call.arg(i))));
  int64_t acknowledged = 0;
  for (StreamId id : ids) acknowledged += TRY(group->remove_pending(id));
  if (acknowledged > 0) TRY(group->save());
  call.reply.integer(acknowledged);
  return kDone;
}

}  // namespace basalt::stream
