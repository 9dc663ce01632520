#!/usr/bin/python3
"""Subscribers: each gets every message, in order; one that does not read is cut off and slows nobody.

    tests/pubsub/run.py --server build/release/bin/basalt-server [--subscribers N] [--messages N] [--seed S]

A long run: --subscribers 10000 --messages 300.
"""

import os
import random
import resource
import selectors
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import resp  # noqa: E402
from lib.checks import Checks, argument_parser, expect, kind_of  # noqa: E402
from lib.resp import Reply, encode  # noqa: E402
from lib.servers import Server  # noqa: E402

PATIENCE = 120.0  # seconds for what takes well under one, unless the machine is very busy
LIMIT = 1 << 20


def frame(channel, message):
    """A message as a subscriber of RESP2 gets it."""
    return encode([b"message", channel, message])


class Listener:
    """A subscriber whose bytes to come are known: it compares as it goes, and keeps nothing."""

    def __init__(self, port, channel, wanted):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.wanted = b"*3\r\n$9\r\nsubscribe\r\n$%d\r\n%s\r\n:1\r\n" % (len(channel), channel) + wanted
        self.position = 0
        self.problem = None
        self.socket.sendall(encode([b"SUBSCRIBE", channel]))

    def read(self):
        """Takes what is there. True when it has everything, or something is wrong."""
        data = self.socket.recv(1 << 18)
        end = self.position + len(data)
        if not data:
            self.problem = "the connection was closed after %d of %d bytes" % (self.position, len(self.wanted))
        elif data != self.wanted[self.position : end]:
            self.problem = "from byte %d on it is %r, not %r" % (
                self.position,
                data[:100],
                self.wanted[self.position : self.position + 100],
            )
        self.position = end
        return self.problem is not None or end == len(self.wanted)


def listen(listeners):
    """Reads until each has everything; what is wrong, if anything is."""
    selector = selectors.DefaultSelector()
    for listener in listeners:
        selector.register(listener.socket, selectors.EVENT_READ, listener)
    deadline = time.monotonic() + PATIENCE
    left = len(listeners)
    while left:
        ready = selector.select(timeout=max(0, deadline - time.monotonic()))
        if not ready:
            short = [one for one in listeners if one.position < len(one.wanted)]
            return "%d of %d did not get everything; one has %d of %d bytes" % (
                len(short),
                len(listeners),
                short[0].position,
                len(short[0].wanted),
            )
        for key, _ in ready:
            if key.data.read():
                selector.unregister(key.fileobj)
                left -= 1
                if key.data.problem:
                    return key.data.problem
    return None


