// An input of ZUNION, ZINTER and ZDIFF: a sorted set, or a set, whose members count as scored 1.
//
// Inputs are read in the order of their members' positions (types/common/members.h), which they share: equal
// members meet, and nothing grows with the inputs.
//
// Thread rules: as the Txn's, which has frozen or holds the key's lock. While a stream is open, the Txn must not
// be written.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "keyspace/txn.h"
#include "types/common/members.h"

namespace basalt {

/// The elements of one input, by position.
class ScoredStream {
 public:
  struct Element {
    MemberPosition position;
    double score;
  };
  using ScoreOf = std::optional<double> (*)(std::string_view value);

  /// Sorts them; the members' bytes are borrowed.
  explicit ScoredStream(std::vector<Element> elements);
  /// The items of a spread collection; `score_of` reads their values, nullopt for damaged ones.
  ScoredStream(Txn& txn, ObjectId object, ScoreOf score_of);

  /// To the next element, at first to the first one.
  Result<void> next();
  /// nullopt behind the last; borrowed until the next move.
  const std::optional<Element>& current() const { return current_; }
  /// The score of the element with this position, if it is there. Goes forward only: positions must ascend.
  Result<std::optional<double>> find(const MemberPosition& position);

  /// Stepping along is cheaper than looking up as long as few elements lie between those asked for.
  static constexpr uint64_t kElementsBetween = 8;

 private:
  Result<void> read();

  std::vector<Element> sorted_;
  size_t at_ = 0;
  std::optional<MemberCursor> cursor_;
  ScoreOf score_of_ = nullptr;
  bool started_ = false;
  std::optional<Element> current_;
};

class ScoredSource {
 public:
  /// A missing key is an empty source. WRONGTYPE for what is neither.
  static Result<std::unique_ptr<ScoredSource>> open(Txn& txn, Key key);
  virtual ~ScoredSource() = default;

  virtual uint64_t size() const = 0;
  virtual bool spread() const = 0;
  virtual Result<std::optional<double>> score(std::string_view member) = 0;
  /// Borrows from the source.
  virtual Result<ScoredStream> stream() const = 0;
};

}  // namespace basalt
