#!/usr/bin/python3
"""Basalt beside redis-server and others, under redis-benchmark.

    tools/dev bench compare [-t set,get] [-P 1,16,64] [-c 50] [-n 100000] [-d 100,1024] [-r 1000000] [--rounds 3]
                            [--with NAME=HOST:PORT]… [--json FILE] [--plot FILE.svg|FILE.png]

Every workload runs on each server in turn, round after round, so that a change of the machine's mood hits all of
them; each round begins with an empty data set, when no server is busy any more with emptying it. Medians over the
rounds are shown: requests per second, p50, p99 and p99.9 in milliseconds, and each server's throughput as a share of
redis-server's. A server is not measured while another one still works on what it was given before (compactions,
rewriting the log); its own such work counts. redis-server writes its log as Basalt does: appendonly yes, appendfsync
everysec. Pipelines get --pipelined times as many requests, so that a run is long enough to tell something. The data
of servers given by --with is deleted (FLUSHALL).
"""

import argparse
import json
import os
import re
import subprocess
import sys
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure, resp  # noqa: E402
from lib.servers import Server  # noqa: E402

REDIS_FLAGS = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
BASELINE = "redis"
TESTS = "set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,lrange_600,mset"
SLOW = re.compile("lrange_")  # a tenth of the requests: each answers with hundreds of elements


class Target(NamedTuple):
    """A server under load."""

    name: str
    host: str
    port: int
    process: object = None  # of a server that was started here


class Workload(NamedTuple):
    """One redis-benchmark test at one pipeline depth and size of values."""

    test: str
    pipeline: int
    value_size: int


class Figures(NamedTuple):
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("-t", default=TESTS, dest="tests", help="redis-benchmark's tests; %(default)s")
    parser.add_argument("-P", default="1,16,64", dest="pipelines", help="pipeline depths; %(default)s")
    parser.add_argument("-c", type=int, default=50, dest="clients")
    parser.add_argument("-n", type=int, default=100_000, dest="requests")
    parser.add_argument("--pipelined", type=int, default=5, help="times as many requests where -P is not 1; %(default)s")
    parser.add_argument("-d", default="100,1024", dest="value_sizes", help="sizes of the values, bytes; %(default)s")
    parser.add_argument("-r", type=int, default=1_000_000, dest="keyspace")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--redis-server", default="redis-server")
    parser.add_argument("--without-redis", action="store_true")
    parser.add_argument("--with", action="append", default=[], dest="others", metavar="NAME=HOST:PORT")
    parser.add_argument("--json", metavar="FILE", help="writes every round's figures there; - is standard output")
    parser.add_argument("--plot", metavar="FILE", help="draws the shares of redis-server's throughput: .svg or .png")
    return parser.parse_args()


# Servers --------------------------------------------------------------------------------------------


def start_targets(options):
    basalt = measure.basalt(options)
    targets = [Target("basalt", "127.0.0.1", basalt.port, basalt.process)]
    if not options.without_redis:
        redis = Server("redis", options.redis_server)
        redis.standard_flags = REDIS_FLAGS
        targets.append(Target(BASELINE, "127.0.0.1", redis.start().port, redis.process))
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


HEADING = re.compile(r"====== (.*?) ======")
PERCENTILE = re.compile(r"^([\d.]+)% <= ([\d.]+) milliseconds", re.MULTILINE)
SUMMARY = re.compile(r"throughput summary: ([\d.]+).*?p50 +p95 +p99 +max\s+(?:[\d.]+ +){2}([\d.]+) +[\d.]+ +([\d.]+)", re.DOTALL)


def figures_of(text):
    """(row's name, Figures) of each test in redis-benchmark's report, but for those that only prepare another."""
    parts = HEADING.split(text.replace("\r", "\n"))
    for name, report in zip(parts[1::2], parts[2::2]):
        if "needed to benchmark" in name:
            continue
        throughput, p50, p99 = (float(number) for number in SUMMARY.search(report).groups())
        slowest = [float(ms) for share, ms in PERCENTILE.findall(report) if float(share) >= 99.9]
        yield name, Figures(throughput, p50, p99, slowest[0])


def run_workload(workload, target, options):
    """{row's name: Figures} of one run of redis-benchmark."""
    requests = options.requests * (options.pipelined if workload.pipeline > 1 else 1)
    if SLOW.match(workload.test):
        requests //= 10
    line = ["redis-benchmark", "-h", target.host, "-p", str(target.port), "-t", workload.test]
    line += ["-P", str(workload.pipeline), "-c", str(options.clients), "-n", str(requests)]
    line += ["-d", str(workload.value_size)] + (["-r", str(options.keyspace)] if options.keyspace else [])
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit("%s failed on %s: %s%s" % (" ".join(line), target.name, done.stdout, done.stderr))
    return dict(figures_of(done.stdout))


