#!/usr/bin/python3
"""Data ten times the cache: what reads cost as connections grow.

    tools/dev bench cold [--maxmemory 64mb] [--keys 640000] [--connections 1,4,16,64,256] [--seconds 5]

Loads --keys values of --value-size bytes under a small `maxmemory`; the kernel is asked every second to forget the data
files' pages, so that cold reads reach the disk. Then, for each number of connections: GETs of keys drawn evenly, drawn by
Zipf's law (skew 0.99), and drawn evenly with a tenth SETs. Operations per second and milliseconds. At last one connection
asks for keys drawn evenly by MGETs of several sizes.

The exit status is 1 if even reads through 64 connections (when these are among them) are not --target times as many as through one, or memory is
more than `maxmemory` + 10% + --extra-mib for the clients and the process itself.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure, resp  # noqa: E402
from lib.cold import Forgetting, disk_reads, load  # noqa: E402

MGET_SIZES = (1, 10, 100)
LOADS = [("even", "uniform", 0), ("Zipf", "zipf", 0), ("even, 10% SET", "uniform", 10)]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--maxmemory", default="64mb", help="the budget: block cache and memtables")
    parser.add_argument("--keys", type=int, default=640_000)
    parser.add_argument("--value-size", type=int, default=1024)
    parser.add_argument("--connections", default="1,4,16,64,256")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each load is measured")
    parser.add_argument("--target", type=float, default=8.0)
    parser.add_argument("--extra-mib", type=float, default=64.0)
    return parser.parse_args()


def run_load(options, port, connections, distribution, write_percent):
    """What bench_load found out, as a dictionary."""
    program = os.path.join(os.path.dirname(options.server), "bench_load")
    line = [program, "--port=%d" % port, "--connections=%d" % connections, "--seconds=%g" % options.seconds]
    line += ["--keys=%d" % options.keys, "--distribution=%s" % distribution, "--write_percent=%g" % write_percent]
    line += ["--value_size=%d" % options.value_size]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True)
    figures = json.loads(done.stdout)
    if figures["missing"]:
        raise SystemExit("%d keys that were loaded are missing" % figures["missing"])
    return figures


def run_mget(options, port, size):
    """How long each MGET of so many keys took, in ascending order."""
    connection = resp.Connection(port, timeout=60.0)
    some, times = random.Random(size), []
    end = time.monotonic() + options.seconds
    while not times or time.monotonic() < end:
        keys = [b"key:%012d" % some.randrange(options.keys) for _ in range(size)]
        start = time.monotonic()
        reply = connection.call(b"MGET", *keys)
        times.append(time.monotonic() - start)
        if any(value.value is None for value in reply.value):
            raise SystemExit("keys that were loaded are missing")
    connection.close()
    return sorted(times)


def show_mget(options, server):
    rows = []
    for size in MGET_SIZES:
        times = run_mget(options, server.port, size)
        shown = tuple("%.2f" % (1000 * times[int(len(times) * part)]) for part in (0.5, 0.99))
        rows.append((size, "%.0f" % (size * len(times) / sum(times))) + shown)
    measure.table(("keys a MGET", "keys per s", "p50 ms", "p99 ms"), rows)


def main():
    options = parse_arguments()
    server = measure.basalt(options, "--maxmemory", options.maxmemory)
    start = time.monotonic()
    load(server.port, options.keys, options.value_size)
    quiet = measure.wait_quiet(server.process)
    print("loaded %d keys of %d bytes in %.0f s, %s on disk%s" % (
        options.keys, options.value_size, time.monotonic() - start,
        measure.mib(measure.disk_bytes(server.folder)), "" if quiet else "; the server is still busy"))
    forgetting = Forgetting(server.folder)
    rows, even = [], {}
    for name, distribution, write_percent in LOADS:
        for connections in (int(number) for number in options.connections.split(",")):
            read = disk_reads(server.process)
            figures = run_load(options, server.port, connections, distribution, write_percent)
            per_second = figures["operations"] / figures["seconds"]
            if name == "even":
                even[connections] = per_second
            rows.append((name, connections, "%.0f" % per_second)
                        + tuple("%.2f" % (figures[at] / 1000) for at in ("p50_us", "p99_us", "p999_us"))
                        + (measure.mib(disk_reads(server.process) - read),))
    measure.table(("keys drawn", "connections", "per s", "p50 ms", "p99 ms", "p99.9 ms", "read from disk"), rows)
    show_mget(options, server)
    forgetting.end()
    budget = int(measure.info(server.connect())["maxmemory"])
    highest = measure.status_bytes(server.process, "VmHWM")
    limit = budget * 1.1 + options.extra_mib * measure.MIB
    good = highest <= limit
    print("highest resident memory %s; at most %s: %s" % (measure.mib(highest), measure.mib(limit), measure.verdict(good)))
    if 1 in even and 64 in even:
        scales = even[64] >= options.target * even[1]
        print("64 connections read %.1f times as much as one; at least %g: %s" % (
            even[64] / even[1], options.target, measure.verdict(scales)))
        good = good and scales
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
