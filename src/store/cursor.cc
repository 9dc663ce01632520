#include "store/internal.h"

namespace basalt {

using store_internal::to_slice;
using store_internal::to_view;

bool Cursor::Impl::in_bounds() const {
  const auto key = to_view(iterator->key());
  return key >= lower && (upper.empty() || key < upper);
}

bool Cursor::Impl::step() {
  if (steps_left == UINT32_MAX) return true;
  if (steps_left != 0) return --steps_left, true;
  failure = rocksdb::Status::Incomplete("the cursor's step limit");
  return false;
}

Cursor::Cursor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

void Cursor::seek(std::string_view key) {
  if (impl_->step()) impl_->iterator->Seek(to_slice(std::max<std::string_view>(key, impl_->lower)));
}

void Cursor::seek_for_prev(std::string_view key) {
  if (!impl_->upper.empty() && key >= impl_->upper) return seek_to_last();
  if (impl_->step()) impl_->iterator->SeekForPrev(to_slice(key));
}

void Cursor::seek_to_first() { seek(impl_->lower); }

void Cursor::seek_to_last() {
  if (!impl_->step()) return;
  auto& iterator = *impl_->iterator;
  if (!impl_->over_batch || impl_->upper.empty()) return iterator.SeekToLast();
  // A pending write of the very upper bound may show; it is not in the range.
  iterator.SeekForPrev(impl_->upper_slice);
  if (iterator.Valid() && to_view(iterator.key()) == impl_->upper) iterator.Prev();
}

void Cursor::next() {
  if (impl_->step()) impl_->iterator->Next();
}

void Cursor::prev() {
  if (impl_->step()) impl_->iterator->Prev();
}

bool Cursor::valid() const {
  return impl_->failure.ok() && impl_->iterator->Valid() && (!impl_->over_batch || impl_->in_bounds());
}

std::string_view Cursor::key() const { return to_view(impl_->iterator->key()); }
std::string_view Cursor::value() const { return to_view(impl_->iterator->value()); }

Result<void> Cursor::status() const {
  auto status = impl_->failure.ok() ? impl_->iterator->status() : impl_->failure;
  if (status.ok()) return {};
  const bool may_wait = impl_->failure.ok() && impl_->options.read_tier != rocksdb::kBlockCacheTier;
  return impl_->health->failure(status, may_wait);
}

Cursor Store::cursor(Column column, const ReadView& view, const CursorBounds& bounds) {
  auto cursor = std::make_unique<Cursor::Impl>();
  cursor->health = impl_->health.get();
  cursor->lower = bounds.lower;
  cursor->upper = bounds.upper;
  cursor->lower_slice = cursor->lower;
  cursor->upper_slice = cursor->upper;
  if (bounds.step_limit != 0) cursor->steps_left = bounds.step_limit;
  auto& options = cursor->options;
  options = impl_->read_options[static_cast<size_t>(view.mode)];
  if (view.snapshot) options.snapshot = static_cast<const rocksdb::Snapshot*>(view.snapshot->handle_);
  if (!cursor->lower.empty()) options.iterate_lower_bound = &cursor->lower_slice;
  if (!cursor->upper.empty()) options.iterate_upper_bound = &cursor->upper_slice;
  options.fill_cache = bounds.fill_cache;
  auto* handle = impl_->column(column);
  cursor->iterator.reset(impl_->db->NewIterator(options, handle));
  if (view.pending && !view.pending->empty()) {
    auto& batch = *view.pending->impl_;
    cursor->failure = batch.refresh_index(impl_->columns);
    cursor->over_batch = true;
    cursor->iterator.reset(batch.index->NewIteratorWithBase(handle, cursor->iterator.release()));
  }
  return Cursor(std::move(cursor));
}

}  // namespace basalt
