#!/usr/bin/python3
"""Users outside the transcripts: where they are kept, and that a change counts for everybody at once.

    tests/users/run.py --server build/release/bin/basalt-server [--seed S]

Also runs with --server redis-server: what is checked is what Redis does.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import resp  # noqa: E402
from lib.checks import Checks, argument_parser, expect, kind_of  # noqa: E402
from lib.resp import Reply  # noqa: E402
from lib.servers import Server, free_port  # noqa: E402

OK = Reply("simple", b"OK")
ALICE = "user alice on nopass ~* resetchannels -@all +@read\n"


class ConfiguredServer(Server):
    """A server with a configuration file of its own."""

    def __init__(self, path, text):
        super().__init__(kind_of(path), path)
        self.file = os.path.join(self.folder, "server.conf")
        with open(self.file, "w") as file:
            file.write(text)

    def command_line_(self):
        program, *flags = super().command_line_()
        return [program, self.file, *flags]


class UsersTest(Checks):
    def __init__(self, options):
        super().__init__()
        self.path = options.server
        self.folder = tempfile.mkdtemp(prefix="users-")

    def start(self, server):
        self.servers.append(server)
        return server.start()

    def with_file(self, text):
        """A server whose users are in a file; the server, and the file's path."""
        path = os.path.join(self.folder, "users-%d.acl" % len(self.servers))
        with open(path, "w") as file:
            file.write(text)
        return self.start(Server(kind_of(self.path), self.path, ["--aclfile", path])), path

    def refused(self, *flags):
        """What a server says that does not start with these flags."""
        data = tempfile.mkdtemp(dir=self.folder)
        words = [self.path, *flags, "--port", str(free_port()), "--dir", data]
        done = subprocess.run(words, capture_output=True, timeout=20)
        assert done.returncode != 0, "it started"
        return (done.stdout + done.stderr).decode()

    def saved_users(self):
        """ACL SAVE, kill -9: the users are there again"""
        server, path = self.with_file(ALICE)
        client = server.connect()
        assert client.call("ACL", "SETUSER", "bob", "on", ">secret", "%R~r*", "&c", "+get", "(+set ~w*)") == OK
        assert client.call("ACL", "SETUSER", "default", "-debug") == OK
        assert client.call("ACL", "SAVE") == OK
        assert client.call("ACL", "SETUSER", "carol", "on") == OK  # not saved
        assert client.call("ACL", "DELUSER", "carol") == Reply("integer", 1)
        before = client.call("ACL", "LIST")
        server.restart(kill=True)
        return expect(server.connect().call("ACL", "LIST"), before)

    def loaded_users(self):
        """ACL LOAD: users as the file says; all but the default user's connections end"""
        server, path = self.with_file(ALICE)
        client, alice = server.connect(), server.connect()
        assert alice.call("AUTH", "alice", "x") == OK
        with open(path, "w") as file:
            file.write(ALICE + "user bob on nopass +get ~b\n")
        assert client.call("ACL", "LOAD") == OK
        try:
            return "alice's connection got %s" % alice.call("GET", "k")
        except (resp.Closed, ConnectionError):
            pass
        return expect(client.call("ACL", "USERS"), Reply("array", [Reply("bulk", b) for b in (b"alice", b"bob", b"default")]))

    def spoilt_file(self):
        """ACL LOAD of a file with mistakes names them and changes nothing"""
        server, path = self.with_file(ALICE)
        client = server.connect()
        before = client.call("ACL", "LIST")
        with open(path, "w") as file:
            file.write("user bob on\nuser bob off\nuser carol +nosuch\n# remark\n")
        wanted = (
            "ERR WARNING: Duplicate user 'bob' found on line 2. %s:3: Error in applying operation '+nosuch': Unknown "
            "command or category name in ACL. %s:4 should start with user keyword followed by the username. WARNING: "
            "ACL errors detected, no change to the previously active ACL rules was performed" % (path, path)
        )
        problem = expect(client.call("ACL", "LOAD"), Reply("error", wanted.encode()))
        os.remove(path)
        wanted = "ERR Error loading ACLs, opening file '%s': No such file or directory" % path
        return (
            problem
            or expect(client.call("ACL", "LOAD"), Reply("error", wanted.encode()))
            or expect(client.call("ACL", "LIST"), before)
        )

    def user_lines(self):
        """user lines: CONFIG REWRITE writes them, the next start reads them"""
        server = self.start(ConfiguredServer(self.path, "requirepass secret\n" + ALICE))
        client = server.connect()
        assert client.call("AUTH", "secret") == OK
        assert client.call("ACL", "SETUSER", "alice", "+set", "-get", "%W~w") != OK  # after ~*
        assert client.call("ACL", "SETUSER", "alice", "+set", "-get", "resetkeys", "%W~w", "(~x +get)") == OK
        assert client.call("ACL", "SETUSER", "bob", "on", ">secret") == OK
        before = client.call("ACL", "LIST")
        assert client.call("CONFIG", "REWRITE") == OK
        server.restart()
        client = server.connect()
        assert client.call("AUTH", "secret") == OK
        # A line for the default user begins with a reset, which says that payloads are checked.
        after = [user.value.replace(b" sanitize-payload", b"") for user in client.call("ACL", "LIST").value]
        return expect(after, [user.value for user in before.value])

    def wrong_start(self):
        """a server with a wrong user, or with users in two places, does not start"""
        path, file = os.path.join(self.folder, "start.acl"), os.path.join(self.folder, "both.conf")
        for name, text in ((path, "user alice +nosuch\n"), (file, ALICE)):
            with open(name, "w") as created:
                created.write(text)
        said = self.refused("--aclfile", path), self.refused(file, "--aclfile", path)
        return None if "+nosuch" in said[0] and "but not both" in said[1] else str(said)

    def changes_count_at_once(self):
        """once ACL SETUSER has answered, no connection may do what it took away"""
        server = self.start(Server(kind_of(self.path), self.path))
        admin = server.connect()
        assert admin.call("ACL", "SETUSER", "alice", "on", "nopass", "~*", "+@all") == OK
        clients = [server.connect() for _ in range(8)]
        for client in clients:
            assert client.call("AUTH", "alice", "x") == OK
        admin.call("ACL", "SETUSER", "alice", "&*")
        stop = threading.Event()
        noise = threading.Thread(target=self.make_noise_, args=(server, stop))
        noise.start()
        try:
            for turn in range(100):
                admin.call("ACL", "SETUSER", "alice", "-set" if turn % 2 == 0 else "+set")
                for client in clients:
                    reply = client.call("SET", "k", "v")
                    if (reply == OK) == (turn % 2 == 0):
                        return "turn %d: %s" % (turn, reply)
        finally:
            stop.set()
            noise.join()
        return None

    def make_noise_(self, server, stop):
        client = server.connect()
        client.call("AUTH", "alice", "x")
        while not stop.is_set():
            client.call("SET", "k", "v")

    def run(self):
        try:
            self.check_all([self.saved_users, self.loaded_users, self.spoilt_file, self.user_lines, self.wrong_start,
                            self.changes_count_at_once])  # fmt: skip
            return self.finish()
        finally:
            for server in self.servers:
                server.clear()
            shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(UsersTest(argument_parser(__doc__).parse_args()).run())
