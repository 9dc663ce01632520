"""Writers that remember everything they wrote, so that a copy of the data can be held against their log."""

import random
import threading

from crash import workloads
from lib import resp

DEPTH = 16  # writes that may be unanswered


class Writer:
    """One connection that writes keys of its own, until it is told to stop or the server is gone."""

    def __init__(self, number, seed):
        self.prefix = b"w%d:" % number
        self.random = random.Random(seed)
        self.kinds = [kind for kinds in workloads.WORKLOADS.values() for kind in kinds]
        self.log = []  # writes that were sent, each a list of commands that are one transaction
        self.answered = 0
        self.stopping = False
        self.thread = None

    def start(self, port):
        self.thread = threading.Thread(target=self.run_, args=(port,), daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping = True
        self.thread.join()

    def run_(self, port):
        connection = resp.Connection(port, timeout=30.0)
        try:
            while not self.stopping:
                self.write_(connection, self.random.choice((1, 4, DEPTH)))
        except (resp.Closed, OSError):
            pass  # the server was killed
        finally:
            connection.close()

    def write_(self, connection, depth):
        writes = [self.random.choice(self.kinds)(self.random, len(self.log) + i, self.prefix) for i in range(depth)]
        self.log += writes
        connection.send(b"".join(map(encoded, writes)))
        for write in writes:
            for _ in range(len(write) + 2 if len(write) > 1 else 1):
                connection.read()
            self.answered += 1

    def check(self, connection, low, high):
        """None if the data is what it was after the first n writes, low <= n <= high; else what is wrong."""
        found = self.read_(connection, low, high)
        state = {}
        for write in self.log[:low]:
            apply(state, write)
        nearest = differences(state, found)
        for write in self.log[low:high]:
            if state == found:
                break
            apply(state, write)
            nearest = min(nearest, differences(state, found), key=len)
        if state == found:
            return None
        keys = ", ".join(map(repr, sorted(nearest)[:5]))
        return "no moment between writes %d and %d had this data; nearest differs in %s" % (low, high, keys)

    def read_(self, connection, low, high):
        """All of the writer's keys as they are; the types follow from the log."""
        state, kinds = {}, {}
        for number, write in enumerate(self.log[:high], 1):
            apply(state, write)
            if number >= low:
                kinds.update((key, type(value)) for key, value in state.items() if key not in kinds)
        found = {}
        for key in scanned(connection, self.prefix):
            kind = kinds.get(key)
            found[key] = workloads.from_reply(kind, connection.call(*workloads.READERS[kind](key))) if kind else None
        return found


def encoded(write):
    if len(write) == 1:
        return resp.encode(write[0])
    return b"".join(map(resp.encode, [(b"MULTI",), *write, (b"EXEC",)]))


def apply(state, write):
    for words in write:
        workloads.apply(state, words)


def differences(one, other):
    return {key for key in set(one) | set(other) if one.get(key) != other.get(key)}


def scanned(connection, prefix):
    cursor, keys = b"0", set()
    while True:
        cursor, page = (part.value for part in connection.call("SCAN", cursor, "MATCH", prefix + b"*", "COUNT", 1000).value)
        keys.update(item.value for item in page)
        if cursor == b"0":
            return keys
