#include "types/common/expiry.h"

#include <fmt/format.h>

namespace basalt {

tl::unexpected<Error> invalid_expire_time(const CommandSpec& spec) {
  return fail(fmt::format("ERR invalid expire time in '{}' command", spec.name));
}

std::optional<int64_t> unix_ms(int64_t value, TimeUnit unit, int64_t now_ms) {
  if (unit.seconds && __builtin_mul_overflow(value, int64_t{1000}, &value)) return std::nullopt;
  if (unit.relative && __builtin_add_overflow(value, now_ms, &value)) return std::nullopt;
  return value;
}

Result<int64_t> positive_expire_time(const Call& call, size_t i, TimeUnit unit) {
  const int64_t value = TRY(call.integer(i));
  auto expire_ms = value > 0 ? unix_ms(value, unit, call.txn.now_ms()) : std::nullopt;
  if (!expire_ms) return invalid_expire_time(call.spec);
  return *expire_ms;
}

void set_expiry(Txn& txn, Key key, const Record& record, int64_t expire_ms) {
  Head head = record.head;
  head.expire_ms = expire_ms;
  txn.put(key, head, &record);
}

void delete_key(Txn& txn, Key key, const Record& record) {
  txn.erase(key, record);
  txn.touch(key, EventClass::generic, "del");
}

}  // namespace basalt
