// From serialised bytes to a value, in whichever of Redis's encodings it stands, part by part.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "layout/head.h"
#include "types/rdb/rdb_reader.h"

namespace basalt::rdb {

/// Takes a value as it is read: first its type, then its parts, of which there is at least one. What it
/// gets is borrowed for the call; its failures end the reading.
class ValueSink {
 public:
  virtual ~ValueSink() = default;
  virtual Result<void> begin(Type type) = 0;
  /// The string itself.
  virtual Result<void> string(std::string_view bytes) = 0;
  /// Of a list, in order.
  virtual Result<void> element(std::string_view element) = 0;
  /// Of a set: all different.
  virtual Result<void> member(std::string_view member) = 0;
  /// Of a zset, in any order: all different, no score is NaN.
  virtual Result<void> scored_member(std::string_view member, double score) = 0;
  /// Of a hash: all different.
  virtual Result<void> field(std::string_view name, const layout::FieldValue& value) = 0;
};

/// For finding out whether a value can be read.
class DiscardingSink final : public ValueSink {
 public:
  Result<void> begin(Type) override { return {}; }
  Result<void> string(std::string_view) override { return {}; }
  Result<void> element(std::string_view) override { return {}; }
  Result<void> member(std::string_view) override { return {}; }
  Result<void> scored_member(std::string_view, double) override { return {}; }
  Result<void> field(std::string_view, const layout::FieldValue&) override { return {}; }
};

/// Reads one value of the encoding `type` (a ValueType, as it stands before the value).
Result<void> read_value(RdbReader& in, uint8_t type, ValueSink& sink);

}  // namespace basalt::rdb
