#include "store/run_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"

namespace basalt::store_internal {

namespace {

using Cause = StorageError::Cause;

constexpr size_t kWriteBytes = 1 << 20;
constexpr uint8_t kErased = 0x80;

tl::unexpected<Error> file_error(std::string_view what, const std::string& path, int error_number) {
  const Cause cause = error_number == ENOSPC || error_number == EDQUOT ? Cause::no_space : Cause::io;
  return tl::unexpected<Error>(
      StorageError{cause, fmt::format("cannot {} {}: {}", what, path, std::strerror(error_number))});
}

}  // namespace

// ---- writing ----

Result<RunWriter> RunWriter::create(std::string path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return file_error("create", path, errno);
  return RunWriter(std::move(path), descriptor);
}

RunWriter::RunWriter(RunWriter&& o) noexcept
    : path_(std::move(o.path_)), descriptor_(std::exchange(o.descriptor_, -1)), buffer_(std::move(o.buffer_)) {}

RunWriter::~RunWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> RunWriter::add(const LoadRecord& record) {
  buffer_.push_back(static_cast<char>(static_cast<uint8_t>(record.column) | (record.erased ? kErased : 0)));
  append_varint(buffer_, record.key.size());
  buffer_.append(record.key);
  append_varint(buffer_, record.value.size());
  buffer_.append(record.value);
  return buffer_.size() < kWriteBytes ? Result<void>() : flush();
}

Result<void> RunWriter::flush() {
  for (size_t written = 0; written < buffer_.size();) {
    const ssize_t n = ::write(descriptor_, buffer_.data() + written, buffer_.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("write", path_, errno);
    written += static_cast<size_t>(n);
  }
  buffer_.clear();
  return {};
}

Result<void> RunWriter::finish() {
  TRY(flush());
  if (::close(std::exchange(descriptor_, -1)) != 0) return file_error("write", path_, errno);
  return {};
}

// ---- reading ----

Result<RunReader> RunReader::open(std::string path, size_t buffer_bytes, bool consume) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return file_error("read", path, errno);
  return RunReader(std::move(path), descriptor, buffer_bytes, consume);
}

RunReader::RunReader(RunReader&& o) noexcept
    : path_(std::move(o.path_)),
      descriptor_(std::exchange(o.descriptor_, -1)),
      buffer_bytes_(o.buffer_bytes_),
      consume_(o.consume_),
      buffer_(std::move(o.buffer_)),
      position_(o.position_),
      missing_(o.missing_) {}

RunReader::~RunReader() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (consume_) ::unlink(path_.c_str());
}

Result<bool> RunReader::next() {
  while (!decode()) {
    const size_t had = buffer_.size() - position_;
    TRY(read_more(missing_));
    if (buffer_.size() - position_ > had) continue;
    if (had == 0) return false;
    return tl::unexpected<Error>(StorageError{Cause::corruption, fmt::format("{} ends within a record", path_)});
  }
  return true;
}

// Keeps what no record has had yet, and adds up to a buffer's worth, more when one record needs it.
Result<void> RunReader::read_more(size_t wanted) {
  buffer_.erase(0, std::exchange(position_, 0));
  const size_t had = buffer_.size();
  const size_t size = std::max(buffer_bytes_, had + wanted);
  buffer_.resize(size);
  size_t filled = had;
  while (filled < size) {
    const ssize_t n = ::read(descriptor_, buffer_.data() + filled, size - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("read", path_, errno);
    if (n == 0) break;
    filled += static_cast<size_t>(n);
  }
  buffer_.resize(filled);
  return {};
}

// A whole record, or in `missing_` at least how many bytes are not there yet.
bool RunReader::decode() {
  ByteReader reader(std::string_view(buffer_).substr(position_));
  missing_ = 1;
  const auto kind = reader.be<uint8_t>();
  if (!kind) return false;
  const auto take_string = [&](std::string_view& out) {
    const auto size = reader.varint();
    if (!size) return false;
    const auto bytes = reader.take(*size);
    if (!bytes) missing_ = *size - reader.rest().size();
    else out = *bytes;
    return bytes.has_value();
  };
  if (!take_string(record_.key) || !take_string(record_.value)) return false;
  record_.column = static_cast<Column>(*kind & ~kErased);
  record_.erased = (*kind & kErased) != 0;
  position_ = buffer_.size() - reader.rest().size();
  return true;
}

}  // namespace basalt::store_internal
