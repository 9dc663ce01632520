#include "store/tree_memtable.h"

#include <algorithm>
#include <utility>

#include "store/internal.h"
#include "store/memtable_tree.h"

namespace basalt::store_internal {

#ifndef BASALT_SYSTEM_ROCKSDB
namespace {

class TreeIterator : public rocksdb::MemTableRep::Iterator {
 public:
  explicit TreeIterator(const MemtableTree& tree) : cursor_(tree) {}
  bool Valid() const override { return cursor_.entry() != nullptr; }
  const char* key() const override { return cursor_.entry(); }
  void Next() override { cursor_.next(); }
  void Prev() override { cursor_.prev(); }
  void Seek(const rocksdb::Slice& internal_key, const char* memtable_key) override {
    cursor_.seek(key_of(internal_key, memtable_key));
  }
  void SeekForPrev(const rocksdb::Slice& internal_key, const char* memtable_key) override {
    Seek(internal_key, memtable_key);
    if (!Valid()) {
      cursor_.seek_to_last();
    } else if (const auto key = key_of(internal_key, memtable_key); EntryKey::of(cursor_.entry()) != key) {
      cursor_.seek_before(key);
    }
  }
  void SeekToFirst() override { cursor_.seek_to_first(); }
  void SeekToLast() override { cursor_.seek_to_last(); }

 private:
  // RocksDB gives the one, the other or both.
  static EntryKey key_of(const rocksdb::Slice& internal_key, const char* memtable_key) {
    return memtable_key != nullptr ? EntryKey::of(memtable_key) : EntryKey::from_internal(to_view(internal_key));
  }

  MemtableTree::Cursor cursor_;
};

class TreeMemtable : public rocksdb::MemTableRep {
 public:
  explicit TreeMemtable(rocksdb::Allocator* allocator)
      : MemTableRep(allocator), tree_([this](size_t bytes) { return allocate_node(bytes); }) {}

  void Insert(rocksdb::KeyHandle handle) override { (void)InsertKey(handle); }
  bool InsertKey(rocksdb::KeyHandle handle) override { return tree_.insert(static_cast<const char*>(handle)); }

  bool Contains(const char* key) const override {
    MemtableTree::Cursor cursor(tree_);
    cursor.seek(EntryKey::of(key));
    return cursor.entry() != nullptr && EntryKey::of(cursor.entry()) == EntryKey::of(key);
  }
  void Get(const rocksdb::LookupKey& key, void* argument, bool (*take)(void* argument, const char* entry)) override {
    MemtableTree::Cursor cursor(tree_);
    cursor.seek(EntryKey::from_internal(to_view(InternalKey(key))));
    while (cursor.entry() != nullptr && take(argument, cursor.entry())) cursor.next();
  }
  Iterator* GetIterator(rocksdb::Arena* arena) override {
    return new (AllocateIterator(arena, sizeof(TreeIterator))) TreeIterator(tree_);
  }
  uint64_t ApproximateNumEntries(const rocksdb::Slice& start, const rocksdb::Slice& end) override {
    return tree_.approximate_count(EntryKey::from_internal(to_view(start)), EntryKey::from_internal(to_view(end)));
  }
  size_t ApproximateMemoryUsage() override { return 0; }  // all of it is the allocator's

 private:
  // Nodes stand side by side and apart from the entries: the way down the tree then touches few pages.
  void* allocate_node(size_t bytes) {
    constexpr size_t kAlignment = 64;
    constexpr size_t kLargestSlab = 64 * 1024;
    if (slab_left_ < bytes) {
      slab_size_ = std::min(2 * slab_size_, kLargestSlab);
      char* memory;
      (void)Allocate(slab_size_ + kAlignment - 1, &memory);
      slab_ = memory + (kAlignment - reinterpret_cast<uintptr_t>(memory) % kAlignment) % kAlignment;
      slab_left_ = slab_size_;
    }
    slab_left_ -= bytes;
    return std::exchange(slab_, slab_ + bytes);
  }

  char* slab_ = nullptr;
  size_t slab_left_ = 0;
  size_t slab_size_ = 1024;
  MemtableTree tree_;
};

class TreeMemtables : public rocksdb::MemTableRepFactory {
 public:
  const char* Name() const override { return "BasaltTreeMemtables"; }
  using MemTableRepFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&, rocksdb::Allocator* allocator,
                                          const rocksdb::SliceTransform*, rocksdb::Logger*) override {
    return new TreeMemtable(allocator);
  }
  bool CanHandleDuplicatedKey() const override { return true; }
};

}  // namespace

#endif

std::shared_ptr<rocksdb::MemTableRepFactory> memtables() {
#ifdef BASALT_SYSTEM_ROCKSDB
  return std::make_shared<rocksdb::SkipListFactory>();
#else
  return std::make_shared<TreeMemtables>();
#endif
}

}  // namespace basalt::store_internal
