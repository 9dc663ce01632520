// A backup repository on disk.
//
//   REPO/BASALT_REPOSITORY        "basalt backup repository 1": a directory without it is none
//   REPO/lock                     flock: exclusive for who changes the repository, shared for who reads it
//   REPO/tables/<identity>.sst    table files, each once, shared by all backups that have it
//   REPO/backups/<id>/            one backup: `manifest`, and the files that only it has
//   REPO/backups/<id>.partial/    a backup being made;  <id>.deleted/: one being removed
//   REPO/incoming/                a table being copied
//
// Invariants, at any moment at which the process may be killed:
// 1. A backup is there when backups/<id>/ is: it appears by one rename, after all it needs is synced,
//    and disappears by one.
// 2. A table in tables/ is whole: it comes there by a rename after it was synced and checked.
// 3. A table is removed only after every manifest was read and none names it.
// What a killed process leaves is removed, or used (tables), by the next one that changes the repository.
//
// Thread rules: one thread; other processes are kept out by the lock.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "tools/backup/manifest.h"

namespace basalt::tools {

class RepositoryLock {
 public:
  explicit RepositoryLock(int descriptor) : descriptor_(descriptor) {}
  RepositoryLock(RepositoryLock&& o) noexcept : descriptor_(std::exchange(o.descriptor_, -1)) {}
  ~RepositoryLock();

 private:
  int descriptor_;
};

/// A backup as it is listed; one with a damaged manifest has only its id and what is wrong.
struct Listed {
  std::string id;
  tl::expected<Manifest, std::string> manifest;
};

class Repository {
 public:
  static Result<Repository> open(const std::string& directory);
  /// Makes one of a directory that is new or empty.
  static Result<Repository> open_or_create(const std::string& directory);

  /// `what` is told to those who find it locked: "create". Exclusive ones tidy up what a killed process left.
  Result<RepositoryLock> lock_to_change(std::string_view what);
  Result<RepositoryLock> lock_to_read();
  /// Removes what is neither a backup nor a table. Under the exclusive lock.
  Result<void> tidy_up();

  /// Oldest first.
  Result<std::vector<Listed>> backups() const;
  /// One that must be there and be readable; empty: the newest.
  Result<Manifest> find(const std::string& id) const;

  /// How many bytes that freed: its own files'; tables go with collect_garbage().
  Result<uint64_t> remove(const std::string& id);
  /// Removes the tables that no backup needs; how many bytes. When a manifest is damaged it removes
  /// nothing, and says so on stderr.
  Result<uint64_t> collect_garbage();

  const std::string& directory() const { return directory_; }
  std::string table_path(const std::string& name) const { return tables() + "/" + name; }
  std::string path_of(const std::string& id, const BackupFile& file) const;
  std::string backup_path(const std::string& id) const { return backups_folder() + "/" + id; }
  std::string partial_path(const std::string& id) const { return backup_path(id) + ".partial"; }
  std::string incoming_path(const std::string& name) const { return directory_ + "/incoming/" + name; }
  std::string tables() const { return directory_ + "/tables"; }
  std::string backups_folder() const { return directory_ + "/backups"; }

 private:
  explicit Repository(std::string directory) : directory_(std::move(directory)) {}
  std::string directory_;
};

}  // namespace basalt::tools
