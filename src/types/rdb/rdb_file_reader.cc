#include "types/rdb/rdb_file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/number.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/rdb_format.h"
#include "types/rdb/value_skipper.h"

namespace basalt::rdb {

namespace {

constexpr std::string_view kMagic = "REDIS";
constexpr size_t kVersionDigits = 4;
constexpr std::string_view kKey = "the key";
constexpr uint32_t kFirstVersionWithChecksum = 5;

// 0 means never; a time that has passed long ago must not.
int64_t expiry_of(int64_t ms) { return std::max<int64_t>(ms, 1); }

}  // namespace

Result<FileSummary> RdbFileReader::read(FileVisitor& visitor) {
  auto read = read_all(visitor);
  if (!read) return tl::unexpected<Error>(located(read.error()));
  return std::move(summary_);
}

Error RdbFileReader::located(const Error& error) const {
  const CommandError* failure = error.command();
  if (failure == nullptr) return error;
  std::string_view text = failure->text;
  if (text.starts_with("ERR ")) text.remove_prefix(4);
  const std::string key = within_ == kKey ? fmt::format(" {:?}", name_.substr(0, 200)) : "";
  const std::string where = fmt::format("{}{}, which begins at byte {}", within_, key, begin_);
  if (source_.ended()) return CommandError{fmt::format("byte {}: the file ends within {}", source_.size(), where)};
  return CommandError{fmt::format("byte {}: {}, in {}", source_.offset(), text, where)};
}

Result<void> RdbFileReader::read_all(FileVisitor& visitor) {
  TRY(read_header());
  while (true) {
    if (expire_ms_ == 0) begin_ = source_.offset();
    within_ = "an entry";
    const uint8_t opcode = TRY(in_.byte());
    if (opcode == static_cast<uint8_t>(FileOpcode::end)) return read_footer();
    TRY(read_entry(opcode, visitor));
  }
}

Result<void> RdbFileReader::read_header() {
  within_ = "the header";
  const std::string_view header = TRY(source_.take(kMagic.size() + kVersionDigits));
  const std::string digits(header.substr(kMagic.size()));
  if (!header.starts_with(kMagic) || digits.find_first_not_of("0123456789") != std::string::npos) {
    return fail("this is not an RDB file");
  }
  summary_.version = static_cast<uint32_t>(std::stoul(digits));
  if (summary_.version == 0) return fail("there is no RDB version 0");
  if (summary_.version > kNewestVersionRead) {
    return fail(fmt::format("RDB version {} is too new: up to {} can be read (Redis 7.4)", summary_.version,
                            kNewestVersionRead));
  }
  return {};
}

Result<void> RdbFileReader::read_entry(uint8_t opcode, FileVisitor& visitor) {
  switch (static_cast<FileOpcode>(opcode)) {
    case FileOpcode::auxiliary: return read_about();
    case FileOpcode::select: db_ = TRY(in_.length()); return {};
    case FileOpcode::expire_ms: expire_ms_ = expiry_of(static_cast<int64_t>(TRY(in_.fixed64()))); return {};
    case FileOpcode::expire_s:
      expire_ms_ = expiry_of(int64_t{1000} * static_cast<int32_t>(load_signed(TRY(source_.take(4)))));
      return {};
    case FileOpcode::idle: TRY(in_.length()); return {};
    case FileOpcode::frequency: TRY(in_.byte()); return {};
    case FileOpcode::slot_info: TRY(in_.length()); [[fallthrough]];
    case FileOpcode::resize:
      TRY(in_.length());
      TRY(in_.length());
      return {};
    case FileOpcode::function:
      within_ = "a library of functions";
      TRY(in_.string());
      ++summary_.functions;
      return {};
    case FileOpcode::module_auxiliary: return skip_module_data();
    case FileOpcode::end: break;
  }
  return read_key(opcode, visitor);
}

Result<void> RdbFileReader::read_about() {
  within_ = "a field about the file";
  std::string name(TRY(in_.string()));
  summary_.about[std::move(name)] = TRY(in_.string());
  return {};
}

Result<void> RdbFileReader::skip_module_data() {
  within_ = "a module's data";
  TRY(in_.length());  // whose
  if (TRY(in_.length()) != static_cast<uint64_t>(ModulePart::integer)) return bad_format();
  TRY(in_.length());  // whether from before or after the keys
  TRY(skip_module_parts(in_));
  ++summary_.module_data;
  return {};
}

Result<void> RdbFileReader::read_key(uint8_t type, FileVisitor& visitor) {
  within_ = "a key's name";
  name_ = TRY(in_.string());
  within_ = kKey;
  const int64_t expire_ms = std::exchange(expire_ms_, 0);
  if (type == kModuleValue) {
    TRY(in_.length());  // whose
    TRY(skip_module_parts(in_));
    ++summary_.module_values;
  } else {
    TRY(visitor.key({.db = db_, .name = name_, .expire_ms = expire_ms, .type = type}, in_));
    ++summary_.keys;
  }
  return {};
}

Result<void> RdbFileReader::read_footer() {
  within_ = "the checksum";
  if (summary_.version >= kFirstVersionWithChecksum) {
    const uint64_t computed = source_.checksum();
    const uint64_t written = TRY(in_.fixed64());
    summary_.has_checksum = written != 0;
    if (written != 0 && written != computed) {
      return fail(fmt::format("the checksum is {:016x}, that of the bytes before it is {:016x}: some of them changed",
                              written, computed));
    }
  }
  if (source_.offset() == source_.size()) return {};
  return fail(fmt::format("{} bytes come after the end of the RDB file", source_.size() - source_.offset()));
}

}  // namespace basalt::rdb
