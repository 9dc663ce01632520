#include "types/common/copied_reply.h"

#include "keyspace/reply_copies.h"

namespace basalt {

Result<Outcome> reply_or_copy(Call& call, Handler handler) {
  const ReplyQuestion question(call.txn.moment_of(call.key(1)), call.args, static_cast<uint8_t>(call.reply.protocol()));
  if (call.txn.copy_reply(question, call.reply.buffer())) return kDone;
  const size_t start = call.reply.size();
  const Outcome outcome = TRY(handler(call));
  call.txn.offer_reply(question, call.reply.since(start));
  return outcome;
}

}  // namespace basalt
