#include "keyspace/keyspace.h"

#include "keyspace/keyspace_impl.h"

namespace basalt {

Keyspace::Keyspace(Store& store, const Clock& clock, const KeyspaceOptions& options)
    : store_(store), clock_(clock), impl_(std::make_unique<Impl>(options)) {}

Keyspace::~Keyspace() = default;

Result<std::unique_ptr<Keyspace>> Keyspace::open(Store& store, const Clock& clock, const KeyspaceOptions& options) {
  std::unique_ptr<Keyspace> keyspace(new Keyspace(store, clock, options));
  TRY(keyspace->reload());
  return keyspace;
}

Result<void> Keyspace::reload() {
  TRY(impl_->databases.load(store_, impl_->options.databases));
  return impl_->object_ids.load(store_);
}

uint16_t Keyspace::database_count() const { return impl_->databases.count(); }

void Keyspace::set_observer(CommitObserver* observer) { impl_->observer.store(observer); }

}  // namespace basalt
