#!/usr/bin/python3
"""Hostile input: whatever a client sends, the server answers as redis-server does, and goes on.

    tests/hostile/run.py --server build/release/bin/basalt-server [--oracle redis-server] [--seed S] [--no-big]

Each attack is sent over a raw socket to both servers, and the bytes they answer are compared; after it
both must still answer PING. Then come attacks that are not compared: many connections, readers
that do not read, random bytes; and one value of 512 MB.
"""

import os
import random
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hostile import attacks  # noqa: E402
from lib import resp  # noqa: E402
from lib.checks import argument_parser  # noqa: E402
from lib.not_yet import NotYet  # noqa: E402
from lib.resp import encode  # noqa: E402
from lib.servers import Server  # noqa: E402

SILENCE_SECONDS = 0.05
END = encode(["ECHO", "the-end-of-the-attack"])
END_ANSWER = b"$21\r\nthe-end-of-the-attack\r\n"

# Answers that are right and yet differ from run to run.
VARYING = [
    (re.compile(rb"\$2\r\nid\r\n:\d+\r\n"), b"$2\r\nid\r\n:ID\r\n"),
    (re.compile(rb"\$7\r\nversion\r\n\$\d+\r\n[^\r]*\r\n"), b"$7\r\nversion\r\nVERSION\r\n"),
]


