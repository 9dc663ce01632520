// Intersection, union and difference of sets, as streams: nothing grows with the sets but, for a
// union of packed ones, what they hold.
//
// Thread rules: those of the Txn, which is frozen or holds the keys' locks, and is not written while
// a visitor runs.
#pragma once

#include <span>

#include "base/result.h"
#include "keyspace/txn.h"
#include "types/set/set.h"

namespace basalt {

/// The sets of one command, in the order of its keys; null: there is none.
using Sets = std::span<SetReader* const>;

/// Each shows `visit` the members of the result, every one once, until that says it has enough.
Result<void> intersect_sets(Txn& txn, Sets sets, SetReader::Visitor visit);
Result<void> unite_sets(Txn& txn, Sets sets, SetReader::Visitor visit);
/// The members of the first that are in none of the others.
Result<void> subtract_sets(Txn& txn, Sets sets, SetReader::Visitor visit);

}  // namespace basalt
