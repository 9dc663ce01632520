#include "tools/admin/object_check.h"

#include <absl/hash/hash.h>
#include <fmt/format.h>

#include <bit>

#include "base/number.h"
#include "tools/admin/stream_check.h"
#include "types/string/string_value.h"

namespace basalt::tools {
namespace {

// A member's score, or when a field expires, as the records say it.
struct Pair {
  std::string_view name;
  uint64_t number = 0;
};

std::optional<Pair> pair_of_item(Type type, std::string_view key, std::string_view value) {
  const auto member = layout::decode_member_key(key);
  if (!member) return std::nullopt;
  if (type == Type::zset) {
    const auto score = layout::decode_score(value);
    if (!score) return std::nullopt;
    return Pair{member->member, std::bit_cast<uint64_t>(*score)};
  }
  const auto field = layout::decode_field_value(value);
  if (!field) return std::nullopt;
  return Pair{member->member, static_cast<uint64_t>(field->expire_ms)};
}

std::optional<Pair> pair_of_row(Type type, std::string_view key, std::string_view value) {
  if (type == Type::zset) {
    const auto row = layout::decode_score_key(key);
    const auto score = row ? layout::decode_score_row(row->score, value) : std::nullopt;
    if (!score) return std::nullopt;
    return Pair{row->member, std::bit_cast<uint64_t>(*score)};
  }
  const auto row = layout::decode_field_expiry_key(key);
  if (!row || !value.empty()) return std::nullopt;
  return Pair{row->field, static_cast<uint64_t>(row->expire_ms)};
}

KeyBuffer row_key(Type type, ObjectId object, const Pair& pair) {
  if (type == Type::zset) return layout::score_key(object, std::bit_cast<double>(pair.number), pair.name);
  return layout::field_expiry_key(object, static_cast<int64_t>(pair.number), pair.name);
}

std::string_view row_value(Type type, const Pair& pair) {
  return type == Type::zset ? layout::encode_score_row(std::bit_cast<double>(pair.number)) : std::string_view();
}

// Zset members always have a row, fields when they expire.
bool wants_row(Type type, const Pair& pair) { return type == Type::zset || pair.number != 0; }

std::string number_text(Type type, const Pair& pair) {
  return type == Type::zset ? double_to_string(std::bit_cast<double>(pair.number))
                            : time_text(static_cast<int64_t>(pair.number));
}

}  // namespace

void ObjectCheck::Sum::add(std::string_view name, uint64_t number) {
  ++count;
  hashes += absl::HashOf(name, number);
}

Result<void> ObjectCheck::run() {
  switch (key_.type) {
    case Type::hash:
    case Type::set:
    case Type::zset: TRY(check_members()); break;
    case Type::list: TRY(check_list()); break;
    case Type::string: TRY(check_string()); break;
    case Type::stream: TRY(StreamCheck(context_, key_, columns_.streams).run()); break;
  }
  no_rows_in(key_.type == Type::stream ? columns_.items : columns_.streams);
  if (key_.type != Type::zset && key_.type != Type::hash) no_rows_in(columns_.scores);
  return {};
}

// ---- hashes, sets, sorted sets ----

Result<void> ObjectCheck::check_members() {
  for (ObjectRows& items = columns_.items; items.within(key_.object); items.next()) {
    if (!read_item()) makes_no_sense(items);
    TRY(context_.report.settle());
  }
  for (ObjectRows& rows = columns_.scores; key_.type != Type::set && rows.within(key_.object); rows.next()) {
    if (!read_row()) makes_no_sense(rows);
    TRY(context_.report.settle());
  }
  TRY(columns_.items.status());
  TRY(columns_.scores.status());
  if (items_ != rows_) TRY(compare());

  const uint64_t count = count_ + restored_;
  const bool early = earliest_expiry_ms_ != 0 && (key_.extra == 0 || key_.extra > earliest_expiry_ms_);
  if (count_ != key_.size) {
    context_.report.damage(fmt::format("{}: its head says {} elements, there are {}", label(), key_.size, count_));
  } else if (count_ == 0) {
    context_.report.damage(label() + " is empty");
  }
  if (early) {
    context_.report.damage(
        fmt::format("{}: a field expires at {}, earlier than its head says", label(), time_text(earliest_expiry_ms_)));
  }
  if (count == key_.size && count != 0 && !early) return {};
  return mend_head([&](Head& head) {
    head.size = count;
    if (early) head.next_field_expiry_ms = earliest_expiry_ms_;
  });
}

bool ObjectCheck::read_item() {
  const ObjectRows& items = columns_.items;
  if (key_.type == Type::set) {
    if (!layout::decode_member_key(items.key()) || !items.value().empty()) return false;
  } else {
    const auto pair = pair_of_item(key_.type, items.key(), items.value());
    if (!pair) return false;
    if (wants_row(key_.type, *pair)) items_.add(pair->name, pair->number);
    const auto expire_ms = static_cast<int64_t>(pair->number);
    if (key_.type == Type::hash && expire_ms != 0 && (earliest_expiry_ms_ == 0 || expire_ms < earliest_expiry_ms_))
      earliest_expiry_ms_ = expire_ms;
  }
  ++count_;
  ++context_.counts.items;
  return true;
}

bool ObjectCheck::read_row() {
  const auto pair = pair_of_row(key_.type, columns_.scores.key(), columns_.scores.value());
  if (!pair) return false;
  rows_.add(pair->name, pair->number);
  ++context_.counts.scores;
  return true;
}

Result<void> ObjectCheck::compare() {
  const uint64_t lost = TRY(compare_rows());
  if (key_.type == Type::zset && key_.size >= count_ + lost) restored_ = lost;
  if (lost != 0 && context_.report.mends()) TRY(restore_items());
  return compare_items();
}

Result<void> ObjectCheck::walk(Column column, const Visit& visit) {
  const KeyBuffer from = layout::object_prefix(key_.object);
  const KeyBuffer to = layout::object_prefix(key_.object + 1);
  Cursor cursor =
      context_.store.cursor(column, {.snapshot = &context_.moment}, {.lower = from, .upper = to, .fill_cache = false});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    TRY(visit(cursor.key(), cursor.value()));
    TRY(context_.report.settle());
  }
  return cursor.status();
}

