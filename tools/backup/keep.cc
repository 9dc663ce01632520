// basalt-backup list, verify, prune, delete.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <map>
#include <set>

#include "base/number.h"
#include "tools/backup/commands.h"
#include "tools/backup/repository.h"
#include "tools/common/files.h"
#include "tools/common/json.h"
#include "tools/common/progress.h"

namespace basalt::tools {

namespace {

std::string json_of(const Listed& listed) {
  if (!listed.manifest)
    return fmt::format("{{\"id\": {}, \"damage\": {}}}", json_string(listed.id), json_string(listed.manifest.error()));
  const Manifest& manifest = *listed.manifest;
  return fmt::format(
      "{{\"id\": {}, \"made_ms\": {}, \"bytes\": {}, \"files\": {}, \"copied_bytes\": {}, \"source\": {}}}",
      json_string(manifest.id), manifest.made_ms, manifest.bytes(), manifest.files.size(), manifest.copied_bytes,
      json_string(manifest.source));
}

void print_json(const std::vector<Listed>& all) {
  std::vector<std::string> rows;
  for (const auto& listed : all) rows.push_back(json_of(listed));
  fmt::print("{}\n", json_lines(rows));
}

void print_table(const std::vector<Listed>& all) {
  fmt::print("{:<20}  {:<19}  {:>10}  {:>10}  {}\n", "ID", "MADE (UTC)", "SIZE", "COPIED", "FROM");
  for (const auto& listed : all) {
    if (!listed.manifest) {
      fmt::print("{:<20}  {}\n", listed.id, listed.manifest.error());
      continue;
    }
    const Manifest& manifest = *listed.manifest;
    fmt::print("{:<20}  {:%Y-%m-%d %H:%M:%S}  {:>10}  {:>10}  {}\n", manifest.id,
               fmt::gmtime(static_cast<std::time_t>(manifest.made_ms / 1000)), human_size(manifest.bytes()),
               human_size(manifest.copied_bytes), manifest.source);
  }
}

// The files of some backups, each once, with those that need it.
struct NeededFile {
  FileSum sum;
  std::set<std::string> backups;
};

// Reads everything; prints a line for each file that is not as it must be.
class Verification {
 public:
  explicit Verification(const Repository& repository) : repository_(repository) {}

  void add(const Listed& listed) {
    if (!listed.manifest) {
      tell_damage(listed.manifest.error(), {listed.id});
      return;
    }
    for (const auto& file : listed.manifest->files) {
      const std::string path = repository_.path_of(listed.id, file);
      const auto [entry, added] = files_.emplace(path, NeededFile{file.sum, {}});
      entry->second.backups.insert(listed.id);
      if (added) bytes_ += file.sum.bytes;
    }
  }

  int run(uint64_t bytes_per_second) {
    {
      Progress progress("reading", Unit::bytes, bytes_);
      Mover mover(bytes_per_second, &progress);
      for (const auto& [path, needed] : files_) verify(path, needed, mover);
    }
    for (const auto& line : damage_) fmt::print("{}\n", line);
    if (damage_.empty()) fmt::print("all is well: {} in {} files\n", human_size(bytes_), files_.size());
    return damage_.empty() ? kFine : kFailed;
  }

 private:
  void verify(const std::string& path, const NeededFile& needed, Mover& mover) {
    const auto size = size_of(path);
    if (size && !*size) return tell_damage(path + ": missing", needed.backups);
    const auto sum = mover.read(path);
    if (!sum) return tell_damage(fmt::format("{}: {}", path, words_of(sum.error())), needed.backups);
    if (sum->bytes != needed.sum.bytes) {
      tell_damage(fmt::format("{}: damaged: {} bytes, not {}", path, sum->bytes, needed.sum.bytes), needed.backups);
    } else if (sum->hash != needed.sum.hash) {
      tell_damage(fmt::format("{}: damaged: its checksum does not match", path), needed.backups);
    }
  }

  void tell_damage(const std::string& what, const std::set<std::string>& backups) {
    damage_.push_back(fmt::format("{}; part of {}", what, fmt::join(backups, ", ")));
  }

  const Repository& repository_;
  std::map<std::string, NeededFile> files_;
  std::vector<std::string> damage_;
  uint64_t bytes_ = 0;
};

}  // namespace

Result<int> list_backups(const Arguments& arguments) {
  const Repository repository = TRY(Repository::open(arguments.text("repo")));
  const auto all = TRY(repository.backups());
  if (arguments.has("json")) print_json(all);
  else print_table(all);
  const bool damage = std::any_of(all.begin(), all.end(), [](const auto& listed) { return !listed.manifest; });
  return damage ? kFailed : kFine;
}

Result<int> verify_backups(const Arguments& arguments) {
  Repository repository = TRY(Repository::open(arguments.text("repo")));
  const auto lock = TRY(repository.lock_to_read());
  const std::string only = arguments.text("backup");
  Verification verification(repository);
  bool found = false;
  for (const auto& listed : TRY(repository.backups())) {
    if (!only.empty() && listed.id != only) continue;
    verification.add(listed);
    found = true;
  }
  if (!found) TRY(repository.find(only));
  const int code = verification.run(arguments.number("rate-limit", 0));
  if (code != kFine) {
    say("Damage was found. Remove a damaged file of tables/ and the next create copies it again, if the data still has "
        "it; until then restore from a backup that is not named above.");
  }
  return code;
}

Result<int> prune_backups(const Arguments& arguments) {
  const uint64_t keep = arguments.number("keep", 0);
  if (keep == 0) return fail("cannot prune: --keep 0 would leave no backup; use delete for each that must go");
  Repository repository = TRY(Repository::open(arguments.text("repo")));
  const auto lock = TRY(repository.lock_to_change("prune"));
  // Only backups that can be read count: what is kept must be worth something.
  std::vector<std::string> good;
  for (const auto& listed : TRY(repository.backups())) {
    if (listed.manifest) good.push_back(listed.id);
    else say("warning: left as it is: {}", listed.manifest.error());
  }
  uint64_t freed = 0;
  for (size_t i = 0; i + keep < good.size(); ++i) {
    freed += TRY(repository.remove(good[i]));
    fmt::print("removed {}\n", good[i]);
  }
  freed += TRY(repository.collect_garbage());
  say("{} kept, {} freed", std::min<size_t>(keep, good.size()), human_size(freed));
  return kFine;
}

Result<int> delete_backup(const Arguments& arguments) {
  Repository repository = TRY(Repository::open(arguments.text("repo")));
  const auto lock = TRY(repository.lock_to_change("delete"));
  const std::string id = arguments.text("backup");
  const auto all = TRY(repository.backups());
  if (std::none_of(all.begin(), all.end(), [&](const auto& listed) { return listed.id == id; }))
    return fail(
        fmt::format("there is no such backup: {}: {}; basalt-backup list shows all", repository.directory(), id));
  uint64_t freed = TRY(repository.remove(id));
  fmt::print("removed {}\n", id);
  freed += TRY(repository.collect_garbage());
  say("{} freed", human_size(freed));
  return kFine;
}

}  // namespace basalt::tools
