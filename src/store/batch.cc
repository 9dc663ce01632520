#include <algorithm>
#include <cstddef>
#include <cstring>

#include "store/internal.h"

namespace basalt {

namespace {

// A batch is reused from command to command; memory that one huge command needed is given back.
constexpr size_t kKeptBytes = 256 * 1024;

}  // namespace

Batch::Impl::ColumnKey Batch::Impl::ByKey::of(Place place) const {
  const Entry entry = batch->at(place.begin);
  return {entry.operation.column, entry.key};
}

void Batch::Impl::append(Kind kind, Column column, std::string_view key, std::string_view value) {
  const Operation operation{kind, false, column, static_cast<uint32_t>(key.size()), value.size()};
  log.append(reinterpret_cast<const char*>(&operation), sizeof operation);
  log.append(key);
  log.append(value);
  ++tally.count;
  if (kind != Kind::put) {
    ++tally.erased;
  } else if (column != Column::system) {
    tally.put_bytes += key.size() + value.size();
  }
}

Batch::Impl::Entry Batch::Impl::at(size_t place) const {
  Entry entry;
  std::memcpy(&entry.operation, log.data() + place, sizeof entry.operation);
  const char* key = log.data() + place + sizeof entry.operation;
  entry.key = {key, entry.operation.key_size};
  entry.value = {key + entry.operation.key_size, entry.operation.value_size};
  entry.end = place + sizeof entry.operation + entry.key.size() + entry.value.size();
  return entry;
}

void Batch::Impl::mark_replaced(size_t place, bool replaced) {
  log[place + offsetof(Operation, replaced)] = static_cast<char>(replaced);
}

rocksdb::Status Batch::Impl::build(const store_internal::ColumnHandles& columns) {
  writes.Clear();
  return replay(0, [&](const Operation& operation, const rocksdb::Slice& key, const rocksdb::Slice& value) {
    auto* column = columns[static_cast<size_t>(operation.column)];
    switch (operation.kind) {
      case Kind::put: return writes.Put(column, key, value);
      case Kind::erase: return writes.Delete(column, key);
      case Kind::erase_range: return writes.DeleteRange(column, key, value);
    }
    return rocksdb::Status::InvalidArgument();
  });
}

std::optional<Batch::Impl::Entry> Batch::Impl::newest(Column column, std::string_view key) {
  for (; hashed_size != log.size(); hashed_size = at(hashed_size).end) {
    if (at(hashed_size).operation.kind == Kind::erase_range) continue;  // not seen by reads, as store.h says
    const auto [seat, first] = newest_places.insert(Place{hashed_size});
    if (first) continue;
    mark_replaced(seat->begin, true);
    seat->begin = hashed_size;
  }
  const auto place = newest_places.find(ColumnKey{column, key});
  if (place == newest_places.end()) return std::nullopt;
  return at(place->begin);
}

rocksdb::Status Batch::Impl::refresh_index(const store_internal::ColumnHandles& columns) {
  if (!index) {
    index = std::make_unique<rocksdb::WriteBatchWithIndex>(rocksdb::BytewiseComparator(), 0, true);
  }
  auto status =
      replay(indexed_size, [&](const Operation& operation, const rocksdb::Slice& key, const rocksdb::Slice& value) {
        auto* column = columns[static_cast<size_t>(operation.column)];
        switch (operation.kind) {
          case Kind::put: return index->Put(column, key, value);
          case Kind::erase: return index->Delete(column, key);
          case Kind::erase_range: break;  // not seen by reads, as store.h says
        }
        return rocksdb::Status::OK();
      });
  indexed_size = log.size();
  return status;
}

void Batch::Impl::forget_indexes() {
  if (hashed_size != 0) newest_places.clear();
  if (indexed_size != 0) index->Clear();
  hashed_size = indexed_size = 0;
}

Batch::Batch() = default;
Batch::~Batch() = default;
Batch::Batch(Batch&& o) noexcept = default;
Batch& Batch::operator=(Batch&& o) noexcept = default;

// Made with the first write: most commands read.
Batch::Impl& Batch::impl() {
  if (!impl_) impl_ = std::make_unique<Impl>();
  return *impl_;
}

void Batch::put(Column column, std::string_view key, std::string_view value) {
  impl().append(Impl::Kind::put, column, key, value);
}

void Batch::erase(Column column, std::string_view key) { impl().append(Impl::Kind::erase, column, key, {}); }

void Batch::erase_range(Column column, std::string_view from, std::string_view to) {
  impl().append(Impl::Kind::erase_range, column, from, to);
}

uint32_t Batch::count() const { return impl_ ? impl_->tally.count : 0; }
size_t Batch::bytes() const { return impl_ ? impl_->log.size() : 0; }

void Batch::clear() {
  if (!impl_) return;
  auto& impl = *impl_;
  if (impl.log.capacity() > kKeptBytes) return impl_.reset();
  impl.log.clear();
  impl.tally = {};
  impl.saved_size = 0;
  impl.saved_tally = {};
  impl.forget_indexes();
}

void Batch::save() {
  if (!impl_) return;
  impl_->saved_size = impl_->log.size();
  impl_->saved_tally = impl_->tally;
}

void Batch::roll_back() {
  if (!impl_) return;
  auto& impl = *impl_;
  if (impl.log.size() == impl.saved_size) return;
  impl.log.resize(impl.saved_size);
  impl.tally = impl.saved_tally;
  // Neither index can forget single writes; the next read makes it anew.
  if (std::max(impl.hashed_size, impl.indexed_size) <= impl.saved_size) return;
  for (size_t place = 0; place != impl.log.size(); place = impl.at(place).end) impl.mark_replaced(place, false);
  impl.forget_indexes();
}

}  // namespace basalt