// Rows whose item is not there, or says otherwise. Gives how many have no item.
Result<uint64_t> ObjectCheck::compare_rows() {
  uint64_t lost = 0;
  Value item;
  TRY(walk(Column::scores, [&](std::string_view key, std::string_view value) -> Result<void> {
    const auto row = pair_of_row(key_.type, key, value);
    if (!row) return {};
    const KeyBuffer item_key = layout::member_key(key_.object, row->name);
    const bool there = TRY(context_.store.get(Column::items, item_key, {.snapshot = &context_.moment}, &item));
    const auto pair = there ? pair_of_item(key_.type, item_key, item.view()) : std::nullopt;
    if (pair && pair->number == row->number) return {};
    const bool of_zset = key_.type == Type::zset;
    const auto what = fmt::format("{}: the row of {} with {} in scores", label(), quoted(row->name, 80),
                                  number_text(key_.type, *row));
    if (!there && of_zset) {
      ++lost;
      context_.report.damage(what + " has no item");
      return {};
    }
    context_.report.damage(what + (there ? " disagrees with its item" : " is of a field that is not there"));
    if (context_.report.mends()) context_.report.mend().erase(Column::scores, key);
    return {};
  }));
  return lost;
}

// The members that have a row only: back they come when the head counts them, else their rows go.
Result<void> ObjectCheck::restore_items() {
  Value item;
  return walk(Column::scores, [&](std::string_view key, std::string_view value) -> Result<void> {
    const auto row = pair_of_row(key_.type, key, value);
    if (!row) return {};
    const KeyBuffer item_key = layout::member_key(key_.object, row->name);
    if (TRY(context_.store.get(Column::items, item_key, {.snapshot = &context_.moment}, &item))) return {};
    Batch& batch = context_.report.mend();
    if (restored_ != 0) batch.put(Column::items, item_key, layout::encode_score(std::bit_cast<double>(row->number)));
    else batch.erase(Column::scores, key);
    return {};
  });
}

// Items without their row.
Result<void> ObjectCheck::compare_items() {
  Value row;
  return walk(Column::items, [&](std::string_view key, std::string_view value) -> Result<void> {
    const auto pair = pair_of_item(key_.type, key, value);
    if (!pair || !wants_row(key_.type, *pair)) return {};
    const KeyBuffer wanted = row_key(key_.type, key_.object, *pair);
    const bool there = TRY(context_.store.get(Column::scores, wanted, {.snapshot = &context_.moment}, &row));
    if (there && row.view() == row_value(key_.type, *pair)) return {};
    context_.report.damage(fmt::format("{}: {} with {} has no row in scores", label(), quoted(pair->name, 80),
                                       number_text(key_.type, *pair)));
    if (context_.report.mends()) context_.report.mend().put(Column::scores, wanted, row_value(key_.type, *pair));
    return {};
  });
}

