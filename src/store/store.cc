// Reads and writes: the paths every command takes.
#include "store/store.h"

#include "store/bulk_load.h"
#include "store/internal.h"

namespace basalt {

using store_internal::pinned_in;
using store_internal::to_slice;
using store_internal::to_view;

// ---- Value ----

Value::Value() { new (pinned_) rocksdb::PinnableSlice(); }
Value::~Value() { pinned_in(pinned_).~PinnableSlice(); }
Value::Value(Value&& o) noexcept { new (pinned_) rocksdb::PinnableSlice(std::move(pinned_in(o.pinned_))); }
Value& Value::operator=(Value&& o) noexcept {
  if (this != &o) pinned_in(pinned_) = std::move(pinned_in(o.pinned_));
  return *this;
}
std::string_view Value::view() const { return to_view(pinned_in(const_cast<char*>(pinned_))); }
void Value::reset() { pinned_in(pinned_).Reset(); }
void Value::copy(std::string_view bytes) {
  reset();
  pinned_in(pinned_).PinSelf(to_slice(bytes));
}

// ---- Snapshot ----

Snapshot& Snapshot::operator=(Snapshot&& o) noexcept {
  if (this != &o) {
    release();
    store_ = std::exchange(o.store_, nullptr);
    handle_ = std::exchange(o.handle_, nullptr);
  }
  return *this;
}

void Snapshot::release() {
  if (!handle_) return;
  store_->impl_->db->ReleaseSnapshot(static_cast<const rocksdb::Snapshot*>(handle_));
  handle_ = nullptr;
}

Snapshot Store::snapshot() {
  Snapshot snapshot;
  snapshot.store_ = this;
  snapshot.handle_ = impl_->db->GetSnapshot();
  return snapshot;
}

// ---- reads ----

namespace {

// The prepared options as they are, or a copy with the snapshot in it.
class ReadOptionsFor {
 public:
  ReadOptionsFor(const rocksdb::ReadOptions& prepared, const void* snapshot) : chosen_(&prepared) {
    if (!snapshot) return;
    copy_.emplace(prepared);
    copy_->snapshot = static_cast<const rocksdb::Snapshot*>(snapshot);
    chosen_ = &*copy_;
  }
  const rocksdb::ReadOptions& operator*() const { return *chosen_; }

 private:
  std::optional<rocksdb::ReadOptions> copy_;
  const rocksdb::ReadOptions* chosen_;
};

}  // namespace

Result<bool> Store::get(Column column, std::string_view key, const ReadView& view, Value* out) {
  auto& value = pinned_in(out->pinned_);
  value.Reset();
  if (view.pending && !view.pending->empty()) {
    if (auto pending = view.pending->impl_->newest(column, key)) {
      if (pending->operation.kind == Batch::Impl::Kind::erase) return false;
      value.PinSelf(to_slice(pending->value));  // a copy: the batch may grow and move
      return true;
    }
  }
  ReadOptionsFor options(impl_->read_options[static_cast<size_t>(view.mode)],
                         view.snapshot ? view.snapshot->handle_ : nullptr);
  auto* handle = impl_->column(column);
  const rocksdb::Status status = impl_->db->Get(*options, handle, to_slice(key), &value);
  if (status.ok()) return true;
  if (status.IsNotFound()) return false;
  return impl_->health->failure(status, view.mode == ReadMode::blocking);
}

// ---- writes ----

// After a failed WAL write RocksDB is not asked again: it has nothing else to say (7.8 with assertions
// would end the process).
std::optional<Error> Store::Impl::refusal() const {
  if (!health->needs_reopen()) [[likely]]
    return std::nullopt;
  return Error(*health->background_error());
}

tl::unexpected<Error> Store::Impl::write_failure(const rocksdb::Status& status, bool may_wait) const {
  if (status.IsIOError() || status.IsCorruption()) {
    if (auto cause = health->background_error()) return tl::unexpected<Error>(std::move(*cause));
  }
  return health->failure(status, may_wait);
}

Result<void> Store::write(Batch& batch, WriteMode mode) {
  if (batch.empty()) return {};
  if (impl_->load) [[unlikely]]
    return impl_->load->add(batch);
  if (auto refusal = impl_->refusal()) return tl::unexpected<Error>(std::move(*refusal));
  if (!impl_->space->admit(batch.bytes(), batch.impl_->frees())) {
    return tl::unexpected<Error>(impl_->space->refusal());
  }
  auto status = batch.impl_->build(impl_->columns);
  if (status.ok()) {
    status = impl_->db->Write(impl_->write_options[static_cast<size_t>(mode)], &batch.impl_->writes);
    // Even a failed write may have reached the WAL buffer.
    impl_->writes.fetch_add(1, std::memory_order_release);
  }
  if (status.ok()) return {};
  return impl_->write_failure(status, mode == WriteMode::blocking);
}

bool Store::wal_dirty() const {
  return impl_->writes.load(std::memory_order_acquire) != impl_->flushed_writes.load(std::memory_order_acquire);
}

bool Store::unsynced() const {
  return impl_->writes.load(std::memory_order_acquire) != impl_->synced_writes.load(std::memory_order_acquire);
}

namespace {

// Flushes may end in another order than they began; what the longest one covered counts.
void raise_to(std::atomic<uint64_t>& mark, uint64_t value) {
  uint64_t seen = mark.load(std::memory_order_relaxed);
  while (seen < value && !mark.compare_exchange_weak(seen, value, std::memory_order_release)) {
  }
}

}  // namespace

Result<void> Store::flush_wal() {
  if (auto refusal = impl_->refusal()) return tl::unexpected<Error>(std::move(*refusal));
  const uint64_t covered = impl_->writes.load(std::memory_order_acquire);
  auto status = impl_->db->FlushWAL(false);
  if (!status.ok()) return impl_->write_failure(status, true);
  raise_to(impl_->flushed_writes, covered);
  return {};
}

Result<void> Store::sync_wal() {
  if (auto refusal = impl_->refusal()) return tl::unexpected<Error>(std::move(*refusal));
  const uint64_t covered = impl_->writes.load(std::memory_order_acquire);
  auto status = impl_->db->FlushWAL(true);
  if (!status.ok()) return impl_->write_failure(status, true);
  raise_to(impl_->flushed_writes, covered);
  raise_to(impl_->synced_writes, covered);
  return {};
}

}  // namespace basalt
