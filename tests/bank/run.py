#!/usr/bin/python3
"""The bank: money moves between accounts in transactions, and the total never changes.

    tests/bank/run.py --server build/release/bin/basalt-server [--cycles N] [--seconds S] [--movers N] [--seed S]

Movers take an amount from one account and give it to another: half of them with WATCH, reading the balances
and setting new ones, the other half with increments. Accounts are strings, fields of a hash and members of a sorted set,
in two databases, so that one transaction spans kinds of keys. Readers add everything up inside MULTI meanwhile. Now and
then the server is killed with -9 and started again. What must hold:

  - every total that a reader sees, and the one after a restart, is what there was at the start;
  - each mover's counter, which its transactions increment, counts every answered transfer and at the most one more.

A long run: --cycles 30 --seconds 10 --movers 40. With --server redis-server the same runs on Redis with appendonly yes
and appendfsync always.
"""

import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import resp  # noqa: E402
from lib.checks import Checks, argument_parser, kind_of  # noqa: E402
from lib.resp import encode  # noqa: E402
from lib.servers import Server  # noqa: E402

REDIS_FLAGS = ["--appendonly", "yes", "--appendfsync", "always"]
START = 1000


class Account:
    """Where a balance is kept, and the commands that deal with it."""

    def __init__(self, number):
        self.kind = ("string", "hash", "zset")[number % 3]
        self.name = b"%d" % number
        self.key = {"string": b"account:" + self.name, "hash": b"ledger", "zset": b"ranking"}[self.kind]

    def read(self):
        words = {"string": [b"GET"], "hash": [b"HGET"], "zset": [b"ZSCORE"]}[self.kind]
        return words + [self.key] + ([] if self.kind == "string" else [self.name])

    def write(self, balance):
        return {
            "string": [b"SET", self.key, balance],
            "hash": [b"HSET", self.key, self.name, balance],
            "zset": [b"ZADD", self.key, balance, self.name],
        }[self.kind]

    def add(self, amount):
        return {
            "string": [b"INCRBY", self.key, amount],
            "hash": [b"HINCRBY", self.key, self.name, amount],
            "zset": [b"ZINCRBY", self.key, amount, self.name],
        }[self.kind]


def transaction(commands):
    return b"".join(map(encode, [(b"MULTI",), *commands, (b"EXEC",)]))


def read_transaction(connection, count):
    """The replies of EXEC; None if a watched key had changed."""
    for _ in range(count + 1):
        reply = connection.read()
        assert reply.value in (b"OK", b"QUEUED"), reply
    reply = connection.read()
    if reply.kind in ("nil", "nil-array", "null"):
        return None
    assert reply.kind == "array" and not any(one.kind == "error" for one in reply.value), reply
    return reply.value


class Worker:
    """Works on a connection of its own until the server ends."""

    def __init__(self, bank, number):
        self.bank = bank
        self.number = number
        self.random = random.Random("%s %s %d" % (bank.seed, type(self).__name__, number))
        self.done = 0
        self.problem = None

    def run(self, port):
        try:
            connection = resp.Connection(port, timeout=60.0)
        except OSError:
            return
        try:
            while self.problem is None:
                self.step(connection)
        except (resp.Closed, OSError):
            pass
        except (resp.Timeout, resp.ProtocolError, AssertionError) as error:
            self.problem = "%s %d: %s: %s" % (type(self).__name__, self.number, type(error).__name__, error)
        finally:
            connection.close()


class Mover(Worker):
    def __init__(self, bank, number):
        super().__init__(bank, number)
        self.counter = b"mover:%d" % number
        self.conflicts = 0

    def step(self, connection):
        giver, taker = self.random.sample(self.bank.accounts, 2)
        amount = self.random.randrange(1, 50)
        move = self.move_watched_ if self.number % 2 else self.move_
        if move(connection, giver, taker, amount):
            self.done += 1
        else:
            self.conflicts += 1

    def move_(self, connection, giver, taker, amount):
        commands = [giver.add(-amount), (b"SELECT", 1), (b"INCR", self.counter), (b"SELECT", 0), taker.add(amount)]
        connection.send(transaction(commands))
        return read_transaction(connection, len(commands)) is not None

    def move_watched_(self, connection, giver, taker, amount):
        connection.send(b"".join(map(encode, [(b"WATCH", giver.key, taker.key), giver.read(), taker.read()])))
        _, given, taken = (connection.read() for _ in range(3))
        given, taken = int(given.value), int(taken.value)
        commands = [giver.write(given - amount), taker.write(taken + amount)]
        commands += [(b"SELECT", 1), (b"INCR", self.counter), (b"SELECT", 0)]
        connection.send(transaction(commands))
        return read_transaction(connection, len(commands)) is not None


