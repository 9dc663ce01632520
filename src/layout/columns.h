// The columns (RocksDB column families) that a data directory has. Their names are on disk.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace basalt {

enum class Column : uint8_t { strings, heads, items, scores, expiry, streams, system };

inline constexpr std::array<std::string_view, 7> kColumnNames = {"strings", "heads",   "items", "scores",
                                                                 "expiry",  "streams", "system"};
inline constexpr size_t kColumnCount = kColumnNames.size();

}  // namespace basalt
