#include "types/rdb/file_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/hash.h"
#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

namespace {

constexpr size_t kReadBytes = 1 << 20;

auto cannot_read(const std::string& path, int error_number) {
  return fail(fmt::format("cannot read {}: {}", path, std::strerror(error_number)));
}

}  // namespace

Result<FileSource> FileSource::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return cannot_read(path, errno);
  struct stat info;
  const int error_number = ::fstat(descriptor, &info) != 0 ? errno : S_ISDIR(info.st_mode) ? EISDIR : 0;
  if (error_number == 0 && S_ISREG(info.st_mode)) {
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    return FileSource(path, descriptor, static_cast<uint64_t>(info.st_size));
  }
  ::close(descriptor);
  if (error_number != 0) return cannot_read(path, error_number);
  return fail(fmt::format("cannot read {}: it is not a regular file", path));
}

FileSource::~FileSource() {
  if (fd_ >= 0) ::close(fd_);
}

FileSource::FileSource(FileSource&& o) noexcept
    : path_(std::move(o.path_)),
      fd_(std::exchange(o.fd_, -1)),
      size_(o.size_),
      offset_(o.offset_),
      ended_(o.ended_),
      buffer_(std::move(o.buffer_)),
      position_(o.position_),
      summed_(o.summed_),
      checksum_(o.checksum_) {}

Result<std::string_view> FileSource::take(size_t size) {
  if (size > buffer_.size() - position_) TRY(read_more(size));
  const std::string_view taken(buffer_.data() + position_, size);
  position_ += size;
  offset_ += size;
  return taken;
}

// So that `wanted` bytes are in the buffer. No room is made for what the file does not have.
Result<void> FileSource::read_more(size_t wanted) {
  if (wanted > size_ - std::min(offset_, size_)) {
    ended_ = true;
    return bad_format();
  }
  checksum_ = checksum();
  buffer_.erase(0, position_);
  position_ = summed_ = 0;
  size_t filled = buffer_.size();
  buffer_.resize(std::max(wanted, kReadBytes));
  while (filled < wanted) {
    const ssize_t n = ::read(fd_, buffer_.data() + filled, buffer_.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_read(path_, errno);
    ended_ = n == 0;
    if (ended_) break;  // somebody cut it off since it was opened
    filled += static_cast<size_t>(n);
  }
  buffer_.resize(filled);
  return ended_ ? bad_format() : Result<void>();
}

uint64_t FileSource::checksum() {
  checksum_ = crc64(checksum_, std::string_view(buffer_).substr(summed_, position_ - summed_));
  summed_ = position_;
  return checksum_;
}

}  // namespace basalt::rdb
