// The one place where a rocksdb::Status becomes an Error.
#pragma once

#include <rocksdb/status.h>

#include <string>

#include "store/store.h"

namespace basalt::store_internal {

/// `directory` names the volume when it is full. Not for a status that is ok.
StorageError storage_error(const rocksdb::Status& status, const std::string& directory);

}  // namespace basalt::store_internal
