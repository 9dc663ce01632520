#include "store/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/number.h"
#include "layout/system_record.h"

namespace basalt::store_internal {
namespace {

namespace fs = std::filesystem;
using Cause = StorageError::Cause;

constexpr std::string_view kFormatFile = "BASALT_FORMAT";
constexpr std::string_view kFormatPrefix = "basalt format ";

tl::unexpected<Error> refuse(Cause cause, std::string detail) {
  return tl::unexpected<Error>(StorageError{cause, std::move(detail)});
}

tl::unexpected<Error> system_error(const std::string& what, int error_number) {
  auto cause = error_number == ENOSPC || error_number == EDQUOT ? Cause::no_space : Cause::io;
  return refuse(cause, fmt::format("{}: {}", what, std::strerror(error_number)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Small files only: a line that names a version or a file.
Result<std::optional<std::string>> read_line_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    return system_error("cannot read " + path, errno);
  }
  char buffer[256];
  ssize_t n = ::read(file.get(), buffer, sizeof buffer);
  if (n < 0) return system_error("cannot read " + path, errno);
  std::string text(buffer, static_cast<size_t>(n));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<void> sync_directory(const std::string& path) {
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return system_error("cannot sync " + path, errno);
  return {};
}

Result<void> check_or_create(const std::string& directory, bool create_if_missing, bool read_only) {
  struct stat info;
  if (::stat(directory.c_str(), &info) != 0) {
    if (errno != ENOENT) return system_error("cannot use the data directory " + directory, errno);
    if (!create_if_missing || read_only)
      return refuse(Cause::io, "the data directory " + directory + " does not exist");
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return system_error("cannot create the data directory " + directory, error.value());
    return sync_directory(fs::path(directory).parent_path().empty() ? "." : fs::path(directory).parent_path().string());
  }
  if (!S_ISDIR(info.st_mode)) {
    return refuse(Cause::io, directory + " is not a directory; give the data directory another path");
  }
  if (::access(directory.c_str(), read_only ? R_OK | X_OK : R_OK | W_OK | X_OK) != 0) {
    return system_error(fmt::format("no permission to use the data directory {} (user id {})", directory, ::geteuid()),
                        errno);
  }
  return {};
}

Result<std::optional<uint32_t>> read_format(const std::string& directory) {
  const std::string path = fmt::format("{}/{}", directory, kFormatFile);
  auto text = TRY(read_line_file(path));
  if (!text) return std::nullopt;
  auto digits = text->starts_with(kFormatPrefix) ? parse_uint64(std::string_view(*text).substr(kFormatPrefix.size()))
                                                 : std::nullopt;
  if (!digits || *digits == 0 || *digits > UINT32_MAX) {
    return tl::unexpected<Error>(damaged_error(directory, path + " does not name a format version"));
  }
  return static_cast<uint32_t>(*digits);
}

bool looks_like_database_file(const std::string& name) {
  return name.starts_with("MANIFEST-") ||
         (name.ends_with(".sst") && name.find_first_not_of("0123456789") == name.size() - 4);
}

// Files of a database whose CURRENT is gone: creating a new one over them would bury the data.
Result<void> check_no_orphans(const std::string& directory) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    auto name = it->path().filename().string();
    if (looks_like_database_file(name)) {
      return tl::unexpected<Error>(
          damaged_error(directory, fmt::format("the file CURRENT is missing, but {} is there", name)));
    }
  }
  if (error) return system_error("cannot list the data directory " + directory, error.value());
  return {};
}

Result<std::string> read_current(const std::string& directory, const std::string& current) {
  if (!current.starts_with("MANIFEST-") || current.find_first_not_of("0123456789", 9) != std::string::npos) {
    return tl::unexpected<Error>(damaged_error(directory, directory + "/CURRENT does not name a MANIFEST file"));
  }
  std::string manifest = directory + "/" + current;
  if (::access(manifest.c_str(), F_OK) != 0) {
    return tl::unexpected<Error>(
        damaged_error(directory, fmt::format("{0}/CURRENT names {1}, which is missing", directory, current)));
  }
  return manifest;
}

// The process that holds the lock of lock_directory(), in words: proc(5), /proc/locks.
std::string lock_holder(const std::string& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) == 0) {
    const auto file = fmt::format("{:02x}:{:02x}:{}", major(info.st_dev), minor(info.st_dev), info.st_ino);
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
      std::istringstream words(line);
      std::string number, kind, strictness, access, process, locked, program;
      words >> number >> kind >> strictness >> access >> process >> locked;
      if (kind != "FLOCK" || locked != file) continue;
      std::ifstream comm(fmt::format("/proc/{}/comm", process));
      std::getline(comm, program);
      if (!program.empty()) return fmt::format("process {} ({})", process, program);
    }
  }
  return "another process";
}

}  // namespace

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<DirectoryLock> lock_directory(const std::string& directory) {
  Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return system_error("cannot open the data directory " + directory, errno);
  // Some network file systems cannot lock a directory; RocksDB's own lock still guards those.
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return tl::unexpected<Error>(in_use_error(directory));
  }
  return DirectoryLock(fd.release());
}

