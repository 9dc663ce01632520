#include "tools/backup/manifest.h"

#include <fmt/format.h>

#include "base/number.h"
#include "base/split.h"

namespace basalt::tools {

namespace {

constexpr std::string_view kFirstLine = "basalt-backup 1";
constexpr std::string_view kChecksum = "checksum ";

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

// A name that stays in the directory it is put into.
bool safe_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

std::optional<BackupFile> decode_file(const std::vector<std::string_view>& words) {
  const bool table = words[0] == "table";
  if (words.size() != (table ? 5u : 4u)) return std::nullopt;
  const auto bytes = parse_uint64(words[2]);
  if (!bytes || !safe_name(words[1]) || (table && !safe_name(words[4]))) return std::nullopt;
  return BackupFile{std::string(words[1]), {*bytes, std::string(words[3])}, table ? std::string(words[4]) : ""};
}

// False: the line is not understood.
bool decode_line(std::string_view line, Manifest& manifest) {
  const std::string_view word = line.substr(0, line.find(' '));
  const std::string_view rest = line.substr(std::min(word.size() + 1, line.size()));
  if (word == "id") manifest.id = rest;
  else if (word == "source") manifest.source = rest;
  else if (word == "made_ms" || word == "copied_bytes") {
    const auto number = parse_int64(rest);
    if (!number || *number < 0) return false;
    if (word == "made_ms") manifest.made_ms = *number;
    else manifest.copied_bytes = static_cast<uint64_t>(*number);
  } else if (word == "table" || word == "file") {
    auto file = decode_file(split(line, ' '));
    if (!file) return false;
    manifest.files.push_back(std::move(*file));
  } else {
    return false;
  }
  return true;
}

}  // namespace

uint64_t Manifest::bytes() const {
  uint64_t sum = 0;
  for (const auto& file : files) sum += file.sum.bytes;
  return sum;
}

std::string encode_manifest(const Manifest& manifest) {
  std::string text = fmt::format("{}\nid {}\nmade_ms {}\nsource {}\ncopied_bytes {}\n", kFirstLine, manifest.id,
                                 manifest.made_ms, one_line(manifest.source), manifest.copied_bytes);
  for (const auto& file : manifest.files) {
    if (file.table.empty()) text += fmt::format("file {} {} {}\n", file.name, file.sum.bytes, file.sum.hash);
    else text += fmt::format("table {} {} {} {}\n", file.name, file.sum.bytes, file.sum.hash, file.table);
  }
  return text + fmt::format("{}{}\n", kChecksum, sum_of(text).hash);
}

tl::expected<Manifest, std::string> decode_manifest(std::string_view text) {
  const size_t last_line = text.size() < 2 ? std::string_view::npos : text.rfind('\n', text.size() - 2);
  if (last_line == std::string_view::npos || !text.ends_with('\n'))
    return tl::unexpected<std::string>("it is cut short");
  const std::string_view body = text.substr(0, last_line + 1);
  if (text.substr(last_line + 1) != fmt::format("{}{}\n", kChecksum, sum_of(body).hash))
    return tl::unexpected<std::string>("its checksum does not match");
  Manifest manifest;
  const auto lines = split_nonempty(body, '\n');
  if (lines.empty() || lines[0] != kFirstLine)
    return tl::unexpected<std::string>("it was made by a newer basalt-backup; use that one");
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!decode_line(lines[i], manifest)) return tl::unexpected(fmt::format("line {} is not understood", i + 1));
  }
  return manifest;
}

}  // namespace basalt::tools
