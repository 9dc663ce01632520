// An ordered index of a memtable's entries: a B+-tree in place of RocksDB's skip list, because what an insertion costs
// is the cache misses on its way down, and a node of 62 keys has few. One writer at a time; any number of readers
// beside it, who take no lock: a node tells by its version that it was changed under a reader, who then looks again
// (optimistic lock coupling: Leis, Scheibner, Kemper, Neumann, "The ART of Practical Synchronization", DaMoN 2016).
//
// An entry is a key as RocksDB's memtables encode it, with anything behind it:
//
//   entry := varint32 (user key size + 8)   user key   tag (8 bytes, little endian)   ...
//
// in the order of user keys as bytes; of the same user key, the highest tag (the newest version) comes first.
//
// Invariants:
//   1. Nothing is taken out, and nodes are never freed: the memory goes with the memtable. Whoever follows a pointer
//      that was replaced meanwhile reads something old, and not something else.
//   2. A leaf's lower bound never changes, and its first key (but the leftmost leaf's) is that bound.
//   3. A node's version is odd while it is being changed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace basalt::store_internal {

/// What entries are ordered by.
struct EntryKey {
  std::string_view user;
  uint64_t tag;
  /// `entry`: see above.
  static EntryKey of(const char* entry);
  /// `internal`: user key and tag.
  static EntryKey from_internal(std::string_view internal);
  bool operator==(const EntryKey&) const = default;
};

class MemtableTree {
  struct Node;
  struct Inner;

 public:
  /// Gives so many bytes, aligned to 64, that stay until nobody uses the tree any more.
  using Allocate = std::function<void*(size_t bytes)>;

  explicit MemtableTree(Allocate allocate);

  /// False: its key is there already. The entry is not copied. The writer's.
  bool insert(const char* entry);

  /// About how many entries are at or above the first key and below the second one.
  size_t approximate_count(const EntryKey& from, const EntryKey& to) const;

  /// A reader's place between entries that were there when it was sought; those that come later it may show or not.
  class Cursor {
   public:
    explicit Cursor(const MemtableTree& tree) : tree_(&tree) {}
    /// The entry here; null before the first and behind the last one.
    const char* entry() const { return entry_; }

    void seek_to_first();
    void seek_to_last();
    /// To the first entry not less than the key.
    void seek(const EntryKey& key);
    /// To the last entry less than the key.
    void seek_before(const EntryKey& key);
    /// Only where an entry is.
    void next();
    void prev();

   private:
    bool land(const Node* leaf, uint32_t version, unsigned index);

    const MemtableTree* tree_;
    const char* entry_ = nullptr;
    const Node* leaf_ = nullptr;
    uint32_t version_ = 0;
    unsigned index_ = 0;
  };

 private:
  struct Found {
    unsigned index;  // of the first key in the node that is not less
    bool equal;
  };
  struct Place {
    const Node* leaf;
    uint32_t version;
    Found found;
  };
  /// On the writer's way down.
  struct Step {
    Node* node;
    Inner* parent;
    unsigned index;          // in the parent
    const char *low, *high;  // bounds: keys in the node are at or above the one, below the other; null: none
  };

  static uint32_t stable_version(const Node& node);
  static Found find(const Node& node, const EntryKey& key);
  /// For an equal key: the leaf that has it, or with `before` the one that would have what is less.
  Place descend(const EntryKey& key, bool before) const;
  const Node* last_leaf() const;
  /// About what part of all entries is less, 0 to 1: as if the children of a node had the same number.
  double part_below(const EntryKey& key) const;

  Node* new_leaf();
  Inner* new_inner();
  static void set_words(Node& node, unsigned index, const char* key);
  static void copy_slot(const Node& from, unsigned index, Node& to, unsigned to_index);
  static void set_shared(Node& node, size_t shared);
  static void bound(Node& node, const char* low, const char* high);
  static void put(Node& node, unsigned index, const char* key, Node* right = nullptr);
  static void move_tail(Node& from, unsigned at, Node& to);
  /// Splits a full node; a leaf takes the entry in at `index` first.
  void split(const Step& step, unsigned index, const char* entry);

  const Allocate allocate_;
  std::atomic<Node*> root_;
  std::atomic<size_t> size_ = 0;
};

}  // namespace basalt::store_internal
