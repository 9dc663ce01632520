// One spread collection: its head's word against its items, and its items against its rows in `scores`.
//
// Items are what was written; where they and the head disagree, the head is put right. Only where a member of
// a sorted set is missing and its row in `scores` is there, the item comes back.
//
// Whether items and rows agree is seen from their numbers and a sum of 64-bit hashes, so that they need not
// be compared one by one, in two different orders; only when the sums differ, they are.
//
// Thread rules: one thread.
#pragma once

#include <functional>
#include <string>

#include "tools/admin/context.h"
#include "tools/admin/object_rows.h"

namespace basalt::tools {

class ObjectCheck {
 public:
  /// The columns stand at the object's first records, or behind where they would be.
  ObjectCheck(VerifyContext& context, const SpreadKeys::Entry& key, ObjectColumns& columns)
      : context_(context), key_(key), columns_(columns) {}
  Result<void> run();

 private:
  // Pairs of a name and a number (score bits, a time): how many, and the sum of their hashes.
  struct Sum {
    uint64_t count = 0;
    uint64_t hashes = 0;
    void add(std::string_view name, uint64_t number);
    bool operator==(const Sum&) const = default;
  };

  Result<void> check_members();
  bool read_item();
  bool read_row();
  Result<void> check_list();
  Result<void> close_gaps(int64_t first);
  Result<void> check_string();
  void no_rows_in(ObjectRows& rows);

  // Once the sums differ.
  Result<void> compare();
  Result<uint64_t> compare_rows();
  Result<void> restore_items();
  Result<void> compare_items();
  using Visit = std::function<Result<void>(std::string_view key, std::string_view value)>;
  Result<void> walk(Column column, const Visit& visit);

  std::string label() const { return context_.system.key_label(type_name(key_.type), key_.db, key_.name()); }
  void makes_no_sense(ObjectRows& rows);
  Result<void> mend_head(const std::function<void(Head&)>& change);

  VerifyContext& context_;
  const SpreadKeys::Entry& key_;
  ObjectColumns& columns_;
  Sum items_;  // that should have a row: zset members, fields that expire
  Sum rows_;   // in `scores`
  uint64_t count_ = 0;
  uint64_t restored_ = 0;
  int64_t earliest_expiry_ms_ = 0;
};

}  // namespace basalt::tools
