// Reads RDB files, of Redis up to 7.4 (and of 8.0, which writes the same).
//
//   file  := "REDIS" version(4 digits) { entry } end(255) [CRC-64 of all before(8, LE); 0: was not computed]
//   entry := auxiliary name value | select database | resize keys expiring | function code
//          | module_auxiliary id when parts | { expire_ms | expire_s | idle | frequency } type key value
//
// Thread rules: belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "types/rdb/file_source.h"

namespace basalt::rdb {

struct FileKey {
  uint64_t db = 0;
  std::string_view name;
  int64_t expire_ms = 0;  ///< 0: never. May have passed; what was before 1970 is 1.
  uint8_t type = 0;       ///< the ValueType
};

class FileVisitor {
 public:
  virtual ~FileVisitor() = default;
  /// Has to read the key's value, up to its end.
  virtual Result<void> key(const FileKey& key, RdbReader& value) = 0;
};

/// What stands in a file.
struct FileSummary {
  uint32_t version = 0;
  bool has_checksum = false;
  std::map<std::string, std::string> about;  ///< "redis-ver": "7.0.15", …
  uint64_t keys = 0;                         ///< that the visitor was shown
  // What the visitor was not shown: there is no place for it.
  uint64_t module_values = 0;  ///< keys
  uint64_t module_data = 0;    ///< auxiliary data of modules
  uint64_t functions = 0;      ///< libraries
};

class RdbFileReader {
 public:
  explicit RdbFileReader(FileSource& source) : source_(source), in_(source) {}

  /// All of the file, to its checksum. A failure of the file or of the visitor says at which byte, and within what; one
  /// of the storage is passed on.
  Result<FileSummary> read(FileVisitor& visitor);

 private:
  Result<void> read_all(FileVisitor& visitor);
  Result<void> read_header();
  Result<void> read_entry(uint8_t opcode, FileVisitor& visitor);
  Result<void> read_key(uint8_t type, FileVisitor& visitor);
  Result<void> read_footer();
  Result<void> read_about();
  Result<void> skip_module_data();
  Error located(const Error& error) const;

  FileSource& source_;
  RdbReader in_;
  FileSummary summary_;
  uint64_t db_ = 0;
  int64_t expire_ms_ = 0;
  std::string name_;
  // For failures: where the entry begins, and what it is.
  uint64_t begin_ = 0;
  std::string_view within_;
};

}  // namespace basalt::rdb
