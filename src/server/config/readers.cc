#include "server/config/readers.h"

#include <array>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/number.h"
#include "base/split.h"

namespace basalt {
namespace {

tl::unexpected<std::string> refuse(std::string_view text) { return tl::unexpected(std::string(text)); }

// Redis reads these numbers with C's strtoll.
std::optional<int64_t> parse_c_integer(const std::string& word) {
  char* end = nullptr;
  int64_t number = std::strtoll(word.c_str(), &end, 10);
  if (*end != '\0') return std::nullopt;
  return number;
}

bool is_single_empty(Words words) { return words.size() == 1 && words.front().empty(); }

std::vector<std::string> split_words(std::string_view text) {
  auto words = split_nonempty(text, ' ');
  return {words.begin(), words.end()};
}

std::string join(const auto& words) { return fmt::format("{}", fmt::join(words, " ")); }

struct BufferLimit {
  uint64_t hard = 0;
  uint64_t soft = 0;
  int64_t seconds = 0;
};
using BufferLimits = std::array<BufferLimit, kClientClasses>;

// CONFIG GET shows the old word for replicas, files have the new one.
constexpr std::string_view kShownClasses[] = {"normal", "slave", "pubsub"};
constexpr std::string_view kFileClasses[] = {"normal", "replica", "pubsub"};

std::optional<size_t> find_class(std::string_view word) {
  for (size_t i = 0; i < kClientClasses; ++i) {
    if (equals_ignore_case(word, kShownClasses[i]) || equals_ignore_case(word, kFileClasses[i])) return i;
  }
  return std::nullopt;
}

Checked<BufferLimits> parse_buffer_limits(Words words, BufferLimits limits) {
  if (words.size() % 4 != 0) return refuse("Wrong number of arguments in buffer limit configuration.");
  for (; !words.empty(); words = words.subspan(4)) {
    auto client_class = find_class(words[0]);
    if (!client_class) return refuse("Invalid client class specified in buffer limit configuration.");
    auto hard = parse_memory(words[1]);
    auto soft = parse_memory(words[2]);
    auto seconds = parse_c_integer(words[3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return refuse("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits[*client_class] = {*hard, *soft, *seconds};
  }
  return limits;
}

BufferLimits known_buffer_limits(std::string_view text) { return *parse_buffer_limits(split_words(text), {}); }

struct NotifyFlag {
  char letter;
  uint32_t bits;
};
constexpr NotifyFlag event_flag(char letter, EventClass c) { return {letter, static_cast<uint32_t>(c)}; }
// In the order in which Redis prints them.
constexpr NotifyFlag kNotifyFlags[] = {
    event_flag('g', EventClass::generic),
    event_flag('$', EventClass::string),
    event_flag('l', EventClass::list),
    event_flag('s', EventClass::set),
    event_flag('h', EventClass::hash),
    event_flag('z', EventClass::zset),
    event_flag('x', EventClass::expired),
    event_flag('e', EventClass::evicted),
    event_flag('t', EventClass::stream),
    event_flag('d', EventClass::module),
    event_flag('n', EventClass::new_key),
    {'K', kNotifyKeyspace},
    {'E', kNotifyKeyevent},
    event_flag('m', EventClass::key_miss),
};

// 'A' stands for every class but key misses and new keys, of which there could be too many.
constexpr uint32_t all_events() {
  uint32_t bits = 0;
  for (const NotifyFlag& flag : kNotifyFlags) {
    if (flag.letter != 'n' && flag.letter != 'm' && flag.letter != 'K' && flag.letter != 'E') bits |= flag.bits;
  }
  return bits;
}

std::optional<uint32_t> notify_bits(char letter) {
  if (letter == 'A') return all_events();
  for (const NotifyFlag& flag : kNotifyFlags) {
    if (flag.letter == letter) return flag.bits;
  }
  return std::nullopt;
}

// Redis 7.0 leaves 'n' out beside 'A', and CONFIG REWRITE would lose it; it is printed here, as later versions do.
std::string notify_text(uint32_t bits) {
  bool all = (bits & all_events()) == all_events();
  std::string text = all ? "A" : "";
  for (const NotifyFlag& flag : kNotifyFlags) {
    bool in_all = (flag.bits & all_events()) != 0;
    if ((bits & flag.bits) != 0 && !(all && in_all)) text += flag.letter;
  }
  return text;
}

}  // namespace

Checked<OptionValue> read_bind(Words words, std::string_view) {
  constexpr size_t kMaxAddresses = 16;
  if (words.size() > kMaxAddresses) return refuse("Too many bind addresses specified.");
  return OptionValue{join(words)};
}

Checked<OptionValue> read_save(Words words, std::string_view base) {
  if (is_single_empty(words)) return OptionValue{};
  if (words.size() % 2 != 0) return refuse("Invalid save parameters");
  std::vector<std::string> all = split_words(base);
  for (size_t i = 0; i < words.size(); ++i) {
    auto number = parse_c_integer(words[i]);
    int64_t least = i % 2 == 0 ? 1 : 0;
    if (!number || *number < least) return refuse("Invalid save parameters");
    all.push_back(std::to_string(*number));
  }
  return OptionValue{join(all)};
}

std::vector<std::string> save_lines(const OptionValue& value) {
  std::vector<std::string> words = split_words(value.text);
  std::vector<std::string> lines;
  for (size_t i = 0; i + 1 < words.size(); i += 2) lines.push_back(words[i] + ' ' + words[i + 1]);
  if (lines.empty()) lines.push_back("\"\"");
  return lines;
}

Checked<OptionValue> read_output_buffer_limits(Words words, std::string_view base) {
  auto limits = parse_buffer_limits(words, known_buffer_limits(base));
  if (!limits) return tl::unexpected(limits.error());
  std::vector<std::string> parts;
  for (size_t i = 0; i < kClientClasses; ++i) {
    const BufferLimit& limit = (*limits)[i];
    parts.push_back(fmt::format("{} {} {} {}", kShownClasses[i], limit.hard, limit.soft, limit.seconds));
  }
  return OptionValue{join(parts)};
}

void store_output_buffer_limits(Settings& settings, const OptionValue& value) {
  BufferLimits limits = known_buffer_limits(value.text);
  for (size_t i = 0; i < kClientClasses; ++i) {
    settings.output_buffer_limits[i].hard_bytes = limits[i].hard;
    settings.output_buffer_limits[i].soft_bytes = limits[i].soft;
    settings.output_buffer_limits[i].soft_seconds = limits[i].seconds;
  }
}

std::vector<std::string> output_buffer_limit_lines(const OptionValue& value) {
  BufferLimits limits = known_buffer_limits(value.text);
  std::vector<std::string> lines;
  for (size_t i = 0; i < kClientClasses; ++i) {
    lines.push_back(fmt::format("{} {} {} {}", kFileClasses[i], memory_text(limits[i].hard),
                                memory_text(limits[i].soft), limits[i].seconds));
  }
  return lines;
}

Checked<OptionValue> read_notify_flags(Words words, std::string_view) {
  uint32_t all_bits = 0;
  for (char letter : words.front()) {
    auto bits = notify_bits(letter);
    if (!bits) return refuse("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    all_bits |= *bits;
  }
  return OptionValue{notify_text(all_bits), all_bits};
}

Checked<OptionValue> read_percentiles(Words words, std::string_view) {
  if (is_single_empty(words)) return OptionValue{};
  std::vector<std::string> parts;
  for (const std::string& word : words) {
    auto percentile = parse_double(word);
    if (!percentile) return refuse("Invalid latency-tracking-info-percentiles parameters");
    if (*percentile < 0 || *percentile > 100) {
      return refuse("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    }
    std::string digits = fmt::format("{:f}", *percentile);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.pop_back();
    parts.push_back(digits);
  }
  return OptionValue{join(parts)};
}

Checked<OptionValue> read_shutdown_flags(Words words, std::string_view) {
  static constexpr std::string_view kFlags[] = {"default", "save", "nosave", "now", "force"};
  std::array<bool, std::size(kFlags)> given{};
  bool all_known = !words.empty();
  for (const std::string& word : words) {
    size_t i = 0;
    while (i < std::size(kFlags) && !equals_ignore_case(word, kFlags[i])) ++i;
    if (i == std::size(kFlags)) all_known = false;
    else given[i] = true;
  }
  if (!all_known) {
    return refuse(fmt::format("argument(s) must be one of the following: {}", fmt::join(kFlags, ", ")));
  }
  if (given[1] && given[2]) return refuse("shutdown options SAVE and NOSAVE can't be used simultaneously");
  std::vector<std::string_view> flags;
  for (size_t i = 1; i < std::size(kFlags); ++i) {
    if (given[i]) flags.push_back(kFlags[i]);
  }
  if (flags.empty()) flags.push_back(kFlags[0]);
  return OptionValue{join(flags)};
}

Checked<OptionValue> read_oom_values(Words words, std::string_view) {
  if (words.size() != 3) return refuse("wrong number of arguments");
  std::vector<int64_t> values;
  for (const std::string& word : words) {
    auto number = parse_c_integer(word);
    if (!number || *number < -2000 || *number > 2000) {
      return refuse("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
    values.push_back(*number);
  }
  return OptionValue{join(values)};
}

Checked<OptionValue> read_directory(Words words, std::string_view) {
  if (words.front().empty()) return refuse("argument must be the path of a directory");
  std::error_code error;
  auto path = std::filesystem::absolute(words.front(), error).lexically_normal();
  if (error) return refuse(error.message());
  std::string text = path.string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return OptionValue{text};
}

Checked<OptionValue> read_replicaof(Words words, std::string_view) {
  if (words.empty() || is_single_empty(words)) return OptionValue{};
  if (words.size() != 2) return refuse("wrong number of arguments");
  if (equals_ignore_case(words[0], "no") && equals_ignore_case(words[1], "one")) return OptionValue{};
  auto port = parse_c_integer(words[1]);
  if (!port || *port < 0 || *port > 65535) return refuse("Invalid master port");
  return OptionValue{join(words)};
}

}  // namespace basalt