def measure_all(workloads, targets, options):
    """{(row's name, pipeline, size of values): {target's name: [Figures of each round]}}"""
    results = {}
    for number in range(options.rounds):
        # Who comes first changes from round to round.
        order = targets[number % len(targets) :] + targets[: number % len(targets)]
        for target in order:
            empty(target)
        wait_quiet(targets, "round %d" % (number + 1))
        for workload in workloads:
            print("round %d of %d: %s -P %d -d %d" % (number + 1, options.rounds, *workload), file=sys.stderr)
            for target in order:
                wait_quiet([other for other in targets if other is not target], target.name)
                for name, figures in run_workload(workload, target, options).items():
                    by_target = results.setdefault((name, workload.pipeline, workload.value_size), {})
                    by_target.setdefault(target.name, []).append(figures)
    return results


def wait_quiet(targets, measured):
    """Until those that were started here have finished what they do in the background."""
    processes = [target.process for target in targets if target.process]
    if not measure.wait_quiet(*processes, limit=60.0, window=0.25):
        print("%s is measured beside background work" % measured, file=sys.stderr)


def medians(rounds):
    return Figures(*(measure.median(column) for column in zip(*rounds)))


# Showing --------------------------------------------------------------------------------------------


def shares(by_target):
    """{target's name: its throughput as a share of the baseline's}, without the baseline."""
    middle = {name: medians(rounds).requests_per_second for name, rounds in by_target.items()}
    return {name: value / middle[BASELINE] for name, value in middle.items() if BASELINE in middle and name != BASELINE}


def print_table(results, targets):
    names = [target.name for target in targets]
    headers = ["test", "-P", "-d"]
    for name in names:
        headers += [name + " /s", "p50", "p99", "p99.9"]
    compared = [name for name in names if name != BASELINE] if BASELINE in names else []
    headers += ["%s/%s" % (name, BASELINE) for name in compared]
    rows = []
    for (test, pipeline, value_size), by_target in results.items():
        cells = [test.split(" (")[0], pipeline, value_size]
        for name in names:
            figures = medians(by_target[name])
            cells += ["%.0f" % figures.requests_per_second]
            cells += ["%.2f" % ms for ms in (figures.p50_ms, figures.p99_ms, figures.p999_ms)]
        cells += ["%.2f" % shares(by_target)[name] for name in compared]
        rows.append(cells)
    measure.table(headers, rows)


def draw(results, path):
    """Bars of the shares, a group a workload, with a line where redis-server is."""
    rows = [("%s -P %d -d %d" % (test.split(" (")[0], *rest), shares(by)) for (test, *rest), by in results.items()]
    names = list(rows[0][1])
    data = "\n".join("\"%s\" %s" % (label, " ".join("%.3f" % share[name] for name in names)) for label, share in rows)
    plots = ", ".join(
        "%s using %d:xtic(1) title '%s'" % ("$data" if i == 0 else "''", i + 2, name) for i, name in enumerate(names)
    )
    script = """set terminal %s size %d,520
set output '%s'
$data << END
%s
END
set style data histograms
set style fill solid 0.8 border -1
set boxwidth 0.9
set yrange [0:*]
set ytics 0.25
set grid ytics
set xtics rotate by -60
set ylabel 'share of %s throughput'
set key top right
plot %s, 1 with lines lc rgb 'black' title '%s'
""" % ("pngcairo" if path.endswith(".png") else "svg", max(640, 26 * len(rows) * len(names) + 160), path, data, BASELINE,
       plots, BASELINE)
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def write_json(results, options, path):
    document = {
        "options": {name: getattr(options, name) for name in ("clients", "requests", "pipelined", "keyspace", "rounds")},
        "results": [
            {
                "test": test,
                "pipeline": pipeline,
                "value_size": value_size,
                "targets": {
                    name: {"median": medians(rounds)._asdict(), "rounds": [one._asdict() for one in rounds]}
                    for name, rounds in by_target.items()
                },
            }
            for (test, pipeline, value_size), by_target in results.items()
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
    workloads = [
        Workload(test, int(depth), int(size))
        for size in options.value_sizes.split(",")
        for depth in options.pipelines.split(",")
        for test in options.tests.split(",")
    ]
    results = measure_all(workloads, targets, options)
    if options.json != "-":
        print_table(results, targets)
    if options.json:
        write_json(results, options, options.json)
    if options.plot:
        draw(results, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
