#include "keyspace/pop_candidates.h"

#include <gtest/gtest.h>

#include <set>

namespace basalt {
namespace {

TEST(PopCandidates, AHandIsTakenMemberByMemberAndItsEndRemembered) {
  PopCandidates candidates;
  EXPECT_EQ(candidates.take(1), std::nullopt);
  EXPECT_EQ(candidates.next_hash(1), std::nullopt);
  candidates.keep(1, {{"a", "b"}, 77});
  EXPECT_EQ(candidates.take(2), std::nullopt);
  EXPECT_EQ((std::set{candidates.take(1), candidates.take(1)}), (std::set<std::optional<std::string>>{"a", "b"}));
  EXPECT_EQ(candidates.take(1), std::nullopt);
  EXPECT_EQ(candidates.next_hash(1), 77u) << "also when all are gone";
  candidates.keep(1, {{"c"}, 99});
  EXPECT_EQ(candidates.next_hash(1), 99u);
  candidates.forget(1);
  EXPECT_EQ(candidates.take(1), std::nullopt);
  EXPECT_EQ(candidates.next_hash(1), std::nullopt);
}

TEST(PopCandidates, WhoJoinsASmallSetMayBeNext) {
  PopCandidates candidates;
  candidates.joined(1, "too early", 1);
  candidates.keep(1, {{"a", "b", "c"}, 0});
  candidates.joined(1, "d", 1);  // of a set of one: for certain
  std::set<std::string> taken;
  while (auto member = candidates.take(1)) taken.insert(*member);
  EXPECT_EQ(taken, (std::set<std::string>{"a", "b", "c", "d"}));
}

TEST(PopCandidates, TheirMemoryIsBounded) {
  PopCandidates candidates;
  constexpr int kSets = 300;
  const PopCandidates::Hand hand{std::vector<std::string>(100, std::string(1000, 'x')), 0};
  for (ObjectId object = 0; object < kSets; ++object) candidates.keep(object, hand);
  int kept = 0;
  for (ObjectId object = 0; object < kSets; ++object) kept += candidates.take(object).has_value();
  EXPECT_GT(kept, 20);
  EXPECT_LT(kept, 90) << "8 MiB of hands of 100 KB";
}

}  // namespace
}  // namespace basalt
