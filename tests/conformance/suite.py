"""Runs files of Redis's own test suite against a server, and reads what they print.

The suite is a checkout of redis/redis, which is only read: its tests run in a scratch copy, which gets the
programs that the system has (redis-cli and the like) in place of built ones. Every file gets a server of its
own; a few files are only for servers that the suite starts itself, and get a Basalt in place of redis-server.
The suite runs with --durable: a test that stops with an error fails, and the file goes on.
"""

import collections
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from lib.servers import Server

PROGRAMS = ("redis-cli", "redis-benchmark", "redis-server", "redis-check-rdb", "redis-check-aof", "redis-sentinel")

# What the copy changes, for every server alike: the suite empties the function library before each block of
# tests; a server without functions has nothing to empty.
CHANGES = {
    "tests/support/server.tcl": [("    r function flush\n", "    catch {r function flush}\n")],
}

FLAGS = {
    "redis": ["--enable-protected-configs", "yes", "--enable-debug-command", "yes", "--enable-module-command", "yes"],
    # The limits of packed encodings are then Redis's own: this one bounds the record's size besides.
    "basalt": ["--enable-protected-configs", "yes", "--enable-debug-command", "yes", "--packed-max-bytes", "1mb"],
}

# Files of which nothing runs on a server that is there already.
STARTS_SERVERS = frozenset(
    "unit/" + name
    for name in (
        "acl",
        "acl-v2",
        "auth",
        "client-eviction",
        "info",
        "limits",
        "networking",
        "obuf-limits",
        "oom-score-adj",
        "pubsubshard",
    )
)

# Starts Basalt with what the suite wrote for redis-server. The suite looks into the log for its PID.
STAND_IN = """#!/bin/sh
log=$(readlink /proc/$$/fd/1)
if [ -f "$log" ]; then
  before=$(wc -c < "$log")
  (
    until tail -c +$((before + 1)) "$log" | grep -q "Ready to accept"; do
      kill -0 $$ 2>/dev/null || exit
      sleep 0.02
    done
    echo " PID: $$"
  ) &
fi
exec %s "$@" --packed-max-bytes 1mb 2>&1
"""

LINE = re.compile(r"^\[(ok|err|exception|ignore|skip|TIMEOUT)\]: (.*)$")
ELAPSED = re.compile(r" \(\d+ ms\)$")


class NoSuite(Exception):
    pass


class Copy:
    """The scratch copy; removed by clear()."""

    def __init__(self, checkout):
        if not os.path.exists(os.path.join(checkout, "tests", "test_helper.tcl")):
            raise NoSuite("%s holds no checkout of redis/redis" % checkout)
        self.folder = tempfile.mkdtemp(prefix="conformance-")
        shutil.copytree(os.path.join(checkout, "tests"), os.path.join(self.folder, "tests"))
        for name in os.listdir(checkout):
            if name not in ("tests", "src"):
                os.symlink(os.path.abspath(os.path.join(checkout, name)), os.path.join(self.folder, name))
        os.mkdir(os.path.join(self.folder, "src"))
        for name in PROGRAMS:
            path = shutil.which(name)
            if path:
                os.symlink(path, os.path.join(self.folder, "src", name))
        self.change_()

    def stand_in(self, program):
        """Has the suite start Basalt where it would start redis-server."""
        path = os.path.join(self.folder, "src", "redis-server")
        if os.path.lexists(path):
            os.remove(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(STAND_IN % shlex.quote(os.path.abspath(program)))
        os.chmod(path, 0o755)

    def change_(self):
        for name, changes in CHANGES.items():
            path = os.path.join(self.folder, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for before, after in changes:
                if before not in text:
                    raise NoSuite("%s is not what is expected of branch 7.0" % name)
                text = text.replace(before, after)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def units(self):
        """The test files, in the suite's order."""
        line = ["tclsh", "tests/test_helper.tcl", "--list-tests"]
        return subprocess.run(line, cwd=self.folder, check=True, capture_output=True, text=True).stdout.split()

    def room(self):
        """A folder to run one file in: each run clears what it finds in tests/tmp."""
        folder = tempfile.mkdtemp(prefix="room-", dir=self.folder)
        tests = os.path.join(folder, "tests")
        os.makedirs(os.path.join(tests, "tmp"))
        for name in os.listdir(self.folder):
            if name != "tests" and not name.startswith("room-"):
                os.symlink(os.path.join(self.folder, name), os.path.join(folder, name))
        for name in os.listdir(os.path.join(self.folder, "tests")):
            if name != "tmp":
                os.symlink(os.path.join(self.folder, "tests", name), os.path.join(tests, name))
        return folder

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class UnitResult:
    """`passed` and `failed` count tests by name (a file may use a name more than once)."""

    def __init__(self, unit):
        self.unit = unit
        self.passed = collections.Counter()
        self.failed = collections.Counter()
        self.reasons = {}  # what the suite says of a failed test
        self.ignored = 0
        self.trouble = ""  # what ended the file early: the time limit, an exception, the server's end
        self.seconds = 0.0
        self.log = ""

    def parse(self, output):
        self.log = output
        # The list of failures at the end repeats what was told before.
        about = None
        for line in output.split("\n                   The End\n")[0].splitlines():
            match = LINE.match(line)
            if match:
                about = self.take_(match.group(1), match.group(2))
            elif about:
                self.reasons[about] += line[:300] + "\n"

    def take_(self, status, text):
        if status == "ok":
            self.passed[ELAPSED.sub("", text)] += 1
        elif status == "err":
            name = text.removesuffix(" in tests/%s.tcl" % self.unit)
            self.failed[name] += 1
            self.reasons[name] = ""
            return name
        elif status == "ignore":
            self.ignored += 1
        elif status in ("exception", "TIMEOUT"):
            self.trouble = "%s: %s" % (status, text)
        return None


def run_unit(copy, unit, kind, program, limit_s, base_port, extra=()):
    """Runs one file on a server of its own, for at most limit_s seconds."""
    result = UnitResult(unit)
    server = None if unit in STARTS_SERVERS else Server(kind, program, FLAGS[kind]).start()
    started = time.monotonic()
    try:
        line = ["tclsh", "tests/test_helper.tcl", "--single", unit, "--durable", "--clients", "1"]
        line += ["--baseport", str(base_port), "--portcount", "60", *extra]
        if server:
            line += ["--host", "127.0.0.1", "--port", str(server.port)]
        output, ended = run_limited(line, copy.room(), limit_s)
        result.parse(output)
        if not ended:
            result.trouble = "time limit of %d s" % limit_s
        if server and not server.alive():
            result.trouble = "the server ended with status %s: %s" % (server.process.returncode, server.log_tail())
    finally:
        if server:
            server.clear()
    result.seconds = time.monotonic() - started
    return result


def run_limited(line, folder, limit_s):
    """The output of a command, and whether it ended by itself in time."""
    with tempfile.TemporaryFile() as log:
        # A session of its own: the suite starts a process for the tests, which must end with it.
        process = subprocess.Popen(
            line,
            cwd=folder,
            env=dict(os.environ, TERM="dumb", LC_ALL="C"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            process.wait(limit_s)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        log.seek(0)
        return log.read().decode(errors="replace"), ended
