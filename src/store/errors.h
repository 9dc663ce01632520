// The one place where a rocksdb::Status becomes an Error.
#pragma once

#include <rocksdb/status.h>

#include <string>

#include "store/store.h"

namespace basalt::store_internal {

/// `directory` names the volume when it is full. Not for a status that is ok.
StorageError storage_error(const rocksdb::Status& status, const std::string& directory);

/// What failed could have been refused because it would have waited (`may_wait` false).
Error error_of(const rocksdb::Status& status, const std::string& directory, bool may_wait);

inline tl::unexpected<Error> failure(const rocksdb::Status& status, const std::string& directory,
                                     bool may_wait = true) {
  return tl::unexpected<Error>(error_of(status, directory, may_wait));
}

inline Result<void> result_of(const rocksdb::Status& status, const std::string& directory) {
  if (status.ok()) return {};
  return failure(status, directory);
}

}  // namespace basalt::store_internal