Result<void> refuse_unfinished_restore(const std::string& directory) {
  if (::access(fmt::format("{}/{}", directory, kRestoringFile).c_str(), F_OK) != 0) return {};
  return refuse(Cause::io,
                fmt::format("{} holds an unfinished restore. Run basalt-restore again, with --force to begin "
                            "anew",
                            directory));
}

Result<DirectoryClaim> claim_directory(const std::string& directory, bool create_if_missing, bool read_only,
                                       bool exclusive) {
  TRY(check_or_create(directory, create_if_missing, read_only));
  DirectoryClaim claim;
  if (!read_only || exclusive) claim.lock = TRY(lock_directory(directory));
  claim.format = TRY(read_format(directory));
  if (claim.format && *claim.format > layout::kFormatVersion) {
    return tl::unexpected<Error>(newer_format_error(directory, *claim.format));
  }
  auto current = TRY(read_line_file(directory + "/CURRENT"));
  if (!current) {
    TRY(check_no_orphans(directory));
    if (!create_if_missing || read_only) return refuse(Cause::io, "there is no database in " + directory);
    return claim;
  }
  claim.has_database = true;
  claim.manifest = TRY(read_current(directory, *current));
  return claim;
}

DirectorySize directory_size(const std::string& directory) {
  DirectorySize size;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;  // files come and go meanwhile
    if (!it->is_regular_file(gone)) continue;
    const uint64_t bytes = it->file_size(gone);
    if (gone) continue;
    const auto extension = it->path().extension();
    (extension == ".sst" ? size.tables : extension == ".log" ? size.wal : size.other) += bytes;
  }
  return size;
}

Result<void> write_format_file(const std::string& directory, uint32_t version) {
  const std::string path = fmt::format("{}/{}", directory, kFormatFile);
  const std::string temporary = path + ".tmp";
  const std::string text = fmt::format("{}{}\n", kFormatPrefix, version);
  {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return system_error("cannot create " + temporary, errno);
    ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0) {
      int error_number = written >= 0 && errno == 0 ? ENOSPC : errno;
      ::unlink(temporary.c_str());
      return system_error("cannot write " + temporary, error_number);
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("cannot create " + path, errno);
  return sync_directory(directory);
}

Error newer_format_error(const std::string& directory, uint32_t version) {
  return StorageError{Cause::io,
                      fmt::format("the data in {} needs Basalt with format {} or newer; this build reads up to "
                                  "format {}. Start a newer Basalt on it; nothing was changed",
                                  directory, version, layout::kFormatVersion)};
}

Error in_use_error(const std::string& directory) {
  return StorageError{Cause::io, fmt::format("{} is in use by {}. Stop that first, or give a directory of its own",
                                             directory, lock_holder(directory))};
}

Error damaged_error(const std::string& directory, const std::string& what) {
  return StorageError{
      Cause::corruption,
      fmt::format("the data in {} is damaged: {}. Restore the directory from a backup", directory, what)};
}

}  // namespace basalt::store_internal
