#include "types/sort/sort_options.h"

#include "base/bytes.h"

namespace basalt {

Result<SortOptions> sort_options(const Call& call, bool may_store) {
  SortOptions options;
  for (size_t i = 2; i < call.argc(); ++i) {
    const size_t left = call.argc() - 1 - i;
    if (call.arg_is(i, "asc")) {
      options.descending = false;
    } else if (call.arg_is(i, "desc")) {
      options.descending = true;
    } else if (call.arg_is(i, "alpha")) {
      options.alphabetic = true;
    } else if (call.arg_is(i, "limit") && left >= 2) {
      options.offset = TRY(call.integer(i + 1));
      options.count = TRY(call.integer(i + 2));
      i += 2;
    } else if (may_store && call.arg_is(i, "store") && left >= 1) {
      options.store = ++i;
    } else if (call.arg_is(i, "by") && left >= 1) {
      options.by = PatternLookup(call.arg(++i));
      if (!options.by->looks_up()) options.keeps_order = true;
    } else if (call.arg_is(i, "get") && left >= 1) {
      options.get.emplace_back(call.arg(++i));
    } else {
      return syntax_error();
    }
  }
  return options;
}

// As Redis: GET of any pattern, even "#", counts; BY of one without '*' doesn't.
std::optional<std::string_view> sort_option_with_other_keys(const Args& args) {
  for (size_t i = 2; i < args.size(); ++i) {
    const auto is = [&](std::string_view word) { return equals_ignore_case(args[i], word); };
    const size_t left = args.size() - 1 - i;
    if (is("limit") && left >= 2) {
      i += 2;
    } else if (is("store") && left >= 1) {
      ++i;
    } else if (is("get") && left >= 1) {
      return "GET";
    } else if (is("by") && left >= 1) {
      if (args[++i].find('*') != std::string_view::npos) return "BY";
    } else if (!is("asc") && !is("desc") && !is("alpha")) {
      return std::nullopt;  // a syntax error: nothing is read
    }
  }
  return std::nullopt;
}

void find_sort_keys(const Args& args, std::vector<int>& positions) {
  if (args.size() < 2) return;
  positions.push_back(1);
  std::optional<size_t> destination;
  for (size_t i = 2; i < args.size(); ++i) {
    if (equals_ignore_case(args[i], "limit")) i += 2;
    else if (equals_ignore_case(args[i], "get") || equals_ignore_case(args[i], "by")) ++i;
    else if (equals_ignore_case(args[i], "store") && i + 1 < args.size()) destination = ++i;
  }
  if (destination) positions.push_back(static_cast<int>(*destination));
}

}  // namespace basalt
