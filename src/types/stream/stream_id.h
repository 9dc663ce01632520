// Stream ids as clients write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "layout/stream.h"
#include "resp/reply.h"

namespace basalt {

/// "1526919030474-55"
std::string to_string(StreamId id);
void reply_stream_id(Reply& reply, StreamId id);

/// The next one and the one before; nullopt: there is none.
std::optional<StreamId> next_stream_id(StreamId id);
std::optional<StreamId> previous_stream_id(StreamId id);

/// "ms-sequence", or "ms" alone with `missing_sequence`. Fails with Redis's words.
Result<StreamId> parse_stream_id(std::string_view text, uint64_t missing_sequence = 0);
/// The same, and "-" and "+" for the lowest and the highest.
Result<StreamId> parse_stream_bound(std::string_view text, uint64_t missing_sequence = 0);
/// The lower and the upper end of a range: the same, and "(" in front to leave the id itself out.
Result<StreamId> parse_range_start(std::string_view text);
Result<StreamId> parse_range_end(std::string_view text);

/// The id of a new entry: "*", "ms-*", or a whole one.
struct NewStreamId {
  StreamId id;
  bool auto_ms = false;
  bool auto_sequence = false;
};
Result<NewStreamId> parse_new_stream_id(std::string_view text);

}  // namespace basalt
