#!/usr/bin/python3
"""The model test: random commands of every family, sent to Basalt and to redis-server alike, must be answered alike.

    tests/model/run.py --server build/release/bin/basalt-server [--seconds N | --commands N] [--seed S]
    tests/model/run.py --server build/release/bin/basalt-server --replay FILE

Replies in RESP2 and RESP3, and keyspace events, are compared. Few keys and few elements, so that types collide
and collections come and go; packing thresholds that change all the time, so that every conversion happens. In
between everything that both hold is compared, and Basalt is restarted, orderly or by kill -9. Now and then several
clients take turns, with transactions, watched keys and blocking commands, and keys expire. Each chunk of
pipelined commands counts as one test. Of a difference the commands that lead to it are tried again in smaller
and smaller parts, and the smallest is kept in a file.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import resp  # noqa: E402
from model import clients, commands  # noqa: E402
from model.grammar import Row  # noqa: E402
from model.pair import Difference, Pair  # noqa: E402
from model.values import Values  # noqa: E402

BROKEN = (Difference, OSError, resp.Closed, resp.Timeout, resp.ProtocolError)
NESTED = ("multi", "clients", "expired")  # steps whose words are steps
ROUND_COMMANDS = 20_000  # then both are emptied, so that a difference has a short history
SETTINGS = {
    b"packed-max-bytes": (64, 100, 200, 1024, 8192),
    b"hash-max-listpack-entries": (0, 1, 3, 8, 128),
    b"hash-max-listpack-value": (4, 20, 64),
    b"list-max-listpack-size": (-5, -2, -1, 1, 3, 8, 128),
    b"set-max-intset-entries": (0, 3, 8, 512),
    b"set-max-listpack-entries": (0, 1, 3, 8, 128),
    b"set-max-listpack-value": (4, 20, 64),
    b"zset-max-listpack-entries": (0, 1, 3, 8, 128),
    b"zset-max-listpack-value": (4, 20, 64),
    b"string-chunk-threshold": (1024, 2048, 32768),
}


class Generator:
    """Random steps."""

    def __init__(self, seed, families):
        self.random = random.Random(seed)
        self.values_ = Values(self.random)
        self.rows_ = [rows(commands.FAMILIES[name]) for name in families]
        self.rare_ = rows(commands.RARE)
        self.transactions_ = rows(commands.TRANSACTIONS)
        self.blocking_ = rows(commands.BLOCKING)

    def chunk(self):
        """Steps that are sent together."""
        size = self.random.choice((1, 5, 20, 50, 100))
        steps = [("exact", (b"SELECT", self.random.choice((b"0", b"0", b"0", b"1"))))]
        # A chunk keeps to one or two families most of the time, so that keys live long enough to grow.
        tables = self.random.choices(self.rows_, k=self.random.choice((1, 2, len(self.rows_))))
        while len(steps) <= size:
            if self.random.random() < 0.01:
                steps.append(("multi", [self.step_(tables + [self.blocking_], False) for _ in range(1 + size // 10)]))
            elif self.random.random() < 0.001:
                steps.append(("clients", [self.turn_() for _ in range(self.random.randrange(10, 60))]))
            elif self.random.random() < 0.001:
                steps.append(("expired", self.while_keys_expire_()))
            elif self.random.random() < 0.0002:
                steps.append(self.step_([self.rare_], True))
            else:
                steps.append(self.step_(tables, True))
        return steps

    def step_(self, tables, alone):
        while True:
            table = self.random.choice(tables)
            row = self.random.choices(table, [one.weight for one in table])[0]
            if alone or not row.mode.startswith(("pop", "scan", "transfer")):
                return (row.mode, tuple(row.words(self.values_)))

    def turn_(self):
        """Somebody's step of a scenario: a command as ever, a part of a transaction, or one that may block."""
        kind = self.random.random()
        of = [self.transactions_] if kind < 0.25 else [self.blocking_] if kind < 0.45 else self.rows_
        return (self.random.randrange(clients.CLIENTS), *self.step_(of, False))

    def while_keys_expire_(self):
        """The keys, and the steps. How many keys there are is not asked: a command that fails leaves expired ones."""
        keys = tuple(self.values_.any() for _ in range(self.random.randrange(1, 6)))
        steps = [self.step_(self.rows_, False) for _ in range(self.random.randrange(1, 30))]
        return [("keys", keys)] + [one for one in steps if one[0] != "random-key" and one[1][0] != b"DBSIZE"]

    def settings(self, count=len(SETTINGS)):
        some = self.random.sample(list(SETTINGS.items()), count)
        return [("config", (name, b"%d" % self.random.choice(values))) for name, values in some]

    def protocol(self):
        return ("protocol", (self.random.choice((b"2", b"3")),))


def rows(table):
    """A line that begins with white space goes on with the row above."""
    return [Row(line) for line in table.strip().replace("\n ", " ").split("\n")]


