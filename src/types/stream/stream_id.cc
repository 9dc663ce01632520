#include "types/stream/stream_id.h"

#include <fmt/format.h>

#include "base/number.h"

namespace basalt {

namespace {

constexpr size_t kLongestText = 127;

auto invalid_id() { return fail("ERR Invalid stream ID specified as stream command argument"); }

// Redis reads ids as C strings.
std::string_view up_to_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

Result<NewStreamId> parse(std::string_view given, uint64_t missing_sequence, bool may_be_auto) {
  const std::string_view text = up_to_nul(given);
  if (given.size() > kLongestText) return invalid_id();
  const size_t dash = text.find('-');
  const auto ms = parse_uint64(text.substr(0, dash));
  if (!ms) return invalid_id();
  if (dash == std::string_view::npos) return NewStreamId{{*ms, missing_sequence}};
  const std::string_view rest = text.substr(dash + 1);
  if (may_be_auto && rest == "*") return NewStreamId{.id = {*ms, 0}, .auto_sequence = true};
  const auto sequence = parse_uint64(rest);
  if (!sequence) return invalid_id();
  return NewStreamId{{*ms, *sequence}};
}

struct Bound {
  StreamId id;
  bool exclusive = false;
};

Result<Bound> parse_range_bound(std::string_view text, uint64_t missing_sequence) {
  if (text.size() > 1 && text.front() == '(')
    return Bound{TRY(parse_stream_id(text.substr(1), missing_sequence)), true};
  return Bound{TRY(parse_stream_bound(text, missing_sequence))};
}

}  // namespace

std::string to_string(StreamId id) { return fmt::format("{}-{}", id.ms, id.sequence); }

void reply_stream_id(Reply& reply, StreamId id) {
  char text[48];
  size_t size = format_uint64(text, id.ms);
  text[size++] = '-';
  size += format_uint64(text + size, id.sequence);
  reply.bulk({text, size});
}

std::optional<StreamId> next_stream_id(StreamId id) {
  if (id.sequence != UINT64_MAX) return StreamId{id.ms, id.sequence + 1};
  if (id.ms != UINT64_MAX) return StreamId{id.ms + 1, 0};
  return std::nullopt;
}

std::optional<StreamId> previous_stream_id(StreamId id) {
  if (id.sequence != 0) return StreamId{id.ms, id.sequence - 1};
  if (id.ms != 0) return StreamId{id.ms - 1, UINT64_MAX};
  return std::nullopt;
}

Result<StreamId> parse_stream_id(std::string_view text, uint64_t missing_sequence) {
  return TRY(parse(text, missing_sequence, /*may_be_auto=*/false)).id;
}

Result<StreamId> parse_stream_bound(std::string_view text, uint64_t missing_sequence) {
  if (up_to_nul(text) == "-") return kMinStreamId;
  if (up_to_nul(text) == "+") return kMaxStreamId;
  return parse_stream_id(text, missing_sequence);
}

Result<StreamId> parse_range_start(std::string_view text) {
  const Bound bound = TRY(parse_range_bound(text, 0));
  const auto id = bound.exclusive ? next_stream_id(bound.id) : bound.id;
  if (!id) return fail("ERR invalid start ID for the interval");
  return *id;
}

Result<StreamId> parse_range_end(std::string_view text) {
  const Bound bound = TRY(parse_range_bound(text, UINT64_MAX));
  const auto id = bound.exclusive ? previous_stream_id(bound.id) : bound.id;
  if (!id) return fail("ERR invalid end ID for the interval");
  return *id;
}

Result<NewStreamId> parse_new_stream_id(std::string_view text) {
  if (up_to_nul(text) == "*") return NewStreamId{.auto_ms = true};
  return parse(text, 0, /*may_be_auto=*/true);
}

}  // namespace basalt
