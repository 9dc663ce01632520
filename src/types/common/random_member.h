// Random members of a collection, each as likely as any other (SRANDMEMBER, SPOP, HRANDFIELD,
// ZRANDMEMBER), without walking a spread collection when few are wanted.
//
// How a spread collection is sampled: its items lie in the order of a 32-bit hash. Taking the first
// item behind a random hash would favour those with a wide gap before them. So the hash space is cut
// into buckets that hold eight items on average, each with eighteen places, and a dart is thrown at a
// random place of a random bucket. The place's number is the number of an item in the bucket; a
// place without an item is a miss, and thrown again. Every item has one place, so every item is
// equally likely; nearly one throw in two hits. (Of a bucket with more than eighteen items, one in fifteen
// hundred, the last place stands for all the rest. More places would be fairer still, and miss more often: a throw
// costs a seek.)
//
// Thread rules: those of the Txn. The key's lock is held or the Txn is frozen.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "command/call.h"
#include "keyspace/pop_candidates.h"
#include "types/common/members.h"

namespace basalt {

/// Takes one member, borrowed for the call, which must not write to the Txn. Its failure ends the sampling.
using MemberSink = absl::FunctionRef<Result<void>(Member)>;

/// A few members repeated often enough fill any memory: fails once the reply that began at `start` is too
/// long to go on.
Result<void> check_random_reply(const Reply& reply, size_t start);

/// The count argument of SRANDMEMBER, HRANDFIELD and ZRANDMEMBER.
Result<int64_t> random_count(const Call& call, size_t index);
/// With values or scores Redis allows half the range.
Result<void> check_paired_count(int64_t count);

/// How many members a random command gives for `count` as clients write it: a negative one asks for
/// that many with repeats, any other for at most that many different ones.
uint64_t random_reply_count(int64_t count, uint64_t size);

/// Gives random_reply_count(count, members.size()) of the members to `sink`: different ones in the
/// order they have, repeated ones in random order.
Result<void> sample_members(const std::vector<Member>& members, int64_t count, MemberSink sink);

/// The same from a spread collection whose head says it has `size` members.
Result<void> sample_members(Txn& txn, ObjectId object, uint64_t size, int64_t count, MemberSink sink);

/// Throws darts at one spread collection.
class RandomMember {
 public:
  RandomMember(Txn& txn, ObjectId object, uint64_t size);
  /// One member, borrowed until the next pick.
  Result<Member> pick();
  /// The next members in the order of their hashes, about 128 of them shuffled, for popping one after the other from a
  /// large collection: from `from` on, where the handful before ended, or from a random hash. Nobody who does not know
  /// the hashes can tell that from drawing each anew, and it costs one seek for all, behind the tombstones of those
  /// popped before. Of a collection that has shrunk to a thousand: all.
  Result<PopCandidates::Hand> handful(std::optional<uint32_t> from);

 private:
  struct Bucket {
    uint32_t first_hash;
    uint64_t end_hash;
  };
  Bucket random_bucket() const;
  Result<std::optional<Member>> throw_dart();
  Result<Member> pick_by_walking();
  Result<Member> step_to(uint64_t item);

  uint64_t size_;
  uint64_t buckets_;
  MemberCursor cursor_;
};

}  // namespace basalt
