#include "server/exposition.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace basalt {
namespace {

constexpr std::string_view kKindNames[] = {"counter", "gauge", "histogram"};

// Backslash and line feed are escaped everywhere, quotes in label values.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (char c : text) {
    if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else if (c == '"' && quotes) out += "\\\"";
    else out += c;
  }
  return out;
}

std::string number_text(double value) {
  constexpr double kExactIntegers = 1ULL << 53;
  if (std::abs(value) < kExactIntegers && value == std::trunc(value))
    return std::to_string(static_cast<int64_t>(value));
  return fmt::format("{}", value);
}

}  // namespace

void Exposition::family(std::string_view name, MetricKind kind, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, escaped(help, false), name,
                 kKindNames[static_cast<size_t>(kind)]);
}

void Exposition::line(std::string_view suffix, std::span<const Label> labels, double value) {
  text_ += name_;
  text_ += suffix;
  for (size_t i = 0; i < labels.size(); ++i) {
    fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", i == 0 ? '{' : ',', labels[i].name,
                   escaped(labels[i].value, true));
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ';
  text_ += number_text(value);
  text_ += '\n';
}

void Exposition::histogram(Label label, std::span<const Bucket> buckets, uint64_t count, double sum) {
  for (const Bucket& bucket : buckets) {
    const std::string bound = number_text(bucket.upper_bound);
    line("_bucket", std::array{label, Label{"le", bound}}, static_cast<double>(bucket.count));
  }
  line("_bucket", std::array{label, Label{"le", "+Inf"}}, static_cast<double>(count));
  line("_sum", {&label, 1}, sum);
  line("_count", {&label, 1}, static_cast<double>(count));
}

}  // namespace basalt
