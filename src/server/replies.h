// Replies on their way to the client, and which of them acknowledge writes: these must not leave before the WAL was
// flushed, and become errors when it could not be.
//
// Thread rules: one thread at a time. A pool thread fills one of its own, which the connection then appends.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace basalt {

struct Replies {
  std::string bytes;
  std::vector<std::pair<size_t, size_t>> acknowledgements;  ///< spans of `bytes`, ascending

  void append(Replies&& more);
  /// Replaces every acknowledgement by the error.
  void fail(std::string_view error);
  void clear();
};

}  // namespace basalt
