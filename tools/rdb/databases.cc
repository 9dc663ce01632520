#include "tools/rdb/databases.h"

#include <fmt/format.h>

#include "layout/system_record.h"

namespace basalt::tools {

Result<uint16_t> stored_databases(Store& store) {
  Value value;
  if (!TRY(store.get(Column::system, layout::database_map_key(), {}, &value))) return 0;
  const auto map = layout::decode_database_map(value.view());
  if (!map) return fail(fmt::format("{}: the database map is damaged; restore from a backup", store.directory()));
  return static_cast<uint16_t>(map->ids.size());
}

}  // namespace basalt::tools
