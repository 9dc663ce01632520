#include "store/memtable_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <thread>

#include "base/bytes.h"

namespace basalt::store_internal {

namespace {

constexpr unsigned kSlots = 62;  // a leaf is 1.5 KiB
// Of a key's bytes behind those that a node's keys share, so many are kept in the node, as numbers: who looks for a key
// seldom has to look at entries, and each of those is a cache miss. Sixteen, because record keys begin with a slot, and
// what differs between the keys of one slot is behind what the application begins its keys with.
constexpr size_t kWords = 2;
constexpr size_t kWordSize = sizeof(uint64_t);
constexpr size_t kTagSize = 8;

// A reader sees changes in the order they were made in, without fences: every load acquires and every store releases.
template <typename T>
T load(const std::atomic<T>& from) {
  return from.load(std::memory_order_acquire);
}
template <typename T>
void store(std::atomic<T>& to, T value) {
  to.store(value, std::memory_order_release);
}

int compare(const EntryKey& a, const EntryKey& b) {
  if (const int order = a.user.compare(b.user); order != 0) return order;
  return a.tag > b.tag ? -1 : a.tag < b.tag ? 1 : 0;
}

size_t common_prefix(const char* a, const char* b) {
  const auto left = EntryKey::of(a).user;
  const auto right = EntryKey::of(b).user;
  const size_t most = std::min({left.size(), right.size(), size_t{UINT16_MAX}});
  return std::mismatch(left.begin(), left.begin() + most, right.begin()).first - left.begin();
}

// Eight bytes of a key that compare like it, but for ties.
uint64_t word_of(std::string_view user, size_t from) {
  if (user.size() >= from + kWordSize) return load_big_endian<uint64_t>(user.data() + from);
  char padded[kWordSize] = {};
  if (user.size() > from) std::memcpy(padded, user.data() + from, user.size() - from);
  return load_big_endian<uint64_t>(padded);
}

using Words = std::array<std::atomic<uint64_t>, kSlots>;

// How many of the words in [from, to), which ascend, are less (or, or_equal, not greater).
template <bool or_equal>
unsigned count_less(const Words& words, unsigned from, unsigned to, uint64_t word) {
  unsigned base = from;
  for (unsigned left = to - from; left > 0;) {
    const unsigned half = (left + 1) / 2;
    const uint64_t probe = load(words[base + half - 1]);
    base += (or_equal ? probe <= word : probe < word) ? half : 0;
    left -= half;
  }
  return base - from;
}

}  // namespace

EntryKey EntryKey::from_internal(std::string_view internal) {
  EntryKey key{internal.substr(0, internal.size() - kTagSize), 0};
  std::memcpy(&key.tag, internal.data() + key.user.size(), kTagSize);
  return key;
}

EntryKey EntryKey::of(const char* entry) {
  const auto* byte = reinterpret_cast<const uint8_t*>(entry);
  size_t size = *byte & 0x7f;
  for (int shift = 7; (*byte++ & 0x80) != 0; shift += 7) size |= size_t{*byte & 0x7fU} << shift;
  return from_internal({reinterpret_cast<const char*>(byte), size});
}

// | field   | who reads it | what it is                                                        |
// | version | all          | odd while the node is changed                                     |
// | count   | all          | of the keys: a leaf's entries, or what separates a node's children |
// | shared  | all          | how many first bytes of the user key are the same in all keys     |
// | words   | all          | the bytes behind those, as numbers, the first eight of every key first |
// | bounded | all          | a key that is sought here shares those bytes too: the bounds do   |
// | newest  | the writer   | where the last key came in                                        |
struct alignas(64) MemtableTree::Node {
  explicit Node(bool leaf) : is_leaf(leaf) {}
  std::atomic<uint32_t> version{0};
  std::atomic<uint16_t> count{0};
  std::atomic<uint16_t> shared{0};
  const bool is_leaf;
  std::atomic<bool> bounded{false};
  uint8_t newest = kSlots;
  std::atomic<Node*> next{nullptr};  // leaf
  std::array<Words, kWords> words{};
  std::array<std::atomic<const char*>, kSlots> keys{};
};

/// Child i has the keys from keys[i - 1] on up to, without it, keys[i].
struct MemtableTree::Inner : Node {
  Inner() : Node(false) {}
  std::array<std::atomic<Node*>, kSlots + 1> children{};
};

namespace {

/// While it lives, readers of the node wait.
class Changing {
 public:
  explicit Changing(std::atomic<uint32_t>& version) : version_(version) { store(version_, version_ + 1); }
  ~Changing() { store(version_, version_ + 1); }
  Changing(const Changing&) = delete;
  Changing& operator=(const Changing&) = delete;

