#include "types/zset/zset_operations.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <string>

namespace basalt {
namespace {

// A weight of 0 times an infinite score is no number: Redis makes it 0.
double weighted(double score, double weight) {
  const double product = score * weight;
  return std::isnan(product) ? 0 : product;
}

void aggregate_into(double& target, double score, Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::sum:
      target += score;
      if (std::isnan(target)) target = 0;  // inf and -inf
      break;
    case Aggregate::min: target = score < target ? score : target; break;
    case Aggregate::max: target = score > target ? score : target; break;
  }
}

void sort_by_size(std::vector<ScoredInput>& inputs) {
  std::stable_sort(inputs.begin(), inputs.end(),
                   [](const ScoredInput& a, const ScoredInput& b) { return a.source->size() < b.source->size(); });
}

/// Asks an input for members that come in the order of their positions: walks beside them, or looks each up where
/// the input is much larger.
class Asked {
 public:
  static Result<Asked> open(ScoredSource& source, const ScoredSource& asking) {
    Asked asked(source);
    const bool near = source.size() / ScoredStream::kElementsBetween <= asking.size();
    if (near) asked.stream_.emplace(TRY(source.stream()));
    return asked;
  }

  Result<std::optional<double>> score(const MemberPosition& position) {
    return stream_ ? stream_->find(position) : source_->score(position.name);
  }

 private:
  explicit Asked(ScoredSource& source) : source_(&source) {}
  ScoredSource* source_;
  std::optional<ScoredStream> stream_;
};

struct Merging {
  ScoredStream stream;
  double weight;
  size_t index;
};

// Of equal members the one of the first input comes first.
bool later(const Merging* a, const Merging* b) {
  const auto& left = a->stream.current()->position;
  const auto& right = b->stream.current()->position;
  return left != right ? left > right : a->index > b->index;
}

}  // namespace

Result<void> unite(std::vector<ScoredInput>& inputs, Aggregate aggregate, ScoredVisitor visit) {
  sort_by_size(inputs);
  std::deque<Merging> streams;
  std::vector<Merging*> heap;
  for (const ScoredInput& input : inputs) {
    Merging& merging = streams.emplace_back(TRY(input.source->stream()), input.weight, streams.size());
    TRY(merging.stream.next());
    if (merging.stream.current()) heap.push_back(&merging);
  }
  std::make_heap(heap.begin(), heap.end(), later);

  std::string member;
  std::optional<double> score;  // of `member`, as far as it is known
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    Merging& merging = *heap.back();
    const auto& [position, own_score] = *merging.stream.current();
    const double term = weighted(own_score, merging.weight);
    if (score && position.name == member) {
      aggregate_into(*score, term, aggregate);
    } else {
      if (score && !TRY(visit({member, *score}))) return {};
      member = position.name;
      score = term;
    }
    TRY(merging.stream.next());
    if (merging.stream.current()) std::push_heap(heap.begin(), heap.end(), later);
    else heap.pop_back();
  }
  if (score) TRY(visit({member, *score}));
  return {};
}

Result<void> intersect(std::vector<ScoredInput>& inputs, Aggregate aggregate, ScoredVisitor visit) {
  sort_by_size(inputs);
  const ScoredInput& smallest = inputs.front();
  if (smallest.source->size() == 0) return {};
  std::vector<Asked> others;
  for (size_t i = 1; i < inputs.size(); ++i) others.push_back(TRY(Asked::open(*inputs[i].source, *smallest.source)));

  ScoredStream stream = TRY(smallest.source->stream());
  for (TRY(stream.next()); stream.current(); TRY(stream.next())) {
    const auto& [position, own_score] = *stream.current();
    double score = weighted(own_score, smallest.weight);
    bool everywhere = true;
    for (size_t i = 0; i < others.size() && everywhere; ++i) {
      const auto other = TRY(others[i].score(position));
      everywhere = other.has_value();
      if (other) aggregate_into(score, *other * inputs[i + 1].weight, aggregate);
    }
    if (everywhere && !TRY(visit({position.name, score}))) return {};
  }
  return {};
}

Result<void> subtract(const std::vector<ScoredInput>& inputs, ScoredVisitor visit) {
  const ScoredSource& first = *inputs.front().source;
  if (first.size() == 0) return {};
  std::vector<Asked> others;
  for (size_t i = 1; i < inputs.size(); ++i) others.push_back(TRY(Asked::open(*inputs[i].source, first)));

  ScoredStream stream = TRY(first.stream());
  for (TRY(stream.next()); stream.current(); TRY(stream.next())) {
    const auto& [position, score] = *stream.current();
    bool elsewhere = false;
    for (size_t i = 0; i < others.size() && !elsewhere; ++i) elsewhere = TRY(others[i].score(position)).has_value();
    if (!elsewhere && !TRY(visit({position.name, score}))) return {};
  }
  return {};
}

}  // namespace basalt
