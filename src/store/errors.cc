#include "store/errors.h"

#include <fmt/format.h>

namespace basalt::store_internal {

StorageError storage_error(const rocksdb::Status& status, const std::string& directory) {
  using Cause = StorageError::Cause;
  const std::string text = status.ToString();
  if (status.subcode() == rocksdb::Status::SubCode::kNoSpace ||
      status.subcode() == rocksdb::Status::SubCode::kSpaceLimit) {
    return {Cause::no_space, fmt::format("no space left on the volume of {} ({})", directory, text)};
  }
  if (status.IsCorruption()) return {Cause::corruption, fmt::format("damaged data in {} ({})", directory, text)};
  if (status.IsShutdownInProgress() || status.IsColumnFamilyDropped()) {
    return {Cause::closed, fmt::format("the store in {} is closing ({})", directory, text)};
  }
  if (status.IsNotSupported() && text.find("read only") != std::string::npos) {
    return {Cause::read_only, fmt::format("the store in {} was opened read-only", directory)};
  }
  return {Cause::io, fmt::format("the store in {} failed ({})", directory, text)};
}

}  // namespace basalt::store_internal