 private:
  std::atomic<uint32_t>& version_;
};

}  // namespace

MemtableTree::MemtableTree(Allocate allocate) : allocate_(std::move(allocate)), root_(new_leaf()) {}

MemtableTree::Node* MemtableTree::new_leaf() { return new (allocate_(sizeof(Node))) Node(true); }
MemtableTree::Inner* MemtableTree::new_inner() { return new (allocate_(sizeof(Inner))) Inner; }

// ---- reading ----

// The writer changes a node for some hundred nanoseconds, unless it loses its processor meanwhile.
uint32_t MemtableTree::stable_version(const Node& node) {
  for (int looks = 0;; ++looks) {
    const uint32_t version = load(node.version);
    if (version % 2 == 0) return version;
    constexpr int kSpins = 128;
    if (looks > kSpins) std::this_thread::yield();
  }
}

MemtableTree::Found MemtableTree::find(const Node& node, const EntryKey& key) {
  const unsigned count = load(node.count);
  const size_t shared = load(node.shared);
  if (shared != 0 && !load(node.bounded)) {
    const auto prefix = EntryKey::of(load(node.keys[0])).user.substr(0, shared);
    const int order = key.user.substr(0, shared).compare(prefix);
    if (order != 0) return {order < 0 ? 0 : count, false};
  }
  unsigned low = 0;
  unsigned high = count;
  for (size_t i = 0; i < kWords; ++i) {
    const uint64_t word = word_of(key.user, shared + i * kWordSize);
    low += count_less<false>(node.words[i], low, high, word);
    if (low == high || load(node.words[i][low]) != word) return {low, false};
    high = low + count_less<true>(node.words[i], low, high, word);
  }
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    const int order = compare(key, EntryKey::of(load(node.keys[middle])));
    if (order == 0) return {middle, true};
    (order < 0 ? high : low) = order < 0 ? middle : middle + 1;
  }
  return {low, false};
}

MemtableTree::Place MemtableTree::descend(const EntryKey& key, bool before) const {
  for (;;) {
    const Node* node = load(root_);
    uint32_t version = stable_version(*node);
    if (node != load(root_)) continue;
    for (;;) {
      const auto found = find(*node, key);
      if (node->is_leaf) return {node, version, found};
      const auto* inner = static_cast<const Inner*>(node);
      const Node* child = load(inner->children[found.index + (found.equal && !before ? 1 : 0)]);
      if (load(node->version) != version) break;
      const uint32_t child_version = stable_version(*child);
      if (load(node->version) != version) break;
      node = child;
      version = child_version;
    }
  }
}

const MemtableTree::Node* MemtableTree::last_leaf() const {
  const Node* node = load(root_);
  while (!node->is_leaf) node = load(static_cast<const Inner*>(node)->children[load(node->count)]);
  // The last child is the last until it is split, and then `next` leads on.
  while (const Node* next = load(node->next)) node = next;
  return node;
}

double MemtableTree::part_below(const EntryKey& key) const {
  double below = 0;
  double width = 1;
  for (const Node* node = load(root_);;) {
    const unsigned index = find(*node, key).index;
    const unsigned parts = load(node->count) + (node->is_leaf ? 0 : 1);
    if (parts != 0) width /= parts;
    below += width * index;
    if (node->is_leaf) return std::min(below, 1.0);
    node = load(static_cast<const Inner*>(node)->children[index]);
  }
}

