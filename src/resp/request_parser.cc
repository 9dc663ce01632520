#include "resp/request_parser.h"

#include <algorithm>

#include "base/number.h"

namespace basalt {

namespace {

constexpr int64_t kUnauthenticatedArguments = 10;
constexpr int64_t kUnauthenticatedBulkLength = 16384;
// One command with very many arguments must not hold its memory for the connection's life.
constexpr size_t kKeptArguments = 4096;
// CR and LF behind a line or a bulk string: skipped, but never looked at, as in Redis.
constexpr size_t kLineEnd = 2;

// C's isspace, for what stands between words; a word itself is ended by fewer characters.
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool ends_word(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
}

// Takes one character, escaped or not, of a string quoted with `quote`.
void take_quoted_character(std::string_view& rest, char quote, std::string& word) {
  size_t taken = 1;
  char c = rest[0];
  if (c == '\\' && rest.size() >= 2) {
    if (quote == '\'') {
      if (rest[1] == '\'') {
        c = '\'';
        taken = 2;
      }
    } else if (rest.size() >= 4 && rest[1] == 'x' && hex_value(rest[2]) >= 0 && hex_value(rest[3]) >= 0) {
      c = static_cast<char>(hex_value(rest[2]) * 16 + hex_value(rest[3]));
      taken = 4;
    } else {
      c = unescape(rest[1]);
      taken = 2;
    }
  }
  word.push_back(c);
  rest.remove_prefix(taken);
}

// Takes the word that `rest` starts with. A quote may open within a word, but closing it ends the
// word, and a blank or nothing must follow. False when quotes are unbalanced.
bool take_word(std::string_view& rest, std::string& word) {
  char quote = '\0';
  while (!rest.empty()) {
    char c = rest[0];
    if (quote != '\0') {
      if (c != quote) {
        take_quoted_character(rest, quote, word);
        continue;
      }
      rest.remove_prefix(1);
      return rest.empty() || is_blank(rest[0]);
    }
    if (ends_word(c)) return true;
    if (c == '"' || c == '\'') quote = c;
    else word.push_back(c);
    rest.remove_prefix(1);
  }
  return quote == '\0';
}

}  // namespace

RequestParser::Status RequestParser::parse(std::string_view buffer, const Limits& limits, Args& args,
                                           size_t& consumed) {
  if (!in_array_) {
    if (buffer.empty()) return Status::incomplete;
    if (buffer[0] != '*') return parse_inline(buffer, limits, args, consumed);
    Status status = parse_array_header(buffer, limits);
    if (status == Status::empty) {
      args.clear();
      consumed = position_;
      reset();
    }
    if (status != Status::complete) return status;
  }
  for (; arguments_left_ > 0; --arguments_left_) {
    Status status = parse_bulk(buffer, limits);
    if (status != Status::complete) return status;
  }
  args.resize(spans_.size());
  for (size_t i = 0; i < spans_.size(); ++i) args[i] = {buffer.data() + spans_[i].offset, spans_[i].size};
  consumed = position_;
  reset();
  return Status::complete;
}

// `complete` when the header was read and arguments follow.
RequestParser::Status RequestParser::parse_array_header(std::string_view buffer, const Limits& limits) {
  LengthLine line = take_length_line(buffer, limits);
  if (line.state == LineState::unfinished) return Status::incomplete;
  if (line.state == LineState::too_long) return fail("too big mbulk count string");
  if (!line.length || *line.length > limits.max_arguments) return fail("invalid multibulk length");
  if (*line.length > kUnauthenticatedArguments && limits.unauthenticated) {
    return fail("unauthenticated multibulk length");
  }
  if (*line.length <= 0) return Status::empty;
  in_array_ = true;
  arguments_left_ = *line.length;
  return Status::complete;
}

// `complete` when one more argument is in spans_.
RequestParser::Status RequestParser::parse_bulk(std::string_view buffer, const Limits& limits) {
  if (bulk_length_ < 0) {
    LengthLine line = take_length_line(buffer, limits);
    if (line.state == LineState::unfinished) return Status::incomplete;
    if (line.state == LineState::too_long) return fail("too big bulk count string");
    if (line.type != '$') return fail(std::string("expected '$', got '") + line.type + "'");
    if (!line.length || *line.length < 0 || *line.length > limits.max_bulk_length) return fail("invalid bulk length");
    if (*line.length > kUnauthenticatedBulkLength && limits.unauthenticated) {
      return fail("unauthenticated bulk length");
    }
    bulk_length_ = *line.length;
  }
  size_t size = static_cast<size_t>(bulk_length_);
  size_t end = position_ + size + kLineEnd;
  if (buffer.size() < end) {
    bytes_wanted_ = end - buffer.size();
    return Status::incomplete;
  }
  spans_.push_back({position_, size});
  position_ = end;
  bulk_length_ = -1;
  bytes_wanted_ = 0;
  return Status::complete;
}

RequestParser::LengthLine RequestParser::take_length_line(std::string_view buffer, const Limits& limits) {
  // Nearly every line is a letter, a few digits and CR LF, all there.
  constexpr size_t kFewDigits = 9;
  const char* p = buffer.data() + position_;
  size_t available = buffer.size() - position_;
  int64_t length = 0;
  size_t i = 1;
  for (; i < available && i <= kFewDigits && p[i] >= '0' && p[i] <= '9'; ++i) length = length * 10 + (p[i] - '0');
  if (i > 1 && i + kLineEnd <= available && p[i] == '\r' && (p[1] != '0' || i == 2)) {
    position_ += i + kLineEnd;
    return {LineState::finished, p[0], length};
  }

  size_t end = find_line_end(buffer, '\r');
  if (line_too_long(buffer, end, limits)) return {LineState::too_long};
  if (end == std::string_view::npos || buffer.size() < end + kLineEnd) return {LineState::unfinished};
  // The line may be empty; then its end stands for the letter, as in Redis.
  std::string_view digits = end > position_ ? buffer.substr(position_ + 1, end - position_ - 1) : "";
  position_ = end + kLineEnd;
  return {LineState::finished, p[0], parse_int64(digits)};
}

RequestParser::Status RequestParser::parse_inline(std::string_view buffer, const Limits& limits, Args& args,
                                                  size_t& consumed) {
  size_t end = find_line_end(buffer, '\n');
  if (line_too_long(buffer, end, limits)) return fail("too big inline request");
  if (end == std::string_view::npos) return Status::incomplete;
  std::string_view line = buffer.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!split_inline(line, args)) return fail("unbalanced quotes in request");
  consumed = end + 1;
  reset();
  return args.empty() ? Status::empty : Status::complete;
}

