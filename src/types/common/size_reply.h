// HLEN, LLEN, SCARD, ZCARD: how many elements a collection has, which its head says.
#pragma once

#include "command/call.h"

namespace basalt {

template <Type kType>
Result<Outcome> reply_size(Call& call) {
  const auto record = TRY(call.txn.find(call.key(1), kType));
  call.reply.integer(record ? static_cast<int64_t>(record->head.size) : 0);
  return kDone;
}

}  // namespace basalt