size_t MemtableTree::approximate_count(const EntryKey& from, const EntryKey& to) const {
  const double part = part_below(to) - part_below(from);
  return part > 0 ? static_cast<size_t>(part * static_cast<double>(load(size_))) : 0;
}

/// At that key of a leaf, or at the first one behind it; false: the leaf is not any more what it was.
bool MemtableTree::Cursor::land(const Node* leaf, uint32_t version, unsigned index) {
  const unsigned count = load(leaf->count);
  const char* entry = index < count ? load(leaf->keys[index]) : nullptr;
  const Node* next = load(leaf->next);
  if (load(leaf->version) != version) return false;
  if (index >= count && next != nullptr) {
    leaf = next;
    version = stable_version(*next);
    index = 0;
    entry = load(next->keys[0]);
  }
  entry_ = entry;
  leaf_ = leaf;
  version_ = version;
  index_ = index;
  return true;
}

void MemtableTree::Cursor::seek(const EntryKey& key) {
  for (;;) {
    const auto place = tree_->descend(key, false);
    if (land(place.leaf, place.version, place.found.index)) return;
  }
}

void MemtableTree::Cursor::seek_before(const EntryKey& key) {
  for (;;) {
    const auto place = tree_->descend(key, true);
    if (place.found.index != 0) {
      if (land(place.leaf, place.version, place.found.index - 1)) return;
    } else if (load(place.leaf->version) == place.version) {
      entry_ = nullptr;
      return;
    }
  }
}

void MemtableTree::Cursor::seek_to_first() { seek({{}, UINT64_MAX}); }

void MemtableTree::Cursor::seek_to_last() {
  for (;;) {
    const Node* leaf = tree_->last_leaf();
    const uint32_t version = stable_version(*leaf);
    const unsigned count = load(leaf->count);
    if (load(leaf->next) == nullptr && land(leaf, version, count == 0 ? 0 : count - 1)) return;
  }
}

void MemtableTree::Cursor::next() {
  while (!land(leaf_, version_, index_ + 1)) seek(EntryKey::of(entry_));  // where it is now
}

void MemtableTree::Cursor::prev() {
  if (index_ == 0 || !land(leaf_, version_, index_ - 1)) seek_before(EntryKey::of(entry_));
}

// ---- writing ----

void MemtableTree::set_words(Node& node, unsigned index, const char* key) {
  const auto user = EntryKey::of(key).user;
  for (size_t i = 0; i < kWords; ++i) store(node.words[i][index], word_of(user, node.shared + i * kWordSize));
}

void MemtableTree::copy_slot(const Node& from, unsigned index, Node& to, unsigned to_index) {
  for (size_t i = 0; i < kWords; ++i) store(to.words[i][to_index], load(from.words[i][index]));
  store(to.keys[to_index], load(from.keys[index]));
}

void MemtableTree::set_shared(Node& node, size_t shared) {
  if (shared == node.shared) return;
  store(node.shared, static_cast<uint16_t>(shared));
  for (unsigned i = 0; i < node.count; ++i) set_words(node, i, load(node.keys[i]));
}

/// What keys share that are between these bounds; without both, what those share that are there.
void MemtableTree::bound(Node& node, const char* low, const char* high) {
  const bool bounded = low != nullptr && high != nullptr;
  store(node.bounded, bounded);
  const size_t shared = bounded           ? common_prefix(low, high)
                        : node.count == 0 ? 0
                                          : common_prefix(node.keys[0], node.keys[node.count - 1]);
  // A few bytes that words have for nothing are cheaper than a look at every key.
  constexpr size_t kSpare = 4;
  if (shared < node.shared || shared > node.shared + kSpare) set_shared(node, shared);
}

