// The table of the sorted set commands; their handlers are declared in zset_handlers.h.
#include <span>

#include "command/spec.h"
#include "types/common/copied_reply.h"
#include "types/common/counted_keys.h"
#include "types/common/size_reply.h"
#include "types/zset/zset_handlers.h"

namespace basalt {

std::span<const CommandSpec> zset_commands() {
  using namespace zset;
  // clang-format off
  static constexpr CommandSpec kCommands[] = {
    {"zadd", -4, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW update",
     Group::sorted_set, "1.2.0",
     "Add one or more members to a sorted set, or update its score if it already exists",
     "O(log(N)) for each item added, where N is the number of elements in the sorted set.", zadd},
    {"zincrby", 4, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW access update",
     Group::sorted_set, "1.2.0",
     "Increment the score of a member in a sorted set",
     "O(log(N)) where N is the number of elements in the sorted set.", zincrby},
    {"zrem", -3, kWrite | kFast, {1, 1, 1}, "RW delete",
     Group::sorted_set, "1.2.0",
     "Remove one or more members from a sorted set",
     "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be "
     "removed.", zrem},
    {"zcard", 2, kReadonly | kFast, {1, 1, 1}, "RO",
     Group::sorted_set, "1.2.0",
     "Get the number of members in a sorted set",
     "O(1)", reply_size<Type::zset>},
    {"zscore", 3, kReadonly | kFast, {1, 1, 1}, "RO access",
     Group::sorted_set, "1.2.0",
     "Get the score associated with the given member in a sorted set",
     "O(1)", zscore},
    {"zmscore", -3, kReadonly | kFast, {1, 1, 1}, "RO access",
     Group::sorted_set, "6.2.0",
     "Get the score associated with the given members in a sorted set",
     "O(N) where N is the number of members being requested.", zmscore},
    {"zrank", -3, kReadonly | kFast, {1, 1, 1}, "RO access",
     Group::sorted_set, "2.0.0",
     "Determine the index of a member in a sorted set",
     "O(log(N))", zrank},
    {"zrevrank", -3, kReadonly | kFast, {1, 1, 1}, "RO access",
     Group::sorted_set, "2.0.0",
     "Determine the index of a member in a sorted set, with scores ordered from high to low",
     "O(log(N))", zrevrank},
    {"zrandmember", -2, kReadonly, {1, 1, 1}, "RO access",
     Group::sorted_set, "6.2.0",
     "Get one or multiple random elements from a sorted set",
     "O(N) where N is the number of elements returned", zrandmember},
    {"zscan", -3, kReadonly, {1, 1, 1}, "RO access",
     Group::sorted_set, "2.8.0",
     "Incrementally iterate sorted sets elements and associated scores",
     "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to "
     "return back to 0. N is the number of elements inside the collection..", zscan},
    {"zcount", 4, kReadonly | kFast, {1, 1, 1}, "RO access",
     Group::sorted_set, "2.0.0",
     "Count the members in a sorted set with scores within the given values",
     "O(log(N)) with N being the number of elements in the sorted set.", zcount},
    {"zlexcount", 4, kReadonly | kFast, {1, 1, 1}, "RO access",
     Group::sorted_set, "2.8.9",
     "Count the number of members in a sorted set between a given lexicographical range",
     "O(log(N)) with N being the number of elements in the sorted set.", zlexcount},
    {"zrange", -4, kReadonly, {1, 1, 1}, "RO access",
     Group::sorted_set, "1.2.0",
     "Return a range of members in a sorted set",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements "
     "returned.", copied<zrange>},
    {"zrangestore", -5, kWrite | kDenyOom, {1, 2, 1}, "OW update;RO access",
     Group::sorted_set, "6.2.0",
     "Store a range of members from sorted set into another key",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored "
     "into the destination key.", zrangestore},
    {"zrevrange", -4, kReadonly, {1, 1, 1}, "RO access",
     Group::sorted_set, "1.2.0",
     "Return a range of members in a sorted set, by index, with scores ordered from high to low",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements "
     "returned.", copied<zrevrange>},
    {"zrangebyscore", -4, kReadonly, {1, 1, 1}, "RO access",
     Group::sorted_set, "1.0.5",
     "Return a range of members in a sorted set, by score",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being "
     "returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can "
     "consider it O(log(N)).", copied<zrangebyscore>},
    {"zrevrangebyscore", -4, kReadonly, {1, 1, 1}, "RO access",
     Group::sorted_set, "2.2.0",
     "Return a range of members in a sorted set, by score, with scores ordered from high to low",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being "
     "returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can "
     "consider it O(log(N)).", copied<zrevrangebyscore>},
    {"zrangebylex", -4, kReadonly, {1, 1, 1}, "RO access",
     Group::sorted_set, "2.8.9",
     "Return a range of members in a sorted set, by lexicographical range",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being "
     "returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can "
     "consider it O(log(N)).", copied<zrangebylex>},
    {"zrevrangebylex", -4, kReadonly, {1, 1, 1}, "RO access",
     Group::sorted_set, "2.8.9",
     "Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower "
     "strings.",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being "
     "returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can "
     "consider it O(log(N)).", copied<zrevrangebylex>},
    {"zremrangebyrank", 4, kWrite, {1, 1, 1}, "RW delete",
     Group::sorted_set, "2.0.0",
     "Remove all members in a sorted set within the given indexes",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements "
     "removed by the operation.", zremrangebyrank},
    {"zremrangebyscore", 4, kWrite, {1, 1, 1}, "RW delete",
     Group::sorted_set, "1.2.0",
     "Remove all members in a sorted set within the given scores",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements "
     "removed by the operation.", zremrangebyscore},
    {"zremrangebylex", 4, kWrite, {1, 1, 1}, "RW delete",
     Group::sorted_set, "2.8.9",
     "Remove all members in a sorted set between the given lexicographical range",
     "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements "
     "removed by the operation.", zremrangebylex},
    {"zpopmin", -2, kWrite | kFast, {1, 1, 1}, "RW access delete",
     Group::sorted_set, "5.0.0",
     "Remove and return members with the lowest scores in a sorted set",
     "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements "
     "popped.", zpopmin},
    {"zpopmax", -2, kWrite | kFast, {1, 1, 1}, "RW access delete",
     Group::sorted_set, "5.0.0",
     "Remove and return members with the highest scores in a sorted set",
     "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements "
     "popped.", zpopmax},
    {"zmpop", -4, kWrite | kMovableKeys, {0, 0, 0, find_counted_keys<1>}, "RW access delete",
     Group::sorted_set, "7.0.0",
     "Remove and return members with scores in a sorted set",
     "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the "
     "sorted set, and M being the number of elements popped.", zmpop},
    {"bzpopmin", -3, kWrite | kNoScript | kBlocking | kFast, {1, -2, 1}, "RW access delete",
     Group::sorted_set, "5.0.0",
     "Remove and return the member with the lowest score from one or more sorted sets, or block until one "
     "is available",
     "O(log(N)) with N being the number of elements in the sorted set.", bzpopmin},
    {"bzpopmax", -3, kWrite | kNoScript | kBlocking | kFast, {1, -2, 1}, "RW access delete",
     Group::sorted_set, "5.0.0",
     "Remove and return the member with the highest score from one or more sorted sets, or block until one "
     "is available",
     "O(log(N)) with N being the number of elements in the sorted set.", bzpopmax},
    {"bzmpop", -5, kWrite | kBlocking | kMovableKeys, {0, 0, 0, find_counted_keys<2>}, "RW access delete",
     Group::sorted_set, "7.0.0",
     "Remove and return members with scores in a sorted set or block until one is available",
     "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the "
     "sorted set, and M being the number of elements popped.", bzmpop},
    {"zunion", -3, kReadonly | kMovableKeys, {0, 0, 0, find_counted_keys<1>}, "RO access",
     Group::sorted_set, "6.2.0",
     "Add multiple sorted sets",
     "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number "
     "of elements in the resulting sorted set.", zunion},
    {"zinter", -3, kReadonly | kMovableKeys, {0, 0, 0, find_counted_keys<1>}, "RO access",
     Group::sorted_set, "6.2.0",
     "Intersect multiple sorted sets",
     "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input "
     "sorted sets and M being the number of elements in the resulting sorted set.", zinter},
    {"zdiff", -3, kReadonly | kMovableKeys, {0, 0, 0, find_counted_keys<1>}, "RO access",
     Group::sorted_set, "6.2.0",
     "Subtract multiple sorted sets",
     "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size "
     "of the first set, and K is the size of the result set.", zdiff},
    {"zunionstore", -4, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, find_counted_keys<2, 1>}, "OW update;RO access",
     Group::sorted_set, "2.0.0",
     "Add multiple sorted sets and store the resulting sorted set in a new key",
     "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number "
     "of elements in the resulting sorted set.", zunionstore},
    {"zinterstore", -4, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, find_counted_keys<2, 1>}, "OW update;RO access",
     Group::sorted_set, "2.0.0",
     "Intersect multiple sorted sets and store the resulting sorted set in a new key",
     "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input "
     "sorted sets and M being the number of elements in the resulting sorted set.", zinterstore},
    {"zdiffstore", -4, kWrite | kDenyOom | kMovableKeys, {1, 1, 1, find_counted_keys<2, 1>}, "OW update;RO access",
     Group::sorted_set, "6.2.0",
     "Subtract multiple sorted sets and store the resulting sorted set in a new key",
     "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size "
     "of the first set, and K is the size of the result set.", zdiffstore},
    {"zintercard", -3, kReadonly | kMovableKeys, {0, 0, 0, find_counted_keys<1>}, "RO access",
     Group::sorted_set, "7.0.0",
     "Intersect multiple sorted sets and return the cardinality of the result",
     "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted "
     "sets.", zintercard},
  };
  // clang-format on
  return kCommands;
}

}  // namespace basalt
