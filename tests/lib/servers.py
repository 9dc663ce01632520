"""Starts, stops, kills and restarts the servers that tests talk to.

A Server has a folder of its own and a free port of the loopback address. It is ended when the test
run ends, whichever way that happens.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from . import resp

running = set()


class StartFailed(Exception):
    pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`kind` is "basalt" or "redis"; `flags` is a list of words put behind the standard flags."""

    def __init__(self, kind, path, flags=(), keep_log_lines=30):
        self.kind = kind
        # A name without a slash is looked up in PATH; the server runs in a folder of its own.
        self.path = os.path.abspath(path) if "/" in path else path
        self.flags = list(flags)
        self.keep_log_lines_ = keep_log_lines
        self.folder = tempfile.mkdtemp(prefix="%s-run-" % kind)
        self.process = None
        self.port = None
        # What every server of a kind gets; Redis keeps nothing on disk unless a test says so.
        self.standard_flags = ["--save", "", "--appendonly", "no"] if kind == "redis" else []
        running.add(self)

    def command_line_(self):
        data = os.path.join(self.folder, "data")
        os.makedirs(data, exist_ok=True)
        line = [self.path, "--bind", "127.0.0.1", "--port", str(self.port), "--dir", data]
        return line + self.standard_flags + self.flags

    def start(self, timeout=30.0):
        """Starts the process and waits until it answers PING."""
        for _ in range(5):
            self.launch()
            if self.answers_(timeout):
                return self
            if self.process.poll() is None or "ddress already in use" not in self.log_tail():
                break
        self.stop()
        raise StartFailed("%s did not start:\n%s" % (" ".join(self.command_line_()), self.log_tail()))

    def launch(self):
        """Starts the process, and does not wait for it."""
        self.port = free_port()
        try:
            with open(self.log_path_(), "ab") as log:
                # Redis sorts texts as the locale says.
                self.process = subprocess.Popen(
                    self.command_line_(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    env=dict(os.environ, LC_ALL="C"),
                )
        except OSError as error:
            raise StartFailed(str(error)) from None

    def answers_(self, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                connection = resp.Connection(self.port, timeout=timeout)
                reply = connection.call("PING")
                connection.close()
                # A server that asks for a password, or is still loading, answers with an error.
                if reply.kind == "simple" or reply.value.startswith(b"NOAUTH"):
                    return True
            except (OSError, resp.Closed, resp.Timeout):
                pass
            time.sleep(0.01)
        return False

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def connect(self, timeout=10.0):
        return resp.Connection(self.port, timeout=timeout)

    def stop(self, timeout=20.0):
        """Asks the process to end and waits; returns its exit status (negative: the signal)."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode if self.process else None

    def kill(self):
        """kill -9: the server gets no chance to tidy up."""
        if self.alive():
            self.process.kill()
        if self.process:
            self.process.wait()

    def restart(self, kill=False):
        self.kill() if kill else self.stop()
        self.start()

    def clear(self):
        """Ends the process and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        running.discard(self)

    def log_path_(self):
        return os.path.join(self.folder, "log")

    def log_tail(self):
        try:
            with open(self.log_path_(), "rb") as log:
                log.seek(max(0, os.path.getsize(self.log_path_()) - 64 * 1024))
                lines = log.read().decode(errors="replace").splitlines()
            return "\n".join(lines[-self.keep_log_lines_ :])
        except OSError:
            return ""


def clear_all():
    for server in list(running):
        server.clear()


def end_on_signal(number, frame):
    sys.exit(128 + number)


atexit.register(clear_all)
signal.signal(signal.SIGTERM, end_on_signal)
