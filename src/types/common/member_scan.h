// HSCAN, SSCAN and ZSCAN: the arguments they share, the cursor, and the reply.
//
// The cursor of a spread collection is the member hash to go on from, so the server remembers
// nothing: a page ends with all members of its last hash, and the next begins at that hash plus one.
// 0 is the start, and the end. A packed collection is one page.
//
// What it guarantees: a member that is there during the whole iteration is given, once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "command/call.h"
#include "types/common/members.h"

namespace basalt {

struct MemberScan {
  uint64_t cursor = 0;
  uint64_t count = 10;  ///< members to look at, about
  std::optional<std::string_view> pattern;
  bool no_values = false;  ///< HSCAN … NOVALUES

  bool wants(std::string_view member) const;
};

/// The cursor, which is argument 2. Wrong ones are refused before the key is looked at, as in Redis.
Result<uint64_t> scan_cursor(const Call& call);
/// The options, from argument 3 on. Wrong ones are refused only when the key is there, as in Redis.
Result<MemberScan> scan_options(const Call& call, uint64_t cursor);

/// Shows `visit` the wanted members of one page of a spread collection; gives the next cursor.
Result<uint64_t> scan_page(Txn& txn, ObjectId object, const MemberScan& scan,
                           absl::FunctionRef<Result<void>(Member)> visit);

/// Collects the elements of [cursor, [element, …]], since the cursor is only known after them.
class ScanReply {
 public:
  explicit ScanReply(Reply& reply) : reply_(reply), collected_(elements_, reply.protocol()) {}
  void add(std::string_view element);
  void finish(uint64_t cursor);

 private:
  Reply& reply_;
  std::string elements_;
  Reply collected_;
  int64_t count_ = 0;
};

}  // namespace basalt
