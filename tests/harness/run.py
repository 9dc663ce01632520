#!/usr/bin/python3
"""The tests of the tests: what a transcript expects must match what it means, and nothing else.

    tests/harness/run.py        (--server is taken and not used)
"""

import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from crash import workloads  # noqa: E402
from lib import notation, transcript  # noqa: E402
from lib.resp import Connection, ProtocolError, Reply  # noqa: E402
from lib.template import Malformed, Reader, Variables, fill_words, quoted  # noqa: E402


def bulk(text):
    return Reply("bulk", text.encode() if isinstance(text, str) else text)


def array(*items):
    return Reply("array", [bulk(one) if isinstance(one, str) else one for one in items])


FIT = [
    ("+OK", Reply("simple", b"OK")),
    ('-"ERR a b"', Reply("error", b"ERR a b")),
    (":5", Reply("integer", 5)),
    (":${x+1}", Reply("integer", 8)),
    ('"a\\r\\n\\x00"', bulk(b"a\r\n\0")),
    ('1000*"x"', bulk("x" * 1000)),
    ("nil", Reply("nil")),
    ("nil-array", Reply("nil-array")),
    ("null", Reply("null")),
    (",1.5", Reply("double", b"1.5")),
    ("#t", Reply("boolean", True)),
    ('=txt"hi"', Reply("verbatim", ("txt", b"hi"))),
    ("=txt/h./", Reply("verbatim", ("txt", b"hi"))),
    ('["a" [:1 nil]]', array("a", Reply("array", [Reply("integer", 1), Reply("nil")]))),
    ('[2*("a" "b$i")]', array("a", "b1", "a", "b2")),
    ('[3..4*("$i")]', array("3", "4")),
    ('unordered["a" "b"]', array("b", "a")),
    ('pairs["a" "1" "b" "2"]', array("b", "2", "a", "1")),
    ('["a" ...]', array("a", "b", "c")),
    ('distinct[2*(one-of("a" "b"))]', array("b", "a")),
    ('{"a": :1, "b": any}', Reply("map", [(bulk("b"), Reply("nil")), (bulk("a"), Reply("integer", 1))])),
    ('set["a" "b"]', Reply("set", [bulk("b"), bulk("a")])),
    ('push["a"]', Reply("push", [bulk("a")])),
    ("int(1..3)", Reply("integer", 3)),
    ("int(1..)", bulk("100")),
    ("/a.c/", bulk("abc")),
    ("-/ERR .*/", Reply("error", b"ERR x")),
    ("closed", Reply("closed")),
]

DO_NOT_FIT = [
    ("+OK", bulk("OK")),
    ("+OK", Reply("simple", b"OKAY")),
    ('"5"', Reply("integer", 5)),
    (":5", bulk("5")),
    (":${x}", Reply("integer", 8)),
    ("nil", Reply("nil-array")),
    ("nil", Reply("null")),
    ("nil", bulk("")),
    ("any", Reply("closed")),
    (",1.5", Reply("double", b"1.50")),
    (",1.5", bulk("1.5")),
    ("[]", Reply("nil-array")),
    ('["a" "b"]', array("b", "a")),
    ('["a" "b"]', array("a")),
    ('["a"]', array("a", "b")),
    ('["a"]', Reply("set", [bulk("a")])),
    ('["a"]', Reply("push", [bulk("a")])),
    ('["b" ...]', array("a", "b")),
    ('["a" "b" ...]', array("a")),
    ('[2*("b$i")]', array("b1", "b1")),
    ('unordered["a" "a" "b"]', array("a", "b", "b")),
    ('unordered["a" any]', array("b", "b")),
    ('pairs["a" "1" "b" "2"]', array("a", "2", "b", "1")),
    ('distinct[2*(one-of("a" "b"))]', array("a", "a")),
    ('{"a": :1}', Reply("map", [(bulk("a"), Reply("integer", 2))])),
    ('{"a": :1}', array("a", Reply("integer", 1))),
    ("int(1..3)", Reply("integer", 4)),
    ("int(1..3)", bulk("x")),
    ("/a.c/", bulk("abcd")),
    ("/a.c/", Reply("verbatim", ("txt", b"abc"))),
    ("-/ERR .*/", Reply("simple", b"ERR x")),
    ("closed", Reply("error", b"closed")),
]


