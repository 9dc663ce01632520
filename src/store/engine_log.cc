#include "store/engine_log.h"

#include <glog/logging.h>

#include <cstdarg>
#include <cstdio>

namespace basalt::store_internal {

EngineLog::EngineLog(std::shared_ptr<rocksdb::Logger> file)
    : rocksdb::Logger(file ? file->GetInfoLogLevel() : rocksdb::InfoLogLevel::WARN_LEVEL), file_(std::move(file)) {}

EngineLog::~EngineLog() = default;

std::string EngineLog::last_dropping() const {
  std::lock_guard lock(mutex_);
  return last_dropping_;
}

void EngineLog::Logv(const char* format, va_list arguments) {
  if (file_) file_->Logv(format, arguments);
}

void EngineLog::Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  if (level == rocksdb::InfoLogLevel::HEADER_LEVEL) return LogHeader(format, arguments);
  if (level >= rocksdb::InfoLogLevel::WARN_LEVEL) {
    va_list copy;
    va_copy(copy, arguments);
    notice(level, format, copy);
    va_end(copy);
  }
  if (file_) file_->Logv(level, format, arguments);
}

void EngineLog::LogHeader(const char* format, va_list arguments) {
  if (file_) file_->LogHeader(format, arguments);
}

void EngineLog::notice(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  char buffer[1024];
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  std::string_view line = buffer;
  // "[db/db_impl/db_impl_open.cc:1118] " tells our reader nothing.
  if (line.starts_with('[') && line.find(".cc:") < line.find("] ")) line.remove_prefix(line.find("] ") + 2);
  const bool dropping = line.find(": dropping ") != line.npos;
  if (level < rocksdb::InfoLogLevel::ERROR_LEVEL && !dropping) return;
  // While a damaged table is in the way this comes every second.
  if (line.starts_with("Waiting after background compaction error")) {
    LOG_EVERY_N(WARNING, 60) << "rocksdb: " << line;
  } else {
    LOG(WARNING) << "rocksdb: " << line;
  }
  if (!dropping) return;
  std::lock_guard lock(mutex_);
  last_dropping_ = line;
}

void EngineLog::Flush() {
  if (file_) file_->Flush();
}

size_t EngineLog::GetLogFileSize() const { return file_ ? file_->GetLogFileSize() : 0; }

rocksdb::InfoLogLevel EngineLog::GetInfoLogLevel() const {
  return file_ ? file_->GetInfoLogLevel() : rocksdb::Logger::GetInfoLogLevel();
}

void EngineLog::SetInfoLogLevel(const rocksdb::InfoLogLevel level) {
  rocksdb::Logger::SetInfoLogLevel(level);
  if (file_) file_->SetInfoLogLevel(level);
}

rocksdb::Status EngineLog::CloseImpl() { return file_ ? file_->Close() : rocksdb::Status::OK(); }

}  // namespace basalt::store_internal
