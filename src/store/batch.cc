#include "store/internal.h"

namespace basalt {
namespace {

// A batch is reused from command to command; memory that one huge command needed is given back.
constexpr size_t kKeptBytes = 256 * 1024;

}  // namespace

void Batch::Impl::append(Kind kind, Column column, std::string_view key, std::string_view value) {
  const Operation operation{kind, column, static_cast<uint32_t>(key.size()), value.size()};
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

Batch::Batch() : impl_(std::make_unique<Impl>()) {}
Batch::~Batch() = default;
Batch::Batch(Batch&& o) noexcept = default;
Batch& Batch::operator=(Batch&& o) noexcept = default;

void Batch::put(Column column, std::string_view key, std::string_view value) {
  impl_->append(Impl::Kind::put, column, key, value);
}

void Batch::erase(Column column, std::string_view key) { impl_->append(Impl::Kind::erase, column, key, {}); }

void Batch::erase_range(Column column, std::string_view from, std::string_view to) {
  impl_->append(Impl::Kind::erase_range, column, from, to);
}

uint32_t Batch::count() const { return impl_->tally.count; }
size_t Batch::bytes() const { return impl_->log.size(); }

void Batch::clear() {
  auto& impl = *impl_;
  if (impl.log.capacity() > kKeptBytes) {
    impl.log = std::string();
    impl.writes = rocksdb::WriteBatch();
    impl.index.reset();
  }
  impl.log.clear();
  impl.tally = {};
  impl.saved_size = 0;
  impl.saved_tally = {};
  if (impl.indexed_size != 0 && impl.index) impl.index->Clear();
  impl.indexed_size = 0;
}

void Batch::save() {
  impl_->saved_size = impl_->log.size();
  impl_->saved_tally = impl_->tally;
}

void Batch::roll_back() {
  auto& impl = *impl_;
  impl.log.resize(impl.saved_size);
  impl.tally = impl.saved_tally;
  if (impl.indexed_size > impl.saved_size) {
    // The index cannot forget single writes; the next read makes it anew.
    impl.index->Clear();
    impl.indexed_size = 0;
  }
}

}  // namespace basalt
