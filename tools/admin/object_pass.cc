#include "tools/admin/object_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tools/admin/object_check.h"

namespace basalt::tools {

std::optional<ObjectId> ObjectPass::next_object() const {
  std::optional<ObjectId> next;
  const auto consider = [&](ObjectId object) { next = std::min(object, next.value_or(object)); };
  for (const ObjectRows* rows : {&columns_.items, &columns_.scores, &columns_.streams}) {
    if (rows->valid()) consider(rows->object());
  }
  const auto& heads = context_.spread_keys.entries();
  if (head_ < heads.size()) consider(heads[head_].object);
  const auto& garbage = context_.system.garbage;
  if (garbage_ < garbage.size()) consider(garbage[garbage_].object);
  return next;
}

Result<void> ObjectPass::run() {
  while (const auto object = next_object()) {
    TRY(check(*object));
    skip(*object);
    TRY(context_.report.settle());
  }
  for (const ObjectRows* rows : {&columns_.items, &columns_.scores, &columns_.streams}) TRY(rows->status());
  return {};
}

Result<void> ObjectPass::check(ObjectId object) {
  const auto& heads = context_.spread_keys.entries();
  const auto& garbage = context_.system.garbage;
  const size_t first_head = head_, first_garbage = garbage_;
  while (head_ < heads.size() && heads[head_].object == object) ++head_;
  while (garbage_ < garbage.size() && garbage[garbage_].object == object) ++garbage_;
  context_.object_seen(object);
  check_owners(object, head_ - first_head, garbage_ - first_garbage);
  if (head_ != first_head) return ObjectCheck(context_, heads[first_head], columns_).run();
  if (garbage_ != first_garbage) return {};

  const DbId db = object_db(object);
  if (context_.system.purged.contains(db)) return {};
  if (context_.system.known(db)) check_orphan(object);
  else ++context_.lost_records[db];
  return {};
}

void ObjectPass::check_owners(ObjectId object, size_t heads, size_t garbage) {
  const auto& entries = context_.spread_keys.entries();
  const auto label = [&](const SpreadKeys::Entry& entry) {
    return context_.system.key_label(type_name(entry.type), entry.db, entry.name());
  };
  for (size_t i = 1; i < heads; ++i) {
    context_.report.damage(
        fmt::format("{} and {} name the same object {:016x}; which of them it belongs to, only a "
                    "backup tells",
                    label(entries[head_ - heads]), label(entries[head_ - heads + i]), object));
  }
  if (heads == 0 || garbage == 0) return;
  context_.report.damage(
      fmt::format("{}: its items are listed as garbage, and would be removed", label(entries[head_ - heads])));
  if (!context_.report.mends()) return;
  for (size_t i = garbage_ - garbage; i < garbage_; ++i) {
    const auto& record = context_.system.garbage[i];
    context_.report.mend().erase(Column::system, layout::garbage_key(record.deleted_ms, object));
  }
}

// Garbage that no record names. With one, the server's collector removes it.
void ObjectPass::check_orphan(ObjectId object) {
  const uint64_t items = columns_.items.count(object);
  const uint64_t scores = columns_.scores.count(object);
  const uint64_t streams = columns_.streams.count(object);
  context_.report.damage(
      fmt::format("object {:016x}: {} items, {} scores and {} stream records of a key that is not there", object, items,
                  scores, streams));
  if (!context_.report.mends()) return;
  Batch& batch = context_.report.mend();
  if (items + scores != 0)
    batch.put(Column::system, layout::garbage_key(context_.now_ms, object),
              layout::encode_garbage(Type::zset, std::max(items, scores)));
  if (streams != 0)
    batch.put(Column::system, layout::garbage_key(context_.now_ms + 1, object),
              layout::encode_garbage(Type::stream, streams));
}

void ObjectPass::skip(ObjectId object) {
  for (ObjectRows* rows : {&columns_.items, &columns_.scores, &columns_.streams}) rows->skip_to(object + 1);
}

}  // namespace basalt::tools
