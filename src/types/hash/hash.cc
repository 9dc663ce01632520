#include "types/hash/hash.h"

#include <deque>
#include <string>
#include <vector>

#include "layout/packed.h"
#include "types/common/random_member.h"

namespace basalt {

Result<Field> decode_field(Member member) {
  auto value = layout::decode_field_value(member.value);
  if (!value) return damaged_record("a hash field's value");
  return Field{member.name, *value};
}

Result<void> walk_packed_hash(std::string_view body, HashReader::Visitor visit) {
  layout::PackedReader reader(body);
  while (auto name = reader.next()) {
    auto value = reader.next();
    if (!value) return damaged_record("a packed hash");
    TRY(visit(TRY(decode_field({*name, *value}))));
  }
  if (reader.damaged()) return damaged_record("a packed hash");
  return {};
}

namespace {

Result<std::optional<layout::FieldValue>> find_packed_field(std::string_view body, std::string_view field) {
  layout::PackedReader reader(body);
  while (auto name = reader.next()) {
    auto value = reader.next();
    if (!value) return damaged_record("a packed hash");
    if (*name == field) return TRY(decode_field({*name, *value})).value;
  }
  if (reader.damaged()) return damaged_record("a packed hash");
  return std::nullopt;
}

}  // namespace

bool HashReader::some_may_have_expired() const {
  const int64_t next_ms = record_.head.next_field_expiry_ms;
  return next_ms != 0 && next_ms < txn_.now_ms();
}

Result<std::optional<layout::FieldValue>> HashReader::get(std::string_view field) {
  std::optional<layout::FieldValue> found;
  if (record_.head.spread()) {
    if (!TRY(txn_.get(Column::items, layout::member_key(record_.head.object, field), &item_))) return std::nullopt;
    found = TRY(decode_field({field, item_.view()})).value;
  } else {
    found = TRY(find_packed_field(record_.head.body, field));
  }
  if (found && has_expired(*found, txn_.now_ms())) return std::nullopt;
  return found;
}

Result<void> HashReader::walk(Visitor visit) const {
  const int64_t now_ms = txn_.now_ms();
  auto visit_live = [&](const Field& field) -> Result<void> {
    return has_expired(field.value, now_ms) ? Result<void>{} : visit(field);
  };
  if (!record_.head.spread()) return walk_packed_hash(record_.head.body, visit_live);
  return walk_members(txn_, record_.head.object, [&](Member member) -> Result<bool> {
    TRY(visit_live(TRY(decode_field(member))));
    return true;
  });
}

Result<uint64_t> HashReader::scan(const MemberScan& scan, Visitor visit) const {
  if (!record_.head.spread()) {
    TRY(walk(
        [&](const Field& field) -> Result<void> { return scan.wants(field.name) ? visit(field) : Result<void>{}; }));
    return 0;
  }
  return scan_page(txn_, record_.head.object, scan, [&](Member member) -> Result<void> {
    const Field field = TRY(decode_field(member));
    return has_expired(field.value, txn_.now_ms()) ? Result<void>{} : visit(field);
  });
}

Result<void> HashReader::sample(int64_t count, Visitor visit) const {
  if (!record_.head.spread() || some_may_have_expired()) return sample_live(count, visit);
  return sample_members(txn_, record_.head.object, size(), count,
                        [&](Member member) -> Result<void> { return visit(TRY(decode_field(member))); });
}

// Expired fields are few and gone soon; until then they must not be picked, however many they are,
// so the live ones are gathered first.
Result<void> HashReader::sample_live(int64_t count, Visitor visit) const {
  std::deque<std::string> copies;
  auto keep = [&](std::string_view bytes) -> std::string_view {
    return record_.head.spread() ? copies.emplace_back(bytes) : bytes;
  };
  std::vector<Member> live;
  TRY(walk([&](const Field& field) -> Result<void> {
    live.push_back({keep(field.name), keep(field.value.bytes)});
    return {};
  }));
  return sample_members(live, count, [&](Member member) { return visit({member.name, {member.value}}); });
}

}  // namespace basalt