// Words are views into the line if nothing in it is quoted, and into inline_bytes_ otherwise.
bool RequestParser::split_inline(std::string_view line, Args& args) {
  args.clear();
  bool quoted = line.find_first_of("\"'") != std::string_view::npos;
  inline_bytes_.clear();
  if (quoted) inline_bytes_.reserve(line.size());  // words only get shorter: no view moves
  for (skip_blanks(line); !line.empty(); skip_blanks(line)) {
    if (quoted) {
      size_t start = inline_bytes_.size();
      if (!take_word(line, inline_bytes_)) return false;
      args.push_back(std::string_view(inline_bytes_).substr(start));
    } else {
      size_t size = static_cast<size_t>(std::find_if(line.begin(), line.end(), ends_word) - line.begin());
      args.push_back(line.substr(0, size));
      line.remove_prefix(size);
    }
  }
  return true;
}

// Looks at each byte once, however the line arrives. Redis searches with strchr: what stands behind
// a NUL byte is never found, and such a line goes on until it is too long.
size_t RequestParser::find_line_end(std::string_view buffer, char terminator) {
  searched_ = std::max(searched_, position_);
  std::string_view rest = buffer.substr(searched_);
  size_t end = rest.find(terminator);
  size_t nul = rest.substr(0, end).find('\0');
  searched_ += std::min({end, nul, rest.size()});
  return nul == std::string_view::npos && end != std::string_view::npos ? searched_ : std::string_view::npos;
}

// A line's length counts whether its end has arrived or not, so that the answer does not depend on
// how the bytes were cut into packets.
bool RequestParser::line_too_long(std::string_view buffer, size_t end, const Limits& limits) const {
  return std::min(end, buffer.size()) - position_ > static_cast<size_t>(limits.max_inline_length);
}

RequestParser::Status RequestParser::fail(std::string_view text) {
  error_ = "ERR Protocol error: ";
  error_ += text;
  reset();
  return Status::error;
}

void RequestParser::reset() {
  if (spans_.capacity() > kKeptArguments) std::vector<Span>().swap(spans_);
  spans_.clear();
  arguments_left_ = 0;
  in_array_ = false;
  position_ = 0;
  searched_ = 0;
  bulk_length_ = -1;
  bytes_wanted_ = 0;
}

std::optional<std::vector<std::string>> split_quoted_words(std::string_view line) {
  line = line.substr(0, line.find('\0'));
  std::vector<std::string> words;
  for (skip_blanks(line); !line.empty(); skip_blanks(line)) {
    if (!take_word(line, words.emplace_back())) return std::nullopt;
  }
  return words;
}

}  // namespace basalt
