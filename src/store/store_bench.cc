// What the paths of a command cost in the store, without disk waits: everything is in the block cache.
//
//   build/release/bin/store_bench [--benchmark_filter=…]
//   BASALT_BENCH_OVERRIDES="enable_pipelined_write=true,block_size=8192" build/release/bin/store_bench
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "layout/record_key.h"
#include "store/store.h"

namespace basalt {
namespace {

constexpr int kKeys = 500'000;
constexpr int kItemsPerObject = 10;

std::map<std::string, std::string> overrides_from_environment() {
  std::map<std::string, std::string> overrides;
  const char* text = std::getenv("BASALT_BENCH_OVERRIDES");
  std::string_view rest = text ? text : "";
  while (!rest.empty()) {
    const auto entry = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const auto equals = entry.find('=');
    overrides[std::string(entry.substr(0, equals))] = entry.substr(equals + 1);
  }
  return overrides;
}

void must(const Result<void>& result) {
  if (result) return;
  fmt::print(stderr, "{}\n", result.error().storage() ? result.error().storage()->detail : "would block");
  std::abort();
}

std::string name_of(int i) { return fmt::format("key:{:012}", i); }

/// An empty store in a folder of its own.
class EmptyStore {
 public:
  EmptyStore() {
    std::string pattern = (std::filesystem::temp_directory_path() / "basalt-bench-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    auto opened = Store::open({.directory = directory_ + "/data",
                               .memory_budget = uint64_t{1} << 30,
                               .overrides = overrides_from_environment()});
    if (!opened) must(tl::unexpected<Error>(opened.error()));
    store_ = std::move(*opened);
  }
  ~EmptyStore() {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  Store& store() { return *store_; }

 protected:
  std::string directory_;
  std::unique_ptr<Store> store_;
};

/// One store for most benchmarks: kKeys strings, and as many items, in tables; heads are empty but for one.
class Bench : public EmptyStore {
 public:
  static Bench& instance() {
    static Bench bench;
    return bench;
  }

 private:
  Bench() { load(); }

  void load() {
    Batch batch;
    const std::string value(100, 'v');
    for (int i = 0; i < kKeys; ++i) {
      batch.put(Column::strings, layout::record_key(0, name_of(i)), value + std::to_string(i));
      batch.put(Column::items, layout::member_key(i / kItemsPerObject, name_of(i)), value);
      if (i % 2 == 0) batch.put(Column::heads, layout::record_key(0, "h" + name_of(i)), value);
      if (batch.count() < 1000) continue;
      must(store_->write(batch, WriteMode::blocking));
      batch.clear();
    }
    must(store_->write(batch, WriteMode::blocking));
    must(store_->flush_memtables());
    for (auto column : {Column::strings, Column::heads, Column::items}) must(store_->compact(column, "", ""));
    Value out;
    for (int i = 0; i < kKeys; ++i) {
      (void)store_->get(Column::strings, layout::record_key(0, name_of(i)), {}, &out);
      (void)store_->get(Column::heads, layout::record_key(0, "h" + name_of(i)), {}, &out);
      (void)store_->get(Column::items, layout::member_key(i / kItemsPerObject, name_of(i)), {}, &out);
    }
  }
};

class RandomKeys {
 public:
  int next() { return static_cast<int>(random_() % kKeys); }

