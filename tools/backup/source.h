// Where a backup or an export comes from: a checkpoint that a running server lends, or a stopped data directory.
//
// Either way its files do not change while the Source lives.
//
// Thread rules: one thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "store/store.h"
#include "tools/common/command_line.h"

namespace basalt::tools {

class Source {
 public:
  virtual ~Source() = default;
  Store& store() { return *store_; }  ///< open for reading only
  const Store& store() const { return *store_; }
  const std::string& directory() const { return store_->directory(); }
  /// For people: "127.0.0.1:6379" or the directory.
  const std::string& name() const { return name_; }
  /// Called often while it is copied: keeps the connection from looking idle, and notices that it ended.
  virtual Result<void> keep_alive() { return {}; }
  /// Gives it back; not needed after a failure.
  virtual Result<void> release() { return {}; }

 protected:
  Source(std::unique_ptr<Store> store, std::string name) : store_(std::move(store)), name_(std::move(name)) {}

 private:
  const std::unique_ptr<Store> store_;
  const std::string name_;
};

/// By --server or --dir.
Result<std::unique_ptr<Source>> open_source(const Arguments& arguments);

}  // namespace basalt::tools
