#!/usr/bin/python3
"""Does a queue get slower the more has passed through it? Elements go in at one end and out at the other.

    tools/dev bench queues [--n 1000000] [--standing 1000] [--only list,zset-min,zset-max,expiring]

Deleted records stay in an LSM tree as tombstones until they are compacted away, and whatever walks over them gets
slower. Each kind of queue holds --standing elements while --n pass through it, pipelined; the cost per element
(one push and one pop) is printed for ten slices of the run: the server's processor time, compactions included,
which a busy machine changes less than the time that passed (--wall shows that). Expiring keys are popped by the
server itself: after each slice the table shows how many wait for it, and by how much it is late.

The exit status is 1 if the median of the last three slices is over --target times that of the first three, or if
expired keys stay.
"""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure  # noqa: E402
from lib.resp import encode  # noqa: E402

SLICES = 10
EXPIRY_LIMIT = 30.0  # seconds that the last keys may take to expire


class Queue:
    """One kind: the commands that push element number i and pop the oldest, and the lines of their replies."""

    def __init__(self, push, pop, pop_lines):
        self.push = push
        self.pop = pop
        self.pop_lines = pop_lines

    def exchange(self, pipe, numbers, pop=True):
        commands = [self.push(number) for number in numbers]
        lines = len(numbers)
        if pop:
            commands.append(self.pop * len(numbers))
            lines += self.pop_lines * len(numbers)
        pipe.exchange(b"".join(commands), lines)


QUEUES = {
    "list": Queue(lambda i: encode((b"LPUSH", b"queue:list", b"element:%d" % i)), encode(("RPOP", "queue:list")), 2),
    "zset-min": Queue(
        lambda i: encode((b"ZADD", b"queue:min", b"%d" % i, b"element:%d" % i)), encode(("ZPOPMIN", "queue:min")), 5
    ),
    # Scores fall, so that the highest is the oldest.
    "zset-max": Queue(
        lambda i: encode((b"ZADD", b"queue:max", b"%d" % (10**9 - i), b"element:%d" % i)),
        encode(("ZPOPMAX", "queue:max")),
        5,
    ),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--standing", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=100, help="pushes, then pops, in one write to the socket")
    parser.add_argument("--ttl-ms", type=int, default=200, help="of the expiring keys")
    parser.add_argument("--only", default=",".join(list(QUEUES) + ["expiring"]), help="%(default)s")
    parser.add_argument("--wall", action="store_true", help="time that passed instead of processor time")
    parser.add_argument("--target", type=float, default=2.0)
    return parser.parse_args()


def slices(count):
    edges = [count * part // SLICES for part in range(SLICES + 1)]
    return [range(start, end) for start, end in zip(edges, edges[1:])]


def stopwatch(options, server):
    if options.wall:
        return time.perf_counter
    return lambda: measure.cpu_seconds(server.process)


def run_queue(queue, options, server):
    """Microseconds per element in each slice."""
    pipe, clock = measure.Pipe(server.port), stopwatch(options, server)
    for batch in measure.batches(range(options.standing), options.batch):
        queue.exchange(pipe, batch, pop=False)
    costs = []
    for part in slices(options.n):
        start = clock()
        for batch in measure.batches(range(part.start + options.standing, part.stop + options.standing), options.batch):
            queue.exchange(pipe, batch)
        costs.append((clock() - start) / len(part) * 1e6)
    pipe.close()
    return costs


def run_expiring(options, server):
    """Microseconds per SET with a TTL in each slice, and what waits to expire after it."""
    pipe, control = measure.Pipe(server.port), server.connect(timeout=60.0)
    clock = stopwatch(options, server)
    costs, waiting = [], []
    for part in slices(options.n):
        start = clock()
        for batch in measure.batches(part, options.batch):
            commands = [
                encode((b"SET", b"expiring:%d" % number, b"value", b"PX", b"%d" % options.ttl_ms)) for number in batch
            ]
            pipe.exchange(b"".join(commands), len(batch))
        costs.append((clock() - start) / len(part) * 1e6)
        stats = measure.info(control, "stats")
        waiting.append((part.stop - int(stats["expired_keys"]), int(stats["expiry_lag_ms"])))
    return costs, waiting, wait_expired(control, options.n)


def wait_expired(control, count):
    """Seconds until the last key was expired, or None."""
    start = time.monotonic()
    while time.monotonic() - start < EXPIRY_LIMIT:
        if int(measure.info(control, "stats")["expired_keys"]) == count:
            return time.monotonic() - start
        time.sleep(0.01)
    return None


def flat(costs, target):
    return measure.median(costs[-3:]) <= target * measure.median(costs[:3])


def main():
    options = parse_arguments()
    server = measure.basalt(options)
    names = options.only.split(",")
    columns, extra, good = {}, {}, True
    for name in names:
        if name == "expiring":
            columns["SET PX"], waiting, left = run_expiring(options, server)
            extra = {"not yet expired": [one for one, _ in waiting], "late ms": [one for _, one in waiting]}
            good = good and left is not None
            print("the last key expired %s" % ("after %.1f s" % left if left is not None else "NOT IN TIME"))
        else:
            columns[name] = run_queue(QUEUES[name], options, server)
    unit = "microseconds that passed" if options.wall else "microseconds of the server's processor time"
    print("%d elements a kind, %d standing; %s per element" % (options.n, options.standing, unit))
    tenths = ["%d" % (part.stop) for part in slices(options.n)]
    cells = [["%.1f" % cost for cost in costs] for costs in columns.values()] + list(extra.values())
    measure.table(["elements"] + list(columns) + list(extra), zip(tenths, *cells))
    for name, costs in columns.items():
        level = flat(costs, options.target)
        good = good and level
        print("%s stays below %g times its first cost: %s" % (name, options.target, measure.verdict(level)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
