"""A small RESP2/RESP3 client that keeps what others throw away: the exact type of every reply.

One Connection is used by one thread. Nothing here interprets commands; bytes go out, replies come in.
"""

import socket
import time
from typing import NamedTuple


class Closed(Exception):
    """The server closed the connection."""


class Timeout(Exception):
    """No complete reply within the time given."""


class ProtocolError(Exception):
    """The server sent bytes that are not RESP."""


class Reply(NamedTuple):
    """One reply. `kind` is one of the words below, `value` what the kind needs.

    simple error bulk bignum double: bytes (a double is its text, so that its digits can be compared)
    integer: int    boolean: bool    nil nil-array null closed: None
    array set push: list of Reply    map attribute: list of (Reply, Reply)
    verbatim: (format, bytes)
    """

    kind: str
    value: object = None


CLOSED = Reply("closed")


def encode(words):
    """A command as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        if isinstance(word, str):
            word = word.encode()
        elif isinstance(word, int):
            word = b"%d" % word
        parts += (b"$%d\r\n" % len(word), word, b"\r\n")
    return b"".join(parts)


class Connection:
    """`tls` is an ssl.SSLContext: then the connection is made through TLS."""

    def __init__(self, port, host="127.0.0.1", timeout=10.0, tls=None):
        self.timeout = timeout
        self.socket_ = socket.create_connection((host, port), timeout=timeout)
        self.socket_.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket_ = tls.wrap_socket(self.socket_)
        self.buffer_ = bytearray()
        self.position_ = 0

    def close(self):
        self.socket_.close()

    def send(self, data):
        """Sends raw bytes; a connection the server has closed shows at the next read."""
        try:
            self.socket_.settimeout(self.timeout)
            self.socket_.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        except socket.timeout:
            raise Timeout("the server does not read") from None

    def call(self, *words, timeout=None):
        self.send(encode(words))
        return self.read(timeout)

    def read(self, timeout=None):
        """The next reply. Raises Timeout, Closed or ProtocolError."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        reply = self.parse_(deadline)
        del self.buffer_[: self.position_]
        self.position_ = 0
        return reply

    def pending(self, seconds=0.0):
        """True if bytes are waiting, or the connection was closed, within `seconds`."""
        if self.buffer_:
            return True
        try:
            self.fill_(time.monotonic() + max(seconds, 0.0001))
            return True
        except Closed:
            return True
        except Timeout:
            return False

    def fill_(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Timeout("no reply")
        self.socket_.settimeout(left)
        try:
            data = self.socket_.recv(1 << 18)
        except socket.timeout:
            raise Timeout("no reply") from None
        except ConnectionError:
            raise Closed() from None
        if not data:
            raise Closed()
        self.buffer_ += data

    def line_(self, deadline):
        while True:
            end = self.buffer_.find(b"\r\n", self.position_)
            if end >= 0:
                line = bytes(self.buffer_[self.position_ : end])
                self.position_ = end + 2
                return line
            self.fill_(deadline)

    def bytes_(self, size, deadline):
        while len(self.buffer_) < self.position_ + size + 2:
            self.fill_(deadline)
        end = self.position_ + size
        data = bytes(self.buffer_[self.position_ : end])
        if self.buffer_[end : end + 2] != b"\r\n":
            raise ProtocolError("a bulk string does not end where its length says: %r" % data[-40:])
        self.position_ = end + 2
        return data

    def parse_(self, deadline):
        # A reply that is incomplete when time is up stays in the buffer, to be parsed again.
        start = self.position_
        try:
            return self.value_(deadline)
        except (Timeout, Closed):
            self.position_ = start
            raise

    def value_(self, deadline):
        line = self.line_(deadline)
        mark, rest = line[:1], line[1:]
        if mark in TEXTS:
            return Reply(TEXTS[mark], rest)
        if mark == b":":
            return Reply("integer", number(rest, line))
        if mark in b"$=" and mark:
            return self.bulk_(mark, number(rest, line), deadline)
        if mark in AGGREGATES:
            size = number(rest, line)
            if size == -1 and mark == b"*":
                return Reply("nil-array")
            return Reply(AGGREGATES[mark], [self.value_(deadline) for _ in range(size)])
        if mark in PAIRS:
            count = number(rest, line)
            return Reply(PAIRS[mark], [(self.value_(deadline), self.value_(deadline)) for _ in range(count)])
        if line == b"_":
            return Reply("null")
        if line in (b"#t", b"#f"):
            return Reply("boolean", line == b"#t")
        raise ProtocolError("not a reply: %r" % line[:200])

    def bulk_(self, mark, size, deadline):
        if size == -1 and mark == b"$":
            return Reply("nil")
        data = self.bytes_(size, deadline)
        if mark == b"=":
            return Reply("verbatim", (data[:3].decode(), data[4:]))
        return Reply("bulk", data)


TEXTS = {b"+": "simple", b"-": "error", b",": "double", b"(": "bignum"}
AGGREGATES = {b"*": "array", b"~": "set", b">": "push"}
PAIRS = {b"%": "map", b"|": "attribute"}


def number(text, line):
    try:
        value = int(text)
    except ValueError:
        raise ProtocolError("not a number: %r" % line[:200]) from None
    if b"%d" % value != text:
        raise ProtocolError("not a canonical number: %r" % line[:200])
    return value