/// `right`: an inner node's new child behind the key.
void MemtableTree::put(Node& node, unsigned index, const char* key, Node* right) {
  const unsigned count = node.count;
  if (!node.bounded && count != 0) set_shared(node, std::min<size_t>(node.shared, common_prefix(key, node.keys[0])));
  for (unsigned i = count; i > index; --i) copy_slot(node, i - 1, node, i);
  set_words(node, index, key);
  store(node.keys[index], key);
  if (right != nullptr) {
    auto& children = static_cast<Inner&>(node).children;
    for (unsigned i = count + 1; i > index + 1; --i) store(children[i], load(children[i - 1]));
    store(children[index + 1], right);
  }
  store(node.count, static_cast<uint16_t>(count + 1));
  node.newest = static_cast<uint8_t>(index);
  // With more keys it may turn out that they share more.
  if (!node.bounded && std::has_single_bit(count + 1)) bound(node, nullptr, nullptr);
}

/// Keys from `at` on become the other, empty node's; in an inner node the one at `at` goes up.
void MemtableTree::move_tail(Node& from, unsigned at, Node& to) {
  const unsigned first = from.is_leaf ? at : at + 1;
  const unsigned moved = from.count - first;
  for (unsigned i = 0; i < moved; ++i) copy_slot(from, first + i, to, i);
  if (!from.is_leaf) {
    auto& children = static_cast<Inner&>(from).children;
    for (unsigned i = 0; i <= moved; ++i) store(static_cast<Inner&>(to).children[i], load(children[first + i]));
  }
  store(to.shared, load(from.shared));
  store(to.count, static_cast<uint16_t>(moved));
}

void MemtableTree::split(const Step& step, unsigned index, const char* entry) {
  Node& left = *step.node;
  const bool leaf = left.is_leaf;
  // Keys that come in order fill what they leave behind; others leave two halves.
  const bool in_order = leaf && (index == left.newest || index == left.newest + 1U);
  const unsigned at = index == kSlots ? kSlots : in_order ? std::max(index, 1U) : kSlots / 2;
  Node& right = leaf ? *new_leaf() : *new_inner();
  Inner* const parent = step.parent != nullptr ? step.parent : new_inner();

  const bool to_right = leaf && (index > at || at == kSlots);
  const char* const separator = at == kSlots ? entry : left.keys[at].load();
  const Changing parent_changes(parent->version);
  const Changing left_changes(left.version);
  move_tail(left, at, right);
  if (to_right) put(right, index - at, entry);
  store(left.count, static_cast<uint16_t>(at));
  if (leaf) {
    store(right.next, load(left.next));
    store(left.next, &right);
    if (!to_right) put(left, index, entry);
  }
  bound(right, separator, step.high);
  bound(left, step.low, separator);
  if (step.parent == nullptr) store(parent->children[0], &left);
  put(*parent, step.index, separator, &right);
  if (step.parent == nullptr) store(root_, static_cast<Node*>(parent));
}

bool MemtableTree::insert(const char* entry) {
  const auto key = EntryKey::of(entry);
  for (Step step{root_, nullptr, 0, nullptr, nullptr};;) {
    Node& node = *step.node;
    if (!node.is_leaf && node.count == kSlots) {
      split(step, 0, nullptr);
      step = {root_, nullptr, 0, nullptr, nullptr};
      continue;
    }
    const auto found = find(node, key);
    if (!node.is_leaf) {
      auto& inner = static_cast<Inner&>(node);
      const unsigned child = found.index + (found.equal ? 1 : 0);
      if (child != 0) step.low = inner.keys[child - 1];
      if (child != inner.count) step.high = inner.keys[child];
      step = {inner.children[child], &inner, child, step.low, step.high};
      continue;
    }
    if (found.equal) return false;
    if (node.count == kSlots) {
      split(step, found.index, entry);
    } else {
      const Changing changes(node.version);
      put(node, found.index, entry);
    }
    store(size_, size_ + 1);
    return true;
  }
}

}  // namespace basalt::store_internal
