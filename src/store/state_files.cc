#include "store/state_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/unique_id.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace basalt {

namespace fs = std::filesystem;
using Cause = StorageError::Cause;

namespace {

tl::unexpected<Error> damaged(const std::string& path, const rocksdb::Status& status) {
  return tl::unexpected<Error>(
      StorageError{Cause::corruption, fmt::format("{} is damaged ({})", path, status.ToString())});
}

tl::unexpected<Error> system_failure(const std::string& what, const std::string& path) {
  const auto cause = errno == ENOSPC || errno == EDQUOT ? Cause::no_space : Cause::io;
  return tl::unexpected<Error>(StorageError{cause, fmt::format("{} {}: {}", what, path, std::strerror(errno))});
}

// The WAL files, BASALT_FORMAT, the newest OPTIONS, the MANIFEST in use, then CURRENT.
Result<std::vector<std::string>> other_files(const std::string& directory, const std::string& manifest) {
  std::vector<std::string> names;
  std::string options;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_regular_file()) continue;
    const auto name = it->path().filename().string();
    if (name == "BASALT_FORMAT" || (name.ends_with(".log") && name.find_first_not_of("0123456789") == name.size() - 4))
      names.push_back(name);
    if (name.starts_with("OPTIONS-") && !name.ends_with("dbtmp")) options = std::max(options, name);
  }
  if (error)
    return tl::unexpected<Error>(
        StorageError{Cause::io, fmt::format("cannot list {}: {}", directory, error.message())});
  std::sort(names.begin(), names.end());
  if (!options.empty()) names.push_back(options);
  names.push_back(fs::path(manifest).filename().string());
  names.push_back("CURRENT");
  return names;
}

Result<void> sync(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_failure("cannot open", path);
  const bool synced = ::fsync(descriptor) == 0;
  auto failure = system_failure("cannot sync", path);
  ::close(descriptor);
  if (!synced) return failure;
  return {};
}

std::string restoring_path(const std::string& directory) {
  return fmt::format("{}/{}", directory, store_internal::kRestoringFile);
}

// RocksDB's check leaves out the partitions of filters. Pinned, they are read when the table is opened, and from the
// file, since this cache is new.
rocksdb::Options reading_everything() {
  constexpr size_t kCacheBytes = 8 << 20;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // any policy reads what every other wrote
  table.cache_index_and_filter_blocks = true;
  table.metadata_cache_options.top_level_index_pinning = rocksdb::PinningTier::kAll;
  table.metadata_cache_options.partition_pinning = rocksdb::PinningTier::kAll;
  table.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

Result<StateFiles> state_files(const Store& store) {
  const auto claim = TRY(store_internal::claim_directory(store.directory(), false, true));
  StateFiles files;
  for (const auto& table : store.table_files()) files.tables.push_back(fs::path(table.path).filename().string());
  std::sort(files.tables.begin(), files.tables.end());
  files.others = TRY(other_files(store.directory(), claim.manifest));
  return files;
}

Result<HeldDirectory> HeldDirectory::hold(const std::string& directory) {
  return HeldDirectory(TRY(store_internal::lock_directory(directory)));
}

Result<std::string> table_identity(const std::string& path) {
  rocksdb::SstFileReader reader{rocksdb::Options()};
  auto status = reader.Open(path);
  std::string id;
  if (status.ok()) status = rocksdb::GetExtendedUniqueIdFromTableProperties(*reader.GetTableProperties(), &id);
  if (!status.ok()) return damaged(path, status);
  std::string digits;
  for (const char byte : id) digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return digits;
}

Result<void> check_table(const std::string& path) {
  rocksdb::SstFileReader reader(reading_everything());
  rocksdb::ReadOptions options;
  options.readahead_size = size_t{2} << 20;
  auto status = reader.Open(path);
  if (status.ok()) status = reader.VerifyChecksum(options);
  if (!status.ok()) return damaged(path, status);
  return {};
}

Result<void> begin_restoring(const std::string& directory) {
  const std::string path = restoring_path(directory);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_failure("cannot create", path);
  ::close(descriptor);
  TRY(sync(path));
  return sync(directory);
}

Result<void> end_restoring(const std::string& directory) {
  const std::string path = restoring_path(directory);
  TRY(sync(directory));
  if (::unlink(path.c_str()) != 0) return system_failure("cannot remove", path);
  return sync(directory);
}

bool is_restoring(const std::string& directory) { return ::access(restoring_path(directory).c_str(), F_OK) == 0; }

}  // namespace basalt
