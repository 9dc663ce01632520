// Files as tools need them: errors that name the file, the cause and a next step, and writes that are
// on the medium when they return.
//
// Thread rules: free functions; an OpenFile belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace basalt::tools {

/// "<what>: <path>: <cause from errno>; <next step, where one is known>"
tl::unexpected<Error> file_failure(std::string_view what, const std::string& path);

class OpenFile {
 public:
  static Result<OpenFile> read(const std::string& path);
  /// A new file; one that is there fails.
  static Result<OpenFile> create(const std::string& path);
  OpenFile(OpenFile&& o) noexcept : path_(std::move(o.path_)), descriptor_(std::exchange(o.descriptor_, -1)) {}
  ~OpenFile();

  /// Fills `buffer` as far as the file goes; what was read is at its beginning.
  Result<std::string_view> read_some(std::vector<char>& buffer);
  Result<void> write(std::string_view bytes);
  Result<void> sync();
  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }

 private:
  OpenFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_;
};

/// For small files.
Result<std::string> read_file(const std::string& path);
/// A new file, synced; the directory is the caller's to sync.
Result<void> write_file(const std::string& path, std::string_view text);
Result<void> sync_directory(const std::string& path);
Result<void> make_directory(const std::string& path);  ///< and those above it; fine when it is there
Result<void> rename_file(const std::string& from, const std::string& to);
/// A file or a whole directory; fine when it is not there.
Result<void> remove_all(const std::string& path);
/// The names in a directory, sorted; without "." and "..".
Result<std::vector<std::string>> names_in(const std::string& path);
/// nullopt: there is no such file.
Result<std::optional<uint64_t>> size_of(const std::string& path);

}  // namespace basalt::tools
