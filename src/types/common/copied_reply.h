// For commands that read one key (their first argument) and whose reply follows from it and the command's words alone:
// not from time, chance or other keys. `copied<handler>` answers with a copy of an earlier reply while the key stays as
// it is (keyspace/reply_copies.h).
#pragma once

#include "command/call.h"

namespace basalt {

Result<Outcome> reply_or_copy(Call& call, Handler handler);

template <Handler handler>
Result<Outcome> copied(Call& call) {
  return reply_or_copy(call, handler);
}

}  // namespace basalt
