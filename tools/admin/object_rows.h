// A walk over the records of one column that belong to objects, object by object.
//
// Thread rules: one thread.
#pragma once

#include <fmt/format.h>

#include "tools/admin/context.h"
#include "tools/admin/text.h"

namespace basalt::tools {

class ObjectRows {
 public:
  ObjectRows(VerifyContext& context, Column column)
      : context_(context), column_(column), cursor_(context.cursor(column)) {
    cursor_.seek_to_first();
    step_over_nonsense();
  }

  Column column() const { return column_; }
  bool valid() const { return cursor_.valid(); }
  /// Whether it stands on a record of this object.
  bool within(ObjectId object) const { return valid() && this->object() == object; }
  ObjectId object() const { return load_big_endian<uint64_t>(cursor_.key().data()); }
  std::string_view key() const { return cursor_.key(); }
  std::string_view value() const { return cursor_.value(); }
  Result<void> status() const { return cursor_.status(); }

  void next() {
    context_.record_seen();
    cursor_.next();
    step_over_nonsense();
  }
  /// Past all records of objects before `object`.
  void skip_to(ObjectId object) {
    if (valid() && this->object() < object) cursor_.seek(layout::object_prefix(object));
    step_over_nonsense();
  }
  /// How many records of the object there are from here on; walks past them.
  uint64_t count(ObjectId object) {
    uint64_t rows = 0;
    for (; within(object); next()) ++rows;
    return rows;
  }

  void remove(std::string_view why) {
    context_.report.damage(why);
    if (context_.report.mends()) context_.report.mend().erase(column_, key());
  }

 private:
  void step_over_nonsense() {
    for (; cursor_.valid() && cursor_.key().size() < sizeof(ObjectId); cursor_.next())
      remove(fmt::format("column {}: the key {} makes no sense", column_name(column_), quoted(key())));
  }

  VerifyContext& context_;
  Column column_;
  Cursor cursor_;
};

/// The three columns whose records belong to objects.
struct ObjectColumns {
  explicit ObjectColumns(VerifyContext& context)
      : items(context, Column::items), scores(context, Column::scores), streams(context, Column::streams) {}
  ObjectRows items, scores, streams;
};

}  // namespace basalt::tools
