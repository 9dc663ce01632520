// Writes Prometheus's text format: families of samples, one below the other.
// https://prometheus.io/docs/instrumenting/exposition_formats/
//
// Thread rules: an object belongs to one thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace basalt {

enum class MetricKind : uint8_t { counter, gauge, histogram };

struct Label {
  std::string_view name, value;
};

class Exposition {
 public:
  /// Begins a family; its samples follow, under its name.
  void family(std::string_view name, MetricKind kind, std::string_view help);
  void sample(double value, std::span<const Label> labels = {}) { line("", labels, value); }
  void sample(double value, Label label) { line("", {&label, 1}, value); }

  struct Bucket {
    double upper_bound;
    uint64_t count;  ///< of everything up to the bound
  };
  /// A histogram's samples. The bounds ascend; the last bucket, without a bound, holds all `count`.
  void histogram(Label label, std::span<const Bucket> buckets, uint64_t count, double sum);

  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, std::span<const Label> labels, double value);
  std::string name_;
  std::string text_;
};

}  // namespace basalt
