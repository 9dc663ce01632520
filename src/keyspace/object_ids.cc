#include "keyspace/object_ids.h"

#include "keyspace/damage.h"
#include "layout/system_record.h"

namespace basalt {
namespace {

constexpr uint64_t kCounterEnd = uint64_t{1} << 48;

}  // namespace

Result<void> ObjectIds::load(Store& store) {
  Value value;
  uint64_t mark = 1;
  if (TRY(store.get(Column::system, layout::object_counter_key(), ReadView{}, &value))) {
    auto stored = layout::decode_object_counter(value.view());
    if (!stored) return damaged_record(Column::system, "the object counter");
    mark = *stored;
  }
  next_ = mark;
  mark_ = mark;
  return {};
}

Result<void> ObjectIds::cover(Store& store, uint64_t taken, WriteMode mode) {
  if (taken + kBlock / 2 < mark_.load(std::memory_order_acquire)) [[likely]]
    return {};
  std::unique_lock<std::mutex> lock(moving_, std::defer_lock);
  if (mode == WriteMode::blocking) lock.lock();
  else if (!lock.try_lock()) {
    if (taken < mark_.load()) return {};  // whoever moves it now does it for this id too
    return would_block();
  }
  const uint64_t mark = mark_.load();
  if (taken + kBlock / 2 < mark) return {};
  auto moved = write_mark(store, taken + kBlock, mode);
  if (moved || taken < mark) return {};  // not moved, but not needed yet: the next one tries again
  return moved;
}

Result<void> ObjectIds::write_mark(Store& store, uint64_t mark, WriteMode mode) {
  if (mark > kCounterEnd) return fail("ERR all object ids have been used: copy the data into a new data directory");
  Batch batch;
  batch.put(Column::system, layout::object_counter_key(), layout::encode_object_counter(mark));
  TRY(store.write(batch, mode));
  mark_.store(mark, std::memory_order_release);
  return {};
}

}  // namespace basalt
