// OBJECT: how a value is stored, in Redis's words.
#include <optional>

#include "base/number.h"
#include "command/call.h"
#include "command/help.h"
#include "types/key/object_encoding.h"

namespace basalt {
namespace {

// What Redis would choose for these bytes if they were SET; after a change in place Redis says "raw".
std::string_view string_encoding(const Head& head) {
  constexpr size_t kEmbeddedMax = 44;
  if (head.spread()) return "raw";
  if (parse_int64(head.body)) return "int";
  return head.body.size() <= kEmbeddedMax ? "embstr" : "raw";
}

}  // namespace

std::string_view object_encoding(const Head& head) {
  switch (head.type) {
    case Type::string: return string_encoding(head);
    case Type::list: return "quicklist";
    case Type::set: return head.encoding == Encoding::packed_intset ? "intset" : "hashtable";
    case Type::zset: return head.spread() ? "skiplist" : "listpack";
    case Type::hash: return head.spread() ? "hashtable" : "listpack";
    case Type::stream: return "stream";
  }
  return "unknown";
}

namespace {

// Looking at a key's inside is no use of it: no event when it is missing, as in Redis.
Result<std::optional<Record>> find_quietly(Call& call) {
  call.txn.count_lookups(false);
  return call.txn.find(call.key(2));
}

Result<Outcome> encoding(Call& call) {
  auto record = TRY(find_quietly(call));
  if (record) call.reply.bulk(object_encoding(record->head));
  else call.reply.null();
  return kDone;
}

// No value is shared between keys.
Result<Outcome> refcount(Call& call) {
  if (TRY(find_quietly(call))) call.reply.integer(1);
  else call.reply.null();
  return kDone;
}

// Reading a key writes nothing to disk, so when that was is not known.
Result<Outcome> idletime(Call& call) {
  if (TRY(find_quietly(call))) return fail("ERR Access times are not kept, idle time not tracked.");
  call.reply.null();
  return kDone;
}

Result<Outcome> freq(Call& call) {
  if (TRY(find_quietly(call))) {
    return fail(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
        "between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  call.reply.null();
  return kDone;
}

Result<Outcome> help(Call& call) {
  constexpr std::string_view kLines[] = {
      "ENCODING <key>",
      "    Return the kind of internal representation used in order to store the value",
      "    associated with a <key>.",
      "FREQ <key>",
      "    Return the access frequency index of the <key>. The returned integer is",
      "    proportional to the logarithm of the recent access frequency of the key.",
      "IDLETIME <key>",
      "    Return the idle time of the <key>, that is the approximated number of",
      "    seconds elapsed since the last access to the key.",
      "REFCOUNT <key>",
      "    Return the number of references of the value associated with the specified",
      "    <key>.",
  };
  reply_help(call.reply, "OBJECT", kLines);
  return kDone;
}

// clang-format off
constexpr CommandSpec kSubcommands[] = {
    {"encoding", 3, kReadonly, {2, 2, 1}, "RO", Group::generic, "2.2.3",
     "Inspect the internal encoding of a Redis object", "O(1)", encoding},
    {"freq", 3, kReadonly, {2, 2, 1}, "RO", Group::generic, "4.0.0",
     "Get the logarithmic access frequency counter of a Redis object", "O(1)", freq},
    {"help", 2, kLoading | kStale | kNoTxn, {}, "", Group::generic, "6.2.0",
     "Show helpful text about the different subcommands", "O(1)", help},
    {"idletime", 3, kReadonly, {2, 2, 1}, "RO", Group::generic, "2.2.3",
     "Get the time since a Redis object was last accessed", "O(1)", idletime},
    {"refcount", 3, kReadonly, {2, 2, 1}, "RO", Group::generic, "2.2.3",
     "Get the number of references to the value of the key", "O(1)", refcount},
};
// clang-format on

// clang-format off
constexpr CommandSpec kCommands[] = {
    {"object", -2, 0, {}, "", Group::generic, "2.2.3", "A container for object introspection commands",
     "Depends on subcommand.", nullptr, kSubcommands},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> object_commands() { return kCommands; }

}  // namespace basalt
