#!/usr/bin/python3
"""Large collections: loading, reading, scanning, and what must not depend on their size.

    tools/dev bench big [--n 10000000] [--maxmemory 512mb]

A sorted set and a hash of --n elements each are loaded through redis-cli --pipe. Commands on them are timed (what
Redis's documentation calls O(N) is not held to the target), resident memory is watched, and the sorted set is
deleted and the hash overwritten: their disk space must come back.

The exit status is 1 if a target is missed: --target-ms a command (the median where it is timed several times),
--target-extra-mib of memory above maxmemory, the disk space.
"""

import argparse
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure  # noqa: E402
from lib.resp import encode  # noqa: E402

ZSET, HASH = b"big:zset", b"big:hash"
PAGES = 200  # of a scan


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--n", type=int, default=10_000_000)
    parser.add_argument("--per-command", type=int, default=10, help="elements that one ZADD or HSET adds")
    parser.add_argument("--maxmemory", default="512mb")
    parser.add_argument("--repeat", type=int, default=20, help="how often each repeatable command is timed")
    parser.add_argument("--space-wait", type=float, default=90.0, help="seconds that disk space may take to come back")
    parser.add_argument("--target-ms", type=float, default=5.0)
    parser.add_argument("--target-extra-mib", type=float, default=300.0)
    return parser.parse_args()


def member(number):
    return b"member:%010d" % number


def zset_commands(options):
    for batch in measure.batches(range(options.n), 100 * options.per_command):
        yield b"".join(
            encode([b"ZADD", ZSET] + [word for i in part for word in (b"%d" % i, member(i))])
            for part in measure.batches(batch, options.per_command)
        )


def hash_commands(options):
    for batch in measure.batches(range(options.n), 100 * options.per_command):
        yield b"".join(
            encode([b"HSET", HASH] + [word for i in part for word in (member(i), b"value:%d" % i)])
            for part in measure.batches(batch, options.per_command)
        )


class Timer:
    """Times commands, and remembers whether all were as quick as they should be."""

    def __init__(self, connection, target_ms):
        self.connection_ = connection
        self.target_ms_ = target_ms
        self.rows = []
        self.good = True

    def time(self, name, commands, held=True):
        """The commands are sent one after the other. `held`: their median must be below the target."""
        latencies = []
        for words in commands:
            start = time.perf_counter()
            reply = self.connection_.call(*words, timeout=600.0)
            latencies.append((time.perf_counter() - start) * 1000)
            if reply.kind == "error":
                raise RuntimeError("%r: %s" % (words[:3], reply.value.decode(errors="replace")))
        self.add_(name, latencies, held)

    def scan(self, name, command, key):
        """A part of a scan, page by page."""
        cursor, latencies, elements = b"0", [], 0
        for _ in range(PAGES):
            start = time.perf_counter()
            reply = self.connection_.call(command, key, cursor, b"COUNT", b"100", timeout=60.0)
            latencies.append((time.perf_counter() - start) * 1000)
            cursor = reply.value[0].value
            elements += len(reply.value[1].value) // 2
            if cursor == b"0":
                break
        self.add_("%s COUNT 100 (%d elements)" % (name, elements), latencies, True)

    def add_(self, name, latencies, held):
        middle = measure.median(latencies)
        met = middle < self.target_ms_
        self.good = self.good and (met or not held)
        cells = (name, len(latencies), "%.2f" % middle, "%.2f" % max(latencies))
        self.rows.append(cells + (measure.verdict(met) if held else "O(N)",))