 private:
  std::minstd_rand random_{std::random_device{}()};
};

void get_present(benchmark::State& state) {
  auto& store = Bench::instance().store();
  RandomKeys keys;
  Value value;
  for (auto _ : state) {
    auto found =
        store.get(Column::strings, layout::record_key(0, name_of(keys.next())), {.mode = ReadMode::cache_only}, &value);
    if (!found || !*found) state.SkipWithError("not in the cache");
  }
}
BENCHMARK(get_present);

// What every SET asks of heads.
void get_absent(benchmark::State& state) {
  auto& store = Bench::instance().store();
  RandomKeys keys;
  Value value;
  for (auto _ : state) {
    auto found =
        store.get(Column::heads, layout::record_key(0, name_of(keys.next())), {.mode = ReadMode::cache_only}, &value);
    if (!found || *found) state.SkipWithError("not absent");
  }
}
BENCHMARK(get_absent);

void get_through_a_batch(benchmark::State& state) {
  auto& store = Bench::instance().store();
  RandomKeys keys;
  Value value;
  Batch batch;
  for (int i = 0; i < 10; ++i) batch.put(Column::strings, name_of(i), "x");
  for (auto _ : state) {
    auto found = store.get(Column::strings, layout::record_key(0, name_of(keys.next())),
                           {.mode = ReadMode::cache_only, .pending = &batch}, &value);
    if (!found) state.SkipWithError("not in the cache");
  }
}
BENCHMARK(get_through_a_batch);

// The items of one collection, as HGETALL walks them.
void walk_a_collection(benchmark::State& state) {
  auto& store = Bench::instance().store();
  RandomKeys keys;
  for (auto _ : state) {
    const ObjectId object = keys.next() / kItemsPerObject;
    const auto lower = layout::object_prefix(object), upper = layout::object_prefix(object + 1);
    auto cursor = store.cursor(Column::items, {.mode = ReadMode::cache_only}, {.lower = lower, .upper = upper});
    int seen = 0;
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++seen;
    if (seen != kItemsPerObject) state.SkipWithError("not in the cache");
  }
}
BENCHMARK(walk_a_collection);

// As a connection does it: so many SETs in one batch, then one flush of the WAL.
void write_strings(benchmark::State& state) {
  auto& store = Bench::instance().store();
  RandomKeys keys;
  Batch batch;
  const std::string value(100, 'w');
  for (auto _ : state) {
    batch.clear();
    for (int i = 0; i < state.range(0); ++i) {
      batch.put(Column::strings, layout::record_key(0, name_of(keys.next())), value);
    }
    must(store.write(batch, WriteMode::blocking));
    must(store.flush_wal());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(write_strings)->Arg(1)->Arg(32);
BENCHMARK(write_strings)->Arg(1)->Arg(32)->Threads(2)->UseRealTime();

// ---- the limit that `tools/dev bench engine` compares the server with ----

// What redis-benchmark -r 1000000 -d 100 does to a server, done to the store: random keys of a million, in an empty
// store. `state.range(0)` Puts share a batch; the WAL is flushed after every kPipeline of them.
constexpr int kEngineKeys = 1'000'000;
constexpr int kPipeline = 64;

void engine_key(std::minstd_rand& random, std::string& key) {
  key = layout::record_key(0, name_of(static_cast<int>(random() % kEngineKeys)));
}

void engine_put(Store& store, std::minstd_rand& random, int64_t puts, int64_t batch_size) {
  static const std::string value(101, 'v');  // flags and a hundred bytes
  Batch batch;
  std::string key;
  for (int64_t i = 0; i < puts; i += batch_size) {
    batch.clear();
    for (int64_t j = 0; j < batch_size; ++j) {
      engine_key(random, key);
      batch.put(Column::strings, key, value);
    }
    must(store.write(batch, WriteMode::no_stall));
  }
  must(store.flush_wal());
}

void engine_set(benchmark::State& state) {
  EmptyStore empty;
  std::minstd_rand random;
  for (auto _ : state) engine_put(empty.store(), random, kPipeline, state.range(0));
  state.SetItemsProcessed(state.iterations() * kPipeline);
}
BENCHMARK(engine_set)->Arg(1)->Arg(kPipeline)->Iterations(20'000);

void engine_get(benchmark::State& state) {
  EmptyStore empty;
  std::minstd_rand random;
  for (int i = 0; i < kEngineKeys; i += kPipeline) engine_put(empty.store(), random, kPipeline, kPipeline);
  Value value;
  std::string key;
  for (auto _ : state) {
    engine_key(random, key);
    benchmark::DoNotOptimize(empty.store().get(Column::strings, key, {.mode = ReadMode::cache_only}, &value));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(engine_get)->Iterations(3'000'000);

void take_a_snapshot(benchmark::State& state) {
  auto& store = Bench::instance().store();
  for (auto _ : state) benchmark::DoNotOptimize(store.snapshot());
}
BENCHMARK(take_a_snapshot);

}  // namespace
}  // namespace basalt

BENCHMARK_MAIN();
