#include "keyspace/record_cache.h"

#include <glog/logging.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/tried_lock.h"

namespace basalt {
struct alignas(64) RecordCache::Slot {
  struct Fields {
    CopyMoment moment;
    uint32_t candidate;  // of the hash of the record that was offered last and is not here
    uint16_t db;
    Column column;
    uint8_t name_size;
    uint8_t record_size;  // 0: empty; every record has a flags byte
  };
  static constexpr size_t kRoom = kSlotBytes - sizeof(Fields) - sizeof(std::atomic<bool>);

  bool holds(const Moment& moment) const {
    return fields.record_size != 0 && fields.column == moment.column && fields.db == moment.at.key.db &&
           moment.at.key.name == std::string_view(bytes, fields.name_size);
  }

  Fields fields;
  std::atomic<bool> busy;
  char bytes[kRoom];  // name, record
};

// The kernel's zeroed pages are an empty cache.
RecordCache::RecordCache(uint64_t bytes) : slots_(std::bit_floor(std::max<uint64_t>(bytes / kSlotBytes, 1))) {
  static_assert(sizeof(Slot) == kSlotBytes);
  void* memory = ::mmap(nullptr, slots_ * sizeof(Slot), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  PCHECK(memory != MAP_FAILED) << "no memory for the record cache";
  memory_ = static_cast<Slot*>(memory);
}

RecordCache::~RecordCache() { ::munmap(memory_, slots_ * sizeof(Slot)); }

// The stripe is in the low bits of the hash; a key's two columns have a slot each.
RecordCache::Slot& RecordCache::slot_of(const Moment& moment) const {
  const uint64_t place = (moment.at.hash >> 13) + static_cast<uint64_t>(moment.column);
  return memory_[place & (slots_ - 1)];
}

bool RecordCache::find(const Moment& moment, Value& out) {
  Slot& slot = slot_of(moment);
  const TriedLock lock(slot.busy);
  if (!lock || !slot.holds(moment)) return false;
  const auto& fields = slot.fields;
  if (!fields.moment.holds_at(moment.at)) return false;
  out.copy({slot.bytes + fields.name_size, fields.record_size});
  return true;
}

void RecordCache::offer(const Moment& moment, std::string_view record) {
  const std::string_view name = moment.at.key.name;
  if (record.empty() || name.size() + record.size() > Slot::kRoom) return;
  Slot& slot = slot_of(moment);
  const TriedLock lock(slot.busy);
  if (!lock) return;
  const auto candidate = static_cast<uint32_t>(moment.at.hash >> 32);
  if (!slot.holds(moment) && slot.fields.record_size != 0 && slot.fields.candidate != candidate) {
    slot.fields.candidate = candidate;
    return;
  }
  slot.fields = {CopyMoment(moment.at),
                 candidate,
                 moment.at.key.db,
                 moment.column,
                 static_cast<uint8_t>(name.size()),
                 static_cast<uint8_t>(record.size())};
  std::memcpy(slot.bytes, name.data(), name.size());
  std::memcpy(slot.bytes + name.size(), record.data(), record.size());
}

void RecordCache::clear() { CHECK_EQ(::madvise(memory_, slots_ * sizeof(Slot), MADV_DONTNEED), 0); }

}  // namespace basalt
