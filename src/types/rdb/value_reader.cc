#include "types/rdb/value_reader.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

#include "base/number.h"
#include "types/rdb/intset.h"
#include "types/rdb/listpack.h"
#include "types/rdb/rdb_format.h"
#include "types/rdb/stream_encoding.h"
#include "types/rdb/ziplist.h"
#include "types/rdb/zipmap.h"

namespace basalt::rdb {

namespace {

// Tells names that came before from new ones by 128 bits of hash, seeded anew in every process: sixteen
// bytes a name however long, and no two names that differ look the same before the sun has gone out.
class DistinctNames {
 public:
  bool add(std::string_view name) { return seen_.emplace(absl::HashOf(name, 1), absl::HashOf(name, 2)).second; }

 private:
  absl::flat_hash_set<std::pair<uint64_t, uint64_t>> seen_;
};

// The parts of one value on their way to the sink, and what must be true of them together.
class Parts {
 public:
  explicit Parts(ValueSink& sink) : sink_(sink) {}

  Result<void> begin(Type type) { return sink_.begin(type); }
  Result<void> string(std::string_view bytes) { return some(sink_.string(bytes)); }
  Result<void> element(std::string_view element) { return some(sink_.element(element)); }
  Result<void> member(std::string_view member) {
    if (!names_.add(member)) return bad_format();
    return some(sink_.member(member));
  }
  Result<void> scored_member(std::string_view member, double score) {
    if (std::isnan(score) || !names_.add(member)) return bad_format();
    return some(sink_.scored_member(member, score));
  }
  Result<void> field(std::string_view name, const layout::FieldValue& value) {
    if (!names_.add(name)) return bad_format();
    return some(sink_.field(name, value));
  }
  Result<void> stream(absl::FunctionRef<Result<void>(ValueSink&)> read) { return some(read(sink_)); }
  Result<void> end() const { return any_ ? Result<void>() : bad_format(); }

 private:
  Result<void> some(Result<void> taken) {
    any_ = true;
    return taken;
  }

