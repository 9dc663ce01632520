#!/usr/bin/python3
"""Client-side caching: a cache is never stale once the writer has its reply.

    tests/tracking/run.py --server build/release/bin/basalt-server [--seconds S] [--caches N] [--seed S]

Writers raise the version of keys, each of its own ones, and note a version when the server has acknowledged it. Caches
keep what they read until they are told to forget it. A cache looks up which version of a key is acknowledged, sends a PING
to take in what has been sent to it by then, and must not hold an older one. All ways of tracking take part: RESP3 (plain,
OPTIN, NOLOOP, in MULTI, BCAST) and RESP2 with REDIRECT.

Another check reads each key for the first time, from the disk, in the very moment in which it is overwritten. A long run:
--seconds 120 --caches 12.
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

KEYS_PER_WRITER = 20
DUELS = 3000


class Cache:
    """A client that caches. `connection` is for commands; what to forget comes on `told`."""

    def __init__(self, server, *tracking):
        self.values = {}
        self.hits = 0
        self.connection = server.connect(timeout=60.0)
        self.told = self.connection
        if "REDIRECT" in tracking:
            self.told = server.connect(timeout=60.0)
            tracking += (self.told.call("CLIENT", "ID").value,)
            self.told.call("SUBSCRIBE", "__redis__:invalidate")
        else:
            self.connection.call("HELLO", 3)
        self.ask("CLIENT", "TRACKING", "ON", *tracking)

    def ask(self, *words):
        self.connection.send(encode(words))
        return self.answer(self.connection)

    def answer(self, connection):
        """The next reply that is not a message; messages are acted upon."""
        while True:
            reply = connection.read()
            words = reply.value if reply.kind in ("push", "array") else None
            if not words or words[0].value not in (b"invalidate", b"message"):
                return reply
            keys = words[-1]
            if keys.kind in ("null", "nil", "nil-array"):
                self.values.clear()
            else:
                for key in keys.value:
                    self.values.pop(key.value, None)

    def take_in(self):
        """Everything that the server has sent by now."""
        self.told.send(encode(["PING"]))
        self.answer(self.told)

    def read(self, key):
        """The key's value, as this way of tracking reads what it keeps."""
        return self.ask("GET", key)

    def fetch(self, key):
        self.values[key] = number(self.read(key))
        return self.values[key]

    def version(self, key):
        if key not in self.values:
            return self.fetch(key)
        self.hits += 1
        return self.values[key]

    def close(self):
        self.connection.close()
        self.told.close()


def number(reply):
    return int(reply.value or 0)


class OptIn(Cache):
    def read(self, key):
        self.connection.send(encode(["CLIENT", "CACHING", "YES"]) + encode(["GET", key]))
        self.answer(self.connection)
        return self.answer(self.connection)


class InMulti(Cache):
    def read(self, key):
        self.connection.send(encode(["MULTI"]) + encode(["GET", key]) + encode(["EXEC"]))
        self.answer(self.connection)
        self.answer(self.connection)
        return self.answer(self.connection).value[0]


class Redirected(Cache):
    """What to forget comes another way, and may be there before the reply: a placeholder shows that."""

    def fetch(self, key):
        self.values[key] = None
        value = number(self.read(key))
        self.take_in()
        if key in self.values:
            self.values[key] = value
        return value


WAYS = [
    (Cache, ()),
    (Cache, ("NOLOOP",)),
    (OptIn, ("OPTIN",)),
    (InMulti, ()),
    (Redirected, ("REDIRECT",)),
    (Cache, ("BCAST", "PREFIX", "w")),
]


