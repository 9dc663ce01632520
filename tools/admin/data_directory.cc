#include "tools/admin/data_directory.h"

#include <algorithm>
#include <filesystem>

#include "store/state_files.h"
#include "tools/common/command_line.h"
#include "tools/common/open_store.h"

namespace basalt::tools {
namespace {

constexpr uint64_t kMemory = uint64_t{256} << 20;

constexpr std::string_view kInstead =
    "give --server HOST:PORT (stat, compact), or look at a checkpoint, which BGSAVE makes";

}  // namespace

Result<std::unique_ptr<Store>> open_to_look(const std::string& directory) {
  StoreOptions options;
  options.directory = directory;
  options.memory_budget = kMemory;
  options.read_only = true;
  options.exclusive = true;
  options.create_if_missing = false;
  return open_store(options, kInstead);
}

Result<std::unique_ptr<Store>> open_to_change(const std::string& directory) {
  StoreOptions options;
  options.directory = directory;
  options.memory_budget = kMemory;
  options.create_if_missing = false;
  options.overrides["disable_auto_compactions"] = "true";
  return open_store(options, kInstead);
}

Result<std::vector<std::string>> damaged_tables(const std::string& directory) {
  const auto held = TRY(HeldDirectory::hold(directory));
  std::vector<std::string> damages;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".sst") continue;
    if (const auto checked = check_table(entry.path().string()); !checked) damages.push_back(words_of(checked.error()));
  }
  std::sort(damages.begin(), damages.end());
  return damages;
}

}  // namespace basalt::tools
