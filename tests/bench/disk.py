#!/usr/bin/python3
"""Bytes on disk, and bytes written to get them there, a data type.

    tools/dev bench disk [--mib 200] [--value-size 100]

For each type, a fresh server is given about --mib MiB of logical data (names, members and values, counted by what clients send,
in random order) whose values compress to about half; then the write-ahead log is flushed into tables and everything is compacted.
Space amplification is what lies on disk by what is logically there; write amplification what flushes, compactions and
the log wrote by the same.
"""

import argparse
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure  # noqa: E402
from lib.resp import encode  # noqa: E402

SMALL = 20  # elements of a small collection


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--mib", type=int, default=200)
    parser.add_argument("--value-size", type=int, default=100)
    parser.add_argument("--maxmemory", default="256mb")
    return parser.parse_args()


class Data:
    """Commands that write one type, and how many logical bytes they bring."""

    def __init__(self, value_size):
        self.value_size = value_size
        self.random = random.Random(1)

    def value(self):
        noise = self.random.randbytes(self.value_size // 2).replace(b"\n", b".").replace(b"\r", b".")
        return noise + b"x" * (self.value_size - len(noise))

    def strings(self, i):
        return [b"SET", b"key:%012d" % (i * 7919 % 10**9), self.value()]

    def small_hashes(self, i):
        return [b"HSET", b"hash:%010d" % i] + [w for j in range(SMALL) for w in (b"field:%02d" % j, self.value()[:30])]

    def large_hash(self, i):
        return [b"HSET", b"hash", b"field:%012d" % (i * 7919 % 10**9), self.value()]

    def large_set(self, i):
        return [b"SADD", b"set", b"member:%012d" % (i * 7919 % 10**9) + self.value()[:20]]

    def large_zset(self, i):
        return [b"ZADD", b"zset", b"%d" % (i * 7919 % 10**6), b"member:%012d" % i]

    def list(self, i):
        return [b"RPUSH", b"list:%d" % (i % 100), self.value()]


def measure_type(options, name):
    server = measure.basalt(options, "--maxmemory", options.maxmemory)
    make, pipe = getattr(Data(options.value_size), name), measure.Pipe(server.port, timeout=600.0)
    logical, i = 0, 0
    while logical < options.mib * measure.MIB:
        batch = []
        for _ in range(500):
            words = make(i)
            logical += sum(len(word) for word in words[1:])
            batch.append(encode(words))
            i += 1
        pipe.exchange(b"".join(batch), len(batch))
    connection = server.connect(timeout=600.0)
    for words in (["BGREWRITEAOF"], ["BASALT", "COMPACT"]):
        reply = connection.call(*words, timeout=600.0)
        if reply.kind == "error":
            raise SystemExit("%s: %s" % (" ".join(words), reply.value))
        measure.wait_quiet(server.process)
    info = measure.info(connection, "rocksdb")
    written = sum(int(info[name]) for name in ("ticker_wal.bytes", "ticker_flush.write.bytes", "ticker_compact.write.bytes"))
    disk = measure.disk_bytes(server.folder, ".sst")
    server.stop()
    return (name.replace("_", " "), i, measure.mib(logical), measure.mib(disk), "%.2f" % (disk / logical),
            measure.mib(written), "%.2f" % (written / logical))


def main():
    options = parse_arguments()
    rows = []
    for name in ("strings", "small_hashes", "large_hash", "large_set", "large_zset", "list"):
        print(name, file=sys.stderr)
        rows.append(measure_type(options, name))
    measure.table(("type", "commands", "logical", "on disk", "space ×", "written", "write ×"), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
