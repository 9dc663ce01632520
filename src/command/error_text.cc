#include "command/error_text.h"

#include <fmt/format.h>
#include <glog/logging.h>

namespace basalt {
namespace {

// Clients know MISCONF as Redis's word for "writes are refused until somebody looks after the disk".
std::string storage_text(const StorageError& error) {
  switch (error.cause) {
    case StorageError::Cause::no_space:
      return fmt::format(
          "MISCONF The disk is full, so writes are refused; reads go on. Free space or enlarge the volume: writes "
          "come back by themselves. ({})",
          error.detail);
    case StorageError::Cause::size_limit:
      return fmt::format(
          "MISCONF The data has reached max-db-size, so writes are refused; reads and deletes go on. Delete keys or "
          "raise the limit: writes come back by themselves. ({})",
          error.detail);
    case StorageError::Cause::read_only:
      return fmt::format("READONLY The data directory is open for reading only. ({})", error.detail);
    case StorageError::Cause::corruption: return fmt::format("ERR The data on disk is damaged: {}", error.detail);
    case StorageError::Cause::io: return fmt::format("ERR The disk failed: {}", error.detail);
    case StorageError::Cause::closed: return fmt::format("ERR The store is closed: {}", error.detail);
  }
  return "ERR The storage failed";
}

}  // namespace

std::string error_text(const Error& error) {
  if (const CommandError* command = error.command()) return command->text;
  const StorageError* storage = error.storage();
  CHECK(storage != nullptr) << "an attempt that would wait must run again, not be answered";
  return storage_text(*storage);
}

}  // namespace basalt
