// Random sorted sets, packed and spread, must answer as a plain sorted list does.
#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "base/number.h"
#include "types/zset/zset_range.h"
#include "types/zset/zset_testing.h"

namespace basalt {
namespace {

using Elements = std::vector<std::pair<double, std::string>>;

class ModelTest : public Zsets, public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    seed_ = std::random_device()();
    random_.seed(seed_);
    RecordProperty("seed", std::to_string(seed_));
    if (GetParam()) limits().zset_max_listpack_entries = 0;
  }

  uint64_t below(uint64_t n) { return random_() % n; }
  std::string member() { return fmt::format("m{}", below(60)); }
  std::string score() { return std::to_string(static_cast<int>(below(13)) - 6); }
  std::string bound() { return (below(3) == 0 ? "(" : "") + (below(6) == 0 ? below(2) ? "inf" : "-inf" : score()); }
  std::string lex_bound() {
    if (below(6) == 0) return below(2) ? "-" : "+";
    return (below(2) ? "[" : "(") + member();
  }
  std::string rank() { return std::to_string(static_cast<int>(below(40)) - 20); }

  Elements sorted() const {
    Elements elements;
    for (const auto& [member, score] : model_) elements.emplace_back(score, member);
    std::sort(elements.begin(), elements.end());
    return elements;
  }
  void add() {
    const std::string m = member(), s = score();
    run(fmt::format("ZADD z {} {}", s, m));
    model_[m] = std::stod(s);
  }
  void add_several() {
    std::string line = "ZADD z";
    for (uint64_t i = below(8) + 1; i > 0; --i) {
      const std::string m = member(), s = score();
      line += fmt::format(" {} {}", s, m);
      model_[m] = std::stod(s);
    }
    run(line);
  }
  void increment() {
    const std::string m = member(), s = score();
    run(fmt::format("ZINCRBY z {} {}", s, m));
    model_[m] += std::stod(s);
  }
  void remove() {
    const std::string m = member();
    EXPECT_EQ(run("ZREM z " + m), fmt::format(":{}\r\n", model_.erase(m)));
  }
  void pop(bool highest) {
    Elements elements = sorted();
    if (highest) std::reverse(elements.begin(), elements.end());
    elements.resize(std::min<size_t>(elements.size(), below(5)));
    for (const auto& [_, member] : elements) model_.erase(member);
    EXPECT_EQ(list(fmt::format("{} z {}", highest ? "ZPOPMAX" : "ZPOPMIN", elements.size())), texts(elements));
  }
  static List texts(const Elements& elements) {
    List out;
    for (const auto& [score, member] : elements) out.insert(out.end(), {member, double_to_string(score)});
    return out;
  }

  /// What a range command must give: `keep`, walked in its direction, from offset, at most limit.
  Elements select(const std::function<bool(double, const std::string&)>& keep, bool reverse, int64_t offset = 0,
                  int64_t limit = -1) {
    Elements elements;
    for (const auto& [score, member] : sorted()) {
      if (keep(score, member)) elements.emplace_back(score, member);
    }
    if (reverse) std::reverse(elements.begin(), elements.end());
    elements.erase(elements.begin(), elements.begin() + std::min<int64_t>(offset, elements.size()));
    if (limit >= 0) elements.resize(std::min<size_t>(elements.size(), limit));
    return elements;
  }

  void check_ranks() {
    const std::string start = rank(), stop = rank();
    const bool reverse = below(2);
    const auto [first, count] = RankRange{std::stoi(start), std::stoi(stop)}.resolve(model_.size());
    const std::string line = fmt::format("{} z {} {} WITHSCORES", reverse ? "ZREVRANGE" : "ZRANGE", start, stop);
    const auto all = [](double, const std::string&) { return true; };
    EXPECT_EQ(list(line), texts(select(all, reverse, first, count))) << line;

    const std::string m = member();
    const Elements elements = sorted();
    const auto found = std::find_if(elements.begin(), elements.end(), [&](const auto& e) { return e.second == m; });
    const auto before = found - elements.begin();
    if (found == elements.end()) return;
    EXPECT_EQ(run("ZRANK z " + m), fmt::format(":{}\r\n", before));
    EXPECT_EQ(run("ZREVRANK z " + m), fmt::format(":{}\r\n", elements.size() - 1 - before));
  }

