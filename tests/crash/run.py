#!/usr/bin/python3
"""The crash test: writers, kill -9 at random moments, a restart, and a look at what is there.

    tests/crash/run.py --server build/release/bin/basalt-server [--cycles N] [--seed S] [--types strings,lists]

Each writer has a connection and keys of its own, and a model of what it wrote. It pipelines its writes,
so that some are unanswered when the server dies. After the restart the data must be exactly what the
model was after some prefix of the writer's commands, and that prefix must hold every command that was
answered: nothing acknowledged is lost, nothing is half-written, no write is there without the ones before it.
Beside them, two more write what no model follows (noise.py), and after each crash `basalt-admin verify`, if it
stands beside the server, must find the directory whole, as the crash left it.

Every check of a writer's data counts as one test, as does every verification. With --server redis-server the same runs on
Redis with appendonly yes and appendfsync always.
"""

import copy
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from crash import noise, workloads  # noqa: E402
from lib import resp  # noqa: E402
from lib.checks import argument_parser  # noqa: E402
from lib.servers import Server, running  # noqa: E402

REDIS_FLAGS = ["--appendonly", "yes", "--appendfsync", "always"]
DEPTH = 16  # writes that may be unanswered
NOISE = 2  # connections


class Writer:
    """One connection's writes. `state` holds what was answered, `unanswered` the writes after that."""

    def __init__(self, number, kinds, seed):
        self.index = number
        self.prefix = b"w%d:" % number
        self.kinds = kinds
        self.random = random.Random(seed)
        self.number = 0
        self.state = {}
        self.unanswered = []
        self.answered = 0
        self.problem = None

    def write(self, port):
        """Writes until the connection breaks."""
        try:
            connection = resp.Connection(port, timeout=30.0)
        except OSError:
            return
        try:
            while self.problem is None:
                # Some writers wait for each answer: whatever is lost then was acknowledged.
                depth = 1 if self.index % 2 else self.random.choice((1, 4, DEPTH))
                batch = [self.next_() for _ in range(depth)]
                self.unanswered += batch
                connection.send(b"".join(self.encode_(write) for write in batch))
                for write in batch:
                    self.answer_(write, connection)
        except (resp.Closed, OSError):
            pass
        except (resp.Timeout, resp.ProtocolError) as error:
            self.problem = "%s: %s" % (type(error).__name__, error)
        finally:
            connection.close()

    def next_(self):
        self.number += 1
        return self.random.choice(self.kinds)(self.random, self.number, self.prefix)

    def encode_(self, write):
        if len(write) == 1:
            return resp.encode(write[0])
        return b"".join(map(resp.encode, [(b"MULTI",), *write, (b"EXEC",)]))

    def answer_(self, write, connection):
        """Reads the replies of a write; only then it counts as acknowledged."""
        replies = [connection.read() for _ in range(len(write) + 2 if len(write) > 1 else 1)]
        if len(write) > 1:
            replies = replies[-1].value if replies[-1].kind == "array" else [replies[-1]] * len(write)
        for words, reply in zip(write, replies):
            expected = workloads.apply(self.state, words)
            if reply.kind == "error" or (reply.value != expected and expected is not None):
                self.problem = "%r… was answered %s, not %r" % (words[:2], reply, expected)
        self.unanswered.pop(0)
        self.answered += 1

    def check(self, connection):
        """None if the data is what it must be; then the model is set to it. Else what is wrong."""
        if self.problem:
            return self.problem
        states = [self.state]
        for write in self.unanswered:
            following = copy.deepcopy(states[-1])
            for words in write:
                workloads.apply(following, words)
            states.append(following)
        found = self.read_(connection, states)
        for number, state in enumerate(states):
            if state == found:
                self.state, self.unanswered = state, []
                return None
        return self.describe_(states, found)

    def read_(self, connection, states):
        """All of the writer's keys as they are now."""
        kinds = {key: type(value) for state in states for key, value in state.items()}
        for key, kind in kinds.items():
            connection.send(resp.encode(workloads.READERS[kind](key)))
        found = {}
        for key, kind in kinds.items():
            reply = connection.read()
            if reply.kind != "nil" and not (reply.kind == "array" and not reply.value):
                found[key] = workloads.from_reply(kind, reply)
        return found

    def describe_(self, states, found):
        lines = ["no prefix of the %d unanswered writes gives what is there:" % len(self.unanswered)]
        for key in sorted(set(found) | set(states[0])):
            if not any(state.get(key) == found.get(key) for state in states):
                lines.append("  %r: acknowledged %.100r, found %.100r" % (key, states[0].get(key), found.get(key)))
        if len(lines) == 1:
            lines.append("  every key alone is possible, but not all of them at the same time")
        for write in self.unanswered:
            lines.append("  unanswered: %.150r" % (write,))
        return "\n".join(lines[:40])


