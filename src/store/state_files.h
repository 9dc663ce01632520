// What copies of a data directory must know of its files: which of them are the state, what a table
// file is whatever its name, and how a directory is kept from being served while it is filled.
//
// The state is: the table files that MANIFEST names, the MANIFEST that CURRENT names, CURRENT,
// BASALT_FORMAT, the WAL files, and the newest OPTIONS file. Everything else can be left behind.
//
// Thread rules: free functions on files that nobody writes meanwhile. All wait for the disk.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/data_directory.h"
#include "store/store.h"

namespace basalt {

/// Names in the store's directory.
struct StateFiles {
  std::vector<std::string> tables;  ///< immutable files
  std::vector<std::string> others;  ///< CURRENT is the last
};

/// `store` is open for reading only, so that what is listed stays.
Result<StateFiles> state_files(const Store& store);

/// 48 hexadecimal digits; two table files with the same identity have the same bytes, also when
/// they were made by different servers (RocksDB's unique id).
Result<std::string> table_identity(const std::string& path);
/// Reads every block of a table file, its indexes and its filters, and checks their checksums; an Error names the file.
Result<void> check_table(const std::string& path);

/// A data directory, whatever is in it, that no server and no other tool uses until this is destroyed.
class HeldDirectory {
 public:
  static Result<HeldDirectory> hold(const std::string& directory);

 private:
  explicit HeldDirectory(store_internal::DirectoryLock lock) : lock_(std::move(lock)) {}
  store_internal::DirectoryLock lock_;
};

/// Marks a directory that is being filled by a restore: servers refuse it. Durable when it returns.
Result<void> begin_restoring(const std::string& directory);
/// The last step: what is in the directory is whole, and is synced. Durable when it returns.
Result<void> end_restoring(const std::string& directory);
bool is_restoring(const std::string& directory);

}  // namespace basalt
