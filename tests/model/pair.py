"""Basalt and Redis side by side: sends steps to both and compares what they answer, tell and hold.

A step is (mode, words). Most modes say how replies are compared (compare.py); these steps are more than one
command or something else, so that what is pipelined ends before them:

    multi             words are steps, sent between MULTI and EXEC
    clients           words are turns of several clients (clients.py)
    expired           words are steps; before them the keys of the first one expire, and nobody removes them but the steps
    pop               SPOP: what Basalt popped is removed from Redis's set
    scan              a whole iteration of a collection
    scan-keys         a whole iteration of the keys
    transfer-own      from, to, ttl…: DUMP and RESTORE at the same server
    transfer-crossed  the same, with the payload of the other server
    content           everything that is in both is compared
    config            CONFIG SET of Basalt
    protocol          HELLO
    restart, kill     Basalt ends, orderly or not, and starts again
"""

import time

from lib import resp
from lib.resp import encode
from lib.servers import Server
from model import clients, compare
from model.events import Events

DATABASES = (0, 1)
MULTI, EXEC = encode(["MULTI"]), encode(["EXEC"])
PAGE_LIMIT = 100_000
SMALL_NODES = (b"stream-node-max-entries", b"7", b"stream-node-max-bytes", b"500")
DEBUG = ["--enable-debug-command", "yes"]
GONE = (b"__:expired", b"__:del")
EXPIRE = b"__:expire"
SCANS = {b"hash": b"HSCAN", b"set": b"SSCAN", b"zset": b"ZSCAN"}
LOOK_UPS = {
    b"hash": ((b"HKEYS",), b"HMGET"),
    b"set": ((b"SMEMBERS",), b"SMISMEMBER"),
    b"zset": ((b"ZRANGE", b"0", b"-1"), b"ZMSCORE"),
}


class Difference(Exception):
    """Says which command was answered differently, and how."""


