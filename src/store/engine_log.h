// RocksDB's own log: into the file LOG in the data directory; errors, and what it says of dropped
// bytes, into ours too. The last dropping is remembered, because the Status says less of it
// ("checksum mismatch") than the log did ("…/000012.log: dropping 128 bytes").
//
// Thread-safe.
#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <mutex>
#include <string>

namespace basalt::store_internal {

class EngineLog final : public rocksdb::Logger {
 public:
  /// `file` may be null: then nothing is written to disk.
  explicit EngineLog(std::shared_ptr<rocksdb::Logger> file);
  ~EngineLog() override;

  /// Which file lost how many bytes, the last time that happened; empty: never.
  std::string last_dropping() const;

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;
  void LogHeader(const char* format, va_list arguments) override;
  void Flush() override;
  size_t GetLogFileSize() const override;
  rocksdb::InfoLogLevel GetInfoLogLevel() const override;
  void SetInfoLogLevel(const rocksdb::InfoLogLevel level) override;

 protected:
  rocksdb::Status CloseImpl() override;

 private:
  void notice(rocksdb::InfoLogLevel level, const char* format, va_list arguments);

  std::shared_ptr<rocksdb::Logger> file_;
  mutable std::mutex mutex_;
  std::string last_dropping_;  // under mutex_
};

}  // namespace basalt::store_internal
