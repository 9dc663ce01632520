#include "types/rdb/rdb_file_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/hash.h"
#include "types/rdb/rdb_format.h"
#include "types/rdb/rdb_writer.h"
#include "types/rdb/value_writer.h"

namespace basalt::rdb {

namespace {

auto file_failure(std::string_view what, const std::string& path, int error_number) {
  return fail(fmt::format("cannot {} {}: {}", what, path, std::strerror(error_number)));
}

void opcode(std::string& out, FileOpcode code) { out.push_back(static_cast<char>(code)); }

// The new name, and with it the file, survives a loss of power.
Result<void> sync_folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int error_number = errno;
  if (descriptor >= 0) ::close(descriptor);
  return synced ? Result<void>() : file_failure("sync", folder, error_number);
}

}  // namespace

Result<RdbFileWriter> RdbFileWriter::create(std::string path, uint16_t version) {
  if (std::error_code error; std::filesystem::exists(std::filesystem::symlink_status(path, error))) {
    return fail(fmt::format("cannot create {}: it is there already; give another name, or remove it", path));
  }
  const std::string partial = path + ".partial";
  const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return file_failure("create", partial, errno);
  // One that was killed may have left the file; one that still writes it holds the lock.
  const bool busy = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (busy || ::ftruncate(descriptor, 0) != 0) {
    const int error_number = errno;
    ::close(descriptor);
    if (!busy) return file_failure("write", partial, error_number);
    return fail(fmt::format("cannot create {}: another export writes {}; wait until it has ended", path, partial));
  }
  RdbFileWriter writer(std::move(path), descriptor, version);
  writer.buffer_ = fmt::format("REDIS{:04}", version);
  return writer;
}

RdbFileWriter::RdbFileWriter(RdbFileWriter&& o) noexcept
    : path_(std::move(o.path_)),
      fd_(std::exchange(o.fd_, -1)),
      version_(o.version_),
      written_(o.written_),
      checksum_(o.checksum_),
      buffer_(std::move(o.buffer_)) {}

RdbFileWriter::~RdbFileWriter() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(partial().c_str());
}

Result<void> RdbFileWriter::flush() {
  checksum_ = crc64(checksum_, buffer_);
  for (size_t done = 0; done < buffer_.size();) {
    const ssize_t n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_failure("write", partial(), errno);
    done += static_cast<size_t>(n);
  }
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<void> RdbFileWriter::about(std::string_view name, std::string_view value) {
  opcode(buffer_, FileOpcode::auxiliary);
  RdbWriter out(buffer_);
  out.string(name);
  out.string(value);
  return {};
}

Result<void> RdbFileWriter::select(uint16_t db) {
  opcode(buffer_, FileOpcode::select);
  RdbWriter(buffer_).length(db);
  return {};
}

Result<void> RdbFileWriter::key(Txn& txn, Key key, Record record) {
  if (record.head.next_field_expiry_ms != 0 && version_ < kVersionWithFieldExpiry) {
    return fail(fmt::format("the hash {:?} of database {} has fields that expire, which RDB version {} cannot hold",
                            key.name.substr(0, 200), key.db, version_));
  }
  RdbWriter out(buffer_);
  if (record.head.expire_ms != 0) {
    opcode(buffer_, FileOpcode::expire_ms);
    out.fixed64(static_cast<uint64_t>(record.head.expire_ms));
  }
  // The type, which is the first byte of what write_value gives, stands before the key's name.
  bool named = false;
  value_.clear();
  const auto take_value = [&]() -> Result<void> {
    if (!named) {
      buffer_.push_back(value_.front());
      out.string(key.name);
    }
    buffer_.append(value_, named ? 0 : 1);
    named = true;
    value_.clear();
    return flush_when_full();
  };
  TRY(write_value(txn, key, std::move(record), value_,
                  [&]() -> Result<void> { return value_.size() < kBufferBytes / 4 ? Result<void>() : take_value(); }));
  return value_.empty() ? Result<void>() : take_value();
}

Result<uint64_t> RdbFileWriter::finish() {
  opcode(buffer_, FileOpcode::end);
  TRY(flush());
  RdbWriter(buffer_).fixed64(std::exchange(checksum_, 0));
  TRY(flush());
  if (::fsync(fd_) != 0) return file_failure("sync", partial(), errno);
  if (::rename(partial().c_str(), path_.c_str()) != 0) return file_failure("create", path_, errno);
  if (::close(std::exchange(fd_, -1)) != 0) return file_failure("write", path_, errno);
  TRY(sync_folder_of(path_));
  return written_;
}

}  // namespace basalt::rdb
