// The bytes of a file in order, with the place and the checksum of what was taken of them.
//
// Thread rules: belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/rdb/rdb_reader.h"

namespace basalt::rdb {

class FileSource final : public Source {
 public:
  /// A regular file. The failure names it.
  static Result<FileSource> open(const std::string& path);
  ~FileSource() override;
  FileSource(FileSource&& o) noexcept;
  FileSource& operator=(FileSource&&) = delete;

  Result<std::string_view> take(size_t size) override;

  /// How many bytes were taken.
  uint64_t offset() const { return offset_; }
  uint64_t size() const { return size_; }
  /// Whether more was asked for than the file has.
  bool ended() const { return ended_; }
  /// The CRC-64 of all that was taken.
  uint64_t checksum();

 private:
  FileSource(std::string path, int descriptor, uint64_t size) : path_(std::move(path)), fd_(descriptor), size_(size) {}
  Result<void> read_more(size_t wanted);

  std::string path_;
  int fd_;
  uint64_t size_;
  uint64_t offset_ = 0;
  bool ended_ = false;
  std::string buffer_;
  size_t position_ = 0;  // in the buffer: of the first byte that was not taken
  size_t summed_ = 0;    // and of the first that is not in the checksum
  uint64_t checksum_ = 0;
};

}  // namespace basalt::rdb