class Big:
    def __init__(self, options):
        self.options = options
        self.server = measure.basalt(options, "--maxmemory", options.maxmemory)
        self.control = self.server.connect(timeout=600.0)
        self.timer = Timer(self.control, options.target_ms)
        self.random_ = random.Random(1)
        self.good = True

    def check_(self, what, good):
        self.good = self.good and good
        print("%s: %s" % (what, measure.verdict(good)), flush=True)

    def tables_(self):
        """Bytes in table files; the log before them is bounded by the memory budget, not by the data."""
        return measure.disk_bytes(self.server.folder, ".sst")

    def load(self):
        for name, chunks in (("sorted set", zset_commands(self.options)), ("hash", hash_commands(self.options))):
            start = time.monotonic()
            said = measure.redis_cli_pipe(self.server.port, chunks)
            seconds = time.monotonic() - start
            resident = measure.status_bytes(self.server.process, "VmHWM")
            print("%s: %d elements in %.0f s (%.0f per s), resident at most %s so far; redis-cli: %s" % (
                name, self.options.n, seconds, self.options.n / seconds, measure.mib(resident), said), flush=True)
            self.good = self.good and said.startswith("errors: 0,")
        if not measure.wait_quiet(self.server.process):
            print("the server is still busy after the load")
        print("on disk: %s, of it tables %s" % (
            measure.mib(measure.disk_bytes(self.server.folder)), measure.mib(self.tables_())))

    def some_(self, make):
        return [make(self.random_.randrange(self.options.n)) for _ in range(self.options.repeat)]

    def read(self):
        timer, n = self.timer, self.options.n
        timer.time("ZSCORE", self.some_(lambda i: (b"ZSCORE", ZSET, member(i))))
        timer.time("ZCARD, HLEN", [(b"ZCARD", ZSET), (b"HLEN", HASH)])
        timer.time("ZRANGE, the first 10", self.some_(lambda i: (b"ZRANGE", ZSET, b"0", b"9", b"WITHSCORES")))
        timer.time("ZRANGE, the last 10", self.some_(lambda i: (b"ZRANGE", ZSET, b"-10", b"-1")))
        timer.time(
            "ZRANGEBYSCORE, 10 in the middle",
            self.some_(lambda i: (b"ZRANGEBYSCORE", ZSET, b"%d" % i, b"+inf", b"LIMIT", b"0", b"10")),
        )
        timer.time("ZRANDMEMBER, HRANDFIELD", [(b"ZRANDMEMBER", ZSET), (b"HRANDFIELD", HASH)] * (self.options.repeat // 2))
        timer.time("HGET", self.some_(lambda i: (b"HGET", HASH, member(i))))
        timer.time("HMGET of 10", self.some_(lambda i: [b"HMGET", HASH] + [member((i + k) % n) for k in range(10)]))
        timer.time("TYPE, OBJECT ENCODING", [(b"TYPE", ZSET), (b"OBJECT", b"ENCODING", HASH)])
        timer.scan("ZSCAN", b"ZSCAN", ZSET)
        timer.scan("HSCAN", b"HSCAN", HASH)
        timer.time("ZRANK in the middle", [(b"ZRANK", ZSET, member(n // 2))], held=False)
        timer.time("ZRANGE, 10 in the middle by rank", [(b"ZRANGE", ZSET, b"%d" % (n // 2), b"%d" % (n // 2 + 9))], held=False)

    def write(self):
        timer = self.timer
        timer.time("ZADD, ZINCRBY", self.some_(lambda i: (b"ZINCRBY", ZSET, b"1", member(i))))
        timer.time("ZPOPMIN", self.some_(lambda i: (b"ZPOPMIN", ZSET)))
        timer.time("HSET", self.some_(lambda i: (b"HSET", HASH, member(i), b"new")))
        timer.time("RENAME", [(b"RENAME", ZSET, b"other"), (b"RENAME", b"other", ZSET)] * 5)
        timer.time("EXPIRE, PERSIST", [(b"EXPIRE", HASH, b"1000"), (b"PERSIST", HASH)] * 5)
        timer.time("DEL of the sorted set", [(b"DEL", ZSET)])
        timer.time("SET over the hash", [(b"SET", HASH, b"now a string")])

    def space_comes_back(self):
        before, start = self.tables_(), time.monotonic()
        gone, pending = None, -1
        while time.monotonic() - start < self.options.space_wait:
            pending = int(measure.info(self.control, "stats")["garbage_pending"])
            if pending == 0 and gone is None:
                gone = time.monotonic() - start
            if gone is not None and self.tables_() < before / 10:
                break
            time.sleep(0.5)
        after = self.tables_()
        self.check_("garbage collected %s" % ("after %.0f s" % gone if gone is not None else "never"), gone is not None)
        self.check_("tables on disk %s before deletion, %s %.0f s after, a tenth or less" % (
            measure.mib(before), measure.mib(after), time.monotonic() - start), after < before / 10)

    def memory_stays(self):
        limit = int(measure.info(self.control, "memory")["maxmemory"]) + self.options.target_extra_mib * measure.MIB
        highest = measure.status_bytes(self.server.process, "VmHWM")
        self.check_("resident memory at most %s, limit %s" % (measure.mib(highest), measure.mib(limit)), highest < limit)

    def run(self):
        self.load()
        self.read()
        self.write()
        measure.table(("command", "times", "median ms", "slowest ms", "below %g ms" % self.options.target_ms), self.timer.rows)
        self.memory_stays()
        self.space_comes_back()
        return self.good and self.timer.good


def main():
    return 0 if Big(parse_arguments()).run() else 1


if __name__ == "__main__":
    sys.exit(main())
