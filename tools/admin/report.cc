#include "tools/admin/report.h"

#include <fmt/format.h>

namespace basalt::tools {

void Report::show(std::string_view kind, std::string_view line) {
  if (++shown_ <= most_lines_) sink_(fmt::format("{}: {}", kind, line));
  else if (shown_ == most_lines_ + 1) sink_("… further findings are only counted (--lines N shows more)");
}

void Report::damage(std::string_view line) {
  ++damages_;
  show("damage", line);
}

void Report::note(std::string_view line) {
  ++notes_;
  show("note", line);
}

Result<void> Report::settle() {
  constexpr size_t kMuch = 4 << 20;
  return batch_.bytes() > kMuch ? finish() : Result<void>();
}

Result<void> Report::finish() {
  if (!mends() || batch_.empty()) return {};
  TRY(mended_->write(batch_, WriteMode::blocking));
  batch_.clear();
  return mended_->sync_wal();
}

}  // namespace basalt::tools
