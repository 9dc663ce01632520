// The handlers of the sorted set commands, by theme; the table that names them is in zset_commands.cc.
#pragma once

#include "command/call.h"

namespace basalt::zset {

// zset_element_commands.cc: members and their scores
Result<Outcome> zadd(Call& call);
Result<Outcome> zincrby(Call& call);
Result<Outcome> zrem(Call& call);
Result<Outcome> zscore(Call& call);
Result<Outcome> zmscore(Call& call);
Result<Outcome> zrank(Call& call);
Result<Outcome> zrevrank(Call& call);
Result<Outcome> zrandmember(Call& call);
Result<Outcome> zscan(Call& call);

// zset_range_commands.cc: ranges by rank, score and member
Result<Outcome> zcount(Call& call);
Result<Outcome> zlexcount(Call& call);
Result<Outcome> zrange(Call& call);
Result<Outcome> zrangestore(Call& call);
Result<Outcome> zrevrange(Call& call);
Result<Outcome> zrangebyscore(Call& call);
Result<Outcome> zrevrangebyscore(Call& call);
Result<Outcome> zrangebylex(Call& call);
Result<Outcome> zrevrangebylex(Call& call);
Result<Outcome> zremrangebyrank(Call& call);
Result<Outcome> zremrangebyscore(Call& call);
Result<Outcome> zremrangebylex(Call& call);

// zset_pop_commands.cc: taking from an end, waiting for something to take
Result<Outcome> zpopmin(Call& call);
Result<Outcome> zpopmax(Call& call);
Result<Outcome> zmpop(Call& call);
Result<Outcome> bzpopmin(Call& call);
Result<Outcome> bzpopmax(Call& call);
Result<Outcome> bzmpop(Call& call);

// zset_combine_commands.cc: unions, intersections, differences
Result<Outcome> zunion(Call& call);
Result<Outcome> zinter(Call& call);
Result<Outcome> zdiff(Call& call);
Result<Outcome> zunionstore(Call& call);
Result<Outcome> zinterstore(Call& call);
Result<Outcome> zdiffstore(Call& call);
Result<Outcome> zintercard(Call& call);

}  // namespace basalt::zset
