// basalt-backup create: tables that the repository lacks are copied and checked, the few other files
// always; then the manifest is written, and one rename makes it a backup.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "base/clock.h"
#include "base/utc_stamp.h"
#include "store/state_files.h"
#include "tools/backup/commands.h"
#include "tools/backup/repository.h"
#include "tools/backup/source.h"
#include "tools/common/files.h"
#include "tools/common/progress.h"

namespace basalt::tools {

namespace {

struct PlannedTable {
  std::string name;   // in the source
  std::string table;  // in the repository
  uint64_t bytes;
};

class Creation {
 public:
  Creation(Repository& repository, Source& source, uint64_t bytes_per_second)
      : repository_(repository), source_(source), bytes_per_second_(bytes_per_second) {}

  Result<Manifest> run() {
    TRY(look_around());
    const std::string partial = repository_.partial_path(manifest_.id);
    TRY(make_directory(partial));
    Progress progress("copying", Unit::bytes, bytes_to_copy_);
    Mover mover(bytes_per_second_, &progress, [this] { return source_.keep_alive(); });
    for (const auto& planned : tables_) TRY(add_table(planned, mover));
    for (const auto& name : files_.others) TRY(add_file(name, partial, mover));
    TRY(publish(partial));
    return std::move(manifest_);
  }

 private:
  // What the repository has, and what of the source it lacks.
  Result<void> look_around() {
    manifest_.made_ms = SystemClock().now_ms();
    for (const auto& listed : TRY(repository_.backups())) {
      if (!listed.manifest) {
        say("warning: {}", listed.manifest.error());
        continue;
      }
      // The newest is the last, even when the clock was set back.
      manifest_.made_ms = std::max(manifest_.made_ms, listed.manifest->made_ms + 1);
      for (const auto& file : listed.manifest->files) known_.emplace(file.table, file.sum);
    }
    manifest_.id = utc_stamp(manifest_.made_ms);
    manifest_.source = source_.name();
    files_ = TRY(state_files(source_.store()));
    for (const auto& name : files_.tables) {
      PlannedTable planned{name, TRY(table_identity(source_path(name))) + ".sst", TRY(source_size(name))};
      if (!TRY(has(planned))) bytes_to_copy_ += planned.bytes;
      tables_.push_back(std::move(planned));
      TRY(source_.keep_alive());
    }
    for (const auto& name : files_.others) bytes_to_copy_ += TRY(source_size(name));
    return {};
  }

  Result<void> add_table(const PlannedTable& planned, Mover& mover) {
    const std::string stored = repository_.table_path(planned.table);
    FileSum sum;
    if (!TRY(has(planned))) {
      sum = TRY(copy_table(planned, mover));
    } else if (const auto known = known_.find(planned.table); known != known_.end()) {
      sum = known->second;
    } else {
      // Copied by a create that did not come to its end.
      sum = TRY(Mover(bytes_per_second_, nullptr, [this] { return source_.keep_alive(); }).read(stored));
      TRY(check(stored, stored));
    }
    manifest_.files.push_back({planned.name, sum, planned.table});
    return {};
  }

  // The copy is checked, not the original: that shows damage of either.
  Result<FileSum> copy_table(const PlannedTable& planned, Mover& mover) {
    const std::string incoming = repository_.incoming_path(planned.table);
    const FileSum sum = TRY(mover.copy(source_path(planned.name), incoming));
    TRY(check(incoming, source_path(planned.name)));
    const auto known = known_.find(planned.table);
    if (known != known_.end() && known->second != sum) {
      return fail(
          fmt::format("cannot back up: {}: it is not what an earlier backup has of it; run basalt-backup verify",
                      source_path(planned.name)));
    }
    TRY(rename_file(incoming, repository_.table_path(planned.table)));
    manifest_.copied_bytes += sum.bytes;
    return sum;
  }

  Result<void> add_file(const std::string& name, const std::string& partial, Mover& mover) {
    const FileSum sum = TRY(mover.copy(source_path(name), partial + "/" + name));
    manifest_.copied_bytes += sum.bytes;
    manifest_.files.push_back({name, sum, ""});
    return {};
  }

  Result<void> publish(const std::string& partial) {
    TRY(sync_directory(repository_.tables()));
    TRY(write_file(partial + "/manifest", encode_manifest(manifest_)));
    TRY(sync_directory(partial));
    TRY(rename_file(partial, repository_.backup_path(manifest_.id)));
    return sync_directory(repository_.backups_folder());
  }

  static Result<void> check(const std::string& copy, const std::string& original) {
    if (check_table(copy)) return {};
    return fail(
        fmt::format("cannot back up: {}: it is damaged (a block's checksum does not match); the backups made "
                    "before are as they were, and can be restored",
                    original));
  }

  // Whether the repository has the table, as far as a look without reading can tell.
  Result<bool> has(const PlannedTable& planned) const {
    return TRY(size_of(repository_.table_path(planned.table))) == planned.bytes;
  }

  std::string source_path(const std::string& name) const { return source_.directory() + "/" + name; }
  Result<uint64_t> source_size(const std::string& name) const {
    const auto size = TRY(size_of(source_path(name)));
    if (!size) return fail(fmt::format("cannot back up: {}: it is gone; run it again", source_path(name)));
    return *size;
  }

  Repository& repository_;
  Source& source_;
  const uint64_t bytes_per_second_;
  Manifest manifest_;
  StateFiles files_;
  std::map<std::string, FileSum> known_;  // tables in the repository's manifests
  std::vector<PlannedTable> tables_;
  uint64_t bytes_to_copy_ = 0;
};

std::string summary(const Manifest& made, bool json) {
  if (json) {
    return fmt::format("{{\"id\": \"{}\", \"bytes\": {}, \"files\": {}, \"copied_bytes\": {}}}", made.id, made.bytes(),
                       made.files.size(), made.copied_bytes);
  }
  return fmt::format("backup {}: {} in {} files, {} copied", made.id, human_size(made.bytes()), made.files.size(),
                     human_size(made.copied_bytes));
}

}  // namespace

Result<int> create_backup(const Arguments& arguments) {
  Repository repository = TRY(Repository::open_or_create(arguments.text("repo")));
  const auto lock = TRY(repository.lock_to_change("create"));
  const auto source = TRY(open_source(arguments));
  Creation creation(repository, *source, arguments.number("rate-limit", 0));
  auto made = creation.run();
  if (!made) {
    // What a failure leaves is removed at once; after kill -9 the next one does it.
    (void)repository.tidy_up();
    return tl::unexpected<Error>(std::move(made).error());
  }
  fmt::print("{}\n", summary(*made, arguments.has("json")));
  // The backup is there, whatever fails from here.
  if (auto released = source->release(); !released) say("warning: {}", words_of(released.error()));
  TRY(repository.collect_garbage());
  return kFine;
}

}  // namespace basalt::tools
