#include "server/config/config_file.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <absl/cleanup/cleanup.h>
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/split.h"
#include "resp/request_parser.h"

namespace basalt {
namespace {

constexpr int kMaxIncludeDepth = 16;

using Lines = std::vector<ConfigLine>;

Checked<void> append_file(const std::string& path, int depth, Lines& lines);

std::vector<std::string> expand_wildcards(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return paths;
}

// A pattern may match nothing (an empty conf.d); a plain path must be there.
Checked<void> append_include(const ConfigLine& line, int depth, Lines& lines) {
  auto wrong = [&line](std::string_view why) { return tl::unexpected(fmt::format("{}: {}", line.where(), why)); };
  if (line.words.size() != 2) return wrong("include: expected the path of one file");
  if (depth >= kMaxIncludeDepth) return wrong("include: files include each other too deeply");
  const std::string& path = line.words[1];
  bool pattern = path.find_first_of("*?[") != std::string::npos;
  for (const std::string& file : pattern ? expand_wildcards(path) : std::vector<std::string>{path}) {
    auto appended = append_file(file, depth + 1, lines);
    if (!appended) return wrong("include: " + appended.error());
  }
  return {};
}

Checked<void> append_text(std::string_view text, const std::string& file, int depth, Lines& lines) {
  int number = 0;
  for (std::string_view raw : split(text, '\n')) {
    ++number;
    std::string_view trimmed = strip_blanks(raw);
    if (trimmed.empty() || trimmed.front() == '#') continue;
    auto words = split_quoted_words(trimmed);
    ConfigLine line{file, number, {}};
    if (!words) {
      return tl::unexpected(fmt::format("{}: a quote is missing, or something follows one: {}", line.where(), trimmed));
    }
    if (words->empty()) continue;
    line.words = *std::move(words);
    if (!equals_ignore_case(line.words[0], "include")) {
      lines.push_back(std::move(line));
    } else if (auto included = append_include(line, depth, lines); !included) {
      return included;
    }
  }
  return {};
}

Checked<void> append_file(const std::string& path, int depth, Lines& lines) {
  auto text = read_whole_file(path);
  if (!text) return tl::unexpected(unreadable_file(path, text.error()));
  return append_text(*text, path, depth, lines);
}

Checked<void> write_all(int file, std::string_view text) {
  while (!text.empty()) {
    ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return tl::unexpected(std::string(std::strerror(errno)));
    text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// The name of a file that was renamed is on the disk when its directory is.
Checked<void> sync_directory(const std::filesystem::path& directory) {
  int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(std::string(std::strerror(errno)));
  absl::Cleanup close = [descriptor] { ::close(descriptor); };
  if (::fsync(descriptor) != 0) return tl::unexpected(std::string(std::strerror(errno)));
  return {};
}

}  // namespace

std::string ConfigLine::where() const { return file.empty() ? "command line" : fmt::format("{}:{}", file, number); }

Checked<Lines> read_config_file(const std::string& path) {
  Lines lines;
  if (auto appended = append_file(path, 0, lines); !appended) return tl::unexpected(appended.error());
  return lines;
}

Checked<Lines> read_config_text(std::string_view text, const std::string& file) {
  Lines lines;
  if (auto appended = append_text(text, file, 0, lines); !appended) return tl::unexpected(appended.error());
  return lines;
}

std::string unreadable_file(const std::string& path, const std::string& why) {
  return fmt::format("can't read the configuration file '{}': {}", path, why);
}

Checked<std::string> read_whole_file(const std::string& path) {
  auto wrong = [](int error) { return tl::unexpected(std::string(std::strerror(error))); };
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return wrong(errno);
  absl::Cleanup close = [file] { ::close(file); };
  std::string text;
  char chunk[16 * 1024];
  for (;;) {
    ssize_t size = ::read(file, chunk, sizeof chunk);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return wrong(errno);
    if (size == 0) return text;
    text.append(chunk, static_cast<size_t>(size));
  }
}

Checked<void> replace_file(const std::string& path, std::string_view text) {
  auto wrong = [] { return tl::unexpected(std::string(std::strerror(errno))); };
  std::error_code missing;
  std::filesystem::path target = std::filesystem::canonical(path, missing);  // the file itself, not a link to it
  if (missing) target = path;
  std::string temporary = target.string() + ".XXXXXX";
  int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return wrong();
  absl::Cleanup remove = [file, &temporary] {
    ::close(file);
    ::unlink(temporary.c_str());
  };
  struct stat old {};
  mode_t mode = ::stat(target.c_str(), &old) == 0 ? old.st_mode & 07777 : 0640;
  if (auto written = write_all(file, text); !written) return written;
  if (::fchmod(file, mode) != 0 || ::fsync(file) != 0) return wrong();
  if (::rename(temporary.c_str(), target.c_str()) != 0) return wrong();
  std::move(remove).Cancel();
  ::close(file);
  return sync_directory(target.has_parent_path() ? target.parent_path() : ".");
}

}  // namespace basalt
