#include "store/bulk_load.h"

#include <fmt/format.h>
#include <glog/logging.h>
#include <rocksdb/sst_file_writer.h>

#include <filesystem>
#include <optional>

#include "layout/record_key.h"
#include "store/internal.h"
#include "store/record_sorter.h"

namespace basalt {

using store_internal::column_rank;
using store_internal::LoadRecord;
using store_internal::to_slice;

namespace {

namespace fs = std::filesystem;

fs::path scratch_folder(const std::string& directory) { return fs::path(directory) / "bulk-load.tmp"; }

// One column's tables, one after the other, each as large as compactions would make them.
class TableWriter {
 public:
  TableWriter(rocksdb::Options options, std::string prefix)
      : options_(std::move(options)), prefix_(std::move(prefix)), writer_(rocksdb::EnvOptions(), options_) {}

  rocksdb::Status add(const LoadRecord& record) {
    auto status = rocksdb::Status::OK();
    if (!open_) {
      files_.push_back(fmt::format("{}-{}.sst", prefix_, files_.size()));
      status = writer_.Open(files_.back());
      open_ = true;
    }
    if (!status.ok()) return status;
    status = record.erased ? writer_.Delete(to_slice(record.key))
                           : writer_.Put(to_slice(record.key), to_slice(record.value));
    if (status.ok() && writer_.FileSize() >= options_.target_file_size_base) status = finish();
    return status;
  }

  rocksdb::Status finish() {
    if (!std::exchange(open_, false)) return rocksdb::Status::OK();
    rocksdb::ExternalSstFileInfo info;
    auto status = writer_.Finish(&info);
    bytes_ += info.file_size;
    return status;
  }

  const std::vector<std::string>& files() const { return files_; }
  uint64_t bytes() const { return bytes_; }

 private:
  rocksdb::Options options_;
  std::string prefix_;
  rocksdb::SstFileWriter writer_;
  bool open_ = false;
  std::vector<std::string> files_;
  uint64_t bytes_ = 0;
};

}  // namespace

void store_internal::remove_abandoned_load(const std::string& directory) {
  const fs::path folder = scratch_folder(directory);
  std::error_code error;
  if (fs::remove_all(folder, error) > 0 && !error) LOG(WARNING) << "removed " << folder << ": a load was interrupted";
  if (error) LOG(WARNING) << "cannot remove " << folder << ": " << error.message();
}

struct BulkLoad::Impl {
  Impl(Store& store, Store::Impl& engine, fs::path folder, uint64_t memory_bytes)
      : store(store), engine(engine), folder(std::move(folder)), sorter(this->folder, memory_bytes) {}

  Result<void> add_to_tables(const LoadRecord& record);
  Result<void> keep(const LoadRecord& record);
  Result<void> settle_kept();
  Result<void> ingest();

  Store& store;
  Store::Impl& engine;
  const fs::path folder;
  store_internal::RecordSorter sorter;
  std::array<std::unique_ptr<TableWriter>, kColumnCount> tables;
  // The last record of the merge: the next one may take its place.
  std::optional<LoadRecord> kept;
  std::string kept_key, kept_value;
};

BulkLoad::BulkLoad(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<BulkLoad>> BulkLoad::begin(Store& store, uint64_t memory_bytes) {
  const fs::path folder = scratch_folder(store.directory());
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) {
    return tl::unexpected<Error>(StorageError{
        StorageError::Cause::io, fmt::format("cannot create the folder {}: {}", folder.string(), error.message())});
  }
  std::unique_ptr<BulkLoad> load(new BulkLoad(std::make_unique<Impl>(store, *store.impl_, folder, memory_bytes)));
  store.impl_->load = load.get();
  return load;
}

BulkLoad::~BulkLoad() {
  impl_->engine.load = nullptr;
  const fs::path folder = impl_->folder;
  impl_.reset();
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) LOG(WARNING) << "cannot remove " << folder << ": " << error.message();
}

Result<void> BulkLoad::add(const Batch& batch) {
  Result<void> added;
  if (batch.empty()) return added;
  using Kind = Batch::Impl::Kind;
  batch.impl_->replay(0, [&](const auto& operation, const rocksdb::Slice& key, const rocksdb::Slice& value) {
    if (operation.kind == Kind::erase_range) added = fail("ERR a range of keys cannot be erased by a bulk load");
    else
      added = impl_->sorter.add({operation.column, operation.kind == Kind::erase, store_internal::to_view(key),
                                 store_internal::to_view(value)});
    return added ? rocksdb::Status::OK() : rocksdb::Status::Aborted();
  });
  return added;
}

Result<void> BulkLoad::Impl::add_to_tables(const LoadRecord& record) {
  auto& table = tables[static_cast<size_t>(record.column)];
  if (!table) {
    table = std::make_unique<TableWriter>(store_internal::apart(engine.engine, record.column),
                                          folder / kColumnNames[static_cast<size_t>(record.column)]);
  }
  return engine.health->result_of(table->add(record));
}

Result<void> BulkLoad::Impl::settle_kept() {
  if (!kept) return {};
  TRY(add_to_tables(*kept));
  kept.reset();
  return {};
}

// Records of one key come one after the other, the youngest last; the youngest counts.
Result<void> BulkLoad::Impl::keep(const LoadRecord& record) {
  const bool is_head = record.column == Column::strings || record.column == Column::heads;
  if (kept && column_rank(kept->column) == column_rank(record.column) && kept->key == record.key) {
    if (is_head && !kept->erased && !record.erased) {
      const auto name = layout::decode_record_key(record.key);
      return fail(fmt::format("ERR the key '{}' was loaded twice", name ? name->name : record.key));
    }
    if (kept->column == record.column) kept.reset();
  }
  TRY(settle_kept());
  kept_key = record.key;
  kept_value = record.value;
  kept = LoadRecord{record.column, record.erased, kept_key, kept_value};
  return {};
}

Result<void> BulkLoad::Impl::ingest() {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  // Nobody else reads: there is no older moment that somebody could want to see.
  options.snapshot_consistency = false;
  std::vector<rocksdb::IngestExternalFileArg> columns;
  for (size_t i = 0; i < kColumnCount; ++i) {
    if (!tables[i]) continue;
    TRY(engine.health->result_of(tables[i]->finish()));
    rocksdb::IngestExternalFileArg argument;
    argument.column_family = engine.columns[i];
    argument.external_files = tables[i]->files();
    argument.options = options;
    columns.push_back(std::move(argument));
  }
  if (columns.empty()) return {};
  return engine.health->result_of(engine.db->IngestExternalFiles(columns));
}

Result<BulkLoad::Loaded> BulkLoad::finish(const Progress& progress) {
  constexpr uint64_t kBetweenReports = 10'000;
  uint64_t done = 0;
  const uint64_t of = impl_->sorter.records();
  TRY(impl_->sorter.merge([&](const LoadRecord& record) {
    if (++done % kBetweenReports == 0 && progress) progress(done, of);
    return impl_->keep(record);
  }));
  TRY(impl_->settle_kept());
  TRY(impl_->ingest());
  impl_->engine.load = nullptr;
  if (progress) progress(of, of);
  Loaded loaded{.records = of};
  for (const auto& table : impl_->tables) {
    if (!table) continue;
    loaded.tables += table->files().size();
    loaded.table_bytes += table->bytes();
  }
  return loaded;
}

}  // namespace basalt
