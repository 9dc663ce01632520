#include "tools/admin/packed_check.h"

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/number.h"
#include "layout/packed.h"
#include "tools/admin/text.h"

namespace basalt::tools {
namespace {

struct Element {
  std::string_view name;
  std::string_view value;  // of a hash or zset
};

class PackedChecker {
 public:
  explicit PackedChecker(const Head& head) : head_(head) {}

  std::optional<PackedDamage> run() {
    read();
    if (head_.type != Type::list) remove_repeated();
    sort();
    find_next_expiry();
    if (elements_.size() != head_.size)
      wrong(fmt::format("its size says {}, there are {} elements", head_.size, elements_.size()));
    else if (elements_.empty()) wrong("it is empty");
    if (damage_.what.empty()) return std::nullopt;
    damage_.size = elements_.size();
    for (const Element& element : elements_) {
      layout::append_packed(damage_.body, element.name);
      if (pairs()) layout::append_packed(damage_.body, element.value);
    }
    return damage_;
  }

 private:
  bool pairs() const { return head_.type == Type::hash || head_.type == Type::zset; }
  // The first that is wrong is told; the rest often follows from it.
  void wrong(std::string what) {
    if (damage_.what.empty()) damage_.what = std::move(what);
  }

  void read() {
    layout::PackedReader reader(head_.body);
    while (const auto name = reader.next()) {
      const auto value = pairs() ? reader.next() : std::string_view();
      if (value && sound({*name, *value})) elements_.push_back({*name, *value});
      else if (!reader.damaged()) wrong(fmt::format("element {} makes no sense", quoted(*name, 80)));
    }
    if (reader.damaged()) wrong(fmt::format("its bytes make no sense behind element {}", elements_.size()));
  }

  bool sound(const Element& element) const {
    if (head_.type == Type::hash) return layout::decode_field_value(element.value).has_value();
    if (head_.type == Type::zset) return layout::decode_score(element.value).has_value();
    if (head_.encoding != Encoding::packed_intset) return true;
    return parse_int64(element.name).has_value();
  }

  void remove_repeated() {
    absl::flat_hash_set<std::string_view> seen;
    std::erase_if(elements_, [&](const Element& element) {
      const bool repeated = !seen.insert(element.name).second;
      if (repeated) wrong(fmt::format("element {} is there twice", quoted(element.name, 80)));
      return repeated;
    });
  }

  bool before(const Element& a, const Element& b) const {
    if (head_.type == Type::zset) {
      const double score_a = *layout::decode_score(a.value), score_b = *layout::decode_score(b.value);
      return score_a != score_b ? score_a < score_b : a.name < b.name;
    }
    return head_.encoding == Encoding::packed_intset && *parse_int64(a.name) < *parse_int64(b.name);
  }

  void sort() {
    const auto in_order = [this](const Element& a, const Element& b) { return before(a, b); };
    if (std::is_sorted(elements_.begin(), elements_.end(), in_order)) return;
    wrong("its elements are not in order");
    std::stable_sort(elements_.begin(), elements_.end(), in_order);
  }

  void find_next_expiry() {
    if (head_.type != Type::hash) return;
    int64_t& next_ms = damage_.next_field_expiry_ms;
    for (const Element& element : elements_) {
      const int64_t expire_ms = layout::decode_field_value(element.value)->expire_ms;
      if (expire_ms != 0 && (next_ms == 0 || expire_ms < next_ms)) next_ms = expire_ms;
    }
    if (next_ms != 0 && (head_.next_field_expiry_ms == 0 || head_.next_field_expiry_ms > next_ms))
      wrong(fmt::format("a field expires at {}, earlier than its head says", time_text(next_ms)));
  }

  const Head& head_;
  std::vector<Element> elements_;
  PackedDamage damage_;
};

}  // namespace

std::optional<PackedDamage> check_packed(const Head& head) { return PackedChecker(head).run(); }

}  // namespace basalt::tools
