// The second pass: items, scores and stream records side by side, in order of the objects they belong to,
// beside the heads that name the objects and the garbage records. Each column is walked once.
//
// Thread rules: one thread.
#pragma once

#include "tools/admin/context.h"
#include "tools/admin/object_rows.h"

namespace basalt::tools {

class ObjectPass {
 public:
  explicit ObjectPass(VerifyContext& context) : context_(context), columns_(context) {}
  Result<void> run();

 private:
  std::optional<ObjectId> next_object() const;
  Result<void> check(ObjectId object);
  void check_owners(ObjectId object, size_t heads, size_t garbage);
  void check_orphan(ObjectId object);
  void skip(ObjectId object);

  VerifyContext& context_;
  ObjectColumns columns_;
  size_t head_ = 0;     // the next of spread_keys
  size_t garbage_ = 0;  // the next of system.garbage
};

}  // namespace basalt::tools
