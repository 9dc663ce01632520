// Readers of the options whose value is more than one number, word or string. Each is an Option::Read: words to
// the canonical text that CONFIG GET shows, refusing with Redis's texts.
#pragma once

#include "server/config/option.h"

namespace basalt {

Checked<OptionValue> read_bind(Words words, std::string_view base);
/// Pairs of seconds and changes, added to `base`; a single "" empties it.
Checked<OptionValue> read_save(Words words, std::string_view base);
std::vector<std::string> save_lines(const OptionValue& value);
/// Quadruples of class, hard limit, soft limit, soft seconds; classes that are not named stay as in `base`.
Checked<OptionValue> read_output_buffer_limits(Words words, std::string_view base);
void store_output_buffer_limits(Settings& settings, const OptionValue& value);
std::vector<std::string> output_buffer_limit_lines(const OptionValue& value);
/// The number is EventClass bits, kNotifyKeyspace and kNotifyKeyevent.
Checked<OptionValue> read_notify_flags(Words words, std::string_view base);
Checked<OptionValue> read_percentiles(Words words, std::string_view base);
Checked<OptionValue> read_shutdown_flags(Words words, std::string_view base);
Checked<OptionValue> read_oom_values(Words words, std::string_view base);
/// A path, made absolute.
Checked<OptionValue> read_directory(Words words, std::string_view base);
/// "host port", or empty for "no one".
Checked<OptionValue> read_replicaof(Words words, std::string_view base);

}  // namespace basalt
