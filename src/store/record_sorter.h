// Sorts records by column and key, however many there are, in bounded memory: what memory has no room for is sorted
// and written to files ("runs"), which are merged in the end (Knuth, The Art of Computer Programming, 5.4).
//
// Thread rules: belongs to one thread. Full buffers are sorted and written on a thread of its own making.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>

#include "base/result.h"
#include "store/run_file.h"

namespace basalt::store_internal {

/// Records in memory, to be sorted at once.
class SortBuffer {
 public:
  void add(const LoadRecord& record);
  /// What it takes in memory.
  size_t bytes() const { return bytes_; }
  bool empty() const { return entries_.empty(); }
  void sort();
  void clear();

  size_t size() const { return entries_.size(); }
  /// After sort().
  LoadRecord record(size_t position) const;

 private:
  // The key's first bytes decide nearly every comparison without a look at the record.
  struct Entry {
    uint8_t rank;
    uint32_t key_size;
    uint64_t prefix;
    const char* bytes;  // Header, key, value
  };
  struct Header {
    uint64_t arrival;
    uint64_t value_size;
    Column column;
    bool erased;
  };
  static Header header_of(const Entry& entry);
  static std::string_view key_of(const Entry& entry) { return {entry.bytes + sizeof(Header), entry.key_size}; }
  static bool before(const Entry& a, const Entry& b);
  char* allocate(size_t size);

  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* free_ = nullptr;
  size_t free_bytes_ = 0;
  size_t bytes_ = 0;
};

class RecordSorter {
 public:
  /// Runs go into `directory`, which exists.
  RecordSorter(std::string directory, uint64_t memory_bytes);
  ~RecordSorter();

  Result<void> add(const LoadRecord& record);
  uint64_t records() const { return records_; }

  /// Shows all records in order: by rank of the column, then by key, then as they were added. Once, and nothing is
  /// added any more.
  using Visitor = absl::FunctionRef<Result<void>(const LoadRecord& record)>;
  Result<void> merge(Visitor visit);

 private:
  struct Input;
  // Only so many files are read at once. So many runs of a level make one of the next.
  static constexpr size_t kFanIn = 100;
  static constexpr size_t kMinReadBytes = 64 << 10;
  static constexpr size_t kMaxReadBytes = 1 << 20;

  Result<void> spill();
  Result<void> wait_for_spill();
  Result<void> write_run(SortBuffer& buffer, const std::string& path) const;
  Result<void> merge_level(size_t level);
  Result<void> merge_inputs(std::vector<Input> inputs, Visitor visit) const;
  Result<Input> open_run(const std::string& path, size_t readers) const;
  std::string new_run() { return directory_ + "/" + std::to_string(next_run_++) + ".run"; }

  const std::string directory_;
  const uint64_t memory_bytes_;
  uint64_t records_ = 0;
  uint64_t next_run_ = 0;
  SortBuffer filling_;
  SortBuffer sorting_;                 // the writing thread's
  std::future<Result<void>> writing_;  // valid while that thread is at work
  // Those of a higher level are older; within a level they stand in order of age.
  std::vector<std::vector<std::string>> levels_;
};

}  // namespace basalt::store_internal
