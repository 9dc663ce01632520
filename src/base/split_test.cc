#include "base/split.h"

#include <gmock/gmock.h>

namespace basalt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a  b", ' '), ElementsAre("a", "", "b"));
  EXPECT_THAT(split("", ' '), ElementsAre(""));
  EXPECT_THAT(split("a\n", '\n'), ElementsAre("a", ""));
}

TEST(Split, NonemptyDropsThem) {
  EXPECT_THAT(split_nonempty("  a  b ", ' '), ElementsAre("a", "b"));
  EXPECT_THAT(split_nonempty("   ", ' '), IsEmpty());
}

TEST(Split, StripBlanks) {
  EXPECT_EQ(strip_blanks(" \t a b\r\n"), "a b");
  EXPECT_EQ(strip_blanks(" \n"), "");
  EXPECT_EQ(strip_blanks("a"), "a");
}

}  // namespace
}  // namespace basalt
