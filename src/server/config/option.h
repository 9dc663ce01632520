// What an option is: one row. Parsing, CONFIG GET / SET / REWRITE, --help, the flags and conf/basalt.conf all
// derive from the table of these rows (options.h); nothing else lists options.
//
// A row is written as a chain, most of it optional:
//
//     integer("timeout", "0", 0, kIntMax).help("Seconds after which …").into<&Settings::timeout_s>()
//
// Rows are constants: any thread reads them.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <vector>

#include "server/config/settings.h"

namespace basalt {

/// A value, or a sentence for people on what is wrong with what they wrote.
template <typename T>
using Checked = tl::expected<T, std::string>;

using Words = std::span<const std::string>;

inline constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
inline constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
inline constexpr int64_t kUintMax = std::numeric_limits<uint32_t>::max();
inline constexpr int64_t kLongMin = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kLongMax = std::numeric_limits<int64_t>::max();

/// An option's value as CONFIG GET shows it and, for kinds that are numbers, as one.
struct OptionValue {
  std::string text;
  int64_t number = 0;  ///< yes is 1; a choice is its place in the list; a percentage is negative
  bool operator==(const OptionValue&) const = default;
};

struct Option {
  enum class Kind : uint8_t {
    yes_no,
    integer,
    memory,             ///< bytes, with units (1k = 1000, 1kb = 1024, …)
    memory_or_percent,  ///< or "5%"
    octal,
    choice,  ///< one word of `choices`
    text,
    words,  ///< several words
  };
  enum class Change : uint8_t {
    at_run_time,
    at_start_only,
    when_unprotected,  ///< at run time if enable-protected-configs allows it
  };
  /// Words to their value. `base`: the value that the words add to.
  using Read = Checked<OptionValue> (*)(Words words, std::string_view base);
  /// Why this value is refused, if it is.
  using Refuse = std::optional<std::string> (*)(const OptionValue& value);
  /// The number that a given number stands for (0: "choose for me"; out of range: the nearest).
  using Adjust = int64_t (*)(int64_t number);
  using Store = void (*)(Settings& settings, const OptionValue& value);
  /// The value as the lines of a file, for options that take several.
  using ToLines = std::vector<std::string> (*)(const OptionValue& value);

  std::string_view name;
  Kind kind = Kind::text;
  std::string_view default_text;
  std::string_view alias = {};
  std::string_view help_text = {};
  std::string_view choices = {};  ///< "everysec, always, no", also the words of the error
  int64_t min = kLongMin;
  int64_t max = kLongMax;
  Change change = Change::at_run_time;
  bool is_sensitive = false;    ///< a password: not for logs
  bool is_hidden = false;       ///< CONFIG GET shows it only when asked by name; not in the file
  bool takes_listener = false;  ///< a change needs someone to carry it out: refused when nobody listens
  bool names_a_file = false;    ///< whose content may change: setting the same name again is a change too
  bool lines_add_up = false;    ///< several lines of a file are one value (save)
  Read read = nullptr;          ///< for words, and for text that is more than text
  Refuse refuse = nullptr;
  Adjust adjust_number = nullptr;
  Store store = nullptr;  ///< null: nothing in the server reads it
  ToLines to_lines = nullptr;

  constexpr Option also(std::string_view v) const { return with(&Option::alias, v); }
  constexpr Option help(std::string_view v) const { return with(&Option::help_text, v); }
  constexpr Option at_start_only() const { return with(&Option::change, Change::at_start_only); }
  constexpr Option when_unprotected() const { return with(&Option::change, Change::when_unprotected); }
  constexpr Option sensitive() const { return with(&Option::is_sensitive, true); }
  constexpr Option hidden() const { return with(&Option::is_hidden, true); }
  constexpr Option needs_listener() const { return with(&Option::takes_listener, true); }
  constexpr Option names_file() const { return with(&Option::names_a_file, true); }
  constexpr Option add_up() const { return with(&Option::lines_add_up, true); }
  constexpr Option read_by(Read v) const { return with(&Option::read, v); }
  constexpr Option refused(Refuse v) const { return with(&Option::refuse, v); }
  constexpr Option adjusted(Adjust v) const { return with(&Option::adjust_number, v); }
  constexpr Option stored(Store v) const { return with(&Option::store, v); }
  constexpr Option as_lines(ToLines v) const { return with(&Option::to_lines, v); }

  /// Where the value goes: `.into<&Settings::port>()`.
  template <auto member>
  constexpr Option into() const {
    return stored([](Settings& settings, const OptionValue& value) {
      auto& field = settings.*member;
      using Field = std::remove_cvref_t<decltype(field)>;
      if constexpr (std::is_same_v<Field, SharedText>) field.set(value.text);
      else field.store(static_cast<typename Field::value_type>(value.number), std::memory_order_relaxed);
    });
  }

 private:
  template <typename Member, typename T>
  constexpr Option with(Member Option::*member, T v) const {
    Option copy = *this;
    copy.*member = v;
    return copy;
  }
};

constexpr Option yes_no(std::string_view name, std::string_view default_text) {
  return {.name = name, .kind = Option::Kind::yes_no, .default_text = default_text};
}
constexpr Option integer(std::string_view name, std::string_view default_text, int64_t min, int64_t max) {
  return {.name = name, .kind = Option::Kind::integer, .default_text = default_text, .min = min, .max = max};
}
constexpr Option memory(std::string_view name, std::string_view default_text, int64_t min = 0, int64_t max = kLongMax) {
  return {.name = name, .kind = Option::Kind::memory, .default_text = default_text, .min = min, .max = max};
}
constexpr Option choice(std::string_view name, std::string_view default_text, std::string_view choices) {
  return {.name = name, .kind = Option::Kind::choice, .default_text = default_text, .choices = choices};
}
constexpr Option text(std::string_view name, std::string_view default_text) {
  return {.name = name, .kind = Option::Kind::text, .default_text = default_text};
}
constexpr Option words(std::string_view name, std::string_view default_text, Option::Read read) {
  return {.name = name, .kind = Option::Kind::words, .default_text = default_text, .read = read};
}

/// What `words` mean for `option`; the error is worded as Redis words it. `base` is what the words
/// add to, for the options that read several.
Checked<OptionValue> read_value(const Option& option, Words words, std::string_view base = {});

/// What stands behind the name in the lines of a file that give the option this value: one line, except
/// where Option::to_lines says otherwise.
std::vector<std::string> value_lines(const Option& option, const OptionValue& value);

/// Bytes as a file has them: "64mb", or the bare number where no unit divides it.
std::string memory_text(uint64_t bytes);

/// A word as a configuration file wants it: in quotes if it has to be.
std::string quote_word(std::string_view word);

}  // namespace basalt
