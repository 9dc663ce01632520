"""Writes of every kind that no model follows: they only have to leave the store whole.

The writers of workloads.py are compared with what the server has; that leaves out what depends on chance or
time. Here keys and hash fields expire within milliseconds, members are popped at random, databases are flushed
and swapped, keys renamed, copied and overwritten by other types. What must hold is what basalt-admin verify
looks at: every head has its items, every score its member, every expiry its row.
"""

import random as random_module

from lib import resp

DATABASES = (9, 10)
DEPTH = 24
COMMANDS_BETWEEN_BIG_ONES = 3000


def name(random, kind=None):
    """A key; mostly of the kind, now and then of another: WRONGTYPE, or one type over another."""
    kind = kind if kind and random.random() < 0.95 else random.choice("sbphlmzx")
    return b"%s%d" % (kind.encode(), random.randrange(6))


def member(random):
    return b"m%d" % random.randrange(400)


def text(random):
    return random.randbytes(random.choice((0, 1, 10, 100, 300)))


def time_ms(random):
    return b"%d" % random.choice((1, 5, 50, 500, 100_000))


def strings(random):
    key = name(random, "s")
    return random.choice(
        (
            (b"SET", key, text(random)),
            (b"SET", key, text(random), b"PX", time_ms(random)),
            (b"SETRANGE", key, b"%d" % random.randrange(20_000), text(random)),
            (b"APPEND", key, text(random) * 20),
            (b"SETBIT", name(random, "b"), b"%d" % random.randrange(200_000), b"1"),
            (b"BITOP", b"XOR", name(random, "b"), name(random, "b"), name(random, "b")),
            (b"PFADD", name(random, "p"), member(random), member(random)),
            (b"PFMERGE", name(random, "p"), name(random, "p"), name(random, "p")),
            (b"GETDEL", key),
        )
    )


def hashes(random):
    key = name(random, "h")
    fields = [word for _ in range(random.choice((1, 2, 40))) for word in (member(random), text(random))]
    return random.choice(
        (
            (b"HSET", key, *fields),
            (b"HDEL", key, *fields[::2]),
            (b"HPEXPIRE", key, time_ms(random), b"FIELDS", b"2", member(random), member(random)),
            (b"HPERSIST", key, b"FIELDS", b"1", member(random)),
            (b"HINCRBY", key, b"counter", b"1"),
        )
    )


def lists(random):
    key = name(random, "l")
    return random.choice(
        (
            (b"RPUSH", key, *(text(random) for _ in range(random.choice((1, 3, 60))))),
            (b"LPUSH", key, text(random), text(random)),
            (b"LPOP", key, b"3"),
            (b"LMOVE", key, name(random, "l"), b"LEFT", b"RIGHT"),
            (b"LINSERT", key, b"BEFORE", b"", text(random)),
            (b"LREM", key, b"2", b""),
            (b"LTRIM", key, b"%d" % random.randrange(20), b"-%d" % random.randrange(1, 20)),
        )
    )


def sets(random):
    key = name(random, "m")
    return random.choice(
        (
            (b"SADD", key, *(member(random) for _ in range(random.choice((1, 3, 80))))),
            (b"SADD", key, b"%d" % random.randrange(700)),
            (b"SREM", key, member(random), member(random)),
            (b"SPOP", key, b"4"),
            (b"SMOVE", key, name(random, "m"), member(random)),
            (b"SUNIONSTORE", name(random, "m"), key, name(random, "m")),
            (b"SDIFFSTORE", name(random, "m"), key, name(random, "m")),
        )
    )


def sorted_sets(random):
    key = name(random, "z")
    score = random.choice((b"0", b"-0", b"1.5", b"inf", b"%d" % random.randrange(1000)))
    pairs = [word for _ in range(random.choice((1, 3, 80))) for word in (b"%d" % random.randrange(99), member(random))]
    return random.choice(
        (
            (b"ZADD", key, *pairs),
            (b"ZADD", key, score, member(random)),
            (b"ZINCRBY", key, b"1", member(random)),
            (b"ZREM", key, member(random), member(random)),
            (b"ZPOPMIN", key, b"3"),
            (b"ZPOPMAX", key, b"3"),
            (b"ZREMRANGEBYSCORE", key, b"10", b"12"),
            (b"ZUNIONSTORE", name(random, "z"), b"2", key, name(random, "z")),
        )
    )


def streams(random):
    key = name(random, "x")
    group = b"g%d" % random.randrange(3)
    consumer = b"c%d" % random.randrange(4)
    return random.choice(
        (
            (b"XADD", key, b"*", b"f", text(random)),
            (b"XADD", key, b"MAXLEN", b"~", b"200", b"*", b"f", text(random), b"g", b"1"),
            (b"XGROUP", b"CREATE", key, group, b"0", b"MKSTREAM"),
            (b"XGROUP", b"DESTROY", key, group),
            (b"XGROUP", b"DELCONSUMER", key, group, consumer),
            (b"XREADGROUP", b"GROUP", group, consumer, b"COUNT", b"5", b"STREAMS", key, b">"),
            (b"XAUTOCLAIM", key, group, consumer, b"0", b"0", b"COUNT", b"4"),
            (b"XTRIM", key, b"MAXLEN", b"%d" % random.randrange(300)),
        )
    )


def keys(random):
    """Whole keys: they go, change their names, get times."""
    key = name(random)
    return random.choice(
        (
            (b"DEL", key),
            (b"RENAME", key, name(random)),
            (b"COPY", key, name(random), b"REPLACE"),
            (b"COPY", key, key, b"DB", b"%d" % random.choice(DATABASES), b"REPLACE"),
            (b"MOVE", key, b"%d" % random.choice(DATABASES)),
            (b"PEXPIRE", key, time_ms(random)),
            (b"PERSIST", key),
            (b"SORT", name(random, "l"), b"ALPHA", b"STORE", name(random, "l")),
        )
    )


def databases(random):
    return random.choice(((b"FLUSHDB",), (b"SWAPDB", b"9", b"10"), (b"SELECT", b"%d" % random.choice(DATABASES))))


KINDS = [strings, hashes, lists, sets, sorted_sets, streams, keys]


class Noise:
    """One connection's writes. Replies are read, so that it is not far ahead; what they say does not matter."""

    def __init__(self, seed):
        self.random = random_module.Random(seed)
        self.commands = 0

    def write(self, port):
        """Until the connection breaks."""
        try:
            connection = resp.Connection(port, timeout=30.0)
        except OSError:
            return
        try:
            connection.call("SELECT", "%d" % DATABASES[0])
            while True:
                batch = [self.next_() for _ in range(self.random.choice((1, 4, DEPTH)))]
                connection.send(b"".join(map(resp.encode, batch)))
                for _ in batch:
                    connection.read()
        except (resp.Closed, OSError):
            pass
        finally:
            connection.close()

    def next_(self):
        self.commands += 1
        if self.random.random() * COMMANDS_BETWEEN_BIG_ONES < 1:
            return databases(self.random)
        return self.random.choice(KINDS)(self.random)
