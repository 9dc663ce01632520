// Errors as values.
//
// Result<T> is what every operation that can fail returns; TRY passes a failure up. Absence is not
// a failure: it is an optional. The three kinds of Error never mix: what a client did wrong, what
// the storage could not do, and "this attempt would have to wait", which no client ever sees.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <variant>

namespace basalt {

/// The client asked for something it can't have. `text` is the reply as Redis words it, code
/// first, without the leading '-': "ERR syntax error", "WRONGTYPE Operation against …".
struct CommandError {
  std::string text;
};

/// The storage failed. Only src/store makes these; `detail` names the file or volume and the cause.
struct StorageError {
  enum class Cause : uint8_t { io, no_space, corruption, read_only, closed, size_limit };
  Cause cause;
  std::string detail;
};

/// The attempt ran in non-blocking mode and would have waited for the disk, a lock or a write
/// stall. Nothing was committed; the same command runs again on the storage pool.
struct WouldBlock {};

class [[nodiscard]] Error {
 public:
  Error(CommandError e) : what_(std::move(e)) {}
  Error(StorageError e) : what_(std::move(e)) {}
  Error(WouldBlock e) : what_(e) {}

  bool would_block() const { return std::holds_alternative<WouldBlock>(what_); }
  const CommandError* command() const { return std::get_if<CommandError>(&what_); }
  const StorageError* storage() const { return std::get_if<StorageError>(&what_); }

 private:
  std::variant<WouldBlock, CommandError, StorageError> what_;
};

template <typename T>
using Result = tl::expected<T, Error>;

/// A failure with Redis's own words: `return fail("ERR no such key");`
inline tl::unexpected<Error> fail(std::string text) { return tl::unexpected<Error>(CommandError{std::move(text)}); }
inline tl::unexpected<Error> would_block() { return tl::unexpected<Error>(WouldBlock{}); }

namespace detail {
template <typename T>
T unwrap(Result<T>&& r) {
  return *std::move(r);
}
inline void unwrap(Result<void>&&) {}
}  // namespace detail

}  // namespace basalt

/// The value of a Result, or out of the enclosing function with its Error.
#define TRY(...)                                                                \
  ({                                                                            \
    auto try_result_ = (__VA_ARGS__);                                           \
    if (!try_result_) [[unlikely]]                                              \
      return ::tl::unexpected<::basalt::Error>(std::move(try_result_).error()); \
    ::basalt::detail::unwrap(std::move(try_result_));                           \
  })