  ValueSink& sink_;
  DistinctNames names_;
  bool any_ = false;
};

using Walk = Result<void> (*)(std::string_view bytes, ElementVisitor visit);

// ---- lists ----

Result<void> read_list(RdbReader& in, Parts& parts) {
  TRY(parts.begin(Type::list));
  for (uint64_t left = TRY(in.length()); left > 0; --left) TRY(parts.element(TRY(in.string())));
  return {};
}

Result<void> read_packed_list(RdbReader& in, Walk walk, Parts& parts) {
  return walk(TRY(in.string()), [&](std::string_view element) { return parts.element(element); });
}

Result<void> read_quicklist(RdbReader& in, bool of_listpacks, Parts& parts) {
  TRY(parts.begin(Type::list));
  for (uint64_t nodes = TRY(in.length()); nodes > 0; --nodes) {
    const uint64_t container = of_listpacks ? TRY(in.length()) : static_cast<uint64_t>(Container::packed);
    if (container == static_cast<uint64_t>(Container::plain)) TRY(parts.element(TRY(in.string())));
    else if (container != static_cast<uint64_t>(Container::packed)) return bad_format();
    else TRY(read_packed_list(in, of_listpacks ? walk_listpack : walk_ziplist, parts));
  }
  return {};
}

// ---- sets ----

Result<void> read_set(RdbReader& in, Parts& parts) {
  TRY(parts.begin(Type::set));
  for (uint64_t left = TRY(in.length()); left > 0; --left) TRY(parts.member(TRY(in.string())));
  return {};
}

Result<void> read_packed_set(RdbReader& in, Walk walk, Parts& parts) {
  TRY(parts.begin(Type::set));
  return walk(TRY(in.string()), [&](std::string_view member) { return parts.member(member); });
}

// ---- what stands in tuples ----

// Shows the elements `width` at a time.
Result<void> walk_tuples(Walk walk, std::string_view bytes, size_t width,
                         absl::FunctionRef<Result<void>(const std::vector<std::string>& tuple)> visit) {
  std::vector<std::string> tuple(width);
  size_t filled = 0;
  TRY(walk(bytes, [&](std::string_view element) -> Result<void> {
    tuple[filled++] = element;
    if (filled < width) return {};
    filled = 0;
    return visit(tuple);
  }));
  return filled == 0 ? Result<void>() : bad_format();
}

Result<void> read_zset(RdbReader& in, bool binary_scores, Parts& parts) {
  TRY(parts.begin(Type::zset));
  std::string member;
  for (uint64_t left = TRY(in.length()); left > 0; --left) {
    member = TRY(in.string());
    TRY(parts.scored_member(member, TRY(binary_scores ? in.binary_double() : in.text_double())));
  }
  return {};
}

Result<void> read_packed_zset(RdbReader& in, Walk walk, Parts& parts) {
  TRY(parts.begin(Type::zset));
  return walk_tuples(walk, TRY(in.string()), 2, [&](const std::vector<std::string>& tuple) -> Result<void> {
    auto score = parse_double(tuple[1]);
    if (!score) return bad_format();
    return parts.scored_member(tuple[0], *score);
  });
}

Result<void> read_hash(RdbReader& in, Parts& parts) {
  TRY(parts.begin(Type::hash));
  std::string name;
  for (uint64_t left = TRY(in.length()); left > 0; --left) {
    name = TRY(in.string());
    TRY(parts.field(name, {TRY(in.string())}));
  }
  return {};
}

Result<void> read_packed_hash(RdbReader& in, Walk walk, Parts& parts) {
  TRY(parts.begin(Type::hash));
  return walk_tuples(walk, TRY(in.string()), 2,
                     [&](const std::vector<std::string>& tuple) { return parts.field(tuple[0], {tuple[1]}); });
}

// The earliest expiry comes first; each field's is relative to it, plus one, so that 0 means none.
Result<void> read_expiring_hash(RdbReader& in, Parts& parts) {
  TRY(parts.begin(Type::hash));
  const uint64_t earliest_ms = TRY(in.fixed64());
  std::string name;
  for (uint64_t left = TRY(in.length()); left > 0; --left) {
    const uint64_t later_ms = TRY(in.length());
    uint64_t expire_ms = 0;
    if (later_ms != 0 && (__builtin_add_overflow(earliest_ms, later_ms - 1, &expire_ms) || expire_ms == 0 ||
                          expire_ms > std::numeric_limits<int64_t>::max())) {
      return bad_format();
    }
    name = TRY(in.string());
    TRY(parts.field(name, {TRY(in.string()), static_cast<int64_t>(expire_ms)}));
  }
  return {};
}

// Field, value, expiry; 0 means none.
Result<void> read_packed_expiring_hash(RdbReader& in, Parts& parts) {
  TRY(parts.begin(Type::hash));
  TRY(in.fixed64());  // the earliest expiry
  return walk_tuples(walk_listpack, TRY(in.string()), 3, [&](const std::vector<std::string>& tuple) -> Result<void> {
    auto expire_ms = parse_int64(tuple[2]);
    if (!expire_ms || *expire_ms < 0) return bad_format();
    return parts.field(tuple[0], {tuple[1], *expire_ms});
  });
}

Result<void> read_string(RdbReader& in, Parts& parts) {
  TRY(parts.begin(Type::string));
  return parts.string(TRY(in.string()));
}

Result<void> read_stream(RdbReader& in, ValueType type, Parts& parts) {
  TRY(parts.begin(Type::stream));
  return parts.stream([&](ValueSink& sink) { return read_stream_parts(in, type, sink); });
}

Result<void> read_parts(RdbReader& in, ValueType type, Parts& parts) {
  switch (type) {
    case ValueType::string: return read_string(in, parts);
    case ValueType::list: return read_list(in, parts);
    case ValueType::list_ziplist: TRY(parts.begin(Type::list)); return read_packed_list(in, walk_ziplist, parts);
    case ValueType::list_quicklist: return read_quicklist(in, /*of_listpacks=*/false, parts);
    case ValueType::list_quicklist_2: return read_quicklist(in, /*of_listpacks=*/true, parts);
    case ValueType::set: return read_set(in, parts);
    case ValueType::set_intset: return read_packed_set(in, walk_intset, parts);
    case ValueType::set_listpack: return read_packed_set(in, walk_listpack, parts);
    case ValueType::zset: return read_zset(in, /*binary_scores=*/false, parts);
    case ValueType::zset_2: return read_zset(in, /*binary_scores=*/true, parts);
    case ValueType::zset_ziplist: return read_packed_zset(in, walk_ziplist, parts);
    case ValueType::zset_listpack: return read_packed_zset(in, walk_listpack, parts);
    case ValueType::hash: return read_hash(in, parts);
    case ValueType::hash_zipmap: return read_packed_hash(in, walk_zipmap, parts);
    case ValueType::hash_ziplist: return read_packed_hash(in, walk_ziplist, parts);
    case ValueType::hash_listpack: return read_packed_hash(in, walk_listpack, parts);
    case ValueType::hash_metadata: return read_expiring_hash(in, parts);
    case ValueType::hash_listpack_ex: return read_packed_expiring_hash(in, parts);
    case ValueType::stream_listpacks:
    case ValueType::stream_listpacks_2:
    case ValueType::stream_listpacks_3: return read_stream(in, type, parts);
  }
  return bad_format();
}

}  // namespace

Result<void> read_value(RdbReader& in, uint8_t type, ValueSink& sink) {
  Parts parts(sink);
  TRY(read_parts(in, static_cast<ValueType>(type), parts));
  return parts.end();
}

}  // namespace basalt::rdb
