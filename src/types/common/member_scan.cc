#include "types/common/member_scan.h"

#include <limits>

#include "base/glob.h"
#include "base/number.h"

namespace basalt {

namespace {

constexpr uint64_t kLastHash = std::numeric_limits<uint32_t>::max();

}  // namespace

bool MemberScan::wants(std::string_view member) const { return !pattern || glob_match(*pattern, member); }

Result<uint64_t> scan_cursor(const Call& call) {
  auto cursor = parse_scan_cursor(call.arg(2));
  if (!cursor) return fail("ERR invalid cursor");
  return *cursor;
}

Result<MemberScan> scan_options(const Call& call, uint64_t cursor) {
  MemberScan scan{.cursor = cursor};
  for (size_t i = 3; i < call.argc(); ++i) {
    const bool has_value = i + 1 < call.argc();
    if (has_value && call.arg_is(i, "count")) {
      const int64_t count = TRY(call.integer(++i));
      if (count < 1) return syntax_error();
      scan.count = static_cast<uint64_t>(count);
    } else if (has_value && call.arg_is(i, "match")) {
      if (call.arg(++i) == "*") scan.pattern.reset();
      else scan.pattern = call.arg(i);
    } else if (call.spec.group == Group::hash && call.arg_is(i, "novalues")) {
      scan.no_values = true;
    } else {
      return syntax_error();
    }
  }
  return scan;
}

Result<uint64_t> scan_page(Txn& txn, ObjectId object, const MemberScan& scan,
                           absl::FunctionRef<Result<void>(Member)> visit) {
  if (scan.cursor > kLastHash) return 0;
  MemberCursor cursor(txn, object);
  cursor.seek(static_cast<uint32_t>(scan.cursor));
  uint32_t last_hash = 0;
  for (uint64_t seen = 0;; ++seen, cursor.next()) {
    auto item = TRY(cursor.item());
    if (!item) return 0;
    const uint32_t hash = item->position.hash;
    if (seen >= scan.count && hash != last_hash) return uint64_t{last_hash} + 1;
    if (scan.wants(item->position.name)) TRY(visit(item->member()));
    last_hash = hash;
  }
}

void ScanReply::add(std::string_view element) {
  collected_.bulk(element);
  ++count_;
}

void ScanReply::finish(uint64_t cursor) {
  char digits[21];
  reply_.array(2);
  reply_.bulk({digits, format_uint64(digits, cursor)});
  reply_.array(count_);
  reply_.raw(elements_);
}

}  // namespace basalt
