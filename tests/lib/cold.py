"""Data that does not fit into memory: loading it, and keeping the kernel from holding it there.

Shared by the benchmarks that read from disk.
"""

import multiprocessing
import random
import time

from . import measure, resp

BATCH = 200
HOT = b"hot"


def load(port, keys, value_size):
    """Keys as redis-benchmark writes them, with values that do not compress."""
    pipe = measure.Pipe(port)
    noise = random.Random(1).randbytes(measure.MIB).replace(b"\n", b".")
    for batch in measure.batches(range(keys), BATCH):
        commands = []
        for number in batch:
            at = number * 769 % (len(noise) - value_size)
            commands.append(resp.encode((b"SET", b"key:%012d" % number, noise[at : at + value_size])))
        pipe.exchange(b"".join(commands), len(batch))
    pipe.exchange(resp.encode((b"SET", HOT, noise[:value_size])), 1)
    pipe.close()


class Forgetting:
    """Empties the page cache of the server's files now, and once a second until the end; in a process of its own, so
    that it is in nobody's way who measures."""

    def __init__(self, folder):
        measure.forget_cached_pages(folder)
        self.process_ = multiprocessing.Process(target=self.work_, args=(folder,), daemon=True)
        self.process_.start()

    def work_(self, folder):
        while True:
            time.sleep(1.0)
            measure.forget_cached_pages(folder)

    def end(self):
        self.process_.terminate()
        self.process_.join()


def disk_reads(process):
    """Bytes that the process had fetched from the device."""
    with open("/proc/%d/io" % process.pid) as counters:
        return next(int(line.split()[1]) for line in counters if line.startswith("read_bytes"))
