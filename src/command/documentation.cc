#include "command/documentation.h"

#include <algorithm>

#include "base/number.h"

namespace basalt {

namespace {

struct Notes {
  std::string_view full_name;
  std::string_view tips;
  // Specifications separated by " ; ": flags @ where to begin @ which are keys # notes
  std::string_view key_specs = {};
};

constexpr std::string_view kRandom = "nondeterministic_output";
constexpr std::string_view kUnordered = "nondeterministic_output_order";
constexpr std::string_view kAllShards = "request_policy:all_shards response_policy:all_succeeded";
constexpr std::string_view kAllNodes = "request_policy:all_nodes response_policy:all_succeeded";
constexpr std::string_view kSumOfShards = "request_policy:multi_shard response_policy:agg_sum";
constexpr std::string_view kOfEachNode = "nondeterministic_output request_policy:all_nodes response_policy:special";
constexpr std::string_view kOfEachShard = "nondeterministic_output request_policy:all_shards response_policy:special";

// By name.
constexpr Notes kNotes[] = {
    {"bitfield", "",
     "RW access update variable_flags @ index 1 @ range 0 1 0 # This command allows both access and modification of "
     "the key"},
    {"blmpop", "", "RW access delete @ index 2 @ keynum 0 1 1"},
    {"bzmpop", "", "RW access delete @ index 2 @ keynum 0 1 1"},
    {"client|info", kRandom},
    {"client|list", kRandom},
    {"command", kUnordered},
    {"command|docs", kUnordered},
    {"command|info", kUnordered},
    {"command|list", kUnordered},
    {"config|set", kAllNodes},
    {"dbsize", "request_policy:all_shards response_policy:agg_sum"},
    {"del", kSumOfShards},
    {"dump", kRandom},
    {"eval", "",
     "RW access update @ index 2 @ keynum 0 1 1 # We cannot tell how the keys will be used so we assume the worst, RW "
     "and UPDATE"},
    {"eval_ro", "",
     "RO access @ index 2 @ keynum 0 1 1 # We cannot tell how the keys will be used so we assume the worst, RO and "
     "ACCESS"},
    {"evalsha", "", "RW access update @ index 2 @ keynum 0 1 1"},
    {"evalsha_ro", "", "RO access @ index 2 @ keynum 0 1 1"},
    {"exists", kSumOfShards},
    {"fcall", "",
     "RW access update @ index 2 @ keynum 0 1 1 # We cannot tell how the keys will be used so we assume the worst, RW "
     "and UPDATE"},
    {"fcall_ro", "",
     "RO access @ index 2 @ keynum 0 1 1 # We cannot tell how the keys will be used so we assume the worst, RO and "
     "ACCESS"},
    {"flushall", kAllShards},
    {"flushdb", kAllShards},
    {"function|delete", kAllShards},
    {"function|flush", kAllShards},
    {"function|kill", "request_policy:all_shards response_policy:one_succeeded"},
    {"function|list", kUnordered},
    {"function|load", kAllShards},
    {"function|restore", kAllShards},
    {"function|stats", kOfEachShard},
    {"georadius", "",
     "RO access @ index 1 @ range 0 1 0 ; OW update @ keyword STORE 6 @ range 0 1 0 ; OW update @ keyword STOREDIST 6 "
     "@ range 0 1 0"},
    {"georadiusbymember", "",
     "RO access @ index 1 @ range 0 1 0 ; OW update @ keyword STORE 5 @ range 0 1 0 ; OW update @ keyword STOREDIST 5 "
     "@ range 0 1 0"},
    {"getex", "", "RW access update @ index 1 @ range 0 1 0 # RW and UPDATE because it changes the TTL"},
    {"hgetall", kUnordered},
    {"hkeys", kUnordered},
    {"hrandfield", kRandom},
    {"hscan", kRandom},
    {"hvals", kUnordered},
    {"info", kOfEachShard},
    {"keys", "request_policy:all_shards nondeterministic_output_order"},
    {"lastsave", kRandom},
    {"latency|doctor", kOfEachNode},
    {"latency|graph", kOfEachNode},
    {"latency|histogram", kOfEachNode},
    {"latency|history", kOfEachNode},
    {"latency|latest", kOfEachNode},
    {"latency|reset", kAllNodes},
    {"lmpop", "", "RW access delete @ index 1 @ keynum 0 1 1"},
    {"memory|doctor", kOfEachShard},
    {"memory|malloc-stats", kOfEachShard},
    {"memory|purge", kAllShards},
    {"memory|stats", kOfEachShard},
    {"mget", "request_policy:multi_shard"},
    {"migrate", kRandom,
     "RW access delete @ index 3 @ range 0 1 0 ; RW access delete incomplete @ keyword KEYS -2 @ range -1 1 0"},
    {"module|list", kUnordered},
    {"mset", "request_policy:multi_shard response_policy:all_succeeded"},
    {"msetnx", "request_policy:multi_shard response_policy:agg_min"},
    {"object|encoding", kRandom},
    {"object|freq", kRandom},
    {"object|idletime", kRandom},
    {"object|refcount", kRandom},
    {"pfcount", "",
     "RW access @ index 1 @ range -1 1 0 # RW because it may change the internal representation of the key, and "
     "propagate to replicas"},
    {"ping", kAllShards},
    {"pttl", kRandom},
    {"randomkey", "request_policy:all_shards nondeterministic_output"},
    {"scan", "nondeterministic_output request_policy:special"},
    {"script|exists", "request_policy:all_shards response_policy:agg_logical_and"},
    {"script|flush", kAllNodes},
    {"script|kill", "request_policy:all_shards response_policy:one_succeeded"},
    {"script|load", kAllNodes},
    {"sdiff", kUnordered},
    {"set", "",
     "RW access update variable_flags @ index 1 @ range 0 1 0 # RW and ACCESS due to the optional `GET` argument"},
    {"sinter", kUnordered},
    {"sintercard", "", "RO access @ index 1 @ keynum 0 1 1"},
    {"slowlog|get", "request_policy:all_nodes nondeterministic_output"},
    {"slowlog|len", "request_policy:all_nodes response_policy:agg_sum nondeterministic_output"},
    {"slowlog|reset", kAllNodes},
    {"smembers", kUnordered},
    {"sort", "",
     "RO access @ index 1 @ range 0 1 0 ; RO access @ unknown @ unknown # For the optional BY/GET keyword. It is "
     "marked 'unknown' because the key names derive from the content of the key we sort ; OW update @ unknown @ "
     "unknown # For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the "
     "argument array"},
    {"sort_ro", "",
     "RO access @ index 1 @ range 0 1 0 ; RO access @ unknown @ unknown # For the optional BY/GET keyword. It is "
     "marked 'unknown' because the key names derive from the content of the key we sort"},
    {"spop", kRandom},
    {"srandmember", kRandom},
    {"sscan", kRandom},
    {"sunion", kUnordered},
    {"time", kRandom},
    {"touch", kSumOfShards},
    {"ttl", kRandom},
    {"unlink", kSumOfShards},
    {"wait", "request_policy:all_shards response_policy:agg_min"},
    {"xadd", kRandom,
     "RW update @ index 1 @ range 0 1 0 # UPDATE instead of INSERT because of the optional trimming feature"},
    {"xautoclaim", kRandom},
    {"xclaim", kRandom},
    {"xinfo|consumers", kRandom},
    {"xpending", kRandom},
    {"xread", "", "RO access @ keyword STREAMS 1 @ range -1 1 2"},
    {"xreadgroup", "", "RO access @ keyword STREAMS 4 @ range -1 1 2"},
    {"xtrim", kRandom},
    {"zdiff", "", "RO access @ index 1 @ keynum 0 1 1"},
    {"zdiffstore", "", "OW update @ index 1 @ range 0 1 0 ; RO access @ index 2 @ keynum 0 1 1"},
    {"zinter", "", "RO access @ index 1 @ keynum 0 1 1"},
    {"zintercard", "", "RO access @ index 1 @ keynum 0 1 1"},
    {"zinterstore", "", "OW update @ index 1 @ range 0 1 0 ; RO access @ index 2 @ keynum 0 1 1"},
    {"zmpop", "", "RW access delete @ index 1 @ keynum 0 1 1"},
    {"zrandmember", kRandom},
    {"zscan", kRandom},
    {"zunion", "", "RO access @ index 1 @ keynum 0 1 1"},
    {"zunionstore", "", "OW update @ index 1 @ range 0 1 0 ; RO access @ index 2 @ keynum 0 1 1"},
};

static_assert(std::is_sorted(std::begin(kNotes), std::end(kNotes),
                             [](const Notes& a, const Notes& b) { return a.full_name < b.full_name; }));

const Notes* find_notes(std::string_view full_name) {
  const auto* found =
      std::lower_bound(std::begin(kNotes), std::end(kNotes), full_name,
                       [](const Notes& notes, std::string_view name) { return notes.full_name < name; });
  return found != std::end(kNotes) && found->full_name == full_name ? found : nullptr;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
  return parts;
}

int number(std::string_view word) { return static_cast<int>(parse_int64(word).value_or(0)); }

// "RO access @ keyword STREAMS 1 @ range -1 1 2 # note"
KeySpecification parse(std::string_view text) {
  KeySpecification spec;
  if (const size_t hash = text.find(" # "); hash != std::string_view::npos) {
    spec.notes = text.substr(hash + 3);
    text = text.substr(0, hash);
  }
  const auto parts = split(text, " @ ");
  spec.flags = split(parts[0], " ");
  const auto begin = split(parts[1], " "), find = split(parts[2], " ");
  if (begin[0] == "index") {
    spec.begin = KeySpecification::Begin::index;
    spec.index = number(begin[1]);
  } else if (begin[0] == "keyword") {
    spec.begin = KeySpecification::Begin::keyword;
    spec.keyword = begin[1];
    spec.index = number(begin[2]);
  }
  if (find[0] == "unknown") return spec;
  spec.find = find[0] == "range" ? KeySpecification::Find::range : KeySpecification::Find::keynum;
  for (size_t i = 0; i < 3; ++i) spec.numbers[i] = number(find[i + 1]);
  return spec;
}

}  // namespace

std::vector<std::string_view> command_tips(std::string_view full_name) {
  const Notes* notes = find_notes(full_name);
  return notes ? split(notes->tips, " ") : std::vector<std::string_view>();
}

std::vector<KeySpecification> key_specifications(const CommandSpec& row, std::string_view full_name) {
  std::vector<KeySpecification> specs;
  const Notes* notes = find_notes(full_name);
  if (notes && !notes->key_specs.empty()) {
    for (std::string_view text : split(notes->key_specs, " ; ")) specs.push_back(parse(text));
    return specs;
  }
  // Keys that are used in different ways stand one after the other; the last way is that of all the rest.
  const auto uses = split(row.key_use, ";");
  const KeyPositions& keys = row.keys;
  for (size_t i = 0; i < uses.size(); ++i) {
    KeySpecification spec{.notes = {}, .flags = split(uses[i], " ")};
    if (keys.first > 0) {
      const int first = keys.first + static_cast<int>(i) * keys.step;
      const bool rest = i + 1 == uses.size();
      const int last = !rest ? 0 : keys.last < 0 ? keys.last : std::max(0, keys.last - first);
      spec.begin = KeySpecification::Begin::index;
      spec.index = first;
      spec.find = KeySpecification::Find::range;
      spec.numbers = {last, keys.step, 0};
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace basalt
