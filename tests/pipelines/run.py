#!/usr/bin/python3
"""Pipelines: commands that arrive together answer as if they had come one by one.

    tests/pipelines/run.py --server build/release/bin/basalt-server [--rounds N] [--seed S]

Basalt lets the writes of a pipeline share a transaction. Random pipelines over few keys, mostly writes of every type with
reads, wrong types and errors between them, go to Basalt and to redis-server alike, each in one write, and every
reply is compared. Then several connections at once write the same few keys in pipelines: the sums must be right, also
after kill -9. And several send pipelines that begin with reads, which the storage threads take over where the I/O
thread is busy, while somebody kills connections: who is still connected gets every reply, in its place.
"""

import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import resp  # noqa: E402
from lib.checks import Checks, argument_parser, expect  # noqa: E402
from lib.servers import Server  # noqa: E402

KEYS = ["a", "b", "c", "d"]
MEMBERS = ["m%d" % i for i in range(200)]


def command(choose):
    """A random command. Those whose reply has no order, or is random in itself, are left out."""
    key, member, other = choose.choice(KEYS), choose.choice(MEMBERS), choose.choice(MEMBERS)
    number = choose.randrange(-50, 50)
    return choose.choice(
        [
            ["SET", key, number],
            ["SET", key, "text", "EX", 1000],
            ["SET", key, number, "GET"],
            ["SET", key, number, "NX"],
            ["MSET", key, number, choose.choice(KEYS), number],
            ["INCRBY", key, number],
            ["APPEND", key, number],
            ["GETDEL", key],
            ["SETRANGE", key, choose.randrange(5000), "x"],
            ["EXPIRE", key, choose.choice([1000, 1000, -1])],
            ["PERSIST", key],
            ["UNLINK", key],
            ["LPUSH", key, number, member],
            ["RPUSH", key, member],
            ["LPOP", key],
            ["RPOP", key, 2],
            ["HSET", key, member, number, other, number],
            ["HINCRBY", key, member, number],
            ["HDEL", key, member, other],
            ["SADD", key, *choose.sample(MEMBERS, 20)],
            ["SREM", key, member],
            ["ZADD", key, number, member, str(number / 7), other],
            ["ZINCRBY", key, number, member],
            ["ZPOPMIN", key],
            ["ZREM", key, member],
            ["SETBIT", key, choose.randrange(40000), 1],
            ["GET", key],
            ["TYPE", key],
            ["TTL", key],
            ["LRANGE", key, 0, 5],
            ["HGET", key, member],
            ["ZRANGE", key, 0, 5, "WITHSCORES"],
            ["SCARD", key],
            ["RENAME", key, choose.choice(KEYS)],
            ["NOSUCHCOMMAND", key],
            ["SET", key],
            ["SELECT", choose.randrange(2)],
        ]
    )


def pipelines(servers, rounds, choose):
    """Sends the same pipelines to both; a sentence on the first difference."""
    connections = [resp.Connection(server.port) for server in servers]
    for number in range(rounds):
        words = [command(choose) for _ in range(choose.choice([2, 10, 50, 700]))]
        data = b"".join(resp.encode(one) for one in words)
        for connection in connections:
            connection.send(data)
        for i, one in enumerate(words):
            ours, theirs = (connection.read() for connection in connections)
            if ours != theirs:
                return "pipeline %d, command %d, %s: %s, redis-server: %s" % (number, i, one, ours, theirs)
    return None


WRITERS = 6
EACH = 4000


def write_together(server, number, failures):
    connection = resp.Connection(server.port, timeout=60)
    waiting = []  # what was sent and not answered: a second pipeline arrives while the first is at work
    for start in range(0, EACH, 100):
        words = []
        for i in range(start, start + 100):
            words += [
                ["INCR", "shared-counter"],
                ["SADD", "shared-set", "%d-%d" % (number, i)],
                ["RPUSH", "shared-list", "x" * (i % 300)],
                ["ZADD", "shared-zset", i, "%d-%d" % (number, i)],
                ["SET", "own-%d" % number, i],
                ["HINCRBY", "shared-hash", "field", 1],
            ]
        connection.send(b"".join(resp.encode(one) for one in words))
        waiting.append(words)
        while len(waiting) > (2 if start + 100 < EACH else 0):
            for one in waiting.pop(0):
                reply = connection.read()
                if reply.kind == "error":
                    failures.append("%s: %s" % (one, reply))


