// What Redis's serialised values are made of: the type byte in front, the encodings of strings and
// lengths, and the failure for bytes that are none of it. The same bytes stand in RDB files, in DUMP
// payloads and in full synchronisations. (https://rdb.fnordig.de/file_format.html, Redis's rdb.h)
#pragma once

#include <cstdint>

#include "base/result.h"

namespace basalt::rdb {

/// How a value is encoded. Redis 4 to 7.0 write those up to list_quicklist_2, 7.2 adds set_listpack,
/// 7.4 hashes whose fields expire.
enum class ValueType : uint8_t {
  string = 0,
  list = 1,
  set = 2,
  zset = 3,  ///< scores as text
  hash = 4,
  zset_2 = 5,  ///< scores in binary
  hash_zipmap = 9,
  list_ziplist = 10,
  set_intset = 11,
  zset_ziplist = 12,
  hash_ziplist = 13,
  list_quicklist = 14,  ///< of ziplists
  stream_listpacks = 15,
  hash_listpack = 16,
  zset_listpack = 17,
  list_quicklist_2 = 18,  ///< of listpacks
  stream_listpacks_2 = 19,
  set_listpack = 20,
  stream_listpacks_3 = 21,
  hash_metadata = 24,     ///< fields with their expiry
  hash_listpack_ex = 25,  ///< likewise
};

/// The version that a payload says it has: Redis 7.0 reads up to 10, 7.4 up to 12.
inline constexpr uint16_t kVersion = 10;
inline constexpr uint16_t kVersionWithFieldExpiry = 12;
inline constexpr uint16_t kNewestVersionRead = 12;

// Lengths: the two high bits of the first byte tell how it goes on.
inline constexpr uint8_t kLength6Bits = 0;
inline constexpr uint8_t kLength14Bits = 1;
inline constexpr uint8_t kSpecialString = 3;  ///< no length: a SpecialString
inline constexpr uint8_t kLength32Bits = 0x80;
inline constexpr uint8_t kLength64Bits = 0x81;

enum class SpecialString : uint8_t { int8 = 0, int16 = 1, int32 = 2, lzf = 3 };

/// How a node of list_quicklist_2 holds its elements.
enum class Container : uint8_t { plain = 1, packed = 2 };

/// In a file: what stands where the type of a value would, and is none.
enum class FileOpcode : uint8_t {
  slot_info = 244,  ///< slot, its keys, those that expire: hints (Redis 7.4, cluster)
  function = 245,   ///< a library's code
  module_auxiliary = 247,
  idle = 248,       ///< how long the next key was not used
  frequency = 249,  ///< how often it was
  auxiliary = 250,  ///< a name and a value about the file
  resize = 251,     ///< keys of the database, those that expire: hints
  expire_ms = 252,  ///< when the next key expires
  expire_s = 253,
  select = 254,  ///< the database of the next keys
  end = 255,
};

/// Values of modules: an id, then their parts, each after what it is.
inline constexpr uint8_t kModuleValue = 7;
enum class ModulePart : uint8_t { end = 0, signed_integer = 1, integer = 2, float32 = 3, float64 = 4, string = 5 };

/// The failure for bytes that nobody encoded.
inline auto bad_format() { return fail("ERR Bad data format"); }

}  // namespace basalt::rdb