class TrackingTest(Checks):
    def __init__(self, options):
        super().__init__()
        self.options = options
        self.random = random.Random(options.seed)
        kind = kind_of(options.server)
        # Little memory, so that most of the duels' keys are on the disk.
        self.server = Server(kind, options.server, ["--maxmemory", "16mb"] if kind == "basalt" else []).start()
        self.servers = [self.server]
        self.acknowledged = {}
        self.over = False
        self.problems = []
        self.writes = 0

    def write_(self, writer):
        chance = random.Random("%d %d" % (self.options.seed, writer))
        connection = self.server.connect(timeout=60.0)
        keys = [b"w%d:%d" % (writer, i) for i in range(KEYS_PER_WRITER)]
        version = 0
        while not self.over:
            version += 1
            key = chance.choice(keys)
            how = chance.randrange(4)
            if how == 0:
                connection.call("SET", key, version)
            elif how == 1:
                connection.call("SETRANGE", key, 0, b"%020d" % version)
            elif how == 2:
                connection.send(b"".join(map(encode, [["MULTI"], ["DEL", key], ["SET", key, version], ["EXEC"]])))
                for _ in range(4):
                    connection.read()
            else:
                # A run of writes that share a commit.
                connection.send(encode(["SET", key, version]) + encode(["SET", b"other:" + key, version]))
                connection.read()
                connection.read()
            self.acknowledged[key] = version
            self.writes += 1
            if self.writes % 20 == 0:
                time.sleep(0.001)
        connection.close()

    def look_(self, number):
        kind, tracking = WAYS[number % len(WAYS)]
        chance = random.Random("%d cache %d" % (self.options.seed, number))
        cache = kind(self.server, *tracking)
        while not self.over and not self.problems:
            keys = list(self.acknowledged) or [b"none"]
            for key in chance.sample(keys, min(5, len(keys))):
                wanted = self.acknowledged.get(key, 0)
                cache.take_in()
                held = cache.version(key)
                if held < wanted:
                    self.problems.append(
                        "%s %s: %s is held in version %d, but %d was acknowledged before"
                        % (kind.__name__, " ".join(map(str, tracking)), key.decode(), held, wanted)
                    )
        self.hits[number] = cache.hits
        cache.close()

    def never_stale(self):
        """no cache holds what is older than what the writer got its reply for"""
        count = self.options.caches
        self.hits = [0] * count
        threads = [threading.Thread(target=self.write_, args=(i,)) for i in range(3)]
        threads += [threading.Thread(target=self.guard_, args=(self.look_, i)) for i in range(count)]
        for thread in threads:
            thread.start()
        time.sleep(self.options.seconds)
        self.over = True
        for thread in threads:
            thread.join()
        if self.problems:
            return self.problems[0]
        return None if all(self.hits) else "a cache was of no use: %s" % self.hits

    def guard_(self, function, *arguments):
        try:
            function(*arguments)
        except Exception as error:
            self.problems.append("%s: %s" % (type(error).__name__, error))

    def duels(self):
        """a key that is overwritten while it is being read for the first time, from the disk"""
        loader, writer = self.server.connect(timeout=60.0), self.server.connect(timeout=60.0)
        filler = b"x" * 6000
        for start in range(0, DUELS, 100):
            loader.send(b"".join(encode(["SET", "duel:%d" % i, b"0 " + filler]) for i in range(start, start + 100)))
            for _ in range(100):
                loader.read()
        caches = [Cache(self.server), Cache(self.server, "REDIRECT")]
        order = list(range(DUELS))
        self.random.shuffle(order)
        for i in order:
            cache = caches[i % 2]
            key = b"duel:%d" % i
            cache.values[key] = None
            cache.connection.send(encode(["GET", key]))
            for _ in range(self.random.randrange(0, 200)):
                pass
            writer.call("SET", key, b"1")
            reply = cache.answer(cache.connection)
            # On the connection of the reply the order says what is newer; on another one a placeholder does.
            if cache.told is cache.connection or key in cache.values:
                cache.values[key] = reply.value
            cache.take_in()
            if cache.values.get(key) not in (None, b"1"):
                return "%s: the old value is held after the writer has its reply" % key.decode()
        for cache in caches:
            cache.close()
        return self.were_read_from_disk_(loader)

    def were_read_from_disk_(self, connection):
        if self.server.kind != "basalt":
            return None
        info = connection.call("INFO", "stats").value
        offloaded = int(info.split(b"offloaded_commands:")[1].split(b"\r\n")[0])
        return None if offloaded > DUELS // 20 else "only %d commands had to wait for the disk" % offloaded

    def run(self):
        self.check_all([self.never_stale, self.duels])
        self.server.stop()
        print("tracking: %d writes, %d looks that found the key held" % (self.writes, sum(self.hits)))
        return self.finish()


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--caches", type=int, default=len(WAYS))
    options = parser.parse_args()
    print("tracking: seed %d" % options.seed, flush=True)
    return TrackingTest(options).run()


if __name__ == "__main__":
    sys.exit(main())
