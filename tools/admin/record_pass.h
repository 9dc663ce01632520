// The first pass over the data: every record of `strings` and `heads`, in order of their keys, and for each key
// that expires its row in `expiry`.
//
// Memory: SpreadKeys, and kRowsBytes of expiry rows to be looked for.
//
// Thread rules: one thread.
#pragma once

#include <string>
#include <vector>

#include "tools/admin/context.h"

namespace basalt::tools {

/// Looks for expiry rows in sorted batches, which walks the column forward instead of reading it at random.
class ExpiryRows {
 public:
  explicit ExpiryRows(VerifyContext& context) : context_(context) {}
  /// The row of a key that is due then must be there.
  Result<void> expect(int64_t due_ms, DbId db, std::string_view name);
  /// Looks for the rest, and walks the whole column for what makes no sense there.
  Result<void> finish();

 private:
  static constexpr size_t kRowsBytes = 64 << 20;
  Result<void> look();
  void missing(const std::string& row);

  VerifyContext& context_;
  std::vector<std::string> rows_;
  size_t bytes_ = 0;
  uint64_t found_ = 0;
};

class RecordPass {
 public:
  explicit RecordPass(VerifyContext& context) : context_(context), expiry_rows_(context) {}
  Result<void> run();

 private:
  Result<void> check(Column column, std::string_view key, std::string_view value);
  void check_both(std::string_view key);
  void check_plain(const layout::RecordKey& key, const Head& head);
  void check_packed_head(std::string_view record_key, const layout::RecordKey& key, const Head& head);
  void check_spread(const layout::RecordKey& key, const Head& head);
  void remove(Column column, std::string_view key, std::string_view why);

  VerifyContext& context_;
  ExpiryRows expiry_rows_;
};

}  // namespace basalt::tools