class Reader(Worker):
    def step(self, connection):
        total = self.bank.total(connection)
        if total != self.bank.wealth:
            self.problem = "reader %d sees a total of %d, not %d" % (self.number, total, self.bank.wealth)
        self.done += 1


class BankTest(Checks):
    def __init__(self, options):
        super().__init__()
        self.options = options
        self.seed = options.seed
        self.random = random.Random(options.seed)
        self.accounts = [Account(number) for number in range(options.accounts)]
        self.wealth = START * len(self.accounts)
        strings = [account.key for account in self.accounts if account.kind == "string"]
        self.everything_ = [(b"MGET", *strings), (b"HVALS", b"ledger"), (b"ZRANGE", b"ranking", 0, -1, b"WITHSCORES")]
        self.movers = [Mover(self, number) for number in range(options.movers)]
        self.readers = [Reader(self, number) for number in range(options.readers)]
        kind = kind_of(options.server)
        self.server = Server(kind, options.server, REDIS_FLAGS if kind == "redis" else [])
        if kind == "redis":
            self.server.standard_flags = ["--save", ""]
        self.servers = [self.server]

    def total(self, connection):
        connection.send(transaction(self.everything_))
        strings, ledger, ranking = read_transaction(connection, len(self.everything_))
        balances = strings.value + ledger.value + ranking.value[1::2]
        assert len(balances) == len(self.accounts), "%d accounts" % len(balances)
        return sum(int(balance.value) for balance in balances)

    def run(self):
        self.server.start()
        connection = self.server.connect()
        for account in self.accounts:
            connection.call(*account.write(START))
        connection.close()
        for cycle in range(1, self.options.cycles + 1):
            self.cycle_("cycle %d: " % cycle)
            if self.failed:
                break
        return self.finish()

    def cycle_(self, name):
        workers = self.movers + self.readers
        before = [worker.done for worker in workers]
        threads = [threading.Thread(target=worker.run, args=(self.server.port,)) for worker in workers]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(0.5, 1) * self.options.seconds)
        idle = self.wait_for_work_(workers, before)
        self.server.kill()
        for thread in threads:
            thread.join()
        for worker in workers:
            self.check(name + "%s %d" % (type(worker).__name__, worker.number), lambda worker=worker: worker.problem)
        self.check(name + "everyone got something done", lambda: "%d did nothing" % len(idle) if idle else None)
        self.check(name + "restart", self.restart_)
        self.check(name + "the total after a restart", self.check_total_)
        self.check(name + "nothing acknowledged is lost, nothing is done twice", self.check_counters_)

    def wait_for_work_(self, workers, before):
        """Gives those that got nothing done, also on a machine that is very busy."""
        deadline = time.monotonic() + 60
        while True:
            idle = [done for worker, done in zip(workers, before) if worker.done == done and not worker.problem]
            if not idle or time.monotonic() > deadline:
                return idle
            time.sleep(0.05)

    def restart_(self):
        self.server.start(timeout=60.0)

    def check_total_(self):
        total = self.total(self.server.connect())
        return None if total == self.wealth else "it is %d, not %d" % (total, self.wealth)

    def check_counters_(self):
        connection = self.server.connect()
        connection.call("SELECT", 1)
        for mover in self.movers:
            counted = int(connection.call("GET", mover.counter).value or 0)
            if counted not in (mover.done, mover.done + 1):
                return "mover %d: %d transfers are there, %d were answered" % (mover.number, counted, mover.done)
            mover.done = counted
        return None


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--cycles", type=int, default=3, help="how often the server is killed")
    parser.add_argument("--seconds", type=float, default=1.5, help="the longest time between two kills")
    parser.add_argument("--movers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=3)
    parser.add_argument("--accounts", type=int, default=30)
    options = parser.parse_args()
    print("bank: seed %d" % options.seed, flush=True)
    test = BankTest(options)
    status = test.run()
    print(
        "bank: %d transfers, %d more that a watched key stopped; %d totals"
        % (
            sum(mover.done for mover in test.movers),
            sum(mover.conflicts for mover in test.movers),
            sum(reader.done for reader in test.readers),
        )
    )
    return status


if __name__ == "__main__":
    sys.exit(main())
