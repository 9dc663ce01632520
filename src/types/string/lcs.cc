#include "types/string/lcs.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "types/string/string_value.h"

namespace basalt {

LongestCommonSubsequence::LongestCommonSubsequence(std::string_view a, std::string_view b)
    : a_(a), b_(b), up_(a.size() * b.size()) {
  // lengths[j]: of the row above until column j was passed, of this row after.
  std::vector<uint32_t> lengths(b.size() + 1, 0);
  for (size_t i = 0; i < a.size(); ++i) {
    uint32_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const uint32_t above = lengths[j + 1];
      const uint32_t left = lengths[j];
      if (above > left) up_[i * b.size() + j] = true;
      lengths[j + 1] = a[i] == b[j] ? diagonal + 1 : std::max(above, left);
      diagonal = above;
    }
  }
  length_ = lengths.back();
}

bool LongestCommonSubsequence::go_up(uint32_t i, uint32_t j) const {
  return up_[static_cast<size_t>(i) * b_.size() + j];
}

void LongestCommonSubsequence::runs(absl::FunctionRef<void(CommonRun)> visit) const {
  auto i = static_cast<uint32_t>(a_.size());
  auto j = static_cast<uint32_t>(b_.size());
  uint32_t run = 0;
  while (i > 0 && j > 0) {
    if (a_[i - 1] == b_[j - 1]) {
      ++run;
      --i;
      --j;
      continue;
    }
    if (run > 0) visit({i, j, run});
    run = 0;
    if (go_up(i - 1, j - 1)) --i;
    else --j;
  }
  if (run > 0) visit({i, j, run});
}

std::string LongestCommonSubsequence::text() const {
  std::string text(length_, '\0');
  size_t end = text.size();
  runs([&](CommonRun run) {
    end -= run.length;
    a_.copy(text.data() + end, run.length, run.a);
  });
  return text;
}

namespace {

struct Options {
  bool runs = false;
  bool length = false;
  bool with_lengths = false;
  int64_t shortest = 0;
};

Result<Options> parse_options(const Call& call) {
  Options options;
  for (size_t i = 3; i < call.argc(); ++i) {
    if (call.arg_is(i, "idx")) {
      options.runs = true;
    } else if (call.arg_is(i, "len")) {
      options.length = true;
    } else if (call.arg_is(i, "withmatchlen")) {
      options.with_lengths = true;
    } else if (call.arg_is(i, "minmatchlen") && i + 1 < call.argc()) {
      options.shortest = TRY(call.integer(++i));
    } else {
      return syntax_error();
    }
  }
  if (options.length && options.runs) {
    return fail("ERR If you want both the length and indexes, please just use IDX.");
  }
  return options;
}

// Redis keeps four bytes of every cell of the table, and refuses what doesn't fit; so do we, though a bit would do.
Result<void> check_table_size(const Txn& txn, uint64_t a, uint64_t b) {
  constexpr uint64_t kLongest = 0xffffffff - 1;
  if (a >= kLongest || b >= kLongest) return fail("ERR String too long for LCS");
  const auto limit = static_cast<uint64_t>(txn.limits().proto_max_bulk_len.load(std::memory_order_relaxed));
  if ((a + 1) * (b + 1) > limit / sizeof(uint32_t)) {
    return fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  return {};
}

void reply_runs(Reply& reply, const LongestCommonSubsequence& lcs, const Options& options) {
  reply.map(2);
  reply.bulk("matches");
  auto mark = reply.open(Reply::Aggregate::array);
  int64_t count = 0;
  lcs.runs([&](CommonRun run) {
    if (run.length < options.shortest) return;
    ++count;
    reply.array(options.with_lengths ? 3 : 2);
    for (uint32_t start : {run.a, run.b}) {
      reply.array(2);
      reply.integer(start);
      reply.integer(start + run.length - 1);
    }
    if (options.with_lengths) reply.integer(run.length);
  });
  reply.close(mark, count);
  reply.bulk("len");
  reply.integer(lcs.length());
}

Result<StringValue> open_string(Call& call, size_t i) {
  auto value = StringValue::open(call.txn, call.key(i));
  if (!value && value.error().command()) return fail("ERR The specified keys must contain string values");
  return value;
}

}  // namespace

Result<Outcome> lcs_command(Call& call) {
  call.txn.freeze();
  StringValue first = TRY(open_string(call, 1));
  StringValue second = TRY(open_string(call, 2));
  const Options options = TRY(parse_options(call));
  TRY(check_table_size(call.txn, first.size(), second.size()));
  TRY(check_inline_bytes(call.txn, first.size() * second.size()));
  const LongestCommonSubsequence lcs(TRY(first.read_all()), TRY(second.read_all()));
  if (options.runs) reply_runs(call.reply, lcs, options);
  else if (options.length) call.reply.integer(lcs.length());
  else call.reply.bulk(lcs.text());
  return kDone;
}

}  // namespace basalt
