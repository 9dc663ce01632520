// The handlers of the list commands, by theme, and what they share; the table that names them is in
// list_commands.cc.
#pragma once

#include "command/call.h"
#include "types/list/list_writer.h"

namespace basalt::list {

// list_element_commands.cc: elements by their place
Result<Outcome> lpush(Call& call);
Result<Outcome> rpush(Call& call);
Result<Outcome> lpushx(Call& call);
Result<Outcome> rpushx(Call& call);
Result<Outcome> lindex(Call& call);
Result<Outcome> lset(Call& call);
Result<Outcome> lrange(Call& call);
Result<Outcome> ltrim(Call& call);

// list_search_commands.cc: elements by their value
Result<Outcome> linsert(Call& call);
Result<Outcome> lrem(Call& call);
Result<Outcome> lpos(Call& call);

// list_pop_commands.cc: taking from an end, moving to another list, waiting for something to take
Result<Outcome> lpop(Call& call);
Result<Outcome> rpop(Call& call);
Result<Outcome> lmpop(Call& call);
Result<Outcome> lmove(Call& call);
Result<Outcome> rpoplpush(Call& call);
Result<Outcome> blpop(Call& call);
Result<Outcome> brpop(Call& call);
Result<Outcome> blmpop(Call& call);
Result<Outcome> blmove(Call& call);
Result<Outcome> brpoplpush(Call& call);

inline std::string_view push_event(ListEnd end) { return end == ListEnd::left ? "lpush" : "rpush"; }
inline std::string_view pop_event(ListEnd end) { return end == ListEnd::left ? "lpop" : "rpop"; }

/// Saves a list that elements were removed from, with `event`, and `del` when nothing is left.
void save_removal(Call& call, Key key, ListWriter& list, std::string_view event);

}  // namespace basalt::list
