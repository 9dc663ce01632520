// Records that no encoder of ours made. The disk's bytes are never believed: whoever meets such a record
// fails with an error that names it.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/result.h"
#include "layout/columns.h"

namespace basalt {

inline tl::unexpected<Error> damaged_record(Column column, std::string_view what) {
  return tl::unexpected<Error>(StorageError{
      StorageError::Cause::corruption,
      fmt::format("column {}: the record of {:?} is damaged", kColumnNames[static_cast<size_t>(column)], what)});
}

/// For the log.
inline std::string failure_text(const Error& error) {
  if (const StorageError* storage = error.storage()) return storage->detail;
  if (const CommandError* command = error.command()) return command->text;
  return "would have to wait";
}

}  // namespace basalt
