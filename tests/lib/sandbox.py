"""A shared server that every transcript finds as if it had just been started.

Starting a server for each transcript would take most of the run's time. So a Sandbox keeps one, and
before a transcript undoes whatever the one before may have left: data, options, users, functions,
logs, connections.
"""

import time

from . import resp
from .resp import encode
from .servers import Server

# What makes collections of any size spread. Redis does not know all of these, and Basalt has one more;
# an option that a server does not have is left out for it.
SPREAD_OPTIONS = [
    ("hash-max-listpack-entries", "0"),
    ("set-max-intset-entries", "0"),
    ("set-max-listpack-entries", "0"),
    ("zset-max-listpack-entries", "0"),
    ("list-max-listpack-size", "1"),
]
RESETS = [
    ("FLUSHALL",),
    ("SCRIPT", "FLUSH"),
    ("FUNCTION", "FLUSH"),
    ("SLOWLOG", "RESET"),
    ("LATENCY", "RESET"),
    ("ACL", "LOG", "RESET"),
    ("CONFIG", "RESETSTAT"),
]


class ServerEnded(Exception):
    """The server process is gone."""


class Sandbox:
    def __init__(self, kind, path, flags=()):
        self.kind = kind
        self.path = path
        self.flags_ = list(flags)
        self.server = None
        self.dirty_ = True

    def prepare(self, transcript, variant):
        """A clean server, running, with the transcript's flags and options set."""
        wanted = self.flags_ + [word for name, value in transcript.flags for word in ("--" + name, value)]
        if self.server is None or self.server.flags != wanted or not self.reset_():
            self.replace_(wanted)
        self.set_options(transcript, variant)

    def set_options(self, transcript, variant):
        if variant == "spread":
            for name, value in SPREAD_OPTIONS:
                self.control_.call("CONFIG", "SET", name, value)
        for name, value in transcript.options:
            reply = self.control_.call("CONFIG", "SET", name, value)
            if reply.kind == "error":
                raise RuntimeError("option %s %s: %s" % (name, value, reply.value.decode(errors="replace")))

    def restart(self, transcript, variant, kill):
        """Restarts the process on the same data."""
        self.control_.close()
        self.server.restart(kill)
        self.control_ = self.server.connect()
        self.set_options(transcript, variant)

    def blocked_clients(self):
        """How many clients wait in a blocking command."""
        reply = self.control_.call("INFO", "clients")
        text = reply.value[1] if reply.kind == "verbatim" else reply.value
        for line in text.split(b"\r\n"):
            if line.startswith(b"blocked_clients:"):
                return int(line.split(b":")[1])
        raise RuntimeError("INFO clients does not show blocked_clients")

    def stop(self):
        if self.server:
            self.server.stop()
            self.server.clear()
            self.server = None

    def replace_(self, flags):
        if self.server:
            self.server.clear()
        self.server = Server(self.kind, self.path, flags).start()
        self.control_ = self.server.connect()
        self.options_ = self.read_options_(self.control_.call("CONFIG", "GET", "*"))
        self.users_ = self.control_.call("ACL", "LIST")

    def read_options_(self, reply):
        if reply.kind != "array":
            return {}
        values = [one.value for one in reply.value]
        options = dict(zip(values[::2], values[1::2]))
        options.pop(b"port", None)  # a restarted server has another one
        options.pop("port", None)
        return options

    def reset_(self):
        """Undoes what a transcript left; False if that cannot be done."""
        try:
            self.control_.send(b"".join(map(encode, RESETS)))
            replies = [self.control_.read() for _ in RESETS]
            if replies[0].kind == "error":
                return False
            return self.reset_options_() and self.reset_users_() and self.wait_alone_()
        except (resp.Closed, resp.Timeout, resp.ProtocolError):
            return False

    def reset_options_(self):
        now = self.read_options_(self.control_.call("CONFIG", "GET", "*"))
        changed = [word for name, value in self.options_.items() if now.get(name) != value for word in (name, value)]
        return not changed or self.control_.call("CONFIG", "SET", *changed).kind != "error"

    def reset_users_(self):
        if self.users_.kind != "array":
            return True
        now = self.control_.call("ACL", "LIST")
        if now == self.users_:
            return True
        known = {user.value.split()[1]: user.value.split() for user in self.users_.value}
        for user in now.value:
            name = user.value.split()[1]
            if name not in known:
                self.control_.call("ACL", "DELUSER", name)
        for name, words in known.items():
            self.control_.call("ACL", "SETUSER", name, "reset", *words[2:])
        return self.control_.call("ACL", "LIST") == self.users_

    def wait_alone_(self):
        """Waits until the server has noticed that all other connections are closed."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            reply = self.control_.call("CLIENT", "LIST")
            if reply.kind == "error" or reply.value.count(b"\n") <= 1:
                return True
            time.sleep(0.002)
        return False
