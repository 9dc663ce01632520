#!/usr/bin/python3
"""Does a hot key stay quick while others wait for the disk?

    tools/dev bench hot-key [--maxmemory 64mb] [--keys 640000] [--seconds 10]

Loads a data set ten times the block cache; then one connection asks for one hot key, alone, beside readers of
one cached key (what sharing the processors costs), and beside readers of random cold keys. Before and during the
cold run the kernel is asked every second to forget the data files' pages, so that cold reads reach the disk;
--direct makes RocksDB pass by the page cache altogether.

With a pause between requests (--pause-ms), every request has to wake the server, alone as well as beside others;
without one (0) the server is never asleep, and "alone" is the quickest that the machine can be.

The three states take turns for --rounds rounds, and medians are shown: a p99 is a few dozen requests, and two seconds
on a machine that others share. The exit status is 1 if the hot key's p99 beside cold readers is not below --target times its p99 alone.
"""

import argparse
import os
import subprocess
import sys
import time
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure, resp  # noqa: E402
from lib.cold import HOT, Forgetting, disk_reads, load  # noqa: E402


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--maxmemory", default="64mb", help="the budget: block cache and memtables")
    parser.add_argument("--keys", type=int, default=640_000)
    parser.add_argument("--value-size", type=int, default=1024)
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each state is measured")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pause-ms", type=float, default=1.0, help="between a reply and the next request; 0: none")
    parser.add_argument("--direct", action="store_true", help="RocksDB reads with O_DIRECT")
    parser.add_argument("--target", type=float, default=5.0)
    return parser.parse_args()


def hot_latencies(port, seconds, pause):
    """Milliseconds of each GET of the hot key, one after the other, with a pause in seconds between them."""
    client = resp.Connection(port).socket_
    command = resp.encode((b"GET", HOT))
    client.sendall(command)
    time.sleep(0.2)
    size = len(client.recv(1 << 16))
    latencies, clock = [], time.perf_counter
    end = clock() + seconds
    while clock() < end:
        if pause:
            time.sleep(pause)
        start = clock()
        client.sendall(command)
        left = size
        while left > 0:
            data = client.recv(1 << 16)
            if not data:
                raise resp.Closed()
            left -= len(data)
        latencies.append((clock() - start) * 1000)
    client.close()
    return latencies


class Readers:
    """redis-benchmark in the background; `--csv` prints nothing before its end."""

    def __init__(self, port, count, keys):
        key = "key:__rand_int__" if keys else HOT.decode()
        line = ["redis-benchmark", "-p", str(port), "-c", str(count), "-n", str(10**9), "--csv"]
        line += ["-r", str(keys)] if keys else []
        self.process = subprocess.Popen(line + ["GET", key], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self):
        if self.process.poll() is not None:
            raise RuntimeError("redis-benchmark ended early")
        self.process.terminate()
        self.process.wait()


class Figures(NamedTuple):
    """Of one state in one round, or their medians."""

    requests: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    others_per_second: float
    read: float


class HotKey:
    def __init__(self, options):
        self.options = options
        flags = ["--maxmemory", options.maxmemory]
        flags += ["--rocksdb.use_direct_reads", "true"] if options.direct else []
        self.server = measure.basalt(options, *flags)
        self.figures = {}  # of each state, round after round

    def measure_(self, name, readers=None, forgetting=None):
        """All others' commands are those of the readers."""
        process, control = self.server.process, self.server.connect(timeout=60.0)
        time.sleep(1.0 if readers else 0.0)
        before, read = int(measure.info(control)["total_commands_processed"]), disk_reads(process)
        start = time.monotonic()
        latencies = hot_latencies(self.server.port, self.options.seconds, self.options.pause_ms / 1000)
        seconds = time.monotonic() - start
        others = int(measure.info(control)["total_commands_processed"]) - before - len(latencies)
        percentiles = (measure.percentile(latencies, percent) for percent in (50, 99, 99.9))
        figures = Figures(len(latencies), *percentiles, others / seconds, disk_reads(process) - read)
        self.figures.setdefault(name, []).append(figures)
        for one in (readers, forgetting):
            if one:
                one.end()
        control.close()

    def run(self):
        options, port = self.options, self.server.port
        start = time.monotonic()
        load(port, options.keys, options.value_size)
        quiet = measure.wait_quiet(self.server.process)
        print("loaded %d keys of %d bytes in %.0f s, %s on disk%s" % (
            options.keys, options.value_size, time.monotonic() - start,
            measure.mib(measure.disk_bytes(self.server.folder)), "" if quiet else "; the server is still busy"))
        alone, cached, cold = (
            "alone", "beside %d readers of it" % options.readers, "beside %d cold readers" % options.readers)
        for _ in range(options.rounds):
            self.measure_(alone)
            self.measure_(cached, Readers(port, options.readers, 0))
            forgetting = Forgetting(self.server.folder)
            self.measure_(cold, Readers(port, options.readers, options.keys), forgetting)
        return self.report(alone, cached, cold)

    def report(self, alone, cached, cold):
        middle = {
            name: Figures(*(measure.median(column) for column in zip(*rounds))) for name, rounds in self.figures.items()
        }
        rows = [
            (name, "%d" % one.requests, *("%.3f" % ms for ms in one[1:4]), "%d" % one.others_per_second, measure.mib(one.read))
            for name, one in middle.items()
        ]
        measure.table(("hot key", "requests", "p50 ms", "p99 ms", "p99.9 ms", "others per s", "read from disk"), rows)
        ratio = middle[cold].p99_ms / middle[alone].p99_ms
        good = ratio < self.options.target
        print("p99 beside cold readers: %.1f times that beside readers of a cached key" % (
            middle[cold].p99_ms / middle[cached].p99_ms))
        print("p99 beside cold readers: %.1f times alone; below %g: %s" % (ratio, self.options.target, measure.verdict(good)))
        return good


def main():
    options = parse_arguments()
    return 0 if HotKey(options).run() else 1


if __name__ == "__main__":
    sys.exit(main())
