#include "store/record_sorter.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>

#include "base/bytes.h"

namespace basalt::store_internal {

namespace {

constexpr size_t kChunkBytes = 256 << 10;

// The first eight bytes, in an integer that compares as they do.
uint64_t prefix_of(std::string_view key) {
  if (key.size() >= sizeof(uint64_t)) return load_big_endian<uint64_t>(key.data());
  char padded[sizeof(uint64_t)] = {};
  std::memcpy(padded, key.data(), key.size());
  return load_big_endian<uint64_t>(padded);
}

}  // namespace

// ---- in memory ----

char* SortBuffer::allocate(size_t size) {
  if (size <= free_bytes_) {
    free_bytes_ -= size;
    return std::exchange(free_, free_ + size);
  }
  // What is large gets a chunk of its own, so that the rest of the last one is not lost to it.
  const size_t chunk = size > kChunkBytes / 4 ? size : kChunkBytes;
  char* const bytes = chunks_.emplace_back(new char[chunk]).get();
  bytes_ += chunk;
  if (chunk == size) return bytes;
  free_ = bytes + size;
  free_bytes_ = chunk - size;
  return bytes;
}

void SortBuffer::add(const LoadRecord& record) {
  const Header header{entries_.size(), record.value.size(), record.column, record.erased};
  char* const bytes = allocate(sizeof header + record.key.size() + record.value.size());
  std::memcpy(bytes, &header, sizeof header);
  std::memcpy(bytes + sizeof header, record.key.data(), record.key.size());
  std::memcpy(bytes + sizeof header + record.key.size(), record.value.data(), record.value.size());
  entries_.push_back(
      {column_rank(record.column), static_cast<uint32_t>(record.key.size()), prefix_of(record.key), bytes});
  bytes_ += sizeof(Entry);
}

SortBuffer::Header SortBuffer::header_of(const Entry& entry) {
  Header header;
  std::memcpy(&header, entry.bytes, sizeof header);
  return header;
}

bool SortBuffer::before(const Entry& a, const Entry& b) {
  if (a.rank != b.rank) return a.rank < b.rank;
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  const int order = key_of(a).compare(key_of(b));
  return order != 0 ? order < 0 : header_of(a).arrival < header_of(b).arrival;
}

void SortBuffer::sort() { std::sort(entries_.begin(), entries_.end(), before); }

LoadRecord SortBuffer::record(size_t position) const {
  const Entry& entry = entries_[position];
  const Header header = header_of(entry);
  return {header.column, header.erased, key_of(entry),
          std::string_view(entry.bytes + sizeof header + entry.key_size, header.value_size)};
}

void SortBuffer::clear() {
  entries_.clear();
  chunks_.clear();
  free_ = nullptr;
  free_bytes_ = 0;
  bytes_ = 0;
}

// ---- runs ----

// Where records come from in order: a run, or what is still in memory.
struct RecordSorter::Input {
  std::optional<RunReader> run;
  const SortBuffer* buffer = nullptr;
  size_t position = 0;  // in the buffer, one past the record
  LoadRecord record;

  Result<bool> next() {
    if (run) {
      if (!TRY(run->next())) return false;
      record = run->record();
      return true;
    }
    if (position == buffer->size()) return false;
    record = buffer->record(position++);
    return true;
  }
};

RecordSorter::RecordSorter(std::string directory, uint64_t memory_bytes)
    : directory_(std::move(directory)), memory_bytes_(memory_bytes) {}

RecordSorter::~RecordSorter() {
  if (writing_.valid()) writing_.wait();
}

Result<void> RecordSorter::add(const LoadRecord& record) {
  filling_.add(record);
  ++records_;
  return filling_.bytes() < memory_bytes_ / 2 ? Result<void>() : spill();
}

Result<void> RecordSorter::spill() {
  TRY(wait_for_spill());
  std::swap(filling_, sorting_);
  if (levels_.empty()) levels_.emplace_back();
  levels_[0].push_back(new_run());
  writing_ = std::async(std::launch::async, [this, path = levels_[0].back()] { return write_run(sorting_, path); });
  return {};
}

Result<void> RecordSorter::wait_for_spill() {
  if (!writing_.valid()) return {};
  TRY(writing_.get());
  for (size_t level = 0; level < levels_.size() && levels_[level].size() >= kFanIn; ++level) TRY(merge_level(level));
  return {};
}

Result<void> RecordSorter::write_run(SortBuffer& buffer, const std::string& path) const {
  buffer.sort();
  RunWriter run = TRY(RunWriter::create(path));
  for (size_t i = 0; i < buffer.size(); ++i) TRY(run.add(buffer.record(i)));
  buffer.clear();
  return run.finish();
}

Result<RecordSorter::Input> RecordSorter::open_run(const std::string& path, size_t readers) const {
  const size_t share =
      std::clamp<size_t>(memory_bytes_ / 2 / std::max<size_t>(readers, 1), kMinReadBytes, kMaxReadBytes);
  return Input{.run = TRY(RunReader::open(path, share, /*consume=*/true))};
}

Result<void> RecordSorter::merge_level(size_t level) {
  std::vector<Input> inputs;
  for (const std::string& path : levels_[level]) inputs.push_back(TRY(open_run(path, levels_[level].size())));
  levels_[level].clear();
  const std::string merged = new_run();
  RunWriter run = TRY(RunWriter::create(merged));
  TRY(merge_inputs(std::move(inputs), [&](const LoadRecord& record) { return run.add(record); }));
  TRY(run.finish());
  if (levels_.size() == level + 1) levels_.emplace_back();
  levels_[level + 1].push_back(merged);
  return {};
}

Result<void> RecordSorter::merge(Visitor visit) {
  TRY(wait_for_spill());
  filling_.sort();
  size_t runs = 0;
  for (const auto& level : levels_) runs += level.size();
  std::vector<Input> inputs;
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    for (const std::string& path : *level) inputs.push_back(TRY(open_run(path, runs)));
  }
  levels_.clear();
  inputs.push_back(Input{.buffer = &filling_});
  return merge_inputs(std::move(inputs), visit);
}

// `inputs` from the oldest to the youngest.
Result<void> RecordSorter::merge_inputs(std::vector<Input> inputs, Visitor visit) const {
  // A heap of those that are not at their end; on top the one with the first record.
  std::vector<size_t> heap;
  const auto after = [&](size_t a, size_t b) {
    const LoadRecord& x = inputs[a].record;
    const LoadRecord& y = inputs[b].record;
    const uint8_t x_rank = column_rank(x.column);
    const uint8_t y_rank = column_rank(y.column);
    return std::tie(x_rank, x.key, a) > std::tie(y_rank, y.key, b);
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (TRY(inputs[i].next())) heap.push_back(i);
  }
  std::make_heap(heap.begin(), heap.end(), after);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), after);
    Input& first = inputs[heap.back()];
    TRY(visit(first.record));
    if (TRY(first.next())) std::push_heap(heap.begin(), heap.end(), after);
    else heap.pop_back();
  }
  return {};
}

}  // namespace basalt::store_internal