class PubSubTest(Checks):
    def __init__(self, options):
        super().__init__()
        self.options = options
        self.random = random.Random(options.seed)
        flags = ["--maxclients", str(options.subscribers + 100)]
        self.server = Server(kind_of(options.server), options.server, flags).start()
        self.servers = [self.server]
        self.control = self.server.connect(timeout=PATIENCE)

    def wait_until_(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "it does not happen"
            time.sleep(0.01)

    def subscribers_(self, channel):
        return self.control.call("PUBSUB", "NUMSUB", channel).value[1].value

    def everyone_in_order(self):
        """every subscriber of a channel gets every message, in order"""
        messages = [
            b"%d %s" % (number, b"x" * self.random.randrange(200)) for number in range(self.options.messages)
        ]
        wanted = b"".join(frame(b"news", message) for message in messages)
        listeners = [Listener(self.server.port, b"news", wanted) for _ in range(self.options.subscribers)]
        self.wait_until_(lambda: self.subscribers_("news") == len(listeners))
        received = []

        def publish():
            publisher = self.server.connect(timeout=PATIENCE)
            for start in range(0, len(messages), 50):
                batch = messages[start : start + 50]
                publisher.send(b"".join(encode([b"PUBLISH", b"news", message]) for message in batch))
                received.extend(publisher.read().value for _ in batch)
            publisher.close()

        publisher = threading.Thread(target=publish)
        publisher.start()
        problem = listen(listeners)
        publisher.join()
        for listener in listeners:
            listener.socket.close()
        return problem or expect(set(received), {len(listeners)}, "PUBLISH")

    def many_publishers(self):
        """of several publishers each one's messages come in its order, to patterns too"""
        count, publishers = 300, 5
        subscribers = [self.server.connect(timeout=PATIENCE) for _ in range(6)]
        for number, subscriber in enumerate(subscribers):
            if number % 2:
                subscriber.call("HELLO", 3)
            subscriber.call(*(("PSUBSCRIBE", "mix*") if number % 3 else ("SUBSCRIBE", "mixed")))

        def publish(name):
            publisher = self.server.connect(timeout=PATIENCE)
            publisher.send(b"".join(encode(["PUBLISH", "mixed", "%d:%d" % (name, i)]) for i in range(count)))
            for _ in range(count):
                publisher.read()

        threads = [threading.Thread(target=publish, args=(name,)) for name in range(publishers)]
        for thread in threads:
            thread.start()
        problem = None
        for subscriber in subscribers:
            following = dict.fromkeys(range(publishers), 0)
            for _ in range(count * publishers):
                name, number = map(int, subscriber.read().value[-1].value.split(b":"))
                if number != following[name] and problem is None:
                    problem = "message %d of publisher %d comes before %d" % (number, name, following[name])
                following[name] += 1
        for thread in threads:
            thread.join()
        return problem

    def slow_is_cut_off(self):
        """one that does not read is cut off at its limit; the others get everything meanwhile"""
        self.control.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub %d 0 0" % LIMIT)
        # More than the limit and all that the kernel keeps for the two ends.
        messages = [self.random.randbytes(1 << 16) for _ in range(320)]
        wanted = b"".join(frame(b"bulk", message) for message in messages)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        slow.settimeout(PATIENCE)
        slow.connect(("127.0.0.1", self.server.port))
        slow.sendall(encode(["CLIENT", "SETNAME", "slow"]) + encode(["SUBSCRIBE", "bulk"]))
        fast = [Listener(self.server.port, b"bulk", wanted) for _ in range(3)]
        self.wait_until_(lambda: self.subscribers_("bulk") == len(fast) + 1)
        problems = []
        reader = threading.Thread(target=lambda: problems.append(listen(fast)))
        reader.start()
        for number, message in enumerate(messages):
            reached = self.control.call("PUBLISH", "bulk", message).value
            assert reached >= len(fast), "PUBLISH reached %d" % reached
            # The fast ones shall not reach the limit, however slow this machine is.
            self.wait_until_(lambda n=number: reader_is_near(fast, n, len(frame(b"bulk", message))))
        reader.join()
        self.wait_until_(lambda: b"name=slow" not in self.control.call("CLIENT", "LIST").value)
        data = read_to_end(slow)
        prefix = b"+OK\r\n" + fast[0].wanted
        if not prefix.startswith(data) or len(data) == len(prefix):
            return "the slow one got %d bytes that are no part of what was sent" % len(data)
        problem = problems[0] or expect(self.subscribers_("bulk"), len(fast))
        if problem is None and self.server.kind == "basalt" and "output buffer limits" not in self.server.log_tail():
            problem = "the log does not tell"
        for listener in fast:
            listener.socket.close()
        return problem

    def soft_limit(self):
        """one that stays above the soft limit is cut off after its seconds"""
        self.control.call("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 %d 1" % LIMIT)
        slow = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
        slow.sendall(encode(["SUBSCRIBE", "soft"]))
        self.wait_until_(lambda: self.subscribers_("soft") == 1)
        started = time.monotonic()
        for _ in range(320):
            self.control.call("PUBLISH", "soft", b"x" * (1 << 16))
        self.wait_until_(lambda: self.subscribers_("soft") == 0)
        slow.close()
        took = time.monotonic() - started
        return None if took >= 1 else "after %.2f seconds already" % took

    def run(self):
        self.check_all([self.everyone_in_order, self.many_publishers, self.slow_is_cut_off, self.soft_limit])
        self.check("the server goes on", lambda: expect(self.control.call("PING"), Reply("simple", b"PONG")))
        self.server.stop()
        return self.finish()


def reader_is_near(listeners, number, size):
    """Whether nobody is more than a few messages behind message `number`."""
    return all(one.problem or one.position >= (number - 8) * size for one in listeners)


def read_to_end(connection):
    data = bytearray()
    try:
        while True:
            part = connection.recv(1 << 20)
            if not part:
                return bytes(data)
            data += part
    except ConnectionResetError:
        return bytes(data)


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--subscribers", type=int, default=300)
    parser.add_argument("--messages", type=int, default=300)
    options = parser.parse_args()
    print("pubsub: seed %d" % options.seed, flush=True)
    needed = options.subscribers + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, max(hard, needed)))
    return PubSubTest(options).run()


if __name__ == "__main__":
    sys.exit(main())
