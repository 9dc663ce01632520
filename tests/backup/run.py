#!/usr/bin/python3
"""Backups: made under writes, restored, damaged, interrupted.

    tests/backup/run.py --server build/release/bin/basalt-server [--seed S] [--seconds N] [--kills N]

basalt-backup and basalt-restore are taken from the server's folder. Each check counts as one test.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from backup.writers import Writer  # noqa: E402
from lib import resp  # noqa: E402
from lib.checks import argument_parser  # noqa: E402
from lib.measure import disk_bytes, files_of  # noqa: E402
from lib.servers import Server  # noqa: E402

BASE_KEYS = 12_000
BASE_VALUE_BYTES = 1000


class Tools:
    """The two programs, and what they leave behind."""

    def __init__(self, folder):
        self.folder_ = folder

    def command(self, tool, *words):
        return [os.path.join(self.folder_, tool), *map(str, words)]

    def run(self, tool, *words):
        return subprocess.run(self.command(tool, *words), capture_output=True, text=True, timeout=120)

    def start(self, tool, *words):
        return subprocess.Popen(self.command(tool, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class BackupTest:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.tools = Tools(os.path.dirname(os.path.abspath(options.server)))
        self.scratch = tempfile.mkdtemp(prefix="basalt-backup-test-")
        self.repo = os.path.join(self.scratch, "repo")
        # A table that compaction replaced is not shared, and not damaged any more: when that happens is chance.
        self.server = Server("basalt", options.server, ["--rocksdb.disable_auto_compactions", "true"])
        self.passed = self.failed = 0

    # Checks --------------------------------------------------------------------------------------------

    def check(self, good, what, *details):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED: %s\n%s" % (what, "\n".join(map(str, details))), flush=True)
        return good

    def check_run(self, ran, code, what, *words):
        """The exit code, and words that must be in what was printed."""
        printed = ran.stdout + ran.stderr
        good = ran.returncode == code and all(word in printed for word in words)
        return self.check(good, what, "exit code %d, expected %d and %r" % (ran.returncode, code, words), printed)

    # Shorthands ----------------------------------------------------------------------------------------

    def path(self, name):
        return os.path.join(self.scratch, name)

    def address(self):
        return "127.0.0.1:%d" % self.server.port

    def create(self, *words, repo=None):
        return self.tools.run("basalt-backup", "create", "--server", self.address(), "--repo", repo or self.repo, *words)

    def listed(self):
        return json.loads(self.tools.run("basalt-backup", "list", "--repo", self.repo, "--json").stdout)

    def serve(self, data):
        """A server on a restored directory."""
        server = Server("basalt", self.options.server)
        os.rmdir(server.folder) if not os.listdir(server.folder) else None
        os.makedirs(server.folder, exist_ok=True)
        os.symlink(data, os.path.join(server.folder, "data"))
        return server

    def tables(self):
        folder = os.path.join(self.repo, "tables")
        return sorted((os.path.join(folder, name) for name in os.listdir(folder)), key=os.path.getsize)

    # The test ------------------------------------------------------------------------------------------

    def run(self):
        self.server.start()
        self.fill()
        self.moments()
        self.restores()
        self.damage_in_repository()
        self.interruptions()
        self.stopped_directory()
        self.damage_in_data()
        self.removal()

    def fill(self):
        """Keys that do not change any more, in a table file of their own."""
        connection = self.server.connect(timeout=60.0)
        for start in range(0, BASE_KEYS, 1000):
            keys = range(start, start + 1000)
            connection.send(b"".join(resp.encode(["SET", b"base:%d" % key, self.base_value(key)]) for key in keys))
            for _ in keys:
                connection.read()
        connection.call("SAVE", timeout=60.0)
        connection.call("BASALT", "COMPACT", timeout=60.0)
        connection.close()

    def base_value(self, key):
        return random.Random(key).randbytes(BASE_VALUE_BYTES)

    def moments(self):
        """Two backups while writers write; after kill -9 each must be the data of its moment."""
        writers = [Writer(number, self.random.random()) for number in range(3)]
        for writer in writers:
            writer.start(self.server.port)
        spans, made = [], []
        for _ in range(2):
            time.sleep(self.options.seconds)
            low = [writer.answered for writer in writers]
            before = disk_bytes(self.repo) if made else 0
            ran = self.create("--json")
            spans.append((low, [len(writer.log) for writer in writers]))
            if not self.check_run(ran, 0, "create under writes"):
                return
            made.append(dict(json.loads(ran.stdout), grown=disk_bytes(self.repo) - before))
        self.server.kill()
        for writer in writers:
            writer.stop()
        self.check_sizes(made)
        self.check_run(self.tools.run("basalt-backup", "verify", "--repo", self.repo), 0, "verify", "all is well")
        for backup, (low, high) in zip(made, spans):
            self.check_moment(backup["id"], writers, low, high)
        self.server.start()

    def check_sizes(self, made):
        first, second = made
        base = BASE_KEYS * BASE_VALUE_BYTES
        self.check(first["bytes"] == first["copied_bytes"] >= base, "the first backup copies everything", first)
        self.check(second["bytes"] >= base, "the second backup has everything", second)
        shared = second["bytes"] - second["copied_bytes"]
        self.check(shared >= base, "the second backup copies only what was written since", second)
        slack = 64 * 1024
        self.check(second["grown"] < second["copied_bytes"] + slack, "what it says it copied is what the disk got", second)

    def check_moment(self, backup, writers, low, high):
        data = self.path("moment-" + backup)
        ran = self.tools.run("basalt-restore", "--repo", self.repo, "--backup", backup, "--dir", data)
        if not self.check_run(ran, 0, "restore of " + backup, backup):
            return
        server = self.serve(data).start()
        connection = server.connect(timeout=60.0)
        for writer, first, last in zip(writers, low, high):
            problem = writer.check(connection, first, last)
            self.check(problem is None, "backup %s, writer %s" % (backup, writer.prefix), problem)
        wrong = [key for key in range(BASE_KEYS) if self.read_base(connection, key).value != self.base_value(key)]
        self.check(not wrong, "the base keys of " + backup, wrong[:5])
        server.clear()

    def read_base(self, connection, key):
        return connection.call("GET", b"base:%d" % key)

    def restores(self):
        """Where basalt-restore must not write, and what it does when it dies."""
        full = self.path("full")
        os.makedirs(full)
        open(os.path.join(full, "letter"), "w").close()
        ran = self.tools.run("basalt-restore", "--repo", self.repo, "--dir", full, "--force")
        self.check_run(ran, 1, "restore into a directory with files", "letter")
        self.check("--force" not in ran.stderr and os.listdir(full) == ["letter"], "it is left as it is", ran.stderr)
        self.check_run(
            self.tools.run("basalt-restore", "--repo", self.repo, "--backup", "nope", "--dir", self.path("none")),
            1,
            "restore of a backup that is not there",
            "nope",
        )
        self.killed_restore()

    def killed_restore(self):
        data = self.path("half")
        restore = ("basalt-restore", "--repo", self.repo, "--dir", data)
        child = self.tools.start(*restore, "--rate-limit", "8mb")
        self.wait_for(lambda: os.path.isdir(data) and any(name.endswith(".sst") for name in os.listdir(data)))
        child.kill()
        child.wait()
        ran = subprocess.run([self.options.server, "--dir", data, "--port", "0"], capture_output=True, text=True, timeout=30)
        self.check_run(ran, 1, "a server refuses half a restore", "unfinished restore")
        self.check_run(self.tools.run(*restore), 1, "restore into half a restore", "--force")
        self.check_run(self.tools.run(*restore, "--force"), 0, "restore anew with --force")
        server = self.serve(data).start()
        self.check(server.connect().call("GET", "base:7").value == self.base_value(7), "what was restored anew")
        server.clear()

    def wait_for(self, condition, seconds=30.0):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def damage_in_repository(self):
        newest = os.path.join(self.repo, "backups", self.listed()[-1]["id"])
        current = os.path.join(newest, "CURRENT")
        for path in (self.tables()[-1], self.tables()[0], current, os.path.join(newest, "manifest")):
            name = os.path.basename(path)
            place = self.random.randrange(os.path.getsize(path))
            flip(path, place)
            what = "byte %d of %s flipped" % (place, name)
            self.check_run(self.tools.run("basalt-backup", "verify", "--repo", self.repo), 1, "verify, " + what, path)
            data = self.path("damaged")
            ran = self.tools.run("basalt-restore", "--repo", self.repo, "--dir", data)
            self.check_run(ran, 1, "restore, " + what, path)
            self.check(not os.path.exists(data), "nothing is left of it, " + what)
            flip(path, place)
        self.check_run(self.tools.run("basalt-backup", "verify", "--repo", self.repo), 0, "verify, flipped back")
        self.lost_table()

    def lost_table(self):
        """A table that was damaged and is removed is copied again."""
        path = self.tables()[-1]
        os.rename(path, self.path("removed"))
        self.check_run(self.tools.run("basalt-backup", "verify", "--repo", self.repo), 1, "verify, a table removed", path)
        self.check_run(self.create(), 0, "create, a table removed")
        self.check_run(self.tools.run("basalt-backup", "verify", "--repo", self.repo), 0, "verify, copied again")

    def interruptions(self):
        """kill -9 at any moment leaves the older backups whole, and nothing that the next does not tidy up."""
        before = [backup["id"] for backup in self.listed()]
        repo = self.path("slow")
        for _ in range(self.options.kills):
            for words in (("--repo", self.repo), ("--repo", repo, "--rate-limit", "20mb")):
                child = self.tools.start("basalt-backup", "create", "--server", self.address(), *words)
                time.sleep(self.random.uniform(0, 0.3))
                child.kill()
                child.wait()
            self.check_run(self.tools.run("basalt-backup", "verify", "--repo", self.repo), 0, "verify after kill -9")
        self.check_run(self.create(), 0, "create after kill -9")
        self.check_run(self.create(repo=repo), 0, "create after kill -9 of the first one")
        self.check_run(self.tools.run("basalt-backup", "verify", "--repo", repo), 0, "verify of the first one")
        found = [backup["id"] for backup in self.listed()]
        self.check(found[: len(before)] == before, "the older backups are there", before, found)
        left = [path for path in files_of(self.repo) if ".partial" in path or "incoming" in path]
        self.check(not left, "nothing is left of the killed", left)
        lent = os.path.join(self.server.folder, "data", "checkpoints")
        gone = self.wait_for(lambda: not [name for name in os.listdir(lent) if name.startswith("lent-")])
        self.check(gone, "the server takes back what the dead had", os.listdir(lent))
        self.lent_checkpoint(lent)
        self.two_at_once()

    def lent_checkpoint(self, folder):
        """It belongs to its connection."""
        owner, other = self.server.connect(), self.server.connect()
        path = owner.call("BASALT", "CHECKPOINT", timeout=30.0).value
        self.check(os.path.exists(os.path.join(path, b"CURRENT")), "a checkpoint is lent", path)
        self.check(other.call("BASALT", "RELEASE", path).kind == "error", "another cannot release it", path)
        self.check(owner.call("BASALT", "RELEASE", path).kind == "simple", "its owner can", path)
        self.check(not os.path.exists(path) and os.listdir(folder), "it goes, and only it", os.listdir(folder))
        owner.close()
        other.close()

    def two_at_once(self):
        repo = self.path("busy")
        child = self.tools.start("basalt-backup", "create", "--server", self.address(), "--repo", repo, "--rate-limit", "1mb")
        incoming = os.path.join(repo, "incoming")
        self.wait_for(lambda: os.path.isdir(incoming) and os.listdir(incoming))
        self.check_run(self.create(repo=repo), 1, "two at once", "in use", "process %d" % child.pid)
        child.send_signal(signal.SIGTERM)
        child.wait()
        self.check_run(self.create(repo=repo), 0, "after the other has ended")

    def stopped_directory(self):
        data = os.path.join(self.server.folder, "data")
        create = ("basalt-backup", "create", "--dir", data, "--repo", self.repo, "--json")
        self.check_run(self.tools.run(*create), 1, "a directory in use", "--server")
        connection = self.server.connect()
        connection.call("SET", "the-last-write", "1")
        self.server.kill()
        before = sorted(os.listdir(data))
        ran = self.tools.run(*create)
        if self.check_run(ran, 0, "a stopped directory"):
            self.check(sorted(os.listdir(data)) == before, "it is only read", before, os.listdir(data))
            restored = self.path("from-stopped")
            ran = self.tools.run("basalt-restore", "--repo", self.repo, "--dir", restored)
            self.check_run(ran, 0, "restore of a stopped directory")
            server = self.serve(restored).start()
            self.check(server.connect().call("GET", "the-last-write").value == b"1", "the WAL comes along")
            server.clear()
        self.server.start()

    def damage_in_data(self):
        """One byte of a live table: reads there fail, others go on, no new backup takes it in, and an older one heals it."""
        self.server.stop()
        data = os.path.join(self.server.folder, "data")
        table = max((path for path in files_of(data) if path.endswith(".sst") and "/checkpoints/" not in path), key=os.path.getsize)
        shutil.copy(table, table + ".own")  # checkpoints have links to it
        os.rename(table + ".own", table)
        flip(table, os.path.getsize(table) // 2)
        self.server.start()
        connection = self.server.connect(timeout=30.0)
        replies = [self.read_base(connection, key) for key in range(BASE_KEYS)]
        refused = [reply for reply in replies if reply.kind == "error"]
        named = os.path.basename(table).encode()
        self.check(refused and all(named in reply.value for reply in refused), "the damaged range", refused[:1])
        self.check(len(refused) < BASE_KEYS / 100, "the others are served", len(refused))
        wrong = [key for key, reply in enumerate(replies) if reply.kind != "error" and reply.value != self.base_value(key)]
        self.check(not wrong, "what is served is right", wrong[:5])
        for key in range(0, BASE_KEYS, 100):
            connection.call("SET", b"base:%d" % key, self.base_value(key))
        compacted = connection.call("BASALT", "COMPACT")
        self.check(compacted.kind == "error" and named in compacted.value, "a compaction fails", compacted)
        self.check(connection.call("SET", "after", "damage").kind == "simple", "writes go on")
        ran = self.create(repo=self.path("new-repo"))
        self.check_run(ran, 1, "a new repository refuses the damaged table", os.path.basename(table), "damaged")
        self.check_run(self.create(), 0, "the old repository has the table as it was")
        self.check_run(self.tools.run("basalt-backup", "verify", "--repo", self.repo), 0, "verify of the old repository")
        healed = self.path("healed")
        self.check_run(self.tools.run("basalt-restore", "--repo", self.repo, "--dir", healed), 0, "restore of its last backup")
        server = self.serve(healed).start()
        connection = server.connect(timeout=30.0)
        replies = [self.read_base(connection, key) for key in range(BASE_KEYS)]
        wrong = [key for key, reply in enumerate(replies) if reply.value != self.base_value(key)]
        self.check(not wrong, "what was damaged is whole again", wrong[:5])
        self.check(connection.call("GET", "after").value == b"damage", "and what was written since is there")
        server.clear()

    def removal(self):
        backups = self.listed()
        self.check_run(
            self.tools.run("basalt-backup", "delete", "--repo", self.repo, "--backup", backups[0]["id"]), 0, "delete"
        )
        self.check_run(self.tools.run("basalt-backup", "delete", "--repo", self.repo, "--backup", "x"), 1, "delete x", "x")
        self.check_run(self.tools.run("basalt-backup", "prune", "--repo", self.repo, "--keep", 1), 0, "prune")
        self.check([backup["id"] for backup in self.listed()] == [backups[-1]["id"]], "the newest stays", self.listed())
        ran = self.tools.run("basalt-backup", "verify", "--repo", self.repo)
        self.check_run(ran, 0, "verify of what stays", "all is well")
        self.check(disk_bytes(self.repo) < 2 * backups[-1]["bytes"], "the space is given back", disk_bytes(self.repo))


def flip(path, place):
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 0x10]))


def parse_arguments():
    parser = argument_parser(__doc__)
    parser.add_argument("--seconds", type=float, default=0.7, help="writing before each backup; %(default)s")
    parser.add_argument("--kills", type=int, default=3, help="rounds of kill -9 of basalt-backup; %(default)s")
    return parser.parse_args()


def main():
    options = parse_arguments()
    print("backup: seed %d" % options.seed, flush=True)
    test = BackupTest(options)
    try:
        test.run()
    except Exception as error:
        test.check(False, "the test itself", "%s: %s" % (type(error).__name__, error))
    shutil.rmtree(test.scratch, ignore_errors=True)
    print("%d passed, %d failed" % (test.passed, test.failed))
    return 1 if test.failed or not test.passed else 0


if __name__ == "__main__":
    sys.exit(main())
