#!/usr/bin/python3
"""basalt-rdb against redis-server: data goes in from Redis's RDB files and out to them, and nothing changes on the way.

    tests/rdb/run.py --server build/release/bin/basalt-server [--keys N] [--damaged N] [--seed S]

The tool is looked for beside the server. A redis-server is filled with keys of every type in several databases; what
it saves is imported and compared key by key with Basalt, which is exported again, to a second redis-server. Files that
are cut off, changed or damaged are refused, and nothing of them is served. As a command of its own: --keys 1000000,
--damaged 1000.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib.checks import Checks, argument_parser  # noqa: E402
from lib.servers import Server  # noqa: E402
from rdb import content  # noqa: E402


class RdbTest(Checks):
    def __init__(self, options):
        super().__init__()
        self.options = options
        self.random = random.Random(options.seed)
        self.tool = os.path.join(os.path.dirname(os.path.abspath(options.server)), "basalt-rdb")
        self.admin = os.path.join(os.path.dirname(self.tool), "basalt-admin")
        self.folder = tempfile.mkdtemp(prefix="basalt-rdb-")
        self.saved = os.path.join(self.folder, "redis.rdb")
        self.small = os.path.join(self.folder, "small.rdb")
        self.redis = Server("redis", "redis-server", ["--databases", "20"])

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_tool(self, *words, timeout=3600):
        """Its exit status and what it said."""
        done = subprocess.run([self.tool, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout)
        return done.returncode, done.stdout.decode(errors="replace")

    def import_(self, file, directory, *flags):
        return self.run_tool("import", "--rdb", file, "--dir", directory, *flags)

    def basalt(self, directory):
        """A started Basalt on a directory that stays when it ends."""
        server = Server("basalt", self.options.server, ["--dir", directory, "--databases", "20"])
        self.servers = [server]
        return server.start(timeout=60.0)

    def redis_with(self, file):
        server = Server("redis", "redis-server", ["--databases", "20"])
        os.makedirs(os.path.join(server.folder, "data"))
        shutil.copy(file, os.path.join(server.folder, "data", "dump.rdb"))
        return server.start(timeout=600.0)

    def save(self, file):
        connection = self.redis.connect(timeout=600.0)
        assert connection.call("SAVE").kind == "simple"
        connection.close()
        shutil.copy(os.path.join(self.redis.folder, "data", "dump.rdb"), file)

    # The way there and back ---------------------------------------------------------------------------

    def prepare(self):
        """Redis is filled and saves"""
        self.redis.start()
        connection = self.redis.connect(timeout=600.0)
        content.fill(connection, 200, self.options.seed, large_share=0.1)
        self.save(self.small)
        connection.call("FLUSHALL")
        content.fill(connection, self.options.keys, self.options.seed)
        connection.call("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return 1 end)")
        self.saved_sizes = database_sizes(self.redis)
        connection.call("SET", "soon gone", "x", "PX", 1)
        connection.close()
        self.save(self.saved)

    def compare_servers(self, one, other):
        connections = [server.connect(timeout=600.0) for server in (one, other)]
        problem = content.compare(*connections)
        for connection in connections:
            connection.close()
        return problem

    def imports(self):
        """An import has the keys, values, expiries and databases of the file"""
        status, said = self.import_(self.saved, self.path("data"), "--memory", self.options.memory)
        print(said, end="")
        if status != 0:
            return "exit status %d: %s" % (status, said)
        if "NOT imported: libraries of functions: 1" not in said:
            return "it does not say what it left out: " + said
        if os.path.exists(self.path("data/bulk-load.tmp")):
            return "its scratch folder is still there"
        server = self.basalt(self.path("data"))
        problem = self.compare_servers(self.redis, server)
        server.stop()
        return problem or self.verify(self.path("data"))

    def verify(self, directory):
        """What basalt-admin finds wrong with it, if anything."""
        done = subprocess.run([self.admin, "verify", "--dir", directory], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return None if done.returncode == 0 else "basalt-admin verify: " + done.stdout.decode(errors="replace")[-1000:]

    def exports(self):
        """What is exported, redis-server loads, and it is the same again"""
        out = self.path("out.rdb")
        status, said = self.run_tool("export", "--dir", self.path("data"), "--rdb", out)
        print(said, end="")
        if status != 0:
            return "exit status %d: %s" % (status, said)
        checked = subprocess.run(["redis-check-rdb", out], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if checked.returncode != 0:
            return "redis-check-rdb says " + checked.stdout.decode(errors="replace")[-1000:]
        server = self.redis_with(out)
        problem = self.compare_servers(self.redis, server)
        server.clear()
        if problem:
            return problem
        status, said = self.run_tool("export", "--dir", self.path("data"), "--rdb", out)
        return None if status == 1 and "it is there already" in said else "it overwrites a file: " + said

    def replaces(self):
        """Keys that are there are kept, or replaced when that is asked for"""
        status, said = self.import_(self.small, self.path("data"))
        if status != 1 or "--replace" not in said:
            return "it does not refuse: %d %s" % (status, said)
        status, said = self.import_(self.small, self.path("data"), "--replace")
        if status != 0:
            return "exit status %d: %s" % (status, said)
        redis, server = self.redis_with(self.small), self.basalt(self.path("data"))
        problem = self.compare_servers(redis, server)
        # What was there before goes in the background; the keys that came in its place stay.
        server.restart()
        problem = problem or self.compare_servers(redis, server)
        server.stop()
        redis.clear()
        return problem or self.verify(self.path("data"))

    def lives_on(self):
        """After an import the server goes on: new collections do not touch imported ones"""
        server = self.basalt(self.path("data"))
        connection = server.connect(timeout=60.0)
        for i in range(20):
            connection.call("RPUSH", "new list %d" % i, *["element %d" % j for j in range(500)])
            connection.call("ZADD", "new zset %d" % i, *[word for j in range(500) for word in (j, "m%d" % j)])
        server.restart(kill=True)
        connection = server.connect(timeout=60.0)
        for i in range(20):
            connection.call("DEL", "new list %d" % i, "new zset %d" % i)
        redis = self.redis_with(self.small)
        problem = self.compare_servers(redis, server)
        server.stop()
        redis.clear()
        return problem or self.verify(self.path("data"))

    def exports_running(self):
        """An export of a running server is of one moment"""
        server = self.basalt(self.path("data"))
        stop = threading.Event()

        def write():
            connection = server.connect(timeout=60.0)
            number = 0
            while not stop.is_set():
                number += 1
                connection.call("MULTI")
                connection.call("SET", "{pair}:a", number)
                connection.call("SET", "zz:pair:b", number)
                connection.call("EXEC")
            connection.close()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for i in range(3):
                out = self.path("running-%d.rdb" % i)
                status, said = self.run_tool("export", "--server", "127.0.0.1:%d" % server.port, "--rdb", out)
                if status != 0:
                    return "exit status %d: %s" % (status, said)
                redis = self.redis_with(out)
                connection = redis.connect()
                pair = [connection.call("GET", key).value for key in ("{pair}:a", "zz:pair:b")]
                redis.clear()
                if pair[0] != pair[1]:
                    return "two keys that are always written together have %s" % pair
        finally:
            stop.set()
            writer.join()
            server.stop()
        return None if pair[0] else "the writer wrote nothing"

    # Files that are no good ---------------------------------------------------------------------------

    def refuses(self, what, contents, directory, must_fail=True):
        file = self.path("damaged.rdb")
        with open(file, "wb") as out:
            out.write(contents)
        status, said = self.import_(file, directory, "--memory", "1mb", "--replace")
        if status == 0 and not must_fail:
            return None
        if status != 1 or "byte " not in said or "nothing was imported" not in said:
            shutil.copy(file, self.path("kept.rdb"))
            return "%s: exit status %d: %s" % (what, status, said)
        return None

    def nothing_served(self, directory):
        sizes = self.sizes(directory)
        return None if not any(sizes) else "it serves %s keys" % sizes

    def sizes(self, directory):
        server = self.basalt(directory)
        sizes = database_sizes(server)
        server.stop()
        return sizes

    def cut_off(self):
        """A file that is cut off is refused, wherever that is, and nothing of it is served"""
        whole = self.small_file()
        for at in self.random.sample(range(len(whole)), self.options.damaged):
            problem = self.refuses("cut off at byte %d" % at, whole[:at], self.path("cut"))
            if problem:
                return problem
        return self.nothing_served(self.path("cut"))

    def changed(self):
        """A file with a changed byte is refused, wherever that is, and nothing of it is served"""
        whole = self.small_file()
        for at in self.random.sample(range(len(whole)), self.options.damaged):
            changed = bytearray(whole)
            changed[at] ^= 1 << self.random.randrange(8)
            problem = self.refuses("byte %d changed" % at, bytes(changed), self.path("changed"))
            if problem:
                return problem
        return self.nothing_served(self.path("changed"))

    def damaged(self):
        """A damaged file whose checksum is right is refused, or it makes sense; the tool does not crash"""
        whole = self.small_file()
        for _ in range(self.options.damaged):
            damaged = bytearray(whole[:-8])
            for _ in range(1 + self.random.randrange(3)):
                at = 9 + self.random.randrange(len(damaged) - 10)
                if self.random.random() < 0.3:
                    del damaged[at : at + self.random.randrange(1, 9)]
                else:
                    damaged[at] = self.random.randrange(256)
            problem = self.refuses("damage", content.sealed(bytes(damaged) + bytes(8)), self.path("damage"), False)
            if problem:
                return problem + "; the file is kept: " + self.path("kept.rdb")
        return None

    def too_new(self):
        """A file of a version that is too new is refused, and so is what is no RDB file"""
        whole = self.small_file()
        return (self.refuses("version 13", content.sealed(b"REDIS0013" + whole[9:]), self.path("new")) or
                self.refuses("a text", b"not an RDB file", self.path("new")) or
                self.nothing_served(self.path("new")))

    def twice(self):
        """A key that stands in a file twice is refused, also when its values are of two types"""
        one, other = b"\x00\x01k\x01v", b"\x01\x01k\x01\x01v"
        for pair in (one + one, one + other):
            file = self.path("twice.rdb")
            with open(file, "wb") as out:
                out.write(content.sealed(b"REDIS0010" + pair + b"\xff" + bytes(8)))
            status, said = self.import_(file, self.path("twice"))
            if status != 1 or "the key 'k' was loaded twice" not in said:
                return "exit status %d: %s" % (status, said)
        return self.nothing_served(self.path("twice"))

    def small_file(self):
        with open(self.small, "rb") as file:
            return file.read()

    def killed(self):
        """An import that is killed leaves nothing that is served, and no rubbish once the server has started"""
        for delay in (0.0, 0.05, 0.2):
            directory = self.path("killed-%s" % delay)
            process = subprocess.Popen([self.tool, "import", "--rdb", self.saved, "--dir", directory, "--memory", "1mb"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not os.path.exists(directory + "/bulk-load.tmp") and process.poll() is None:
                time.sleep(0.002)
            time.sleep(delay)
            process.kill()
            if process.wait() == 0:
                continue  # it was quicker
            sizes = self.sizes(directory)
            if sizes not in ([0] * len(sizes), self.saved_sizes):
                return "killed after %s s it serves %s keys" % (delay, sizes)
            if os.path.exists(directory + "/bulk-load.tmp"):
                return "the scratch folder of a killed import stays"
            if self.import_(self.small, directory, "--replace")[0] != 0:
                return "it cannot be imported again"
        return None

    def in_use(self):
        """A directory in use is refused"""
        server = self.basalt(self.path("used"))
        said = [self.import_(self.small, self.path("used")),
                self.run_tool("export", "--dir", self.path("used"), "--rdb", self.path("used.rdb"))]
        server.stop()
        refused = all(status == 1 and "in use by process" in text and "(basalt-server)" in text for status, text in said)
        return None if refused else "it is not: %s" % said

    def run(self):
        if not self.check(self.prepare.__doc__, self.prepare):
            return
        self.check_all([self.imports, self.exports, self.killed, self.replaces, self.lives_on, self.exports_running,
                        self.cut_off, self.changed, self.damaged, self.too_new, self.twice, self.in_use])


def database_sizes(server):
    connection = server.connect(timeout=60.0)
    sizes = []
    for db in content.DATABASES:
        connection.call("SELECT", db)
        sizes.append(connection.call("DBSIZE").value)
    connection.close()
    return sizes


def parse_arguments():
    parser = argument_parser(__doc__)
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--damaged", type=int, default=15, help="so many files of each kind of damage; %(default)s")
    parser.add_argument("--memory", default="2mb", help="for the import's sorting; %(default)s, so that it spills")
    return parser.parse_args()


def main():
    options = parse_arguments()
    print("rdb: seed %d, %d keys" % (options.seed, options.keys), flush=True)
    test = RdbTest(options)
    try:
        test.run()
    finally:
        if not test.failed:
            shutil.rmtree(test.folder, ignore_errors=True)
        else:
            print("the files are kept in %s; run again with --seed %d" % (test.folder, options.seed))
    return test.finish()


if __name__ == "__main__":
    sys.exit(main())