class CrashTest:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        kinds = [kind for name in options.types.split(",") for kind in workloads.WORKLOADS[name]]
        self.writers = [Writer(i, kinds, self.random.random()) for i in range(options.writers)]
        self.noise = [noise.Noise(self.random.random()) for _ in range(NOISE)]
        redis = "redis" in os.path.basename(options.server)
        self.admin = os.path.join(os.path.dirname(os.path.abspath(options.server)), "basalt-admin")
        if redis or not os.path.exists(self.admin):
            self.admin = None
            print("crash: without basalt-admin: what the crash leaves is not verified", flush=True)
        flags = REDIS_FLAGS if redis else []
        self.server = Server("redis" if redis else "basalt", options.server, flags + options.flag)
        if redis:
            self.server.standard_flags = ["--save", ""]
        self.passed = 0
        self.failed = 0

    def run(self):
        self.server.start()
        for cycle in range(1, self.options.cycles + 1):
            self.cycle_(cycle)
            if self.failed:
                break
        if not self.failed:
            self.server.stop()

    def cycle_(self, cycle):
        threads = [threading.Thread(target=writer.write, args=(self.server.port,)) for writer in self.writers + self.noise]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(0.02, self.options.seconds))
        how = self.end_server_()
        for thread in threads:
            thread.join()
        if self.admin:
            self.count_(self.verify_(), "basalt-admin verify in cycle %d, after %s" % (cycle, how))
        self.count_(self.restart_(), "the restart of cycle %d, after %s" % (cycle, how))
        if self.failed:
            return
        connection = self.server.connect(timeout=60.0)
        for writer in self.writers:
            self.count_(writer.check(connection), "writer %s, cycle %d, after %s" % (writer.prefix, cycle, how))
        expected = sum(len(writer.state) for writer in self.writers)
        size = connection.call("DBSIZE").value
        problem = None if size == expected else "DBSIZE says %s keys, %d were expected" % (size, expected)
        self.count_(problem, "cycle %d" % cycle)
        connection.close()

    def end_server_(self):
        """Mostly kill -9, now and then an orderly end, which must lose nothing either."""
        if self.random.random() < 0.15:
            self.server.stop()
            return "an orderly end"
        self.server.kill()
        return "kill -9"

    def verify_(self):
        """What basalt-admin finds wrong with the directory as it is; None: nothing."""
        data = os.path.join(self.server.folder, "data")
        ended = subprocess.run([self.admin, "verify", "--dir", data], capture_output=True, text=True, timeout=600)
        return None if ended.returncode == 0 else ended.stdout[-4000:] + ended.stderr[-2000:]

    def restart_(self):
        """Starts the server again; sometimes it dies once more while it recovers."""
        try:
            if self.random.random() < 0.25:
                self.server.launch()
                time.sleep(self.random.uniform(0, 0.1))
                self.server.kill()
            self.server.start(timeout=60.0)
            return None
        except Exception as error:
            return str(error)

    def count_(self, problem, what):
        if problem is None:
            self.passed += 1
            return
        self.failed += 1
        print("FAILED: %s\n%s" % (what, problem), flush=True)


def parse_arguments():
    parser = argument_parser(__doc__)
    parser.add_argument("--cycles", type=int, default=5)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=0.8, help="the longest time between two crashes")
    parser.add_argument("--types", default=",".join(workloads.WORKLOADS), help="what to write, of: %(default)s")
    parser.add_argument("--flag", action="append", default=[], help="a word for the server's command line")
    return parser.parse_args()


def main():
    options = parse_arguments()
    print("crash: seed %d, %d cycles" % (options.seed, options.cycles), flush=True)
    test = CrashTest(options)
    try:
        test.run()
    except Exception as error:
        test.count_("%s: %s" % (type(error).__name__, error), "the test itself")
    writes = sum(writer.answered for writer in test.writers)
    others = sum(one.commands for one in test.noise)
    print("crash: %d acknowledged writes were looked for after %d crashes" % (writes, options.cycles))
    print("crash: %d more commands, of every kind" % others)
    if test.failed:
        print("the data is kept in %s; run again with --seed %d" % (test.server.folder, options.seed))
        test.server.kill()
        running.discard(test.server)
    print("%d passed, %d failed" % (test.passed, test.failed))
    return 1 if test.failed or not test.passed else 0


if __name__ == "__main__":
    sys.exit(main())
