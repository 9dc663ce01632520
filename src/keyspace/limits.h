// When a collection stops being packed, and how large strings may be. Redis's option names; CONFIG SET
// changes them while commands run, so each is atomic.
#pragma once

#include <atomic>
#include <cstdint>

namespace basalt {

struct PackedLimits {
  std::atomic<int64_t> hash_max_listpack_entries{128};
  std::atomic<int64_t> hash_max_listpack_value{64};
  std::atomic<int64_t> set_max_intset_entries{512};
  std::atomic<int64_t> set_max_listpack_entries{128};
  std::atomic<int64_t> set_max_listpack_value{64};
  std::atomic<int64_t> zset_max_listpack_entries{128};
  std::atomic<int64_t> zset_max_listpack_value{64};
  std::atomic<int64_t> list_max_listpack_size{-2};             ///< Redis: >0 elements; -1…-5: 4, 8, 16, 32, 64 KiB
  std::atomic<int64_t> stream_node_max_bytes{4096};            ///< of Redis's listpack; 0: no limit
  std::atomic<int64_t> stream_node_max_entries{100};           ///< 0: no limit
  std::atomic<int64_t> list_packed_threshold{0};               ///< bytes of a packed list's body; 0: no limit (DEBUG)
  std::atomic<int64_t> packed_max_bytes{1024};                 ///< a packed body never exceeds this
  std::atomic<int64_t> string_chunk_threshold{4 * 1024};       ///< bytes; a string grown past it is spread
  std::atomic<int64_t> proto_max_bulk_len{512 * 1024 * 1024};  ///< bytes; no command makes a longer string
  std::atomic<int64_t> hll_sparse_max_bytes{3000};             ///< a longer sparse HyperLogLog becomes dense
};

}  // namespace basalt