// ---- lists ----

Result<void> ObjectCheck::check_list() {
  int64_t first = 0, last = 0;
  for (ObjectRows& items = columns_.items; items.within(key_.object); items.next()) {
    const auto index = layout::decode_index_key(items.key());
    if (!index) {
      makes_no_sense(items);
      continue;
    }
    if (count_++ == 0) first = index->index;
    last = index->index;
    ++context_.counts.items;
  }
  TRY(columns_.items.status());
  // Unsigned: the distance of two indexes may be beyond int64_t.
  const uint64_t span = count_ == 0 ? 0 : static_cast<uint64_t>(last) - static_cast<uint64_t>(first) + 1;
  if (count_ == key_.size && count_ != 0 && span == count_ && first == key_.extra) return {};
  if (count_ == 0) {
    context_.report.damage(fmt::format("{}: its head says {} elements, there are none", label(), key_.size));
  } else {
    context_.report.damage(fmt::format("{}: its head says {} elements from index {} on, there are {} from {} to {}",
                                       label(), key_.size, key_.extra, count_, first, last));
  }
  if (span != count_) TRY(close_gaps(first));
  return mend_head([&](Head& head) {
    head.size = count_;
    head.first = first;
  });
}

// Elements keep their order; the gaps between them go. Each moves down to where an earlier one left or never was,
// so the list is whole between any two of these writes but for gaps.
Result<void> ObjectCheck::close_gaps(int64_t first) {
  if (!context_.report.mends()) return {};
  uint64_t position = 0;
  return walk(Column::items, [&](std::string_view key, std::string_view value) -> Result<void> {
    if (!layout::decode_index_key(key)) return {};
    const KeyBuffer wanted =
        layout::index_key(key_.object, static_cast<int64_t>(static_cast<uint64_t>(first) + position++));
    if (wanted.view() == key) return {};
    context_.report.mend().put(Column::items, wanted, value);
    context_.report.mend().erase(Column::items, key);
    return {};
  });
}

// ---- strings, what belongs to none ----

Result<void> ObjectCheck::check_string() {
  uint64_t end = 0;
  for (ObjectRows& items = columns_.items; items.within(key_.object); items.next()) {
    const auto chunk = layout::decode_chunk_key(items.key());
    if (!chunk) {
      makes_no_sense(items);
      continue;
    }
    ++context_.counts.items;
    const std::string_view bytes = items.value();
    if (bytes.size() > kChunkBytes) {
      context_.report.damage(fmt::format("{}: chunk {} has {} bytes", label(), chunk->chunk, bytes.size()));
      if (context_.report.mends()) context_.report.mend().put(Column::items, items.key(), bytes.substr(0, kChunkBytes));
    }
    end = chunk->chunk * kChunkBytes + std::min<uint64_t>(bytes.size(), kChunkBytes);
  }
  TRY(columns_.items.status());
  if (end <= key_.size) return {};
  context_.report.damage(fmt::format("{}: its head says {} bytes, its last chunk ends at {}", label(), key_.size, end));
  return mend_head([&](Head& head) { head.size = end; });
}

void ObjectCheck::no_rows_in(ObjectRows& rows) {
  uint64_t count = 0;
  for (; rows.within(key_.object); rows.next(), ++count) {
    if (context_.report.mends()) context_.report.mend().erase(rows.column(), rows.key());
  }
  if (count != 0)
    context_.report.damage(
        fmt::format("{}: {} records in {}, where it has none", label(), count, column_name(rows.column())));
}

void ObjectCheck::makes_no_sense(ObjectRows& rows) {
  rows.remove(fmt::format("{}: its record {} in {} makes no sense", label(), quoted(rows.key(), 120),
                          column_name(rows.column())));
}

Result<void> ObjectCheck::mend_head(const std::function<void(Head&)>& change) {
  if (!context_.report.mends()) return {};
  const KeyBuffer record_key = layout::record_key(key_.db, key_.name());
  Value value;
  if (!TRY(context_.store.get(Column::heads, record_key, {.snapshot = &context_.moment}, &value))) return {};
  auto head = layout::decode_head_record(value.view());
  if (!head) return {};
  change(*head);
  if (head->size == 0) {
    context_.report.mend().erase(Column::heads, record_key);
    return {};
  }
  std::string record;
  layout::encode_head(*head, record);
  context_.report.mend().put(Column::heads, record_key, record);
  return {};
}

}  // namespace basalt::tools