  void check_scores() {
    const std::string min = bound(), max = bound();
    const ScoreRange range = *parse_score_range(min, max);
    const auto inside = [&](double score, const std::string&) {
      return range.above_min(score) && range.below_max(score);
    };
    const bool reverse = below(2);
    const int64_t offset = below(4), limit = static_cast<int64_t>(below(8)) - 1;
    const std::string line = fmt::format("ZRANGE z {} {} BYSCORE {} WITHSCORES LIMIT {} {}", reverse ? max : min,
                                         reverse ? min : max, reverse ? "REV" : "", offset, limit);
    EXPECT_EQ(list(line), texts(select(inside, reverse, offset, limit))) << line;
    EXPECT_EQ(run(fmt::format("ZCOUNT z {} {}", min, max)), fmt::format(":{}\r\n", select(inside, false).size()));
  }

  void check_members() {
    const std::string min = lex_bound(), max = lex_bound();
    const LexRange range = *parse_lex_range(min, max);
    const auto inside = [&](double, const std::string& m) { return range.above_min(m) && range.below_max(m); };
    const bool reverse = below(2);
    const int64_t offset = below(4), limit = static_cast<int64_t>(below(8)) - 1;
    const std::string line = fmt::format("ZRANGE z {} {} BYLEX {} LIMIT {} {}", reverse ? max : min,
                                         reverse ? min : max, reverse ? "REV" : "", offset, limit);
    List expected;
    for (const auto& [_, member] : select(inside, reverse, offset, limit)) expected.push_back(member);
    EXPECT_EQ(list(line), expected) << line;
    EXPECT_EQ(run(fmt::format("ZLEXCOUNT z {} {}", min, max)), fmt::format(":{}\r\n", select(inside, false).size()));
  }

  template <typename Inside>
  void remove_range(const std::string& line, Inside inside) {
    const Elements removed = select(inside, false);
    EXPECT_EQ(run(line), fmt::format(":{}\r\n", removed.size())) << line;
    for (const auto& [_, member] : removed) model_.erase(member);
  }
  void remove_scores() {
    const std::string min = bound(), max = bound();
    const ScoreRange range = *parse_score_range(min, max);
    remove_range(fmt::format("ZREMRANGEBYSCORE z {} {}", min, max),
                 [&](double score, const std::string&) { return range.above_min(score) && range.below_max(score); });
  }
  void remove_ranks() {
    const std::string start = rank(), stop = rank();
    const auto [first, count] = RankRange{std::stoi(start), std::stoi(stop)}.resolve(model_.size());
    uint64_t i = 0;
    remove_range(fmt::format("ZREMRANGEBYRANK z {} {}", start, stop), [&, first = first, count = count](auto, auto&) {
      const uint64_t at = i++;
      return at >= first && at < first + count;
    });
  }

  uint32_t seed_ = 0;
  std::mt19937_64 random_;
  std::map<std::string, double> model_;
};
INSTANTIATE_TEST_SUITE_P(Zset, ModelTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Spread" : "Packed"; });

TEST_P(ModelTest, ChangesAndRanges) {
  SCOPED_TRACE(fmt::format("seed {}", seed_));
  for (int i = 0; i < 2000 && !HasFailure(); ++i) {
    switch (below(20)) {
      case 0 ... 4: add(); break;
      case 5 ... 7: add_several(); break;
      case 8: increment(); break;
      case 9 ... 10: remove(); break;
      case 11: pop(false); break;
      case 12: pop(true); break;
      case 13: below(4) == 0 ? remove_scores() : remove_ranks(); break;
      case 14 ... 16: check_ranks(); break;
      default: check_scores(); break;
    }
    if (i % 50 == 0) {
      ASSERT_EQ(list("ZRANGE z 0 -1 WITHSCORES"), texts(sorted()));
    }
  }
}

TEST_P(ModelTest, MembersOfOneScore) {
  SCOPED_TRACE(fmt::format("seed {}", seed_));
  for (int i = 0; i < 1000 && !HasFailure(); ++i) {
    const std::string m = member();
    if (below(3) == 0) {
      run("ZREM z " + m);
      model_.erase(m);
    } else {
      run("ZADD z 0 " + m);
      model_[m] = 0;
    }
    check_members();
  }
}

}  // namespace
}  // namespace basalt
