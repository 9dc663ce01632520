// Writes replies in RESP2 or RESP3 (https://redis.io/docs/reference/protocol-spec/) to the end of a
// buffer. One Reply serves one command; nothing here knows of sockets.
//
// A RESP3 type falls back to what Redis sends a RESP2 client: maps are flat arrays, sets and pushes
// arrays, doubles bulk strings, booleans 0 and 1, nulls null bulks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace basalt {

enum class Protocol : uint8_t { resp2 = 2, resp3 = 3 };

class Reply {
 public:
  Reply(std::string& out, Protocol protocol) : out_(out), protocol_(protocol) {}

  Protocol protocol() const { return protocol_; }
  /// HELLO answers in the protocol that it switches to.
  void use(Protocol protocol) { protocol_ = protocol; }
  bool resp3() const { return protocol_ == Protocol::resp3; }

  void simple(std::string_view text);  ///< +text; no CR or LF inside
  void ok() { raw("+OK\r\n"); }
  /// -text, code first ("ERR …"); CR and LF inside become spaces, as Redis does.
  void error(std::string_view text);
  void integer(int64_t v);
  void bulk(std::string_view bytes);
  void bulk_integer(int64_t v);  ///< an integer sent as a bulk string
  void null();                   ///< $-1 or _
  void null_array();             ///< *-1 or _
  void boolean(bool v);
  void number(double v);             ///< , or a bulk string, in Redis's double format
  void human_number(long double v);  ///< the same, in the format of INCRBYFLOAT (coordinates)
  void big_number(std::string_view digits);
  /// A text for people (INFO, LOLWUT, …); `format` is three letters, "txt" or "mkd".
  void verbatim(std::string_view text, std::string_view format = "txt");

  /// Headers: the elements are what is written next (a map of n pairs takes 2n values).
  void array(int64_t n);
  void map(int64_t pairs);
  void set(int64_t n);
  void push(int64_t n);
  /// Whether a push was written: CLIENT REPLY does not silence those (the confirmations of SUBSCRIBE).
  bool pushed() const { return pushed_; }
  void attribute(int64_t pairs);  ///< RESP3 only; the caller sends nothing of it to RESP2

  /// For a header whose count is known only afterwards: mark the place, write the elements, then
  /// close it. Moves the elements once. Marks nest: close the inner before the outer.
  enum class Aggregate : uint8_t { array, map, set };
  struct Mark {
    size_t offset;
    Aggregate kind;
  };
  Mark open(Aggregate kind) { return {out_.size(), kind}; }
  /// `n` counts elements, pairs for a map.
  void close(Mark mark, int64_t n);

  void raw(std::string_view bytes) { out_.append(bytes); }
  /// How much has been written to the buffer, for rolling a failed command's reply back.
  size_t size() const { return out_.size(); }
  void truncate(size_t size) { out_.resize(size); }
  /// What was written since the buffer had that size, borrowed until more is written.
  std::string_view since(size_t size) const { return std::string_view(out_).substr(size); }
  /// Where it is written: for bytes that are RESP already.
  std::string& buffer() { return out_; }

 private:
  void header(char type, int64_t n);
  void number_text(std::string_view text);
  std::string& out_;
  Protocol protocol_;
  bool pushed_ = false;
};

}  // namespace basalt
