// Parses requests: RESP arrays of bulk strings, and inline commands (a line of words, quoted as in
// redis-cli). Incremental: bytes may stop anywhere, and a command is scanned once, not from its
// start at every arrival.
//
// The parser borrows: arguments are views into the bytes given to parse(), valid until those bytes
// move. It owns no buffer, except that the words of an inline command with quotes are unescaped into
// memory of its own, valid until the next parse().
//
// One parser serves one connection and one thread at a time. Invariants: how a stream is cut into
// calls changes nothing about the commands and errors it gives; memory grows with the bytes that
// arrived, never with a count that was only announced.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace basalt {

using Args = std::vector<std::string_view>;

class RequestParser {
 public:
  struct Limits {
    int64_t max_bulk_length = 512 * 1024 * 1024;  ///< proto-max-bulk-len, bytes
    int64_t max_inline_length = 64 * 1024;        ///< bytes
    int64_t max_arguments = INT32_MAX;            ///< as Redis
    /// Until the client has authenticated: 10 arguments of 16 KiB, as Redis since 7.0.
    bool unauthenticated = false;
  };

  enum class Status : uint8_t {
    complete,    ///< one command in args
    incomplete,  ///< more bytes needed
    empty,       ///< an empty line or an array of none: nothing to run, nothing to answer
    error,       ///< the stream is broken; error() has Redis's words; the connection is to be closed
  };

  /// Looks at `buffer`, whose first byte is the first byte not yet consumed. On `complete` and
  /// `empty`, `consumed` tells how many bytes the command took; the caller drops them before the
  /// next call. On `incomplete` the caller calls again with the same bytes and more behind them.
  Status parse(std::string_view buffer, const Limits& limits, Args& args, size_t& consumed);

  /// Forgets a command of which only a part has been seen: the next bytes start a new one.
  void restart() { reset(); }

  /// "ERR Protocol error: …", after Status::error.
  const std::string& error() const { return error_; }
  /// The bytes still needed for the bulk string being read, if known: lets the caller size its
  /// buffer once for a large argument. 0 when unknown.
  size_t bytes_wanted() const { return bytes_wanted_; }

 private:
  enum class LineState : uint8_t { unfinished, too_long, finished };
  /// "*3" or "$5". No length when what follows the letter is no number.
  struct LengthLine {
    LineState state;
    char type = '\0';
    std::optional<int64_t> length = std::nullopt;
  };

  Status parse_array_header(std::string_view buffer, const Limits& limits);
  Status parse_bulk(std::string_view buffer, const Limits& limits);
  Status parse_inline(std::string_view buffer, const Limits& limits, Args& args, size_t& consumed);
  bool split_inline(std::string_view line, Args& args);
  LengthLine take_length_line(std::string_view buffer, const Limits& limits);
  size_t find_line_end(std::string_view buffer, char terminator);
  bool line_too_long(std::string_view buffer, size_t end, const Limits& limits) const;
  Status fail(std::string_view text);
  void reset();

  // Where an incomplete array stopped: offsets, since the bytes may have moved.
  struct Span {
    size_t offset;
    size_t size;
  };
  std::vector<Span> spans_;
  int64_t arguments_left_ = 0;
  bool in_array_ = false;
  size_t position_ = 0;       // of the first byte not yet taken
  size_t searched_ = 0;       // the end of the line at position_ is not before this
  int64_t bulk_length_ = -1;  // of the bulk string at position_; -1 when its length line comes first
  size_t bytes_wanted_ = 0;
  std::string error_;
  // An inline command with quotes has its words unescaped here.
  std::string inline_bytes_;
};

/// Splits a line as redis-cli and redis.conf do (Redis's sdssplitargs): words, "double quotes" with
/// \n \r \t \b \a \xHH \" \\, 'single quotes' with \'. nullopt when quotes are unbalanced.
std::optional<std::vector<std::string>> split_quoted_words(std::string_view line);

}  // namespace basalt
