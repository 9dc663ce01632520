#!/usr/bin/python3
"""TLS: what goes through the plain port goes through tls-port, for those who may; nobody holds others up.

    tests/tls/run.py --server build/release/bin/basalt-server [--seed S]

The certificates are made on the spot by the openssl command.
"""

import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import resp  # noqa: E402
from lib.certificates import Authority, client_context  # noqa: E402
from lib.checks import Checks, argument_parser, expect, kind_of  # noqa: E402
from lib.resp import Reply, encode  # noqa: E402
from lib.servers import Server, StartFailed, free_port  # noqa: E402

OK = Reply("simple", b"OK")
PONG = Reply("simple", b"PONG")
UPDATE_FAILED = b"Unable to update TLS configuration. Check server logs."
HANDSHAKE_SECONDS = 1


class TlsTest(Checks):
    def __init__(self, options):
        super().__init__()
        self.path = options.server
        self.random = random.Random(options.seed)
        self.folder = tempfile.mkdtemp(prefix="tls-certificates-")
        self.authority = Authority(self.folder, "authority")
        self.stranger = Authority(self.folder, "stranger")
        self.server_pair = self.authority.sign("server")
        self.other_pair = self.authority.sign("other")
        self.client_pair = self.authority.sign("client")
        self.strange_pair = self.stranger.sign("strange")
        self.context = client_context(self.authority, self.client_pair)
        self.server, self.port = self.start_()
        self.servers = [self.server]
        self.control = self.server.connect()

    def flags_(self, port, pair=None):
        certificate, key = pair or self.server_pair
        return ["--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", key,
                "--tls-ca-cert-file", self.authority.certificate]  # fmt: skip

    def start_(self):
        port = free_port()
        server = Server(kind_of(self.path), self.path, self.flags_(port))
        server.flags += ["--tls-handshake-timeout", str(HANDSHAKE_SECONDS)] if server.kind == "basalt" else []
        return server.start(), port

    def connect(self, context=None, timeout=20.0):
        return resp.Connection(self.port, timeout=timeout, tls=context or self.context)

    def set_(self, *words):
        reply = self.control.call("CONFIG", "SET", *words)
        assert reply == OK, reply

    def is_served_(self, context):
        """Whether a client with this context gets as far as PONG."""
        try:
            connection = self.connect(context)
            answered = connection.call("PING") == PONG
            connection.close()
            return answered
        except (ssl.SSLError, resp.Closed, ConnectionError):
            return False

    def shown_serial_(self):
        """The serial number of the certificate that a new connection is shown."""
        connection = self.connect()
        serial = int(connection.socket_.getpeercert()["serialNumber"], 16)
        connection.close()
        return serial

    def wait_for_log_(self, words):
        deadline = time.monotonic() + 10
        while words not in self.server.log_tail():
            if time.monotonic() > deadline:
                return "the log lacks %r:\n%s" % (words, self.server.log_tail())
            time.sleep(0.02)
        return None

    # ---- data ----

    def same_data(self):
        """both ports serve the same data"""
        secured = self.connect()
        problem = expect(secured.call("SET", "from-tls", "1"), OK)
        problem = problem or expect(self.control.call("GET", "from-tls"), Reply("bulk", b"1"))
        self.control.call("SET", "from-plain", "2")
        return problem or expect(secured.call("GET", "from-plain"), Reply("bulk", b"2"))

    def redis_cli(self):
        """redis-cli --tls"""
        certificate, key = self.client_pair
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), "--tls", "--cacert", self.authority.certificate, "--cert", certificate,
             "--key", key, "ECHO", "hello"], capture_output=True, timeout=20)  # fmt: skip
        return expect(done.stdout, b"hello\n")

    def resp3(self):
        """RESP3"""
        connection = self.connect()
        if connection.call("HELLO", 3).kind != "map":
            return "HELLO 3 gives no map"
        return expect(connection.call("GET", "missing"), Reply("null"))

    def pipeline(self):
        """a pipeline of 20000 commands"""
        connection = self.connect()
        count = 20_000
        sender = threading.Thread(
            target=lambda: connection.send(b"".join(encode(["SET", "p:%d" % (i % 500), i]) for i in range(count)))
        )
        sender.start()
        replies = [connection.read() for _ in range(count)]
        sender.join()
        if replies.count(OK) != count:
            return "%d of %d answers are OK" % (replies.count(OK), count)
        return expect(connection.call("GET", "p:499"), Reply("bulk", b"%d" % (count - 1)))

    def big_values(self):
        """values around the size of a record, and one of 24 MB"""
        connection = self.connect(timeout=60.0)
        for size in (1, 16383, 16384, 16385, 65536, 1 << 20, 24 << 20):
            value = self.random.randbytes(size)
            problem = expect(connection.call("SET", "big", value), OK)
            if problem is None and connection.call("GET", "big") != Reply("bulk", value):
                problem = "GET gives something else"
            if problem:
                return "%d bytes: %s" % (size, problem)
        return None

    def slow_reader(self):
        """a reader that takes its 8 MB in bits, while others are served"""
        value = self.random.randbytes(8 << 20)
        self.control.call("SET", "slow", value)
        connection = self.connect(timeout=60.0)
        connection.send(encode(["GET", "slow"]) + encode(["PING"]))
        received = bytearray()
        wanted = b"$%d\r\n%s\r\n+PONG\r\n" % (len(value), value)
        while len(received) < len(wanted):
            if len(received) < 50_000:
                time.sleep(0.02)
                problem = expect(self.control.call("PING"), PONG)
                if problem:
                    return problem
            received += connection.socket_.recv(4096 if len(received) < 50_000 else 1 << 20)
        return None if received == wanted else "what came is not what was asked for"

    def split_command(self):
        """a command byte by byte, each in a record of its own"""
        connection = self.connect()
        for byte in encode(["ECHO", "bit by bit"]):
            connection.send(bytes([byte]))
        return expect(connection.read(), Reply("bulk", b"bit by bit"))

    def pubsub(self):
        """pub/sub"""
        subscriber, publisher = self.connect(), self.connect()
        subscriber.call("SUBSCRIBE", "news")
        count = 2000
        messages = [b"%d %s" % (i, b"x" * (i % 300)) for i in range(count)]
        publisher.send(b"".join(encode(["PUBLISH", "news", message]) for message in messages))
        for message in messages:
            wanted = Reply("array", [Reply("bulk", b"message"), Reply("bulk", b"news"), Reply("bulk", message)])
            problem = expect(subscriber.read(), wanted)
            if problem:
                return problem
        received = [publisher.read() for _ in messages]
        return expect(received, [Reply("integer", 1)] * count)

    def blocking(self):
        """a client that waits for a list is served"""
        waiting, pusher = self.connect(), self.connect()
        waiting.send(encode(["BLPOP", "queue", 10]))
        time.sleep(0.05)
        pusher.call("RPUSH", "queue", "x")
        return expect(waiting.read(), Reply("array", [Reply("bulk", b"queue"), Reply("bulk", b"x")]))

    def crowd(self):
        """100 clients at once"""
        problems = []

        def talk(number):
            connection = self.connect()
            for i in range(20):
                value = b"%d" % (number * 100 + i)
                connection.send(encode(["SET", "crowd:%d" % number, value]) + encode(["GET", "crowd:%d" % number]))
                if [connection.read(), connection.read()] != [OK, Reply("bulk", value)]:
                    problems.append("client %d reads something else than it wrote" % number)
            connection.close()

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return problems[0] if problems else None

    def quit(self):
        """QUIT is answered, then comes TLS's own goodbye"""
        connection = self.connect()
        problem = expect(connection.call("QUIT"), OK)
        try:
            # With suppress_ragged_eofs a missing goodbye would not show.
            connection.socket_.suppress_ragged_eofs = False
            rest = connection.socket_.recv(10)
        except ssl.SSLEOFError:
            return "the connection ends without close_notify"
        return problem or expect(rest, b"")

    # ---- who may ----

    def client_certificates(self):
        """tls-auth-clients yes, optional and no"""
        contexts = {
            "a known": self.context,
            "no": client_context(self.authority),
            "a strange": client_context(self.authority, self.strange_pair),
        }
        served = {
            "yes": ("a known",),
            "optional": ("a known", "no"),
            "no": ("a known", "no", "a strange"),
            "yes ": ("a known",),
        }
        for mode, who in served.items():
            self.set_("tls-auth-clients", mode.strip())
            for name, context in contexts.items():
                if self.is_served_(context) != (name in who):
                    return "tls-auth-clients %s: wrong for a client with %s certificate" % (mode, name)
        return self.wait_for_log_("Error accepting a client connection: error:")

    def plain_client(self):
        """a plain client on tls-port is turned away and logged, and does not wait for it"""
        started = time.monotonic()
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sendall(encode(["PING"]))
        try:
            answer = connection.recv(100)
        except ConnectionResetError:
            answer = b""
        if b"PONG" in answer:
            return "it was served: %r" % answer
        if time.monotonic() - started > 5:
            return "it took %.1f seconds" % (time.monotonic() - started)
        return self.wait_for_log_("wrong version number")

    def stalled(self):
        """clients that stall in their handshake hold nothing up, and are cut off"""
        stalled = [socket.create_connection(("127.0.0.1", self.port), timeout=10) for _ in range(60)]
        for number, connection in enumerate(stalled):
            connection.sendall((b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")[number % 3])
        for _ in range(5):
            if not self.is_served_(self.context):
                return "others are not served"
        for connection in stalled:
            if connection.recv(100) != b"":
                return "it got something"
            connection.close()
        return self.wait_for_log_("the TLS handshake takes too long")

    def protocols(self):
        """tls-protocols and tls-ciphers"""
        old = client_context(self.authority, self.client_pair, (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
        new = client_context(self.authority, self.client_pair, (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3))
        for value, wanted in (("TLSv1.2", (True, False)), ("TLSv1.3", (False, True)), ("", (True, True))):
            self.set_("tls-protocols", value)
            found = (self.is_served_(old), self.is_served_(new))
            if found != wanted:
                return "tls-protocols %r: clients of 1.2 and 1.3 are served: %s" % (value, found)
        self.set_("tls-ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384", "tls-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256")
        used = []
        for context in (old, new):
            connection = self.connect(context)
            used.append(connection.socket_.cipher()[0])
            connection.close()
        self.set_("tls-ciphers", "", "tls-ciphersuites", "")
        return expect(used, ["ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_CHACHA20_POLY1305_SHA256"])

    def sessions(self):
        """tls-session-caching"""
        context = client_context(self.authority, self.client_pair, (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))
        context.options |= ssl.OP_NO_TICKET
        for value in ("yes", "no", "yes"):
            self.set_("tls-session-caching", value)
            first = self.connect(context)
            first.call("PING")
            again = context.wrap_socket(
                socket.create_connection(("127.0.0.1", self.port)), session=first.socket_.session
            )
            if again.session_reused != (value == "yes"):
                return "with %s a session is%s taken up again" % (value, "" if again.session_reused else " not")
            again.close()
        return None

    # ---- reload ----

    def reload(self):
        """CONFIG SET of another certificate: for new connections, the old ones go on"""
        before = self.connect()
        first = self.shown_serial_()
        certificate, key = self.other_pair
        self.set_("tls-cert-file", certificate, "tls-key-file", key)
        second = self.shown_serial_()
        problem = expect(before.call("PING"), PONG)
        if problem is None and first == second:
            problem = "the certificate is still the old one"
        certificate, key = self.server_pair
        self.set_("tls-cert-file", certificate, "tls-key-file", key)
        return problem or expect(self.shown_serial_(), first)

    def reload_in_place(self):
        """CONFIG SET of the same name, after the file has changed"""
        certificate, key = (shutil.copy(path, path + ".now") for path in self.server_pair)
        self.set_("tls-cert-file", certificate, "tls-key-file", key)
        first = self.shown_serial_()
        shutil.copy(self.other_pair[0], certificate)
        shutil.copy(self.other_pair[1], key)
        problem = expect(self.shown_serial_(), first)
        self.set_("tls-cert-file", certificate, "tls-key-file", key)
        second = self.shown_serial_()
        certificate, key = self.server_pair
        self.set_("tls-cert-file", certificate, "tls-key-file", key)
        if problem is None and first == second:
            problem = "the certificate is still the old one"
        return problem

    def reload_refused(self):
        """CONFIG SET that can't be carried out: an error, and everything stays"""
        garbage = os.path.join(self.folder, "garbage")
        with open(garbage, "w") as file:
            file.write("no certificate")
        first = self.shown_serial_()
        bad = [
            (("tls-cert-file", "/no/such/file"), "tls-cert-file '/no/such/file': No such file or directory"),
            (("tls-cert-file", garbage), "tls-cert-file '%s': no start line" % garbage),
            (("tls-key-file", self.other_pair[1]), "tls-key-file '%s': key values mismatch" % self.other_pair[1]),
            (("tls-ca-cert-file", garbage), "tls-ca-cert-file '%s': " % garbage),
            (("tls-ca-cert-dir", "/no/such"), "tls-ca-cert-dir '/no/such': No such file or directory"),
            (("tls-ca-cert-file", ""), "tls-auth-clients needs tls-ca-cert-file or tls-ca-cert-dir"),
            (("tls-protocols", "SSLv2"), "tls-protocols 'SSLv2': expected a combination of"),
            (("tls-ciphers", "nonsense"), "tls-ciphers 'nonsense': no cipher match"),
            (("tls-ciphersuites", "nonsense"), "tls-ciphersuites 'nonsense': no cipher match"),
            (("tls-dh-params-file", garbage), "tls-dh-params-file '%s': " % garbage),
        ]
        for words, cause in bad:
            before = self.control.call("CONFIG", "GET", words[0])
            reply = self.control.call("CONFIG", "SET", "timeout", "77", *words)
            error = b"ERR CONFIG SET failed (possibly related to argument '%s') - %s"
            problem = expect(reply, Reply("error", error % (words[0].encode(), UPDATE_FAILED)), str(words))
            problem = problem or self.wait_for_log_(cause)
            problem = problem or expect(self.control.call("CONFIG", "GET", words[0]), before)
            problem = problem or expect(self.control.call("CONFIG", "GET", "timeout").value[1].value, b"0")
            if problem:
                return problem
        if "could not restore" in self.server.log_tail():
            return "the log claims that something could not be restored"
        return expect(self.shown_serial_(), first)

    def port_at_run_time(self):
        """CONFIG SET tls-port and port while clients are there"""
        before = self.connect()
        old, new = self.port, free_port()
        self.set_("tls-port", str(new))
        self.port = new
        problem = None if self.is_served_(self.context) else "the new port does not serve"
        self.set_("tls-port", "0")
        try:
            socket.create_connection(("127.0.0.1", new), timeout=5).close()
            problem = problem or "the port is still there with tls-port 0"
        except ConnectionRefusedError:
            pass
        self.set_("tls-port", str(old))
        self.port = old
        plain = self.server.port
        reply = before.call("CONFIG", "SET", "port", "0")
        problem = problem or expect(reply, OK) or expect(before.call("PING"), PONG)
        info = before.call("INFO", "server").value
        if b"tcp_port:%d\r\n" % old not in info:
            problem = problem or "INFO does not show the port that is left"
        before.call("CONFIG", "SET", "port", str(plain))
        return problem or expect(self.server.connect().call("PING"), PONG)

    # ---- start ----

    def only_tls(self):
        """port 0: only TLS; a key with a password; a directory of authorities"""
        certificate, key = self.authority.sign("locked", password="open sesame")
        directory = os.path.join(self.folder, "authorities")
        os.mkdir(directory)
        shutil.copy(self.authority.certificate, os.path.join(directory, "authority.pem"))
        subprocess.run(["openssl", "rehash", directory], check=True, capture_output=True)
        port = free_port()
        flags = ["--port", "0", *self.flags_(port, (certificate, key)), "--tls-key-file-pass", "open sesame"]
        flags += ["--tls-ca-cert-file", "", "--tls-ca-cert-dir", directory]
        server = Server(kind_of(self.path), self.path, flags)
        server.launch()
        deadline = time.monotonic() + 20
        while True:
            try:
                answer = resp.Connection(port, tls=self.context).call("PING")
                break
            except OSError:
                if time.monotonic() > deadline or not server.alive():
                    return "it does not serve:\n" + server.log_tail()
                time.sleep(0.02)
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
            return "there is a plain port"
        except ConnectionRefusedError:
            pass
        server.clear()
        return expect(answer, PONG)

    def start_errors(self):
        """a server that can't serve TLS does not start, and says why"""
        certificate, key = self.server_pair
        locked = self.authority.sign("locked-too", password="secret")
        everything = dict(zip(*[iter(self.flags_(free_port()))] * 2))
        cases = [
            ({"--tls-cert-file": "/no/such/file"}, "tls-cert-file '/no/such/file': No such file or directory"),
            ({"--tls-cert-file": ""}, "tls-cert-file is not set"),
            ({"--tls-key-file": ""}, "tls-key-file is not set"),
            ({"--tls-key-file": certificate}, "tls-key-file '%s': not what it should be, in PEM" % certificate),
            (
                {"--tls-cert-file": locked[0], "--tls-key-file": locked[1]},
                "tls-key-file '%s': it is encrypted, and tls-key-file-pass is not set" % locked[1],
            ),
            ({"--tls-ca-cert-file": ""}, "tls-auth-clients needs tls-ca-cert-file or tls-ca-cert-dir"),
        ]
        for changes, cause in cases:
            flags = [word for pair in {**everything, **changes}.items() for word in pair]
            server = Server(kind_of(self.path), self.path, flags)
            try:
                server.start(timeout=20)
                return "it started with %s" % changes
            except StartFailed:
                if cause not in server.log_tail():
                    return "with %s it says: %s" % (changes, server.log_tail())
            finally:
                server.clear()
        return None

    def run(self):
        self.check_all(
            [self.same_data, self.redis_cli, self.resp3, self.pipeline, self.big_values, self.slow_reader,
             self.split_command, self.pubsub, self.blocking, self.crowd, self.quit, self.client_certificates,
             self.plain_client, self.stalled, self.protocols, self.sessions, self.reload, self.reload_in_place,
             self.reload_refused, self.port_at_run_time, self.only_tls, self.start_errors]
        )  # fmt: skip
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.finish()


def main():
    options = argument_parser(__doc__).parse_args()
    print("tls: seed %d" % options.seed, flush=True)
    return TlsTest(options).run()


if __name__ == "__main__":
    sys.exit(main())
