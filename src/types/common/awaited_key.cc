#include "types/common/awaited_key.h"

namespace basalt {

Result<std::optional<Record>> find_awaited(const Call& call, size_t i, Type type) {
  if (!call.woken_by) return call.txn.find(call.key(i), type);
  if (call.arg(i) != *call.woken_by) return std::nullopt;
  auto record = TRY(call.txn.find(call.key(i)));
  if (record && record->head.type != type) return std::nullopt;
  return record;
}

}  // namespace basalt
