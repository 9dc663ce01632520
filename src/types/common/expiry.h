// What commands about expiry times share: EXPIRE and its kin, and the options EX, PX, EXAT and PXAT.
#pragma once

#include <cstdint>
#include <optional>

#include "command/call.h"

namespace basalt {

/// How a command gives a time: relative to now or since 1970, in seconds or milliseconds.
struct TimeUnit {
  bool relative;
  bool seconds;
};

/// "ERR invalid expire time in 'set' command"
tl::unexpected<Error> invalid_expire_time(const CommandSpec& spec);

/// The Unix time in milliseconds that `value` means; nullopt when it does not fit.
std::optional<int64_t> unix_ms(int64_t value, TimeUnit unit, int64_t now_ms);

/// The time that argument `i` gives, as SET and GETEX read it: positive.
Result<int64_t> positive_expire_time(const Call& call, size_t i, TimeUnit unit);

/// Gives the key another expiry (0: none), the value stays.
void set_expiry(Txn& txn, Key key, const Record& record, int64_t expire_ms);

/// Deletes the key, with Redis's `del` event.
void delete_key(Txn& txn, Key key, const Record& record);

}  // namespace basalt
