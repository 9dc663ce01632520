#include "base/glob.h"

#include <utility>

namespace basalt {

namespace {

// Redis gives up on a pattern with more stars than this, however they match.
constexpr int kMaxNesting = 1000;

// Redis compares signed characters, and folds case as the C locale does: ASCII only.
int fold(char c, bool ignore_case) {
  if (ignore_case && c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return static_cast<signed char>(c);
}

class Matcher {
 public:
  Matcher(std::string_view pattern, std::string_view text, bool ignore_case)
      : pattern_(pattern), text_(text), ignore_case_(ignore_case) {}

  // A failure goes back to the last star only: what an earlier star could still match, the last
  // one has tried. So the work is at most pattern times text.
  bool run() {
    // Redis never enters its loop for an empty text: not even "*" matches it.
    if (text_.empty()) return pattern_.empty();
    int nesting = 0;
    size_t after_star = 0, star_text = 0;
    while (true) {
      if (at_ < pattern_.size() && text_at_ < text_.size() && pattern_[at_] == '*') {
        skip_stars();
        if (at_ == pattern_.size()) return true;
        if (++nesting > kMaxNesting) return false;
        after_star = at_;
        star_text = text_at_;
        continue;
      }
      if (text_at_ == text_.size()) {
        // Everything but a star takes a character, so a later start could not do better.
        skip_stars();
        return at_ == pattern_.size();
      }
      if (at_ < pattern_.size() && match_one()) {
        ++text_at_;
        continue;
      }
      if (nesting == 0 || ++star_text == text_.size()) return false;
      at_ = after_star;
      text_at_ = star_text;
    }
  }

 private:
  void skip_stars() {
    while (at_ < pattern_.size() && pattern_[at_] == '*') ++at_;
  }

  // Whether the next element of the pattern, no star, takes the next character; steps over it.
  bool match_one() {
    char c = pattern_[at_++];
    if (c == '?') return true;
    if (c == '[') return match_set();
    if (c == '\\' && at_ < pattern_.size()) c = pattern_[at_++];
    return same(c);
  }

  // The rest of a [set]. A set that is never closed ends with the pattern; in it, an escaped
  // character is compared exactly even when case is ignored: so does Redis.
  bool match_set() {
    bool negated = at_ < pattern_.size() && pattern_[at_] == '^';
    if (negated) ++at_;
    bool found = false;
    while (at_ < pattern_.size()) {
      size_t left = pattern_.size() - at_;
      char c = pattern_[at_];
      if (c == '\\' && left >= 2) {
        found |= pattern_[at_ + 1] == text_[text_at_];
        at_ += 2;
      } else if (c == ']') {
        ++at_;
        break;
      } else if (left >= 3 && pattern_[at_ + 1] == '-') {
        found |= in_range(c, pattern_[at_ + 2]);
        at_ += 3;
      } else {
        found |= same(c);
        ++at_;
      }
    }
    return found != negated;
  }

  bool same(char c) const { return fold(c, ignore_case_) == fold(text_[text_at_], ignore_case_); }

  // The ends are put in order before case is folded, as Redis does.
  bool in_range(char first, char last) const {
    if (fold(first, false) > fold(last, false)) std::swap(first, last);
    int c = fold(text_[text_at_], ignore_case_);
    return c >= fold(first, ignore_case_) && c <= fold(last, ignore_case_);
  }

  std::string_view pattern_;
  std::string_view text_;
  bool ignore_case_;
  size_t at_ = 0;
  size_t text_at_ = 0;
};

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  return Matcher(pattern, text, ignore_case).run();
}

GlobPrefix glob_prefix(std::string_view pattern) {
  GlobPrefix prefix;
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '*' || c == '?' || c == '[') return prefix;
    if (c == '\\' && i + 1 < pattern.size()) c = pattern[++i];
    prefix.literal.push_back(c);
  }
  prefix.exact = true;
  return prefix;
}

}  // namespace basalt