class ModelTest:
    def __init__(self, options):
        self.options = options
        self.pair = Pair(options.server, options.oracle, options.flag)
        families = options.families.split(",")
        needed = {name for family in families for row in rows(commands.FAMILIES[family]) for name in row.needed()}
        self.unknown = self.pair.unknown_commands(needed)
        self.generator = Generator(options.seed, families)
        self.history = []
        self.commands = 0
        self.passed = 0
        self.failed = 0

    def run(self):
        """Until the time is over, or so many commands were sent, or a difference is found."""
        if self.unknown:
            print("FAILED: Basalt does not have %s" % " ".join(sorted(self.unknown)))
            self.failed += 1
        deadline = time.monotonic() + self.options.seconds
        while time.monotonic() < deadline and self.commands < self.options.commands and not self.failed:
            self.round_(deadline)

    def round_(self, deadline):
        chance = self.generator.random.random
        self.pair.empty()
        self.history = []
        end = min(self.commands + ROUND_COMMANDS, self.options.commands)
        self.chunk_([*self.generator.settings(), self.generator.protocol()])
        while self.commands < end and time.monotonic() < deadline and not self.failed:
            self.chunk_(self.generator.chunk())
            if chance() < 0.03:
                self.chunk_([("content", ())])
            if chance() < 0.02:
                self.chunk_(self.generator.settings(int(1 + chance() * 5)))
            if chance() < self.options.restarts:
                self.chunk_([("kill" if chance() < 0.7 else "restart", ())])
        if not self.failed:
            self.chunk_([("content", ())])

    def chunk_(self, steps):
        self.history.append(steps)
        self.commands += sum(len(words) if mode in NESTED else 1 for mode, words in steps)
        try:
            self.pair.run(steps)
            self.passed += 1
        except BROKEN as error:
            self.failed += 1
            print("FAILED: %s" % self.tell_(error), flush=True)

    def tell_(self, error):
        text = str(error) if isinstance(error, Difference) else "%s: %s" % (type(error).__name__, error)
        if not self.pair.basalt.alive():
            text += "\nBasalt ended:\n" + self.pair.basalt.log_tail()
        return text

    def replay(self, path):
        with open(path, encoding="utf-8") as file:
            history = [[revive(step) for step in chunk] for chunk in json.load(file)]
        self.pair.empty()
        for chunk in history:
            if not self.failed:
                self.chunk_(chunk)

    def reduce(self):
        """Tries smaller and smaller parts of the history, for a while; writes what is left to a file."""
        deadline = time.monotonic() + self.options.reduce_seconds
        self.reduce_list_(self.history, deadline)
        steps = [step for chunk in self.history for step in chunk]
        if self.differs_([[step] for step in steps]):
            self.history = [[step] for step in steps]
            self.reduce_list_(self.history, deadline)
        with tempfile.NamedTemporaryFile("w", prefix="model-", suffix=".json", delete=False) as file:
            json.dump(self.history, file, default=lambda word: word.decode("latin-1"), indent=0)
        shown = [step for chunk in self.history for step in chunk]
        for mode, words in shown[-30:]:
            print("  %s: %.300r" % (mode, words))
        print("%d steps lead there, of which these are the last; all: --replay %s" % (len(shown), file.name))

    def reduce_list_(self, items, deadline):
        """Drops parts, first large ones, as long as the difference stays."""
        part = max(1, len(items) // 2)
        while time.monotonic() < deadline:
            at = len(items)
            while at > 0 and time.monotonic() < deadline:
                smaller = items[: max(0, at - part)] + items[at:]
                if smaller and self.differs_(smaller):
                    items[:] = smaller
                at -= part
            if part == 1:
                break
            part = max(1, part // 2)

    def differs_(self, history):
        try:
            self.pair.reconnect()
            self.pair.empty()
            for chunk in history:
                self.pair.run(chunk)
            return False
        except BROKEN:
            return True


def revive(step):
    mode, words = step
    if mode == "clients":
        return (mode, [(number, *revive(turn)) for number, *turn in words])
    if mode in NESTED:
        return (mode, [revive(one) for one in words])
    return (mode, tuple(word.encode("latin-1") for word in words))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--oracle", default="redis-server", help="the redis-server to compare with")
    parser.add_argument("--seconds", type=float, help="how long (default: 30, or without end with --commands)")
    parser.add_argument("--commands", type=int, help="how many commands")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--families", default=",".join(commands.FAMILIES), help="which, of: %(default)s")
    parser.add_argument("--restarts", type=float, default=0.004, help="how often Basalt is restarted, a chunk")
    parser.add_argument("--flag", action="append", default=[], help="a word for Basalt's command line")
    parser.add_argument("--replay", metavar="FILE", help="sends the commands of this file instead")
    parser.add_argument("--reduce-seconds", type=float, default=30, help="how long a difference is made smaller")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    if options.seconds is None:
        options.seconds = 30 if options.commands is None else float("inf")
    if options.commands is None:
        options.commands = 1 << 62
    return options


def main():
    options = parse_arguments()
    print("model: seed %d" % options.seed, flush=True)
    test = ModelTest(options)
    test.replay(options.replay) if options.replay else test.run()
    print("model: %d commands" % test.commands)
    if test.failed and not options.replay:
        print("run again with --seed %d" % options.seed)
        test.reduce()
    test.pair.clear()
    print("%d passed, %d failed" % (test.passed, test.failed))
    return 1 if test.failed or not test.passed else 0


if __name__ == "__main__":
    sys.exit(main())
