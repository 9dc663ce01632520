#include "tools/common/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace basalt::tools {

namespace fs = std::filesystem;

namespace {

std::string_view next_step(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: return "; make room on the volume and run it again";
    case EACCES:
    case EPERM: return "; run it as a user who may";
    case EROFS: return "; it must be writable";
    case EIO: return "; the device may be failing, see the kernel's log";
    default: return "";
  }
}

tl::unexpected<Error> failure(std::string_view what, const std::string& path, int error_number) {
  return fail(fmt::format("{}: {}: {}{}", what, path, std::strerror(error_number), next_step(error_number)));
}

}  // namespace

tl::unexpected<Error> file_failure(std::string_view what, const std::string& path) {
  return failure(what, path, errno);
}

Result<OpenFile> OpenFile::read(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return file_failure("cannot read", path);
  return OpenFile(path, descriptor);
}

Result<OpenFile> OpenFile::create(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) return file_failure("cannot create", path);
  return OpenFile(path, descriptor);
}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::string_view> OpenFile::read_some(std::vector<char>& buffer) {
  size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t n = ::read(descriptor_, buffer.data() + filled, buffer.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_failure("cannot read", path_);
    if (n == 0) break;
    filled += static_cast<size_t>(n);
  }
  return std::string_view(buffer.data(), filled);
}

Result<void> OpenFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_failure("cannot write", path_);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> OpenFile::sync() {
  if (::fsync(descriptor_) != 0) return file_failure("cannot sync", path_);
  return {};
}

Result<std::string> read_file(const std::string& path) {
  auto file = TRY(OpenFile::read(path));
  std::vector<char> buffer(64 * 1024);
  std::string text;
  for (;;) {
    const std::string_view part = TRY(file.read_some(buffer));
    text += part;
    if (part.size() < buffer.size()) return text;
  }
}

Result<void> write_file(const std::string& path, std::string_view text) {
  auto file = TRY(OpenFile::create(path));
  TRY(file.write(text));
  return file.sync();
}

Result<void> sync_directory(const std::string& path) {
  auto directory = TRY(OpenFile::read(path));
  return directory.sync();
}

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failure("cannot create the directory", path, error.value());
  return {};
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return file_failure("cannot create", to);
  return {};
}

Result<void> remove_all(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return failure("cannot remove", path, error.value());
  return {};
}

Result<std::vector<std::string>> names_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string());
  if (error) return failure("cannot list", path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::optional<uint64_t>> size_of(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0) return static_cast<uint64_t>(info.st_size);
  if (errno == ENOENT) return std::nullopt;
  return file_failure("cannot read", path);
}

}  // namespace basalt::tools
