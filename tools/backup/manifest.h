// The manifest of one backup: which files it consists of, and what their bytes must be.
//
// A text file, written last and in one piece, so that a backup without it is none:
//
//   basalt-backup 1
//   id 20261120-113000-250
//   made_ms 1795174200250
//   source 127.0.0.1:6379 /var/lib/basalt
//   copied_bytes 4096
//   table <name in the data directory> <bytes> <hash> <name in tables/>      one a table file
//   file <name> <bytes> <hash>                                               kept beside the manifest
//   checksum <hash of all bytes above>
//
// Names hold no spaces. A changed byte anywhere makes the checksum line wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tools/backup/file_sum.h"

namespace basalt::tools {

struct BackupFile {
  std::string name;  ///< in the data directory
  FileSum sum;
  std::string table;  ///< its name in the repository's tables/; empty: kept beside the manifest
};

struct Manifest {
  std::string id;
  int64_t made_ms = 0;  ///< Unix time
  std::string source;
  uint64_t copied_bytes = 0;  ///< what making it wrote; the rest was shared with earlier backups
  std::vector<BackupFile> files;

  uint64_t bytes() const;
};

std::string encode_manifest(const Manifest& manifest);
/// The error says what is wrong with the text: "its checksum does not match".
tl::expected<Manifest, std::string> decode_manifest(std::string_view text);

}  // namespace basalt::tools
