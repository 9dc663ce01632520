#!/usr/bin/python3
"""The disk fills under a running server: writes are refused, everything else goes on, and writes come back by
themselves when there is space.

    tests/disk_full/run.py --server build/release/bin/basalt-server

The data directory is a small tmpfs in a mount namespace of the test's own. Where that may not be made (no root, no user
namespaces) nothing is tested, and the last lines say so.
"""

import http.client
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib.checks import Checks, argument_parser  # noqa: E402
from lib.resp import encode  # noqa: E402
from lib.servers import Server, free_port  # noqa: E402

INSIDE = "BASALT_TEST_IN_NAMESPACE"
VOLUME_MB = 256
VALUE = 10000


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


class Drill:
    """One server on one small volume. `acknowledged` is what it has said OK to."""

    def __init__(self, path, volume_mb=VOLUME_MB):
        self.metrics_port = free_port()
        self.server = Server("basalt", path, ["--maxmemory", "32mb", "--metrics-port", str(self.metrics_port)])
        self.volume = os.path.join(self.server.folder, "data")
        os.makedirs(self.volume)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm" % volume_mb, "tmpfs", self.volume], check=True)
        self.filler = os.path.join(self.volume, "filler")
        self.server.start()
        self.client = self.server.connect(timeout=60)
        self.client.call("CONFIG", "SET", "latency-monitor-threshold", "1")
        self.acknowledged = {}

    def end(self):
        self.server.stop()
        subprocess.run(["umount", "-l", self.volume], check=True)

    def leave(self, left):
        """Another file takes all but `left` bytes of the volume."""
        space = os.statvfs(self.volume)
        with open(self.filler, "ab") as file:
            grow = space.f_bavail * space.f_frsize - left
            os.posix_fallocate(file.fileno(), file.tell(), grow)

    def set(self, key):
        value = os.urandom(VALUE)
        reply = self.client.call("SET", key, value)
        if reply.kind == "error":
            return reply.value.decode()
        self.acknowledged[key] = value
        return None

    def write_until_refused(self, prefix):
        """Until nothing is accepted any more: near the end some writes are, while others have to wait for a look, and
        what flushes and compactions have done brings space back."""
        accepted = time.monotonic()
        for i in range(50000):
            refusal = self.set("%s:%d" % (prefix, i))
            if not refusal:
                accepted = time.monotonic()
                continue
            refused_s = time.monotonic() - accepted
            if refused_s > (10 if self.works_in_background() else 3):
                return refusal
            time.sleep(0.01)
        raise AssertionError("the volume is never full")

    def works_in_background(self):
        info = self.client.call("INFO", "rocksdb").value.decode()
        return any("rocksdb_num-running-%s:0\r" % job not in info for job in ("flushes", "compactions"))

    def expect_refusal(self, refusal):
        expect(refusal.startswith("MISCONF "), "refused with %r" % refusal)
        expect(self.volume in refusal, "the refusal does not name the volume: %r" % refusal)

    def expect_everything_else_goes_on(self):
        expect(self.client.call("PING").value == b"PONG", "PING")
        self.expect_acknowledged(self.client)
        # Several keys, a transaction, another client.
        other = self.server.connect()
        keys = list(self.acknowledged)[:3]
        got = [reply.value for reply in other.call("MGET", *keys).value]
        expect(got == [self.acknowledged[key] for key in keys], "MGET")
        other.send(b"".join(map(encode, (["MULTI"], ["GET", keys[0]], ["SET", "refused", "x"], ["EXEC"]))))
        replies = [other.read() for _ in range(4)]
        expect(replies[3].kind == "error", "EXEC with a write: %s" % str(replies[3])[:200])
        expect(other.call("EXISTS", "refused").value == 0, "half of an EXEC")
        other.close()

    def expect_trouble_is_told(self):
        info = self.client.call("INFO", "persistence").value.decode()
        expect("storage_error:no space" in info, "INFO does not say why: %s" % info)
        expect("aof_last_write_status:err" in info, "INFO says that writes are fine")
        status, body = self.get("/health")
        expect(status == 503 and "no space" in body, "/health: %d %r" % (status, body))
        _, metrics = self.get("/metrics")
        expect("\nbasalt_writes_refused 1\n" in metrics, "basalt_writes_refused is not 1")
        self.wait_for(lambda: "writes-refused" in str(self.client.call("LATENCY", "LATEST")), "LATENCY LATEST")

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=20)
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body

    def expect_acknowledged(self, client):
        for key, value in self.acknowledged.items():
            reply = client.call("GET", key)
            expect(reply.value == value, "%s was acknowledged, and is now %s" % (key, str(reply)[:80]))

    def wait_for(self, done, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not done():
            expect(time.monotonic() < deadline, "waited %d s for: %s" % (seconds, what))
            time.sleep(0.05)

    def expect_writes_come_back(self):
        self.wait_for(lambda: self.set("back") is None, "writes to come back")
        for i in range(200):
            expect(self.set("after:%d" % i) is None, "a write after they came back")
        self.wait_for(lambda: self.get("/health")[0] == 200, "/health to be well again")
        self.expect_acknowledged(self.client)

    def expect_all_after_restart(self):
        expect(self.server.stop() == 0, "the server's exit status")
        self.server.start()
        self.client = self.server.connect(timeout=60)
        self.expect_acknowledged(self.client)


def the_volume_fills(drill):
    """writes fill the volume: refused short of its end, and back when there is space"""
    drill.leave(40 << 20)
    drill.expect_refusal(drill.write_until_refused("k"))
    drill.expect_refusal(drill.set("again"))
    drill.expect_everything_else_goes_on()
    drill.expect_trouble_is_told()
    gone = list(drill.acknowledged)[:10]
    deleted = drill.client.call("DEL", *gone)
    expect(deleted.value == len(gone), "DEL while the volume is full: %s" % str(deleted)[:200])
    for key in gone:
        del drill.acknowledged[key]
    os.unlink(drill.filler)
    drill.expect_writes_come_back()
    drill.expect_all_after_restart()


def another_program_takes_the_rest(drill):
    """another program takes the last byte at once, so that the log itself cannot be written; and gives it back"""
    for i in range(100):
        expect(drill.set("before:%d" % i) is None, "a write with space")
    drill.leave(0)
    refusal = drill.write_until_refused("k")
    drill.expect_refusal(refusal)
    drill.expect_everything_else_goes_on()
    drill.expect_trouble_is_told()
    os.unlink(drill.filler)
    drill.expect_writes_come_back()
    drill.expect_all_after_restart()


def run(path):
    checks = Checks()
    for scenario in (the_volume_fills, another_program_takes_the_rest):
        drill = Drill(path)
        checks.servers = [drill.server]
        checks.check(scenario.__doc__, scenario, drill)
        drill.end()
    return checks.finish()


def unshare_flags():
    """How to get a mount namespace here, or None."""
    for flags in (["--mount"], ["--mount", "--user", "--map-root-user"]):
        probe = ["unshare", *flags, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            return flags
    return None


def main():
    options = argument_parser(__doc__).parse_args()
    if os.environ.get(INSIDE):
        return run(options.server)
    flags = unshare_flags()
    if flags is None:
        print("SKIPPED: the full-disk drill. It needs root or user namespaces, to mount a small tmpfs.")
        print("0 passed, 0 failed")
        return 0
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", *flags, sys.executable, os.path.abspath(__file__), "--server", options.server])


if __name__ == "__main__":
    sys.exit(main())
