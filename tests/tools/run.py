#!/usr/bin/python3
"""What all command-line tools share: help that fits, exit codes, errors, how they connect to a server, progress.

    tests/tools/run.py --server build/release/bin/basalt-server

The tools are looked for beside the server.
"""

import fcntl
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib.certificates import Authority  # noqa: E402
from lib.checks import Checks, argument_parser  # noqa: E402
from lib.servers import Server, free_port  # noqa: E402

TOOLS = ("basalt-admin", "basalt-backup", "basalt-rdb", "basalt-restore")
COLUMNS, LINES = 80, 24
ODD_KEY = b"odd \x00\xff\"\\\n"


class ToolsTest(Checks):
    def __init__(self, options):
        super().__init__()
        self.bin = os.path.dirname(os.path.abspath(options.server))
        self.folder = tempfile.mkdtemp(prefix="basalt-tools-")
        self.authority = Authority(self.folder, "authority")
        self.certificate, self.key = self.authority.sign("server")
        self.tls_port = free_port()
        self.server = Server("basalt", options.server, [
            "--tls-port", str(self.tls_port), "--tls-cert-file", self.certificate, "--tls-key-file", self.key,
            "--tls-ca-cert-file", self.authority.certificate])
        self.servers = [self.server]
        self.count = 0

    def path(self, name):
        self.count += 1
        return os.path.join(self.folder, "%d-%s" % (self.count, name))

    def run_tool(self, tool, *words, **variables):
        """(exit code, stdout, stderr)"""
        ended = subprocess.run([os.path.join(self.bin, tool), *words], capture_output=True, timeout=120, text=True,
                               env=dict(os.environ, **variables))
        return ended.returncode, ended.stdout, ended.stderr

    def over_server(self, address, *flags):
        """Every command that asks a server, each as it is told to connect; gives their results."""
        connection = ["--server", address, *flags]
        return [self.run_tool("basalt-admin", "stat", *connection),
                self.run_tool("basalt-admin", "compact", "--column", "heads", *connection),
                self.run_tool("basalt-backup", "create", "--repo", self.path("repo"), *connection),
                self.run_tool("basalt-rdb", "export", "--rdb", self.path("rdb"), *connection)]

    # ---- help and the command line ----

    def help_fits(self):
        """--help of every tool and of every command fits a terminal, with an example"""
        for tool in TOOLS:
            code, text, err = self.run_tool(tool, "--help")
            texts = {tool: (code, text, err)}
            for command in re.findall(r"^  %s ([a-z]+) " % tool, text.split("Example:")[0], re.MULTILINE):
                texts["%s %s" % (tool, command)] = self.run_tool(tool, command, "--help")
            if tool != "basalt-restore" and len(texts) < 3:
                return "the commands of %s are not found in:\n%s" % (tool, text)
            for name, (code, text, err) in texts.items():
                lines = text.splitlines()
                if code != 0 or err or "Example:\n  " not in text:
                    return "%s --help: %d, %s\n%s" % (name, code, err, text)
                if len(lines) >= LINES or max(map(len, lines)) > COLUMNS:
                    return "%s --help: %d lines, %d columns\n%s" % (name, len(lines), max(map(len, lines)), text)
        return None

    def wrong_words(self):
        """A wrong command line ends with 2, one line on stderr, and where help is"""
        for words in ((), ("nope",), ("stat",), ("stat", "--dir", "x", "--server", "y"), ("stat", "--nope"),
                      ("stat", "--dir", "x", "--tls"), ("stat", "--dir", "x", "--password", "y"),
                      ("stat", "--server", "x", "--cacert", "y"), ("stat", "--server", "x", "--tls", "--cert", "y"),
                      ("compact", "--dir", "x", "--range", "a..b"), ("verify", "--dir", "x", "--backup", "y")):
            code, out, err = self.run_tool("basalt-admin", *words)
            if code != 2 or out or err.count("\n") != 1 or "--help" not in err:
                return "%s: %d, %s, %s" % (words, code, out, err)
        return None

    # ---- connections ----

    def refused(self, results, *pieces):
        for code, out, err in results:
            if code != 1 or out or err.count("\n") != 1 or not all(piece in err for piece in pieces):
                return "expected %s: %d, %s, %s" % (pieces, code, out, err)
        return None

    def served(self, results):
        return next(("%d, %s, %s" % result for result in results if result[0] != 0), None)

    def unreachable(self):
        """A server that is not there is named, with the cause and what to look at"""
        address = "127.0.0.1:%d" % free_port()
        return self.refused(self.over_server(address), address, "Connection refused", "is the server running?")

    def users(self):
        """Users log in with --user, and a password if they have one"""
        connection = self.server.connect()
        rights = ("resetkeys", "-@all", "+ping", "+basalt")
        connection.call("ACL", "SETUSER", "keeper", "on", ">secret", *rights)
        connection.call("ACL", "SETUSER", "open", "on", "nopass", *rights)
        connection.call("ACL", "SETUSER", "poor", "on", ">secret", "-@all", "+ping")
        connection.call("CONFIG", "SET", "requirepass", "other")
        address = "127.0.0.1:%d" % self.server.port
        keeper, poor = ("--user", "keeper", "--password", "secret"), ("--user", "poor", "--password", "secret")
        problem = (self.refused(self.over_server(address), address, "NOAUTH", "--user and --password")
                   or self.refused(self.over_server(address, "--password", "wrong"), "WRONGPASS", "REDISCLI_AUTH")
                   or self.refused(self.over_server(address, "--user", "keeper"), "WRONGPASS")
                   or self.refused(self.over_server(address, *poor), "NOPERM", "+basalt")
                   or self.served(self.over_server(address, *keeper))
                   or self.served(self.over_server(address, "--user", "open"))
                   or self.served(self.over_server(address, "--password", "other"))
                   or self.served([self.run_tool("basalt-admin", "stat", "--server", address, REDISCLI_AUTH="other")]))
        connection.call("CONFIG", "SET", "requirepass", "")
        return problem

    def tls(self):
        """Every tool speaks TLS, and says what is wrong with certificates"""
        address, plain = "127.0.0.1:%d" % self.tls_port, "127.0.0.1:%d" % self.server.port
        trust = ("--tls", "--cacert", self.authority.certificate)
        mine, wrong = ("--cert", self.certificate, "--key", self.key), ("--cert", self.key, "--key", self.key)
        nobody = self.path("nobody.pem")
        return (self.served(self.over_server(address, *trust, *mine))
                or self.refused(self.over_server(address, *trust), address, "certificate required")
                or self.refused(self.over_server(address, "--tls", *mine), address, "give its authority with --cacert")
                or self.refused(self.over_server(plain, *trust), plain, "is it the server's tls-port?")
                or self.refused(self.over_server(address, "--tls", "--cacert", nobody), nobody, "No such file")
                or self.refused(self.over_server(address, *trust, *wrong), "cannot use --cert"))

    def tls_and_users(self):
        """A user logs in over TLS"""
        connection = self.server.connect()
        connection.call("ACL", "SETUSER", "default", "off")
        flags = ("--tls", "--cacert", self.authority.certificate, "--cert", self.certificate, "--key", self.key)
        results = self.over_server("127.0.0.1:%d" % self.tls_port, *flags, "--user", "keeper", "--password", "secret")
        connection.call("ACL", "SETUSER", "default", "on")
        return self.served(results)

    # ---- what is printed ----

    def stat_as_json(self):
        """stat --json has what the tables show, and names that inspect takes"""
        server = self.server.connect()
        server.call("SET", ODD_KEY, b"v" * 5000)
        server.call("HSET", "hash", "field", "value")
        code, text, err = self.run_tool("basalt-admin", "stat", "--server", "127.0.0.1:%d" % self.server.port, "--json")
        online = json.loads(text)
        if [group["type"] for group in online["keys"]] != ["string", "hash"] or online["damaged"] is not None:
            return text
        checkpoint = self.checkpoint(server)
        code, text, err = self.run_tool("basalt-admin", "stat", "--dir", checkpoint, "--json")
        offline = json.loads(text)
        if offline["keys"] != online["keys"] or offline["damaged"] != 0:
            return "the directory: %s\nthe server: %s" % (text, online)
        if not all(level["bytes"] > 0 and level["files"] > 0 for level in offline["levels"]) or not offline["levels"]:
            return text
        largest = offline["biggest_keys"][0]
        code, out, err = self.run_tool("basalt-admin", "inspect", largest["key"], "--dir", checkpoint)
        return None if code == 0 and "size      5000 bytes" in out else "%r: %s%s" % (largest, out, err)

    def checkpoint(self, connection):
        connection.call("SAVE")
        folder = os.path.join(self.server.folder, "data", "checkpoints")
        return os.path.join(folder, sorted(os.listdir(folder))[-1])

    def no_such_key(self):
        """inspect names the key that is not there, and ends with 1"""
        checkpoint = self.checkpoint(self.server.connect())
        code, out, err = self.run_tool("basalt-admin", "inspect", "nobody", "--dir", checkpoint)
        return None if code == 1 and 'no key "nobody" in database 0' in err else "%d, %s, %s" % (code, out, err)

    def progress(self):
        """Progress is drawn in one line of a terminal of any width, and not at all elsewhere"""
        connection = self.server.connect()
        for i in range(40):
            connection.call("SET", "big:%d" % i, os.urandom(50_000))
        command = [os.path.join(self.bin, "basalt-backup"), "create", "--server", "127.0.0.1:%d" % self.server.port,
                   "--rate-limit", "2mb"]
        ended = subprocess.run([*command, "--repo", self.path("repo")], capture_output=True, timeout=60)
        if ended.returncode != 0 or ended.stderr:
            return "not on a terminal: %s" % ended
        for columns in (COLUMNS, 30):
            drawn = self.on_terminal(columns, [*command, "--repo", self.path("repo")])
            pieces = drawn.split(b"\r\x1b[K")
            if len(pieces) < 3 or pieces[0] or pieces[-1] or b"\n" in drawn:
                return "%d columns: %r" % (columns, drawn)
            if any(len(piece) >= columns for piece in pieces) or (columns == COLUMNS and b"#" not in pieces[-2]):
                return "%d columns: %r" % (columns, pieces)
        return None

    def on_terminal(self, columns, command):
        """What the command writes to stderr, which is a terminal of that width."""
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        drawn = b""
        try:
            while piece := os.read(master, 65536):
                drawn += piece
        except OSError:  # how Linux says that nobody has the terminal open any more
            pass
        child.wait(60)
        os.close(master)
        return drawn

    def run(self):
        self.check_all([self.help_fits, self.wrong_words, self.unreachable])
        self.server.start()
        self.check_all([self.stat_as_json, self.no_such_key, self.users, self.tls, self.tls_and_users, self.progress])
        self.server.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.finish()


if __name__ == "__main__":
    sys.exit(ToolsTest(argument_parser(__doc__).parse_args()).run())
