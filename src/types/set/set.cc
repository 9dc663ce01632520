#include "types/set/set.h"

#include <algorithm>

#include "layout/packed.h"

namespace basalt {

Result<std::vector<std::string_view>> SetReader::packed_members() const {
  auto members = layout::unpack(record_.head.body);
  if (!members) return damaged_record("a packed set");
  return *std::move(members);
}

Result<bool> SetReader::contains(std::string_view member) {
  if (spread()) return txn_.get(Column::items, layout::member_key(object(), member), &item_);
  if (!looked_up_) {
    looked_up_ = true;
    const auto members = TRY(packed_members());
    return std::find(members.begin(), members.end(), member) != members.end();
  }
  if (index_.empty()) {
    const auto members = TRY(packed_members());
    index_.insert(members.begin(), members.end());
  }
  return index_.contains(member);
}

Result<void> SetReader::walk(Visitor visit) const {
  if (spread()) {
    return walk_members(txn_, object(), [&](Member member) { return visit(member.name); });
  }
  for (std::string_view member : TRY(packed_members())) {
    if (!TRY(visit(member))) break;
  }
  return {};
}

Result<uint64_t> SetReader::scan(const MemberScan& scan, Visitor visit) const {
  if (spread()) {
    return scan_page(txn_, object(), scan, [&](Member member) -> Result<void> {
      TRY(visit(member.name));
      return {};
    });
  }
  for (std::string_view member : TRY(packed_members())) {
    if (scan.wants(member)) TRY(visit(member));
  }
  return 0;
}

Result<void> SetReader::sample(int64_t count, MemberSink sink) const {
  if (spread()) return sample_members(txn_, object(), size(), count, sink);
  std::vector<Member> members;
  members.reserve(size());
  for (std::string_view member : TRY(packed_members())) members.push_back({member, {}});
  return sample_members(members, count, sink);
}

}  // namespace basalt