class Notation(unittest.TestCase):
    def mismatch(self, text, reply):
        reader = Reader(text)
        pattern = notation.parse(reader)
        self.assertTrue(reader.at_end(), text)
        return notation.mismatch(pattern, reply, Variables(x=7))

    def test_what_fits(self):
        for text, reply in FIT:
            with self.subTest(text):
                self.assertIsNone(self.mismatch(text, reply))

    def test_what_does_not_fit(self):
        for text, reply in DO_NOT_FIT:
            with self.subTest(text):
                self.assertIsNotNone(self.mismatch(text, reply))

    def test_what_is_written_reads_back(self):
        for _, reply in FIT:
            if reply.kind == "error":
                continue  # written to the end of its line, which is the transcript's to read
            text = "\n".join(notation.render(reply))
            with self.subTest(text):
                self.assertIsNone(self.mismatch(text, reply))

    def test_long_replies_read_back(self):
        for size in (1, 7, 8, 50, 500):
            for items in (["m%d" % i for i in range(size)], ["x" * (i % 90) for i in range(size)]):
                reply = array(*items)
                self.assertIsNone(self.mismatch("\n".join(notation.render(reply)), reply))

    def test_malformed(self):
        for text in ("", "[", '"a', '["a"', "{:1}", "nonsense", "int(1)", "/a", ":"):
            with self.subTest(text), self.assertRaises((Malformed, ValueError)):
                self.mismatch(text, Reply("integer", 1))


class Words(unittest.TestCase):
    def words(self, text):
        return fill_words(Reader(text).words(), Variables(id=7, data=b"\0\r"))

    def test_words(self):
        self.assertEqual(self.words('a  "b c" \'d\\\'e\' ""'), [b"a", b"b c", b"d'e", b""])
        self.assertEqual(self.words('"\\x41\\n\\"" "\\x24{id}"'), [b'A\n"', b"${id}"])
        many = [b"ababab", b"f1", b"v1", b"f2", b"v2", b"x3", b"x4"]
        self.assertEqual(self.words('3*"ab" 2*(f$i v$i) 3..4*(x$i)'), many)
        filled = [b"7", b"k8", b"\0\r", b"$i", b"5*x", b"(1"]
        self.assertEqual(self.words("${id} k${id+1} ${data} $i 5*x (1"), filled)

    def test_quoted_reads_back(self):
        for data in (b"", b"a b", bytes(range(256)), b"${id}", b'"\\', b"x" * 1000):
            self.assertEqual(self.words(quoted(data)), [data])


class Transcripts(unittest.TestCase):
    def load(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.case")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return transcript.load(path, folder)

    def test_labels_choose(self):
        loaded = self.load("difference d\n> GET k\npacked: :1\nspread: :2\nredis spread: :3\n")
        step = loaded.steps[0]
        for kind, variant, value in (("basalt", "packed", b"1"), ("basalt", "spread", b"2"), ("redis", "spread", b"3")):
            pattern = step.expectation(kind, variant).patterns[0]
            self.assertEqual(pattern.value.fill({}), value)

    def test_scopes_end_with_their_paragraph(self):
        loaded = self.load("only basalt: a reason\n> A\n+OK\n\n> B\n+OK\n")
        self.assertEqual([step.only for step in loaded.steps], ["basalt", ""])
        self.assertEqual(self.load("only redis: a reason\n\n> A\n+OK\n").only, "redis")

    def test_refused(self):
        for text in (
            "",
            "# nothing\n",
            "> GET k\nbasalt: :1\nredis: :2\n",
            "> GET k\nrubbish\n",
            "> GET k\n[:1\n",
            "only basalt\n> GET k\n:1\n",
            "> A\n+OK\n\noption x y\n",
            ">\n+OK\n",
            "expect> GET k\n+OK\n",
        ):
            with self.subTest(text), self.assertRaises((transcript.BadTranscript, Malformed)):
                self.load(text)


class Replies(unittest.TestCase):
    def parse(self, data):
        connection = Connection.__new__(Connection)
        connection.timeout, connection.buffer_, connection.position_ = 1, bytearray(data), 0
        return connection.read()

    def test_types(self):
        self.assertEqual(self.parse(b"*3\r\n:1\r\n$-1\r\n*0\r\n").value[2], Reply("array", []))
        self.assertEqual(self.parse(b"%1\r\n+a\r\n_\r\n"), Reply("map", [(Reply("simple", b"a"), Reply("null"))]))
        self.assertEqual(self.parse(b"=6\r\ntxt:ab\r\n"), Reply("verbatim", ("txt", b"ab")))

    def test_broken(self):
        for data in (b"OK\r\n", b":01\r\n", b":x\r\n", b"$3\r\nabcd\r\n", b"#x\r\n", b"\r\n"):
            with self.subTest(data), self.assertRaises(ProtocolError):
                self.parse(data)


class CrashModel(unittest.TestCase):
    def test_effects(self):
        state = {}
        for line in (b"RPUSH l a b", b"LPOP l", b"HSET h f v", b"HDEL h f", b"INCRBY n 3"):
            workloads.apply(state, tuple(line.split()))
        self.assertEqual(state, {b"l": [b"b"], b"n": b"3"})


def main():
    output = io.StringIO()
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=output).run(suite)
    failed = len(result.failures) + len(result.errors)
    if failed:
        print(output.getvalue())
    print("%d passed, %d failed" % (max(0, result.testsRun - failed), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
