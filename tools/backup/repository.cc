#include "tools/backup/repository.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/split.h"
#include "tools/common/files.h"

namespace basalt::tools {

namespace {

constexpr std::string_view kMark = "/BASALT_REPOSITORY";
constexpr std::string_view kMarkText = "basalt backup repository 1\n";
constexpr std::string_view kPartial = ".partial";
constexpr std::string_view kDeleted = ".deleted";

std::string mark_path(const std::string& directory) { return directory + std::string(kMark); }

// Whether the directory can become a repository: nobody's files are in it.
Result<bool> is_free(const std::string& directory) {
  for (const auto& name : TRY(names_in(directory))) {
    if ("/" + name != std::string(kMark) + ".new") return false;
  }
  return true;
}

Result<RepositoryLock> lock(const std::string& path, int flags, int operation, const std::string& what) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (descriptor < 0) return file_failure("cannot lock the repository", path);
  RepositoryLock lock(descriptor);
  if (::flock(descriptor, operation | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return file_failure("cannot lock the repository", path);
    const auto holder = read_file(path);
    return fail(fmt::format("the repository is in use: {}: {}; wait until it has ended", path,
                            holder && !holder->empty() ? strip_blanks(*holder) : "by another program"));
  }
  if (operation == LOCK_EX) {
    const std::string text = fmt::format("by basalt-backup {} (process {})\n", what, ::getpid());
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, text.data(), text.size(), 0) < 0)
      return file_failure("cannot write", path);
  }
  return lock;
}

}  // namespace

RepositoryLock::~RepositoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Repository> Repository::open(const std::string& directory) {
  if (!TRY(size_of(mark_path(directory))))
    return fail(
        fmt::format("cannot open the repository: {}: there is none; basalt-backup create makes one", directory));
  if (TRY(read_file(mark_path(directory))) != kMarkText) {
    return fail(fmt::format("cannot open the repository: {}: not of a kind that this version knows; use a newer one",
                            mark_path(directory)));
  }
  return Repository(directory);
}

Result<Repository> Repository::open_or_create(const std::string& directory) {
  TRY(make_directory(directory));
  if (TRY(is_free(directory))) {
    const std::string mark = mark_path(directory);
    TRY(remove_all(mark + ".new"));
    TRY(write_file(mark + ".new", kMarkText));
    TRY(rename_file(mark + ".new", mark));
    TRY(sync_directory(directory));
  } else if (!TRY(size_of(mark_path(directory)))) {
    return fail(
        fmt::format("cannot make a repository: {}: it holds other files; give a new or empty directory", directory));
  }
  return open(directory);
}

Result<RepositoryLock> Repository::lock_to_change(std::string_view what) {
  auto held = TRY(lock(directory_ + "/lock", O_RDWR | O_CREAT, LOCK_EX, std::string(what)));
  for (const auto& folder : {tables(), backups_folder()}) TRY(make_directory(folder));
  TRY(tidy_up());
  return held;
}

Result<RepositoryLock> Repository::lock_to_read() {
  // The repository may be on a medium that cannot be written.
  return lock(directory_ + "/lock", O_RDONLY, LOCK_SH, "");
}

Result<void> Repository::tidy_up() {
  for (const auto& name : TRY(names_in(backups_folder()))) {
    if (name.ends_with(kPartial) || name.ends_with(kDeleted)) TRY(remove_all(backup_path(name)));
  }
  TRY(remove_all(incoming_path("")));
  TRY(make_directory(incoming_path("")));
  return sync_directory(directory_);
}

Result<std::vector<Listed>> Repository::backups() const {
  std::vector<Listed> found;
  for (const auto& name : TRY(names_in(backups_folder()))) {
    if (name.ends_with(kPartial) || name.ends_with(kDeleted)) continue;
    const std::string path = backup_path(name) + "/manifest";
    const auto text = read_file(path);
    auto manifest = text ? decode_manifest(*text) : tl::unexpected<std::string>("it cannot be read");
    if (manifest && manifest->id != name) manifest = tl::unexpected<std::string>("it is of another backup");
    if (!manifest) manifest = tl::unexpected(fmt::format("{}: damaged: {}", path, manifest.error()));
    found.push_back({name, std::move(manifest)});
  }
  return found;
}

Result<Manifest> Repository::find(const std::string& id) const {
  auto all = TRY(backups());
  if (all.empty()) return fail(fmt::format("there is no backup: {}: it is empty; make one", directory_));
  const auto found = id.empty() ? std::prev(all.end())
                                : std::find_if(all.begin(), all.end(), [&](auto& listed) { return listed.id == id; });
  if (found == all.end())
    return fail(fmt::format("there is no such backup: {}: {}; basalt-backup list shows all", directory_, id));
  if (!found->manifest) {
    return fail(fmt::format("cannot use the backup {}: {}; choose another with --backup, or make a new one", found->id,
                            found->manifest.error()));
  }
  return std::move(*found->manifest);
}

Result<uint64_t> Repository::remove(const std::string& id) {
  const std::string deleted = backup_path(id) + std::string(kDeleted);
  TRY(rename_file(backup_path(id), deleted));
  TRY(sync_directory(backups_folder()));
  uint64_t freed = 0;
  for (const auto& name : TRY(names_in(deleted))) freed += TRY(size_of(deleted + "/" + name)).value_or(0);
  TRY(remove_all(deleted));
  return freed;
}

Result<uint64_t> Repository::collect_garbage() {
  std::set<std::string> needed;
  for (const auto& listed : TRY(backups())) {
    if (!listed.manifest) {
      say("no tables are removed, since this backup may need them: {}; delete it, if it is not wanted any more",
          listed.manifest.error());
      return 0;
    }
    for (const auto& file : listed.manifest->files) needed.insert(file.table);
  }
  uint64_t freed = 0;
  for (const auto& name : TRY(names_in(tables()))) {
    if (needed.contains(name)) continue;
    freed += TRY(size_of(table_path(name))).value_or(0);
    TRY(remove_all(table_path(name)));
  }
  return freed;
}

std::string Repository::path_of(const std::string& id, const BackupFile& file) const {
  return file.table.empty() ? backup_path(id) + "/" + file.name : table_path(file.table);
}

}  // namespace basalt::tools
