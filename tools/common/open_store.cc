#include "tools/common/open_store.h"

#include <fmt/format.h>

namespace basalt::tools {

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options, std::string_view instead) {
  auto store = Store::open(options);
  if (store || !store.error().storage()) return store;
  StorageError error = *store.error().storage();
  const size_t in_use = error.detail.find(" is in use by ");
  if (in_use == std::string::npos) return store;
  const size_t end = error.detail.find(". Stop that first", in_use);
  error.detail = fmt::format("{}; stop that first, or {}", error.detail.substr(0, end), instead);
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace basalt::tools
