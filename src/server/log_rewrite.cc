#include "server/log_rewrite.h"

#include <glog/logging.h>

#include "base/clock.h"
#include "command/error_text.h"

namespace basalt {

void LogRewrite::run() {
  const int64_t start_us = monotonic_us();
  const auto flushed = store_.flush_memtables();
  last_duration_s_ = (monotonic_us() - start_us) / 1'000'000;
  last_ok_ = flushed.has_value();
  if (flushed) made_.fetch_add(1);
  else LOG(ERROR) << "The write-ahead log could not be made short: " << error_text(flushed.error());
  under_way_ = false;
}

}  // namespace basalt