def answer(server, pieces, finished):
    """Everything the server sends on a connection of its own, until it is silent or closes.

    With `finished`, the pieces are whole requests, and an ECHO behind them tells the end at once."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    try:
        for piece in pieces:
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                connection.sendall(piece)
        if finished:
            connection.sendall(END)
        return read_all(connection, finished)
    except (BrokenPipeError, ConnectionResetError):
        return read_all(connection, finished)
    finally:
        connection.close()


def read_all(connection, finished):
    data = bytearray()
    connection.settimeout(20 if finished else SILENCE_SECONDS)
    try:
        while True:
            part = connection.recv(1 << 20)
            if not part:
                return bytes(data) + b"(closed)"
            data += part
            if finished and data.endswith(END_ANSWER):
                return bytes(data)
            if not finished:
                connection.settimeout(SILENCE_SECONDS * 4)
    except ConnectionResetError:
        return bytes(data) + b"(closed)"
    except socket.timeout:
        return bytes(data) + (b"(no end)" if finished else b"")


def comparable(data):
    for regex, replacement in VARYING:
        data = regex.sub(replacement, data)
    return data


class HostileTest:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.passed = 0
        self.failed = 0
        self.servers = [Server(self.kind_(path), path).start() for path in (options.server, options.oracle)]
        for server in self.servers:
            answer(server, [b"".join(encode(attacks.words(line)) for line in attacks.SETUP)], finished=True)

    def kind_(self, path):
        return "redis" if "redis" in os.path.basename(path) else "basalt"

    def run(self):
        not_yet = NotYet()
        for name, pieces in attacks.all_attacks():
            if not not_yet.covers("hostile/" + name):
                self.compare_(name, pieces)
        for function in (self.random_bytes_, self.crowd_, self.deaf_readers_, self.slow_sender_):
            self.check_(function.__doc__, function)
        if self.options.big:
            self.check_("a value of 512 MB", self.big_value_)

    def compare_(self, name, pieces):
        def run():
            # A whole request is followed by an ECHO, which saves waiting for silence.
            finished = name in attacks.EDGE_COMMANDS or name.startswith(attacks.WHOLE)
            got, expected = [comparable(answer(server, pieces, finished)) for server in self.servers]
            if name.startswith("HTTP"):
                # How much is answered before the connection is closed is a matter of buffers.
                got, expected = got[-8:], expected[-8:]
            if got != expected:
                at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
                start = max(0, at - 60)
                return "got      %r\n  expected %r" % (got[start : at + 140], expected[start : at + 140])
            return None

        self.check_(name, run)

    def check_(self, name, run):
        """Runs an attack; the server must answer PING after it."""
        try:
            problem = run() or self.alive_()
        except (OSError, resp.Closed, resp.Timeout, resp.ProtocolError) as error:
            problem = "%s: %s" % (type(error).__name__, error)
        if problem is None:
            self.passed += 1
            return
        self.failed += 1
        print("FAILED: %s\n  %s" % (name, problem), flush=True)
        for server in self.servers:
            if not server.alive():
                print("  %s ended, status %s:\n%s" % (server.kind, server.process.returncode, server.log_tail()))
                server.start()

    def alive_(self):
        for server in self.servers:
            connection = server.connect(timeout=10.0)
            reply = connection.call("PING")
            connection.close()
            if reply != resp.Reply("simple", b"PONG"):
                return "%s answers PING with %s" % (server.kind, reply)
        return None

    def random_bytes_(self):
        """random bytes, and good requests with some bytes changed"""
        good = b"".join(map(encode, [("SET", "k", "v" * 50), ("MGET", "a", "b", "c"), ("EVALSHA", "x", 0), ("PING",)]))
        for _ in range(200):
            if self.random.random() < 0.5:
                data = self.random.randbytes(self.random.randrange(1, 3000))
            else:
                data = bytearray(good * 3)
                for _ in range(self.random.randrange(1, 6)):
                    data[self.random.randrange(len(data))] = self.random.randrange(256)
            connection = socket.create_connection(("127.0.0.1", self.servers[0].port), timeout=10)
            connection.sendall(data)
            connection.close()
            if not self.servers[0].alive():
                return "the server ended on %r" % bytes(data)
        return None

    def crowd_(self):
        """500 connections that send half a request each"""
        crowd = [socket.create_connection(("127.0.0.1", self.servers[0].port), timeout=10) for _ in range(500)]
        for number, connection in enumerate(crowd):
            connection.sendall((b"*2\r\n$3\r\nGET\r\n$10\r\n", b"SET a", b"*1\r\n$")[number % 3])
        problem = self.alive_()
        for connection in crowd:
            connection.close()
        return problem

    def deaf_readers_(self):
        """clients that ask for 100 MB each and do not read"""
        control = self.servers[0].connect()
        control.call("SET", "deaf", b"x" * 100_000)
        deaf = [socket.create_connection(("127.0.0.1", self.servers[0].port), timeout=2) for _ in range(4)]
        for connection in deaf:
            try:
                connection.sendall(encode(["GET", "deaf"]) * 1000)
            except socket.timeout:
                pass  # the server has stopped reading, which is as good
        started = time.monotonic()
        problem = self.alive_()
        if time.monotonic() - started > 5:
            problem = "PING took %.1f seconds meanwhile" % (time.monotonic() - started)
        for connection in deaf:
            connection.close()
        return problem

    def slow_sender_(self):
        """a large value in small pieces, while others work"""
        slow = socket.create_connection(("127.0.0.1", self.servers[0].port), timeout=10)
        slow.sendall(b"*3\r\n$3\r\nSET\r\n$4\r\nslow\r\n$100000\r\n")
        for _ in range(100):
            slow.sendall(b"y" * 1000)
            problem = self.alive_()
            if problem:
                return problem
        slow.sendall(b"\r\n")
        reply = slow.recv(100)
        slow.close()
        return None if reply == b"+OK\r\n" else "SET was answered %r" % reply

    def big_value_(self):
        size = 512 * 1024 * 1024
        connection = self.servers[0].connect(timeout=300.0)
        block = self.random.randbytes(1 << 20)
        connection.send(b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%d\r\n" % size)
        for _ in range(512):
            connection.send(block)
        connection.send(b"\r\n")
        steps = [(connection.read(), resp.Reply("simple", b"OK"))]
        steps.append((connection.call("STRLEN", "big"), resp.Reply("integer", size)))
        steps.append((connection.call("GETRANGE", "big", size - 10, -1), resp.Reply("bulk", block[-10:])))
        steps.append((connection.call("APPEND", "big", "x"), resp.Reply("error", TOO_LARGE)))
        reply = connection.call("GET", "big")
        if reply.kind != "bulk" or reply.value != block * 512:
            return "GET gave something else: %s, %d bytes" % (reply.kind, len(reply.value))
        steps.append((connection.call("DEL", "big"), resp.Reply("integer", 1)))
        connection.close()
        return next(("got %s, expected %s" % step for step in steps if step[0] != step[1]), None)


TOO_LARGE = b"ERR string exceeds maximum allowed size (proto-max-bulk-len)"


def parse_arguments():
    parser = argument_parser(__doc__)
    parser.add_argument("--oracle", default="redis-server")
    parser.add_argument("--no-big", dest="big", action="store_false", help="leave out the value of 512 MB")
    return parser.parse_args()


def main():
    options = parse_arguments()
    print("hostile: seed %d" % options.seed, flush=True)
    test = HostileTest(options)
    test.run()
    print("%d passed, %d failed" % (test.passed, test.failed))
    return 1 if test.failed or not test.passed else 0


if __name__ == "__main__":
    sys.exit(main())
