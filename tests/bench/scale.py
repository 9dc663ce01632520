#!/usr/bin/python3
"""Does an operation cost the same when there is more of everything?

    tools/dev bench scale [--keys 10000,100000,1000000,10000000] [--elements 10,1000,100000,10000000]
                          [--values 16,1024,65536,1048576,16777216] [--idle 0,1000,10000] [--disk-limit-gib 20]

Four tables, each the microseconds of the server's processor time and the latency of one connection's commands, one
after the other: as keys grow, as a collection grows, as values grow, as idle connections grow. Keys are loaded on top of each
other; the growth stops, and says so, where the data would need more than --disk-limit-gib.
"""

import argparse
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure, resp  # noqa: E402
from lib.resp import encode  # noqa: E402

HEADERS = ("", "command", "p50 µs", "p99 µs", "server CPU µs")
NOISE = random.Random(1).randbytes(1 << 20).replace(b"\n", b".").replace(b"\r", b".")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--keys", default="10000,100000,1000000,10000000")
    parser.add_argument("--elements", default="10,1000,100000,1000000,10000000")
    parser.add_argument("--values", default="16,1024,65536,1048576,16777216")
    parser.add_argument("--idle", default="0,1000,10000")
    parser.add_argument("--repeat", type=int, default=5000, help="commands of each kind")
    parser.add_argument("--disk-limit-gib", type=float, default=20.0)
    parser.add_argument("--maxmemory", default="1gb")
    return parser.parse_args()


def numbers(text):
    return [int(number) for number in text.split(",")]


class Scale:
    def __init__(self, options):
        self.options = options
        self.server = measure.basalt(options, "--maxmemory", options.maxmemory, "--maxclients", "20000")
        self.connection = self.server.connect(timeout=600.0)
        self.random = random.Random(2)

    def fill(self, commands, lines_each=1):
        """Pipelines the commands; each is answered with one line."""
        pipe, batch = measure.Pipe(self.server.port, timeout=600.0), []
        for words in commands:
            batch.append(encode(words))
            if len(batch) == 500:
                pipe.exchange(b"".join(batch), len(batch) * lines_each)
                batch = []
        if batch:
            pipe.exchange(b"".join(batch), len(batch) * lines_each)
        pipe.close()

    def time(self, label, command, make_words, repeat=None):
        """A row: latencies of as many commands, and what they cost the server."""
        repeat = repeat or self.options.repeat
        latencies = []
        cpu = measure.cpu_seconds(self.server.process)
        for _ in range(repeat):
            words = make_words()
            start = time.perf_counter()
            reply = self.connection.call(*words)
            latencies.append((time.perf_counter() - start) * 1e6)
            if reply.kind == "error":
                raise SystemExit("%r: %s" % (words[:2], reply.value.decode(errors="replace")))
        spent = (measure.cpu_seconds(self.server.process) - cpu) / repeat * 1e6
        return (label, command, "%.0f" % measure.percentile(latencies, 50), "%.0f" % measure.percentile(latencies, 99),
                "%.0f" % spent)

    def below(self, n):
        return self.random.randrange(n)

    def room(self, bytes_more):
        used = measure.disk_bytes(self.server.folder)
        return used + bytes_more <= self.options.disk_limit_gib * (1 << 30)

    def keys(self):
        rows, there = [], 0
        for count in numbers(self.options.keys):
            if not self.room((count - there) * 150):
                print("stopped before %d keys: --disk-limit-gib" % count)
                break
            self.fill((b"SET", b"key:%012d" % i, NOISE[i % 1000000 : i % 1000000 + 100]) for i in range(there, count))
            there = count
            measure.wait_quiet(self.server.process)
            rows.append(self.time(count, "GET", lambda: (b"GET", b"key:%012d" % self.below(count))))
            rows.append(self.time(count, "SET", lambda: (b"SET", b"key:%012d" % self.below(count), NOISE[:100])))
        measure.table(("keys",) + HEADERS[1:], rows)
        self.connection.call("FLUSHALL")

    def elements(self):
        rows, there = [], 0
        for count in numbers(self.options.elements):
            new = range(there, count)
            self.fill((b"HSET", b"h", *w) for w in self.words(new, lambda i: (b"f%d" % i, b"value")))
            self.fill((b"ZADD", b"z", *w) for w in self.words(new, lambda i: (b"%d" % i, b"m%d" % i)))
            self.fill((b"RPUSH", b"l", *w) for w in self.words(new, lambda i: (b"element",)))
            there = count
            measure.wait_quiet(self.server.process)
            for command, words in [
                ("HGET", lambda: (b"HGET", b"h", b"f%d" % self.below(count))),
                ("HSET", lambda: (b"HSET", b"h", b"f%d" % self.below(count), b"other")),
                ("ZSCORE", lambda: (b"ZSCORE", b"z", b"m%d" % self.below(count))),
                ("ZADD", lambda: (b"ZADD", b"z", b"%d" % self.below(count), b"m%d" % self.below(count))),
                ("LINDEX", lambda: (b"LINDEX", b"l", b"%d" % self.below(count))),
            ]:
                rows.append(self.time(count, command, words))
        measure.table(("elements",) + HEADERS[1:], rows)
        self.connection.call("FLUSHALL")

    @staticmethod
    def words(new, of):
        for part in measure.batches(new, 50):
            yield [word for i in part for word in of(i)]

    def values(self):
        rows = []
        for size in numbers(self.options.values):
            repeat = max(20, min(self.options.repeat, (256 << 20) // size))
            value = (NOISE * (size // len(NOISE) + 1))[:size]
            rows.append(self.time(size, "SET", lambda: (b"SET", b"v%d" % self.below(10), value), repeat))
            rows.append(self.time(size, "GET", lambda: (b"GET", b"v%d" % self.below(10)), repeat))
        measure.table(("bytes",) + HEADERS[1:], rows)
        self.connection.call("FLUSHALL")

    def idle(self):
        rows, others = [], []
        self.connection.call("SET", "hot", "x" * 100)
        for count in numbers(self.options.idle):
            others += [resp.Connection(self.server.port) for _ in range(count - len(others))]
            rows.append(self.time(count, "GET", lambda: (b"GET", b"hot")))
        measure.table(("idle connections",) + HEADERS[1:], rows)


def main():
    scale = Scale(parse_arguments())
    for part in (scale.keys, scale.elements, scale.values, scale.idle):
        part()
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
