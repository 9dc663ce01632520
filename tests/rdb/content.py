"""What the RDB tests put into a server, and how they compare two of them key by key."""

import random
import struct

from lib import resp

DATABASES = (0, 1, 7, 15)
BATCH = 500
HOUR_MS = 3_600_000


class Pipeline:
    """Sends commands in batches; an error reply fails the test."""

    def __init__(self, connection, batch=BATCH):
        self.connection = connection
        self.batch_ = batch
        self.pending_ = []

    def add(self, *words):
        self.pending_.append(words)
        if len(self.pending_) >= self.batch_:
            self.flush()

    def flush(self):
        self.connection.send(b"".join(map(resp.encode, self.pending_)))
        for words in self.pending_:
            reply = self.connection.read(timeout=120.0)
            assert reply.kind != "error", "%.200r: %r" % (words, reply.value)
        self.pending_ = []


def text(rng, longest):
    """Bytes of all kinds: words, digits, anything, and what compresses."""
    size = rng.randrange(longest + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return b"%d" % rng.randrange(-(10 ** rng.randrange(1, 19)), 10 ** rng.randrange(1, 19))
    if kind == 1:
        return rng.randbytes(size)
    return (b"part %d " % rng.randrange(50) * (size // 6 + 1))[:size]


def score(rng):
    special = ("inf", "-inf", "0", "-0", "1e300", "-1e-300", "0.1")
    return rng.choice(special) if rng.random() < 0.05 else repr(rng.uniform(-1e6, 1e6))


def string(rng, size):
    return [("SET", text(rng, 60 if size == "small" else 100_000))]


def of_length(size, small, large):
    return lambda rng: 1 + rng.randrange(small if size == "small" else large)


def collection(command, element):
    """Commands that make a collection of a few elements, or of so many, or so long ones, that it is spread."""

    def make(rng, size):
        count = 1 + rng.randrange(12 if size == "small" else 2_000)
        longest = 20 if size == "small" or count > 500 else 300
        words = [word for i in range(count) for word in element(rng, i, longest)]
        step = 400 * len(element(rng, 0, 1))
        return [(command, *words[at : at + step]) for at in range(0, len(words), step)]

    return make


def bits(rng, size):
    return [("SETBIT", rng.randrange(100 if size == "small" else 200_000), 1) for _ in range(3)]


def stream(rng, size):
    """Entries, some of them deleted, and a group with a consumer and what is pending for it."""
    count = 1 + rng.randrange(8 if size == "small" else 500)
    commands = [("XADD", b"%d-%d" % (1000 + i // 3, 1 + i % 3), b"field", text(rng, 30)) for i in range(count)]
    if rng.random() < 0.5:
        commands.append(("XDEL", b"1000-1"))
        commands.append(("XGROUP CREATE", b"g", b"0"))
        commands.append(("XREADGROUP", b"g", b"consumer", count // 2 + 1))
    return commands


KINDS = {
    "string": string,
    "list": collection("RPUSH", lambda rng, i, n: [text(rng, n)]),
    "set of integers": collection("SADD", lambda rng, i, n: [b"%d" % (rng.randrange(1 << 40) - (1 << 39))]),
    "set": collection("SADD", lambda rng, i, n: [b"%d:%b" % (i, text(rng, n))]),
    "hash": collection("HSET", lambda rng, i, n: [b"field %d" % i, text(rng, n)]),
    "zset": collection("ZADD", lambda rng, i, n: [score(rng), b"member %d %b" % (i, text(rng, n))]),
    "bits": bits,
    "stream": stream,
    "hyperloglog": collection("PFADD", lambda rng, i, n: [b"%d" % rng.getrandbits(60)]),
}


def key_name(rng, i):
    special = {0: b"", 1: b"\x00\xff\r\n\"'", 2: b"long" * 3000, 3: b"{tag}x"}
    return special.get(i) if i in special else b"%b%d" % (rng.choice((b"user:", b"k", b"{tag}:", b"\xfe")), i)


def fill(connection, keys, seed, large_share=0.01):
    """So many keys of every type in several databases, a quarter of them with an expiry far enough away."""
    rng = random.Random(seed)
    now_ms = server_time_ms(connection)
    pipeline = Pipeline(connection)
    kinds = list(KINDS.values())
    # Strings are what most data sets are made of.
    weights = [8] + [2] * (len(kinds) - 1)
    for number, db in enumerate(DATABASES):
        pipeline.add("SELECT", db)
        share = keys // len(DATABASES) + (keys % len(DATABASES) if number == 0 else 0)
        for i in range(share):
            key = key_name(rng, i)
            size = "large" if rng.random() < large_share else "small"
            kind = kinds[i % len(kinds)] if i < 4 * len(kinds) else rng.choices(kinds, weights)[0]
            for command, *words in kind(rng, size if i >= 2 * len(kinds) else "large"):
                pipeline.add(*command_on(key, command, words))
            if rng.random() < 0.25:
                pipeline.add("PEXPIREAT", key, now_ms + rng.randrange(10 * HOUR_MS, 10_000 * HOUR_MS))
    pipeline.add("SELECT", 0)
    pipeline.flush()


def command_on(key, command, words):
    if command == "XREADGROUP":
        group, consumer, count = words
        return ("XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", key, ">")
    return (*command.split(), key, *words)


def server_time_ms(connection):
    seconds, micros = (int(part.value) for part in connection.call("TIME").value)
    return seconds * 1000 + micros // 1000


# Comparing ------------------------------------------------------------------------------------------


def scan(connection, db, count=2_000):
    """The keys of a database, page by page."""
    assert connection.call("SELECT", db).kind == "simple"
    cursor = b"0"
    while True:
        reply = connection.call("SCAN", cursor, "COUNT", count, timeout=120.0)
        cursor = reply.value[0].value
        yield [key.value for key in reply.value[1].value]
        if cursor == b"0":
            return


READERS = {
    b"string": lambda key: [("GET", key)],
    b"list": lambda key: [("LRANGE", key, 0, -1)],
    b"set": lambda key: [("SORT", key, "ALPHA")],  # SMEMBERS has no order
    b"hash": lambda key: [("HGETALL", key)],
    b"zset": lambda key: [("ZRANGE", key, 0, -1, "WITHSCORES")],
    b"stream": lambda key: [("XRANGE", key, "-", "+"), ("XINFO", "STREAM", key), ("XINFO", "GROUPS", key),
                            ("XPENDING", key, "g")],
}


# Their replies may differ though the values do not.
LOOSE = (b"hash", b"stream")


def comparable(command, reply):
    """A reply without the order that hashes do not have, and without how Redis keeps a stream."""
    if reply.kind != "array":
        return reply
    pairs = zip(reply.value[::2], reply.value[1::2])
    if command[0] == "HGETALL":
        return sorted((name.value, value.value) for name, value in pairs)
    if command[:2] == ("XINFO", "STREAM"):
        return [(name, value) for name, value in pairs if not str(name.value).startswith("b'radix-tree")]
    return reply


def ask_all(connection, commands):
    connection.send(b"".join(map(resp.encode, commands)))
    return [connection.read(timeout=120.0) for _ in commands]


def raw_answers(connection, commands):
    """The replies as they come: comparing bytes takes a small part of the time that reading them takes."""
    token = b"end %b" % random.randbytes(16).hex().encode()
    connection.send(b"".join(map(resp.encode, [*commands, ("ECHO", token)])))
    end = b"$%d\r\n%b\r\n" % (len(token), token)
    received = bytearray()
    while not received.endswith(end):
        part = connection.socket_.recv(1 << 20)
        if not part:
            raise resp.Closed()
        received += part
    return received[: -len(end)]


def compare_page(keys, one, other):
    """None, or the first key that differs."""
    kinds = dict(zip(keys, (reply.value for reply in ask_all(one, [("TYPE", key) for key in keys]))))
    strict = [command for key, kind in kinds.items() if kind not in LOOSE for command in questions(key, kind)]
    loose = [command for key, kind in kinds.items() if kind in LOOSE for command in questions(key, kind)]
    if raw_answers(one, strict) != raw_answers(other, strict):
        loose += strict  # to find out which
    for command, a, b in zip(loose, ask_all(one, loose), ask_all(other, loose)):
        if a != b and comparable(command, a) != comparable(command, b):
            return "%.100r: %.300r and %.300r" % (command, a, b)
    return None


def questions(key, kind):
    return [("TYPE", key), ("PEXPIRETIME", key), *READERS[kind](key)]


def compare(one, other, databases=DATABASES):
    """None if both servers have the same keys, values and expiries; else what differs."""
    compared = 0
    for db in databases:
        found = set()
        other.call("SELECT", db)
        for page in scan(one, db):
            page = sorted(set(page) - found)
            found.update(page)
            problem = compare_page(page, one, other)
            if problem:
                return "database %d: %s" % (db, problem)
        size = other.call("DBSIZE", timeout=120.0).value
        if size != len(found):
            return "database %d: %d keys here, %d there" % (db, len(found), size)
        compared += len(found)
    return None if compared else "no keys were compared"


# Changing files -------------------------------------------------------------------------------------


def crc64(data, table=[]):  # noqa: B006: the table is made once
    if not table:
        for byte in range(256):
            value = byte
            for _ in range(8):
                value = value >> 1 ^ (0x95AC9329AC4BC9B5 if value & 1 else 0)
            table.append(value)
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def sealed(data):
    """With the checksum that fits, in place of the one that is there."""
    body = data[:-8]
    return body + struct.pack("<Q", crc64(body))
