// Parses requests: RESP arrays of bulk strings, and inline commands (a line of words, quoted as in
// redis-cli). Incremental: bytes may stop anywhere, and a command is scanned once, not from its
// start at every arrival.
//
// The parser borrows: arguments are views into the bytes given to parse(), valid until those bytes
// move. It owns no buffer.
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
    int64_t max_arguments = 1024 * 1024 * 1024;   ///< as Redis: INT_MAX on the wire, see t_proto
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

  /// "ERR Protocol error: …", after Status::error.
  const std::string& error() const { return error_; }
  /// The bytes still needed for the bulk string being read, if known: lets the caller size its
  /// buffer once for a large argument. 0 when unknown.
  size_t bytes_wanted() const { return bytes_wanted_; }

 private:
  Status parse_inline(std::string_view buffer, const Limits& limits, Args& args, size_t& consumed);
  Status fail(std::string text);
  void reset();

  // Where an incomplete array stopped: offsets, since the bytes may have moved.
  struct Span {
    size_t offset;
    size_t size;
  };
  std::vector<Span> spans_;
  int64_t arguments_left_ = 0;
  bool in_array_ = false;
  size_t position_ = 0;
  size_t bytes_wanted_ = 0;
  std::string error_;
  // An inline command with quotes has its words unescaped here.
  std::string inline_bytes_;
};

/// Splits a line as redis-cli and redis.conf do (Redis's sdssplitargs): words, "double quotes" with
/// \n \r \t \b \a \xHH \" \\, 'single quotes' with \'. nullopt when quotes are unbalanced.
std::optional<std::vector<std::string>> split_quoted_words(std::string_view line);

}  // namespace basalt
