// What ZADD does with one score and member; GEOADD does the same.
//
// Thread rules: as the ZsetWriter's.
#pragma once

#include <cstdint>
#include <string_view>

#include "types/zset/zset_writer.h"

namespace basalt {

struct AddOptions {
  bool only_new = false;       ///< NX
  bool only_existing = false;  ///< XX
  bool only_greater = false;   ///< GT
  bool only_less = false;      ///< LT
  bool increment = false;      ///< INCR
};

struct Added {
  enum class Kind : uint8_t { refused, unchanged, updated, added };
  Kind kind = Kind::refused;
  double score = 0;  ///< the member's, unless refused
};

/// Fails when an increment makes no number.
Result<Added> add_member(ZsetWriter& zset, std::string_view member, double score, const AddOptions& options);

/// How many members a command added and updated.
struct AddCount {
  int64_t added = 0;
  int64_t updated = 0;

  void count(const Added& member) {
    added += member.kind == Added::Kind::added;
    updated += member.kind == Added::Kind::updated;
  }
  /// What the command replies, with CH or without.
  int64_t reply(bool with_updated) const { return with_updated ? added + updated : added; }
};

}  // namespace basalt