def together(server):
    """pipelines of several connections on the same keys: nothing is lost, also after kill -9"""
    failures = []
    writers = [threading.Thread(target=write_together, args=(server, n, failures)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    if failures:
        return failures[0]
    wanted = WRITERS * EACH
    for moment in ("at the end", "after kill -9"):
        connection = resp.Connection(server.port)
        for words, value in [
            (["GET", "shared-counter"], b"%d" % wanted),
            (["SCARD", "shared-set"], wanted),
            (["LLEN", "shared-list"], wanted),
            (["ZCARD", "shared-zset"], wanted),
            (["HGET", "shared-hash", "field"], b"%d" % wanted),
        ]:
            problem = expect(connection.call(*words).value, value, "%s, %s" % (" ".join(words), moment))
            if problem:
                return problem
        if moment == "at the end":
            server.kill()
            server.start()
    return None


STREAMED = 10000


def stream(server, choose):
    """a stream that never pauses, with commands that go to the storage pool in it"""
    connection = resp.Connection(server.port, timeout=600)
    commands = [
        ["KEYS", "no-such-key*"] if i % 20 == 0 else ["SET", "streamed-%d" % (i % 50), "%d" % i * choose.randrange(1, 400)]
        for i in range(STREAMED)
    ]
    data = b"".join(resp.encode(words) for words in commands)
    sender = threading.Thread(target=connection.socket_.sendall, args=(data,), daemon=True)
    sender.start()
    for i, words in enumerate(commands):
        reply = connection.read()
        if reply.kind != ("array" if words[0] == "KEYS" else "simple"):
            return "command %d, %s: %s" % (i, words[0], reply)
    sender.join()
    for words in commands[-50:]:
        if words[0] == "SET":
            problem = expect(connection.call("GET", words[1]).value, words[2].encode())
            if problem:
                return problem
    return None


READERS = 8
READS = 60  # pipelines of each
READ_LIST = [b"%d" % i * 100 for i in range(200)]


def read_together(server, number, failures):
    key = "reader-%d" % number
    connection = resp.Connection(server.port, timeout=60)
    connection.call("SET", key, 0)
    done = 0
    while done < READS and not failures:
        words = [["GET", key], ["INCR", key], ["LRANGE", "read-list", 0, -1], ["GET", "none"], ["APPEND", key, ""]] * 20
        try:
            before = int(connection.call("GET", key).value)
            connection.send(b"".join(resp.encode(one) for one in words))
            for i in range(20):
                replies = [connection.read().value for _ in range(5)]
                items = [item.value for item in replies[2]]
                size = len(str(before + i + 1))
                if [*replies[:2], *replies[3:]] != [b"%d" % (before + i), before + i + 1, None, size] or items != READ_LIST:
                    failures.append("reader %d, pipeline %d: %s" % (number, done, replies))
                    return
            done += 1
        except (resp.Closed, OSError):
            connection = resp.Connection(server.port, timeout=60)


def lent(options, choose):
    """pipelines of reads on several connections, some of which are killed"""
    server = Server("basalt", options.server, ["--io-threads", "1"]).start()
    try:
        control = resp.Connection(server.port)
        control.call("RPUSH", "read-list", *READ_LIST)
        mine = control.call("CLIENT", "ID").value
        failures = []
        readers = [threading.Thread(target=read_together, args=(server, n, failures)) for n in range(READERS)]
        for reader in readers:
            reader.start()
        kills = 0
        while any(reader.is_alive() for reader in readers):
            time.sleep(0.05)
            clients = control.call("CLIENT", "LIST").value.decode().split("\n")
            ids = [int(line.split()[0][3:]) for line in clients if line]
            victim = choose.choice(ids)
            if victim != mine and kills < 20:
                kills += control.call("CLIENT", "KILL", "ID", victim).value
        if failures:
            return failures[0]
        statistics = control.call("INFO", "stats").value.decode()
        count = int(statistics.split("lent_pipelines:")[1].split()[0])
        if count == 0 and len(os.sched_getaffinity(0)) > 1:
            return "no pipeline was lent to the storage threads: nothing was tested"
        print("pipelines: %d were lent to the storage threads, %d connections killed" % (count, kills))
        return None
    finally:
        server.stop()


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--oracle", default="redis-server")
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    print("seed %d" % options.seed)
    choose = random.Random(options.seed)
    checks = Checks()
    basalt = Server("basalt", options.server).start()
    redis = Server("redis", options.oracle).start()
    checks.servers = [basalt, redis]
    checks.check("random pipelines", pipelines, [basalt, redis], options.rounds, choose)
    checks.check(together.__doc__, together, basalt)
    checks.check(stream.__doc__, stream, basalt, choose)
    checks.check(lent.__doc__, lent, options, choose)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
