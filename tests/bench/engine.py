#!/usr/bin/python3
"""RocksDB alone, in process, as the limit: how much of it does the server reach in deep pipelines?

    tools/dev bench engine [-P 64] [-n 2000000] [--rounds 3]

The store's own benchmark (build/release/bin/store_bench) writes and reads random keys of a million in an empty store, with
the server's options, keys and values of 100 bytes, on one thread, without network, protocol, locks or replies: each Put
alone, and so many in a batch. Then redis-benchmark does the same to a server. Rounds alternate; medians are shown.

The exit status is 1 if SET or GET reach less than --target of the limit (for SET: of single Puts; beside it stands
the share of batches, which is what the server writes).
"""

import argparse
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from bench import compare  # noqa: E402
from lib import measure  # noqa: E402


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--store-bench", help="the store's benchmark; beside the server's program")
    parser.add_argument("-P", type=int, default=64, dest="pipeline")
    parser.add_argument("-c", type=int, default=50, dest="clients")
    parser.add_argument("-n", type=int, default=2_000_000, dest="requests")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--target", type=float, default=0.7)
    options = parser.parse_args()
    options.keyspace, options.pipelined = 1_000_000, 1
    options.store_bench = options.store_bench or os.path.join(os.path.dirname(options.server), "store_bench")
    return options


def engine(options):
    """{benchmark: operations per second} of RocksDB alone."""
    line = [options.store_bench, "--benchmark_filter=^engine_", "--benchmark_format=json"]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return {
        one["name"].split("/iterations")[0]: one["items_per_second"] for one in json.loads(done.stdout)["benchmarks"]
    }


def served(options):
    """{test: operations per second} of a server that is empty at first."""
    server = measure.basalt(options)
    target = compare.Target("basalt", "127.0.0.1", server.port)
    figures = {}
    for test in ("set", "get"):
        for one in compare.run_workload(compare.Workload(test, options.pipeline, 100), target, options).values():
            figures[test] = one.requests_per_second
    server.stop()
    return figures


def main():
    options = parse_arguments()
    engines, servers = [], []
    for number in range(options.rounds):
        print("round %d of %d" % (number + 1, options.rounds), file=sys.stderr)
        engines.append(engine(options))
        servers.append(served(options))
    limit = {name: measure.median([one[name] for one in engines]) for name in engines[0]}
    server = {name: measure.median([one[name] for one in servers]) for name in servers[0]}
    rows, good = [], True
    for test, name, words, counts in [
        ("set", "engine_set/1", "Put, one by one", True),
        ("set", "engine_set/64", "Put, 64 in a batch", False),
        ("get", "engine_get", "Get", True),
    ]:
        share = server[test] / limit[name]
        good = good and (share >= options.target or not counts)
        rows.append((words, "%.0f" % limit[name], test.upper(), "%.0f" % server[test], "%.2f" % share))
    measure.table(("RocksDB alone", "per s", "server, -P %d" % options.pipeline, "per s", "share"), rows)
    print("SET and GET reach %g of single operations: %s" % (options.target, measure.verdict(good)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
