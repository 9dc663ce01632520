#!/usr/bin/python3
"""Basalt beside redis-server and others, under redis-benchmark.

    tools/dev bench compare [-t set,get] [-P 1,16] [-c 50] [-n 100000] [-d 64] [-r 100000] [--rounds 3]
                            [--with NAME=HOST:PORT]… [--json FILE]

Every workload runs on each server in turn, round after round, so that a change of the machine's mood hits all of
them; each round begins with an empty data set. Medians over the rounds are shown: requests per second, p50 and p99
in milliseconds, and each server's throughput as a share of redis-server's. redis-server writes its log as Basalt
does: appendonly yes, appendfsync everysec. The data of servers given by --with is deleted (FLUSHALL).
"""

import argparse
import csv
import io
import json
import os
import subprocess
import sys
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure, resp  # noqa: E402
from lib.servers import Server  # noqa: E402

REDIS_FLAGS = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
BASELINE = "redis"
TESTS = "set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset"


class Target(NamedTuple):
    """A server under load."""

    name: str
    host: str
    port: int


class Workload(NamedTuple):
    """One redis-benchmark test at one pipeline depth. It may report several rows (mset: one; lrange: two)."""

    test: str
    pipeline: int


class Figures(NamedTuple):
    requests_per_second: float
    p50_ms: float
    p99_ms: float


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("-t", default=TESTS, dest="tests", help="redis-benchmark's tests; %(default)s")
    parser.add_argument("-P", default="1,16", dest="pipelines", help="pipeline depths; %(default)s")
    parser.add_argument("-c", type=int, default=50, dest="clients")
    parser.add_argument("-n", type=int, default=100_000, dest="requests")
    parser.add_argument("-d", type=int, default=64, dest="value_size")
    parser.add_argument("-r", type=int, default=100_000, dest="keyspace")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--redis-server", default="redis-server")
    parser.add_argument("--without-redis", action="store_true")
    parser.add_argument("--with", action="append", default=[], dest="others", metavar="NAME=HOST:PORT")
    parser.add_argument("--json", metavar="FILE", help="writes every round's figures there; - is standard output")
    return parser.parse_args()


# Servers --------------------------------------------------------------------------------------------


def start_targets(options):
    targets = [Target("basalt", "127.0.0.1", measure.basalt(options).port)]
    if not options.without_redis:
        redis = Server("redis", options.redis_server)
        redis.standard_flags = REDIS_FLAGS
        targets.append(Target(BASELINE, "127.0.0.1", redis.start().port))
    return targets + [parse_target(text) for text in options.others]


def parse_target(text):
    try:
        name, place = text.split("=", 1)
        host, port = place.rsplit(":", 1)
        return Target(name, host, int(port))
    except ValueError:
        raise SystemExit("--with takes NAME=HOST:PORT, not %s" % text) from None


def empty(target):
    connection = resp.Connection(target.port, target.host, timeout=60.0)
    reply = connection.call("FLUSHALL")
    connection.close()
    if reply.kind != "simple":
        raise SystemExit("%s does not take FLUSHALL: %s" % (target.name, reply.value))


# Measuring ------------------------------------------------------------------------------------------


def run_workload(workload, target, options):
    """{row's name: Figures} of one run of redis-benchmark."""
    line = ["redis-benchmark", "-h", target.host, "-p", str(target.port), "-t", workload.test, "--csv"]
    line += ["-P", str(workload.pipeline), "-c", str(options.clients), "-n", str(options.requests)]
    line += ["-d", str(options.value_size)] + (["-r", str(options.keyspace)] if options.keyspace else [])
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit("%s failed on %s: %s%s" % (" ".join(line), target.name, done.stdout, done.stderr))
    return {
        row["test"]: Figures(float(row["rps"]), float(row["p50_latency_ms"]), float(row["p99_latency_ms"]))
        for row in csv.DictReader(io.StringIO(done.stdout))
        if "needed to benchmark" not in row["test"]
    }


def measure_all(workloads, targets, options):
    """{(row's name, pipeline): {target's name: [Figures of each round]}}"""
    results = {}
    for number in range(options.rounds):
        # Who comes first changes from round to round.
        order = targets[number % len(targets) :] + targets[: number % len(targets)]
        for target in order:
            empty(target)
        for workload in workloads:
            print("round %d of %d: %s -P %d" % (number + 1, options.rounds, *workload), file=sys.stderr)
            for target in order:
                for name, figures in run_workload(workload, target, options).items():
                    by_target = results.setdefault((name, workload.pipeline), {})
                    by_target.setdefault(target.name, []).append(figures)
    return results


def medians(rounds):
    return Figures(*(measure.median(column) for column in zip(*rounds)))


# Showing --------------------------------------------------------------------------------------------


def print_table(results, targets):
    names = [target.name for target in targets]
    compared = [name for name in names if name != BASELINE] if BASELINE in names else []
    headers = ["test", "-P"]
    for name in names:
        headers += [name + " /s", "p50", "p99"]
    headers += ["%s/%s" % (name, BASELINE) for name in compared]
    rows = []
    for (test, pipeline), by_target in results.items():
        middle = {name: medians(rounds) for name, rounds in by_target.items()}
        cells = [test, pipeline]
        for name in names:
            figures = middle[name]
            cells += ["%.0f" % figures.requests_per_second, "%.2f" % figures.p50_ms, "%.2f" % figures.p99_ms]
        for name in compared:
            share = middle[name].requests_per_second / middle[BASELINE].requests_per_second
            cells.append("%.2f" % share)
        rows.append(cells)
    measure.table(headers, rows)


def write_json(results, options, path):
    document = {
        "options": {name: getattr(options, name) for name in ("clients", "requests", "value_size", "keyspace", "rounds")},
        "results": [
            {
                "test": test,
                "pipeline": pipeline,
                "targets": {
                    name: {"median": medians(rounds)._asdict(), "rounds": [one._asdict() for one in rounds]}
                    for name, rounds in by_target.items()
                },
            }
            for (test, pipeline), by_target in results.items()
        ],
    }
    text = json.dumps(document, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
        return
    with open(path, "w") as file:
        file.write(text)


def main():
    options = parse_arguments()
    targets = start_targets(options)
    workloads = [Workload(test, int(depth)) for depth in options.pipelines.split(",") for test in options.tests.split(",")]
    results = measure_all(workloads, targets, options)
    if options.json != "-":
        print_table(results, targets)
    if options.json:
        write_json(results, options, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
