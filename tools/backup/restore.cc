// basalt-restore: copies a backup into a directory. What is copied is compared with the manifest on the
// way, and opened at the end; until then a mark in the directory keeps servers away from it.
#include <fmt/format.h>

#include <algorithm>

#include "store/state_files.h"
#include "tools/backup/commands.h"
#include "tools/backup/repository.h"
#include "tools/common/files.h"
#include "tools/common/progress.h"

namespace basalt::tools {

namespace {

// A directory being filled. Unless finish() was called it is left as it was found: absent, or empty.
class Target {
 public:
  static Result<Target> open(const std::string& directory, bool force) {
    Target target(directory);
    target.was_there_ = TRY(size_of(directory)).has_value();
    TRY(make_directory(directory));
    // Held until the end: no server, and no second restore, uses it meanwhile.
    auto hold = HeldDirectory::hold(directory);
    if (!hold) return fail(fmt::format("cannot restore: {}: it is in use; give another directory", directory));
    target.hold_.emplace(std::move(*hold));
    if (is_restoring(directory) && force) TRY(target.empty_it());
    const auto names = TRY(names_in(directory));
    if (names.empty()) {
      TRY(begin_restoring(directory));
      return target;
    }
    if (is_restoring(directory)) {
      return fail(
          fmt::format("cannot restore: {}: it holds an unfinished restore; with --force it is removed and begun "
                      "anew",
                      directory));
    }
    return fail(fmt::format("cannot restore: {}: it is not empty ({} is there); give a new or empty directory",
                            directory, names.front()));
  }

  Result<void> finish() { return end_restoring(directory_); }

  /// After a failure. The mark goes last.
  Result<void> undo() {
    TRY(empty_it());
    if (!was_there_) TRY(remove_all(directory_));
    return {};
  }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

 private:
  explicit Target(std::string directory) : directory_(std::move(directory)) {}
  Result<void> empty_it() {
    const std::string mark(store_internal::kRestoringFile);
    for (const auto& name : TRY(names_in(directory_))) {
      if (name != mark) TRY(remove_all(path(name)));
    }
    return remove_all(path(mark));
  }

  std::string directory_;
  bool was_there_ = false;
  std::optional<HeldDirectory> hold_;
};

Result<void> restore_file(const std::string& from, const std::string& to, const FileSum& expected, Mover& mover) {
  const auto size = TRY(size_of(from));
  if (!size) return fail(fmt::format("cannot restore: {}: it is missing; restore another backup", from));
  if (TRY(mover.copy(from, to)) != expected) {
    return fail(
        fmt::format("cannot restore: {}: it is damaged (its checksum does not match); basalt-backup verify shows "
                    "which backups are whole",
                    from));
  }
  return {};
}

// What was written, as the database will read it.
Result<void> check_restored(const Manifest& backup, const Target& target, const std::string& directory) {
  size_t tables = 0;
  Progress progress("checking", Unit::bytes, backup.bytes());
  for (const auto& file : backup.files) {
    if (!file.table.empty()) {
      TRY(check_table(target.path(file.name)));
      ++tables;
    }
    progress.add(file.sum.bytes);
  }
  StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  options.create_if_missing = false;
  options.open_files = 64;
  const auto store = TRY(Store::open(options));
  if (store->table_files().size() == tables) return {};
  return fail(fmt::format("cannot restore: {}: the database in it has {} tables, the backup {}; restore another backup",
                          directory, store->table_files().size(), tables));
}

Result<void> fill(const Repository& repository, const Manifest& backup, const Target& target,
                  const std::string& directory, uint64_t bytes_per_second) {
  {
    Progress progress("restoring", Unit::bytes, backup.bytes());
    Mover mover(bytes_per_second, &progress);
    // In the manifest's order: CURRENT, which makes it a database, is the last.
    for (const auto& file : backup.files) {
      TRY(restore_file(repository.path_of(backup.id, file), target.path(file.name), file.sum, mover));
    }
  }
  return check_restored(backup, target, directory);
}

}  // namespace

Result<int> restore_backup(const Arguments& arguments) {
  Repository repository = TRY(Repository::open(arguments.text("repo")));
  const auto lock = TRY(repository.lock_to_read());
  const Manifest backup = TRY(repository.find(arguments.text("backup")));
  const std::string directory = arguments.text("dir");
  Target target = TRY(Target::open(directory, arguments.has("force")));
  auto done = fill(repository, backup, target, directory, arguments.number("rate-limit", 0));
  if (done) done = target.finish();
  if (!done) {
    if (auto undone = target.undo(); !undone) say("warning: {}", words_of(undone.error()));
    return tl::unexpected<Error>(std::move(done).error());
  }
  fmt::print("restored {} to {}: {} in {} files, all checked\n", backup.id, directory, human_size(backup.bytes()),
             backup.files.size());
  return kFine;
}

}  // namespace basalt::tools