class Pair:
    def __init__(self, server, oracle, flags):
        self.basalt = Server("basalt", server, [*DEBUG, *flags])
        self.redis = Server("redis", oracle, DEBUG)
        self.redis.start()
        self.settings_ = {}
        self.defaults_ = {}
        self.hello_ = b"2"
        self.database_ = b"0"
        self.basalt.start()
        self.connect_redis_()
        self.connect_basalt_()

    def connect_redis_(self):
        self.redis_connection_ = self.redis.connect(timeout=60.0)
        self.redis_connection_.call("CONFIG", "SET", *SMALL_NODES)
        self.their_events_ = Events(self.redis_connection_, self.redis.connect(timeout=60.0))

    def connect_basalt_(self):
        self.ours_ = self.basalt.connect(timeout=60.0)
        self.must_(self.ours_.call("CONFIG", "SET", *SMALL_NODES))
        self.our_events_ = Events(self.ours_, self.basalt.connect(timeout=60.0))
        for name, value in self.settings_.items():
            self.must_(self.ours_.call("CONFIG", "SET", name, value))
        self.must_(self.ours_.call("SELECT", self.database_))
        self.ours_.call("HELLO", self.hello_)

    def must_(self, reply):
        if reply != resp.Reply("simple", b"OK"):
            raise Difference("Basalt: %s" % (reply,))

    def clear(self):
        self.basalt.clear()
        self.redis.clear()

    def unknown_commands(self, names):
        """Those of the commands that Basalt does not have."""
        return {name for name in names if self.ours_.call("COMMAND", "INFO", name).value[0].value is None}

    def run(self, steps):
        """Raises a Difference at the first step that is not answered alike."""
        waiting = []
        for step in steps:
            special = getattr(self, step[0].replace("-", "_") + "_", None)
            if special is None:
                waiting.append(step)
                continue
            self.pipeline_(waiting)
            self.compare_events_()
            waiting = []
            special(step[1])
            self.compare_events_(compared=step[0] != "pop")
        self.pipeline_(waiting)
        self.compare_events_()

    def empty(self):
        """Both as new."""
        self.settings_ = {}
        for setting in self.defaults_.items():
            self.must_(self.ours_.call("CONFIG", "SET", *setting))
        self.protocol_((b"2",))
        for connection in self.both_():
            connection.call("FLUSHALL")
        self.pipeline_([("exact", (b"SELECT", b"0"))])

    def reconnect(self):
        """After a difference replies may be left unread, and Basalt may be gone."""
        for one in (*self.both_(), self.our_events_, self.their_events_):
            one.close()
        if not self.basalt.alive():
            self.basalt.start()
        self.connect_redis_()
        self.connect_basalt_()

    def both_(self):
        return (self.ours_, self.redis_connection_)

    def call_both_(self, words):
        for connection in self.both_():
            connection.send(encode(words))
        return [connection.read() for connection in self.both_()]

    def pipeline_(self, steps):
        if not steps:
            return
        self.ours_.send(b"".join(encode(words) for _, words in steps))
        self.redis_connection_.send(b"".join(encode(compare.for_redis(*step)) for step in steps))
        for step in steps:
            self.compare_(step, self.ours_.read(), self.redis_connection_.read())
            if step[1][0] == b"SELECT":
                self.database_ = step[1][1]

    def compare_events_(self, compared=True):
        ours, theirs = self.our_events_.take(), self.their_events_.take()
        if compared and ours != theirs:
            same = next((n for n, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
            found = (same, ours[same : same + 5], theirs[same : same + 5])
            raise Difference("events after the first %d\n  basalt %s\n  redis  %s" % found)

    def compare_(self, step, ours, theirs):
        if not compare.agree(*step, ours, theirs):
            raise Difference("%s: %r\n  basalt %s\n  redis  %s" % (*step, *shortened(ours, theirs)))

    def multi_(self, steps):
        self.ours_.send(MULTI + b"".join(encode(words) for _, words in steps) + EXEC)
        self.redis_connection_.send(MULTI + b"".join(encode(compare.for_redis(*step)) for step in steps) + EXEC)
        for _ in range(len(steps) + 1):
            self.compare_(("exact", (b"QUEUED",)), self.ours_.read(), self.redis_connection_.read())
        ours, theirs = self.ours_.read(), self.redis_connection_.read()
        if ours.kind != "array" or theirs.kind != "array":
            self.compare_(("exact", (b"EXEC",)), ours, theirs)
            return
        for step, one, other in zip(steps, ours.value, theirs.value, strict=True):
            self.compare_(step, one, other)

    def pop_(self, words):
        theirs = self.redis_connection_.call("SMEMBERS", words[1])
        ours = self.ours_.call(*words)
        everything = theirs.value if theirs.kind in compare.MANY else []
        wanted = min(int(words[2]) if len(words) > 2 else 1, len(everything))
        if theirs.kind == "error":
            right = ours == theirs
            popped = []
        elif len(words) > 2 or not everything:
            right = ours.kind in (compare.MANY if len(words) > 2 else ("nil", "null"))
            popped = ours.value or []
        else:
            right = ours.kind == "bulk"
            popped = [ours]
        right = right and (theirs.kind == "error" or len(popped) == len(set(popped)) == wanted)
        if not right or not set(popped) <= set(everything):
            raise Difference("%r\n  basalt %s\n  redis had %s" % (words, *shortened(ours, theirs)))
        if popped:
            self.redis_connection_.call("SREM", words[1], *[one.value for one in popped])

    def clients_(self, turns):
        clients.play(self, turns, self.database_)

    # For the clients of a scenario, which have connections of their own.
    def ask_redis(self, *words):
        reply = self.redis_connection_.call(*words)
        return reply.value[1] if reply.kind == "verbatim" else reply.value

    def unblock(self, our_id, their_id):
        ours, theirs = [
            connection.call("CLIENT", "UNBLOCK", client)
            for connection, client in zip(self.both_(), (our_id, their_id), strict=True)
        ]
        if ours != theirs:
            self.differ("CLIENT UNBLOCK", ours, theirs)

    @staticmethod
    def differ(what, ours, theirs):
        raise Difference("%s\n  basalt %s\n  redis  %s" % (what, *shortened(ours, theirs)))

    def expired_(self, steps):
        """Expired keys that are still there: no command may see them, and who meets one removes it."""
        (_, keys), *steps = steps
        self.call_both_((b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"))
        self.pipeline_([("exact", (b"PEXPIRE", key, b"1")) for key in keys])
        time.sleep(0.01)
        self.pipeline_(steps)
        self.pipeline_([("exact", (b"EXISTS", key)) for key in keys])
        self.call_both_((b"DEBUG", b"SET-ACTIVE-EXPIRE", b"1"))
        # Who removes a key first is not the same in both, only that somebody does. (A STORE with an empty result deletes
        # an expired key by its name: Redis calls that `del`.)
        ours, theirs = self.our_events_.take(), self.their_events_.take()
        of_expiry = [sorted(key for name, key in events if name.endswith(GONE)) for events in (ours, theirs)]
        # And a key whose millisecond is over while PEXPIRE runs is deleted, and never said to expire.
        others = [
            [one for one in events if not one[0].endswith(GONE) and not (one[0].endswith(EXPIRE) and one[1] in keys)]
            for events in (ours, theirs)
        ]
        if of_expiry[0] != of_expiry[1] or others[0] != others[1]:
            self.differ("events while keys expire", (of_expiry[0], others[0]), (of_expiry[1], others[1]))

    def scan_keys_(self, words):
        self.scan_((b"SCAN", None, *words))

    def scan_(self, words):
        ours, theirs = [self.iterate_(connection, words) for connection in self.both_()]
        if ours == theirs:
            return
        if isinstance(ours, set) and isinstance(theirs, set):
            ours, theirs = ours - theirs, theirs - ours
        raise Difference("all of %r, without what both have\n  basalt %r\n  redis  %r" % (words, ours, theirs))

    def iterate_(self, connection, words):
        """All elements, with their values; or the error."""
        name, key, rest = words[0], words[1], words[2:]
        found, cursor = [], b"0"
        for _ in range(PAGE_LIMIT):
            reply = connection.call(*([name] if key is None else [name, key]), cursor, *rest)
            if reply.kind == "error":
                return reply
            cursor, page = reply.value[0].value, reply.value[1].value
            found += page if name in (b"SSCAN", b"SCAN") else compare.in_pairs(page)
            if cursor == b"0":
                # The text of a large score depends on the encoding.
                return {(member, float(score.value)) for member, score in found} if name == b"ZSCAN" else set(found)
        raise Difference("%r does not end" % (words,))

    def transfer_own_(self, words, crossed=False):
        source, target, rest = words[0], words[1], words[2:]
        if self.redis_connection_.call("TYPE", source).value == b"stream":
            return  # Redis's has the places of deleted entries, which count towards the size of a node
        payloads = self.call_both_((b"DUMP", source))
        if payloads[0].kind != payloads[1].kind:
            raise Difference("DUMP %r\n  basalt %s\n  redis  %s" % (source, *shortened(*payloads)))
        if payloads[0].kind != "bulk":
            return
        replies = []
        for connection, payload in zip(self.both_(), reversed(payloads) if crossed else payloads):
            replies.append(connection.call(b"RESTORE", target, rest[0], payload.value, *rest[1:]))
        if replies[0] != replies[1]:
            found = (source, target, *replies, payloads[1 if crossed else 0].value[:300])
            raise Difference("DUMP of %r, RESTORE to %r\n  basalt %s\n  redis  %s\n  payload %r" % found)

    def transfer_crossed_(self, words):
        self.transfer_own_(words, crossed=True)

    def config_(self, words):
        if words[0] not in self.defaults_:
            self.defaults_[words[0]] = self.ours_.call("CONFIG", "GET", words[0]).value[1].value
        self.settings_[words[0]] = words[1]
        self.must_(self.ours_.call("CONFIG", "SET", *words))

    def protocol_(self, words):
        self.hello_ = words[0]
        self.call_both_((b"HELLO", *words))

    def restart_(self, words, kill=False):
        self.ours_.close()
        self.our_events_.close()
        self.basalt.restart(kill)
        self.connect_basalt_()
        self.content_(words)

    def kill_(self, words):
        self.restart_(words, kill=True)

    def content_(self, words):
        """Every key of every database: type, expiry, value, and what other commands say of the same elements."""
        before = self.database_
        for database in DATABASES:
            self.pipeline_([("exact", (b"SELECT", b"%d" % database)), ("exact", (b"DBSIZE",))])
            self.pipeline_([("unordered", (b"KEYS", b"*"))])
            keys = sorted(key.value for key in self.redis_connection_.call("KEYS", "*").value)
            types = [self.redis_connection_.call("TYPE", key).value for key in keys]
            self.pipeline_([step for key, kind in zip(keys, types) for step in readers(key, kind)])
            for key, kind in zip(keys, types):
                if kind in SCANS:
                    self.scan_((SCANS[kind], key))
                    self.elements_(key, kind)
        self.pipeline_([("exact", (b"SELECT", before))])

    def elements_(self, key, kind):
        """Looks up every element by itself: an element that only the ranges know would not be found."""
        (everything, *rest), one_by_one = LOOK_UPS[kind]
        names = [one.value for one in self.redis_connection_.call(everything, key, *rest).value]
        self.pipeline_([("exact", (one_by_one, key, *names))])


def readers(key, kind):
    values = {
        b"string": [("exact", (b"GET", key)), ("exact", (b"STRLEN", key))],
        b"list": [("exact", (b"LRANGE", key, b"0", b"-1")), ("exact", (b"LLEN", key))],
        b"hash": [("pairs", (b"HGETALL", key)), ("exact", (b"HLEN", key))],
        b"set": [("unordered", (b"SMEMBERS", key)), ("exact", (b"SCARD", key))],
        b"zset": [
            ("exact", (b"ZRANGE", key, b"0", b"-1", b"WITHSCORES")),
            ("exact", (b"ZRANGEBYSCORE", key, b"-inf", b"inf")),
            ("exact", (b"ZCARD", key)),
        ],
        b"stream": [
            ("exact", (b"XRANGE", key, b"-", b"+")),
            ("exact", (b"XREVRANGE", key, b"+", b"-")),
            ("stream-info", (b"XINFO", b"STREAM", key)),
            ("exact", (b"XINFO", b"GROUPS", key)),
            *[("exact", (b"XPENDING", key, b"g%d" % n)) for n in range(3)],
            *[("pending", (b"XPENDING", key, b"g%d" % n, b"-", b"+", b"100000")) for n in range(3)],
        ],
    }
    return [("exact", (b"TYPE", key)), ("near", (b"PEXPIRETIME", key))] + values[kind]


def shortened(*replies):
    """Of two long replies what differs."""
    texts = [repr(reply) for reply in replies]
    same = next((n for n, (a, b) in enumerate(zip(*texts)) if a != b), 0)
    start = max(0, same - 100) if same > 150 else 0
    return [("…" if start else "") + text[start : start + 400] for text in texts]
