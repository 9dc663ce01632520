// A data directory before RocksDB touches it: is it there, is it ours, may we use it, is it in use.
//
// Opening a RocksDB database rotates its log file, takes its lock and replays its WAL. Everything
// that would make us refuse a directory is therefore found out here first, by looking only.
//
// BASALT_FORMAT is a one-line text file, written once when the directory is created, that says which
// format the data has. The `system` column repeats it; the file is what can be read without opening.
//
// BASALT_RESTORING is there while a backup is being copied into the directory: what is in it so far
// must not be taken for a database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace basalt::store_internal {

inline constexpr std::string_view kRestoringFile = "BASALT_RESTORING";

/// Holds the directory for this process (flock on the directory itself) until destroyed.
class DirectoryLock {
 public:
  DirectoryLock() = default;
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  DirectoryLock(DirectoryLock&& o) noexcept : descriptor_(std::exchange(o.descriptor_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&& o) noexcept {
    std::swap(descriptor_, o.descriptor_);
    return *this;
  }
  ~DirectoryLock();

 private:
  int descriptor_ = -1;
};

struct DirectoryClaim {
  DirectoryLock lock;
  bool has_database = false;
  std::optional<uint32_t> format;  ///< of BASALT_FORMAT; nullopt: no such file
  std::string manifest;            ///< the file CURRENT names; empty without a database
};

/// Looks at `directory` and locks it (when read_only, only if that is asked for). Creates it when it is
/// missing and that is asked for. Refuses one that is in use, damaged, unreadable or of a newer format.
Result<DirectoryClaim> claim_directory(const std::string& directory, bool create_if_missing, bool read_only,
                                       bool exclusive = false);

/// Fails on a directory that has BASALT_RESTORING.
Result<void> refuse_unfinished_restore(const std::string& directory);

/// Only the lock of claim_directory: also of a directory that may only be read.
Result<DirectoryLock> lock_directory(const std::string& directory);

/// The files that lie directly in a data directory.
struct DirectorySize {
  uint64_t tables = 0, wal = 0, other = 0;
  uint64_t total() const { return tables + wal + other; }
};
DirectorySize directory_size(const std::string& directory);

/// Writes BASALT_FORMAT, atomically and durably.
Result<void> write_format_file(const std::string& directory, uint32_t version);

/// "… needs Basalt with format N or newer …"
Error newer_format_error(const std::string& directory, uint32_t version);
Error in_use_error(const std::string& directory);
Error damaged_error(const std::string& directory, const std::string& what);

}  // namespace basalt::store_internal
