// What counting a command costs: its totals and latency histogram, and the two looks at the clock around it.
//
//   build/release/bin/server_bench
#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "server/stats.h"

namespace basalt {
namespace {

constexpr size_t kCommands = 400;

// Hot: one command over and over. Cold: a different one each time, so that its counters are not in the nearest cache.
void count_a_command(benchmark::State& state) {
  Stats stats(1, kCommands);
  StatsShard& shard = stats.shard(0);
  const auto different = static_cast<uint32_t>(state.range(0));
  uint32_t command = 0;
  uint64_t us = 1;
  for (auto _ : state) {
    shard.command_done(command, us, false);
    shard.command_took(command, us);
    command = (command + 7) % different;
    us = us * 5 % 1021;
  }
  benchmark::DoNotOptimize(stats.command(0));
}
BENCHMARK(count_a_command)->Arg(1)->Arg(20)->Arg(kCommands);

void look_at_the_clock_twice(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(monotonic_us());
    benchmark::DoNotOptimize(monotonic_us());
  }
}
BENCHMARK(look_at_the_clock_twice);

void count_an_error(benchmark::State& state) {
  Stats stats(1, kCommands);
  for (auto _ : state) stats.shard(0).error_replied("WRONGTYPE");
}
BENCHMARK(count_an_error);

}  // namespace
}  // namespace basalt

BENCHMARK_MAIN();
