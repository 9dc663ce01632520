#!/usr/bin/python3
"""Transactions on different keys run in parallel: two I/O threads execute more of them than one.

    tools/dev bench transactions [--seconds 3] [--rounds 3] [--commands 10]

Each connection sends transactions (MULTI, some INCRs of its own keys, EXEC), several in one write, and counts the
lines of the replies: what it sends is made once, so that the load costs little. For each number of I/O threads the table gives
the transactions per second, how many processors the server and the load used meanwhile, and what a transaction cost the
server. "one key" is the same with all connections at the same keys: these have to wait for each other. The exit status is 1
if two threads are not faster than one by the target.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure  # noqa: E402
from lib.resp import encode  # noqa: E402

TARGET = 1.2
PIPELINE = 16  # transactions in a write


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    parser.add_argument("--commands", type=int, default=10, help="in a transaction")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--processes", type=int, default=2, help="that make the load")
    parser.add_argument("--io-threads", default="1,2", help="what to compare")
    return parser.parse_args()


def transactions(options, connection, same_keys):
    """The bytes of a write, and how many lines its replies have."""
    owner = b"shared" if same_keys else b"%d" % connection
    keys = [b"tx:%s:%d" % (owner, i) for i in range(options.commands)]
    one = encode((b"MULTI",)) + b"".join(encode((b"INCR", key)) for key in keys) + encode((b"EXEC",))
    return one * PIPELINE, (2 + 2 * options.commands) * PIPELINE


def load_process(port, options, connections, same_keys, start, results):
    counts = [0] * len(connections)

    def run(index, number):
        commands, lines = transactions(options, number, same_keys)
        pipe = measure.Pipe(port)
        pipe.exchange(commands, lines)
        start.wait()
        end = time.monotonic() + options.seconds
        while time.monotonic() < end:
            pipe.exchange(commands, lines)
            counts[index] += PIPELINE
        pipe.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(connections)]
    for thread in threads:
        thread.start()
    start.wait()
    before = resource.getrusage(resource.RUSAGE_SELF)
    for thread in threads:
        thread.join()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    results.put((sum(counts), cpu))


def measure_once(options, io_threads, same_keys):
    """Transactions per second, processors used by the server and by the load, microseconds of the server a transaction."""
    server = measure.basalt(options, "--io-threads", str(io_threads))
    start = multiprocessing.Barrier(options.connections + options.processes + 1)
    results = multiprocessing.Queue()
    share = [range(i, options.connections, options.processes) for i in range(options.processes)]
    load = [
        multiprocessing.Process(
            target=load_process, args=(server.port, options, list(numbers), same_keys, start, results)
        )
        for numbers in share
    ]
    for process in load:
        process.start()
    start.wait()
    began, cpu = time.monotonic(), measure.cpu_seconds(server.process)
    done = [results.get() for _ in load]
    seconds, cpu = time.monotonic() - began, measure.cpu_seconds(server.process) - cpu
    for process in load:
        process.join()
    check(server, options, same_keys)
    server.clear()
    count, load_cpu = (sum(numbers) for numbers in zip(*done))
    return count / seconds, cpu / seconds, load_cpu / seconds, 1e6 * cpu / count


def check(server, options, same_keys):
    """Every transaction incremented each of its keys once: all counters of a connection are equal."""
    connection = server.connect()
    owners = ["shared"] if same_keys else range(options.connections)
    for owner in owners:
        values = {
            connection.call("GET", "tx:%s:%d" % (owner, i)).value for i in range(options.commands)
        }
        assert len(values) == 1, "the counters of one transaction differ: %s" % values


def main():
    options = parse_arguments()
    threads = [int(number) for number in options.io_threads.split(",")]
    cases = [(number, False) for number in threads] + [(threads[-1], True)]
    figures = {case: [] for case in cases}
    for _ in range(options.rounds):
        for case in cases:
            figures[case].append(measure_once(options, *case))
    rows, per_second = [], {}
    for case in cases:
        rate, server, load, cost = sorted(figures[case])[len(figures[case]) // 2]
        per_second[case] = rate
        name = "%d I/O thread%s%s" % (case[0], "" if case[0] == 1 else "s", ", one key" if case[1] else "")
        rows.append([name, "%.0f" % rate, "%.2f" % server, "%.2f" % load, "%.1f" % cost])
    measure.table(["", "transactions per s", "server's processors", "load's processors", "µs a transaction"], rows)
    factor = per_second[(threads[-1], False)] / per_second[(threads[0], False)]
    good = factor >= TARGET
    print("%d threads are %.2f times as fast as %d (target %.1f): %s"
          % (threads[-1], factor, threads[0], TARGET, measure.verdict(good)))  # fmt: skip
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
