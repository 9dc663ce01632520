#!/usr/bin/python3
"""Mass insertion with redis-cli --pipe, kill -9, and a look at what is there after the restart.

    tools/dev bench pipe [--n 1000000] [--sample 10000]

Twice: keys that count up, then the words of a dictionary. redis-cli must report no error, DBSIZE must answer the
number of keys, and the sample (of the words: all of them) must read back right. The exit status is 1 otherwise.
"""

import argparse
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure  # noqa: E402
from lib.resp import encode  # noqa: E402

BATCH = 1000
COUNT_LIMIT = 60.0  # seconds that DBSIZE may take to be exact after the restart


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=10_000)
    parser.add_argument("--words", default="/usr/share/dict/words")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    return parser.parse_args()


class Numbers:
    """key:0 … with a value that can be computed again."""

    name = "keys that count up"

    def __init__(self, count):
        self.count = count

    def pair(self, number):
        return b"key:%d" % number, b"value:%d" % (number * 7919)


class Words:
    """Every line of a dictionary; its value is the word backwards and the line's number."""

    def __init__(self, path):
        self.name = "words of %s" % path
        with open(path, "rb") as file:
            self.words_ = list(dict.fromkeys(file.read().split()))
        self.count = len(self.words_)

    def pair(self, number):
        word = self.words_[number]
        return word, word[::-1] + b" %d" % number


def stream(data):
    for batch in measure.batches(range(data.count), BATCH):
        yield b"".join(encode((b"SET", *data.pair(number))) for number in batch)


def wait_size(connection, expected):
    """Seconds until DBSIZE answers what it should, and its last answer."""
    start = time.monotonic()
    while True:
        size, seconds = connection.call("DBSIZE", timeout=60.0).value, time.monotonic() - start
        if size == expected or seconds > COUNT_LIMIT:
            return seconds, size
        time.sleep(0.01)


def wrong_values(connection, data, numbers):
    wrong = 0
    for batch in measure.batches(range(len(numbers)), BATCH):
        pairs = [data.pair(numbers[at]) for at in batch]
        connection.send(b"".join(encode((b"GET", key)) for key, _ in pairs))
        wrong += sum(connection.read(60.0).value != value for _, value in pairs)
    return wrong


class Run:
    def __init__(self, options):
        self.server = measure.basalt(options)
        self.random_ = random.Random(options.seed)
        self.total_ = 0
        self.good = True

    def check_(self, what, good):
        self.good = self.good and good
        print("  %-60s %s" % (what, measure.verdict(good)), flush=True)

    def load_and_crash(self, data, sample):
        print(data.name)
        start = time.monotonic()
        said = measure.redis_cli_pipe(self.server.port, stream(data))
        seconds = time.monotonic() - start
        self.check_("%s (%.1f s, %.0f per s)" % (said, seconds, data.count / seconds),
                    said == "errors: 0, replies: %d" % data.count)
        self.total_ += data.count
        start = time.monotonic()
        self.server.restart(kill=True)
        connection = self.server.connect(timeout=60.0)
        print("  killed with -9; answers again after %.2f s" % (time.monotonic() - start))
        seconds, size = wait_size(connection, self.total_)
        self.check_("DBSIZE says %d (exact after %.2f s)" % (size, seconds), size == self.total_)
        numbers = self.random_.sample(range(data.count), min(sample, data.count))
        wrong = wrong_values(connection, data, numbers)
        self.check_("%d random keys read back, %d wrong" % (len(numbers), wrong), wrong == 0)
        connection.close()


def main():
    options = parse_arguments()
    print("seed %d" % options.seed)
    run = Run(options)
    run.load_and_crash(Numbers(options.n), options.sample)
    words = Words(options.words)
    run.load_and_crash(words, words.count)
    return 0 if run.good else 1


if __name__ == "__main__":
    sys.exit(main())
