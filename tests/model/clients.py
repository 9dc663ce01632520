"""Several clients at once: a scenario of transactions, watched keys and blocking commands that get in each other's way.

A scenario is a list of turns (client, mode, words). After each turn it is waited for until Redis has either answered
or made its client wait, and whoever waited was served or not; Basalt must do the same. At the end those who still wait
are unblocked.
"""

import re
import time

from lib.resp import encode
from model import compare

CLIENTS = 3
PATIENCE_SECONDS = 10.0  # within which Basalt must do what Redis did


class Client:
    """One client, at both servers."""

    def __init__(self, pair, number, database):
        self.pair_ = pair
        self.number = number
        self.ours, self.theirs = (server.connect(timeout=60.0) for server in (pair.basalt, pair.redis))
        self.our_id_, self.their_id_ = (one.call("CLIENT", "ID").value for one in (self.ours, self.theirs))
        for one in (self.ours, self.theirs):
            one.call("SELECT", database)
        self.queued = None  # the steps since MULTI
        self.waits_for = None  # the step that is blocked

    def turn(self, mode, words):
        """False when the client waits now."""
        self.ours.send(encode(words))
        self.theirs.send(encode(compare.for_redis(mode, words)))
        self.waits_for = (mode, words)
        return self.settle()

    def settle(self):
        """Looks whether Redis has answered what the client waits for; then so must Basalt."""
        if self.redis_keeps_it_waiting_():
            if self.ours.pending():
                self.pair_.differ(self.told_(), self.ours.read(), "nothing yet")
            return False
        step, self.waits_for = self.waits_for, None
        theirs = self.theirs.read()
        ours = self.ours.read(timeout=PATIENCE_SECONDS)
        self.take_(step, ours, theirs)
        return True

    def redis_keeps_it_waiting_(self):
        # Told by one connection, seen on another: the flag may come before or after the bytes.
        while not self.theirs.pending():
            line = self.pair_.ask_redis("CLIENT", "LIST", "ID", self.their_id_)
            flags = re.search(rb" flags=(\w+) ", line).group(1)
            if b"b" in flags and not self.theirs.pending():
                return True
            time.sleep(0.0005)
        return False

    def take_(self, step, ours, theirs):
        mode, words = step
        name = words[0]
        queued, alike = self.queued, ours.kind == theirs.kind == "simple" and ours == theirs
        if name == b"EXEC" and queued is not None:
            self.queued = None
            if ours.kind == theirs.kind == "array":
                for one, other, of in zip(ours.value, theirs.value, queued, strict=True):
                    self.compare_(of, one, other)
                return
        elif name == b"MULTI" and alike:
            self.queued = []
        elif name == b"DISCARD" and alike:
            self.queued = None
        elif alike and ours.value == b"QUEUED":
            queued.append(step)
            return
        self.compare_(step, ours, theirs)

    def compare_(self, step, ours, theirs):
        if not compare.agree(*step, ours, theirs):
            self.pair_.differ(self.told_(step), ours, theirs)

    def told_(self, step=None):
        return "client %d, %s: %r" % (self.number, *(step or self.waits_for))

    def unblock(self):
        self.pair_.unblock(self.our_id_, self.their_id_)
        self.settle()

    def close(self):
        self.ours.close()
        self.theirs.close()


def play(pair, turns, database):
    clients = [Client(pair, number, database) for number in range(CLIENTS)]
    try:
        waiting = []  # in the order in which they began
        for number, mode, words in turns:
            client = clients[number]
            if client.waits_for:
                continue  # its turn falls out
            served_later = waiting if client.turn(mode, words) else [*waiting, client]
            waiting = [one for one in served_later if one is client or not one.settle()]
        for client in waiting:
            client.unblock()
    finally:
        for client in clients:
            client.close()
