// Writes RDB files that Redis 7.0 loads (version 10), or 7.4 (version 12, for hashes whose fields expire).
//
// The file gets its name when it is whole and on the medium; until then it is called NAME.partial, and it goes when the
// writer goes without having finished.
//
// Thread rules: belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "keyspace/txn.h"

namespace basalt::rdb {

class RdbFileWriter {
 public:
  /// Refuses a name that is taken. `version`: kVersion or kVersionWithFieldExpiry.
  static Result<RdbFileWriter> create(std::string path, uint16_t version);
  ~RdbFileWriter();
  RdbFileWriter(RdbFileWriter&& o) noexcept;
  RdbFileWriter& operator=(RdbFileWriter&&) = delete;

  /// About the file: before the first key.
  Result<void> about(std::string_view name, std::string_view value);
  /// The database of the keys that follow. Once each.
  Result<void> select(uint16_t db);
  /// `record` was found frozen; it is borrowed.
  Result<void> key(Txn& txn, Key key, Record record);
  /// How many bytes there are in the end.
  Result<uint64_t> finish();
  /// So far.
  uint64_t bytes() const { return written_ + buffer_.size(); }

 private:
  RdbFileWriter(std::string path, int descriptor, uint16_t version)
      : path_(std::move(path)), fd_(descriptor), version_(version) {}
  std::string partial() const { return path_ + ".partial"; }
  Result<void> flush();
  Result<void> flush_when_full() { return buffer_.size() < kBufferBytes ? Result<void>() : flush(); }

  static constexpr size_t kBufferBytes = 1 << 20;

  std::string path_;
  int fd_;
  uint16_t version_;
  uint64_t written_ = 0;
  uint64_t checksum_ = 0;
  std::string buffer_;
  std::string value_;  // what is not in the buffer yet of the value that is being written
};

}  // namespace basalt::rdb
