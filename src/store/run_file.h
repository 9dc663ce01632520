// Sorted records in a file, for sorting more of them than memory has room for (record_sorter.h). Such
// files live no longer than the process that writes them.
//
//   file   := { record }
//   record := column(1, low bits; 0x80: erased) key size(varint) key value size(varint) value
//
// Thread rules: belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "layout/columns.h"

namespace basalt::store_internal {

/// What a batch does to one key: borrowed bytes.
struct LoadRecord {
  Column column = Column::strings;
  bool erased = false;
  std::string_view key;
  std::string_view value;
};

/// In which order columns are sorted. Strings and heads share a place: a key has one record, in one of the two, and
/// so a second one of the same name stands next to it.
constexpr uint8_t column_rank(Column column) {
  return column == Column::strings ? static_cast<uint8_t>(Column::heads) : static_cast<uint8_t>(column);
}

class RunWriter {
 public:
  static Result<RunWriter> create(std::string path);
  ~RunWriter();
  RunWriter(RunWriter&& o) noexcept;
  RunWriter& operator=(RunWriter&&) = delete;

  Result<void> add(const LoadRecord& record);
  /// Once, at the end. Not synced: nobody reads it after a crash.
  Result<void> finish();

 private:
  RunWriter(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  Result<void> flush();

  std::string path_;
  int descriptor_;
  std::string buffer_;
};

class RunReader {
 public:
  /// Deletes the file when it goes, if `consume`.
  static Result<RunReader> open(std::string path, size_t buffer_bytes, bool consume);
  ~RunReader();
  RunReader(RunReader&& o) noexcept;
  RunReader& operator=(RunReader&&) = delete;

  /// To the next record; false at the end.
  Result<bool> next();
  /// The one it stands on; valid until it moves.
  const LoadRecord& record() const { return record_; }

 private:
  RunReader(std::string path, int descriptor, size_t buffer_bytes, bool consume)
      : path_(std::move(path)), descriptor_(descriptor), buffer_bytes_(buffer_bytes), consume_(consume) {}
  Result<void> read_more(size_t wanted);
  bool decode();

  std::string path_;
  int descriptor_;
  size_t buffer_bytes_;
  bool consume_;
  std::string buffer_;
  size_t position_ = 0;  // of the first byte that no record has had
  size_t missing_ = 1;   // how many bytes decode() would have liked to have
  LoadRecord record_;
};

}  // namespace basalt::store_internal
