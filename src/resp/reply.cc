#include "resp/reply.h"

#include <algorithm>

#include "base/number.h"

namespace basalt {

namespace {

constexpr size_t kMaxHeader = 1 + 20 + 2;

// A type's letter, a number and the line's end, into `out` (kMaxHeader bytes); returns the length.
size_t format_header(char* out, char type, int64_t n) {
  out[0] = type;
  size_t size = 1 + format_int64(out + 1, n);
  out[size++] = '\r';
  out[size++] = '\n';
  return size;
}

struct Header {
  char type;
  int64_t n;
};

// RESP2 has arrays only; a map becomes its keys and values in turn.
Header aggregate_header(Reply::Aggregate kind, int64_t n, bool resp3) {
  switch (kind) {
    case Reply::Aggregate::map: return resp3 ? Header{'%', n} : Header{'*', n * 2};
    case Reply::Aggregate::set: return {resp3 ? '~' : '*', n};
    case Reply::Aggregate::array: break;
  }
  return {'*', n};
}

}  // namespace

void Reply::header(char type, int64_t n) {
  char line[kMaxHeader];
  out_.append(line, format_header(line, type, n));
}

void Reply::simple(std::string_view text) {
  out_.push_back('+');
  out_.append(text);
  out_.append("\r\n");
}

void Reply::error(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  out_.push_back('-');
  size_t start = out_.size();
  out_.append(text);
  std::replace_if(
      out_.begin() + static_cast<ptrdiff_t>(start), out_.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  out_.append("\r\n");
}

void Reply::integer(int64_t v) { header(':', v); }

void Reply::bulk(std::string_view bytes) {
  header('$', static_cast<int64_t>(bytes.size()));
  out_.append(bytes);
  out_.append("\r\n");
}

void Reply::bulk_integer(int64_t v) {
  char digits[21];
  bulk({digits, format_int64(digits, v)});
}

void Reply::null() { raw(resp3() ? "_\r\n" : "$-1\r\n"); }

void Reply::null_array() { raw(resp3() ? "_\r\n" : "*-1\r\n"); }

void Reply::boolean(bool v) {
  if (resp3()) raw(v ? "#t\r\n" : "#f\r\n");
  else integer(v ? 1 : 0);
}

void Reply::number(double v) { number_text(double_to_string(v)); }

void Reply::human_number(long double v) { number_text(long_double_to_string(v)); }

void Reply::number_text(std::string_view text) {
  if (!resp3()) return bulk(text);
  out_.push_back(',');
  out_.append(text);
  out_.append("\r\n");
}

void Reply::big_number(std::string_view digits) {
  if (!resp3()) return bulk(digits);
  out_.push_back('(');
  out_.append(digits);
  out_.append("\r\n");
}

void Reply::verbatim(std::string_view text, std::string_view format) {
  if (!resp3()) return bulk(text);
  header('=', static_cast<int64_t>(format.size() + 1 + text.size()));
  out_.append(format);
  out_.push_back(':');
  out_.append(text);
  out_.append("\r\n");
}

void Reply::array(int64_t n) { header('*', n); }

void Reply::map(int64_t pairs) {
  auto [type, n] = aggregate_header(Aggregate::map, pairs, resp3());
  header(type, n);
}

void Reply::set(int64_t n) { header(resp3() ? '~' : '*', n); }

void Reply::push(int64_t n) {
  pushed_ = true;
  header(resp3() ? '>' : '*', n);
}

void Reply::attribute(int64_t pairs) { header('|', pairs); }

void Reply::close(Mark mark, int64_t n) {
  auto [type, count] = aggregate_header(mark.kind, n, resp3());
  char line[kMaxHeader];
  out_.insert(mark.offset, line, format_header(line, type, count));
}

}  // namespace basalt
