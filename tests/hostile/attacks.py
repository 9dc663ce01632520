"""What a hostile client sends: names and the bytes, in pieces, of one connection each.

An attack is a list of pieces. bytes are sent; a number is a pause in seconds. What the server answers
until it falls silent, or closes the connection, is compared with what redis-server answers.
"""

import os
import shlex
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib.resp import encode  # noqa: E402

EDGES = ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"]
EDGES += ["18446744073709551615", "18446744073709551616", "4294967295", "4294967296", "2147483647", "2147483648"]
EDGES += ["-1", "-2147483648", "-2147483649", "0", "-0", "", " ", "1e3", "0x10", "nan", "inf", "1" * 500]

# Each command is sent with every edge in the place of N.
EDGE_COMMANDS = """
SETRANGE missing N x
SETRANGE missing N ""
GETRANGE text N -1
GETRANGE text 0 N
GETBIT text N
SETBIT text N 2
INCRBY number N
DECRBY number N
INCRBYFLOAT float N
HINCRBY hash n N
EXPIRE nokey N
PEXPIREAT nokey N
SET volatile v EX N
GETEX nokey PX N
LRANGE list N N
LINDEX list N
LSET list N x
LTRIM nolist N N
LPOP nolist N
LREM list N nothing
LPOS list a COUNT N
LPOS list a RANK N
LMPOP N list LEFT
SRANDMEMBER noset N
SPOP noset N
SINTERCARD N set
HRANDFIELD nohash N
ZADD scores N member
ZRANGE zset N N
ZRANGEBYSCORE zset N N
ZRANGEBYSCORE zset -inf +inf LIMIT N N
ZPOPMIN nozset N
ZRANDMEMBER nozset N
ZUNION N zset
BITCOUNT text N N
BITPOS text 1 N N
BITFIELD text GET u8 N
BITFIELD text GET uN 0
GEORADIUS nogeo 0 0 N km
SCAN N BAD
SCAN 0 COUNT N MATCH nothing-like-it
SSCAN set N BAD
SELECT N
MOVE nokey N
SWAPDB N 0
COPY nokey other DB N
RESTORE nokey N x
OBJECT FREQ N
CLIENT KILL ID N
CLIENT UNBLOCK N
CLIENT PAUSE -N
SLOWLOG GET N
HELLO N
WAIT N 1
MEMORY USAGE nokey SAMPLES N
ACL GENPASS -N
""".strip().split("\n")

SETUP = """
SET text "some text of a few bytes"
SET number 0
SET float 0
RPUSH list a b c a
SADD set 1 2 3
HSET hash n 1 f v
ZADD zset 1 a 2 b 3 c
""".strip().split("\n")


def words(line, edge="N"):
    """The words of a line; N, -N and uN have the edge in them."""
    return [word.replace("N", edge) if word in ("N", "-N", "uN") else word for word in shlex.split(line)]


def edge_attacks():
    for line in EDGE_COMMANDS:
        yield line, [b"".join(encode(words(line, edge)) for edge in EDGES)]


def protocol_attacks():
    broken = {
        "bulk length too large": b"*1\r\n$536870913\r\n",
        "bulk length of 20 digits": b"*1\r\n$99999999999999999999\r\n",
        "bulk length negative": b"*2\r\n$3\r\nGET\r\n$-2\r\n",
        "bulk length empty": b"*1\r\n$\r\n",
        "bulk length endless": b"*1\r\n$" + b"1" * 100_000,
        "argument count too large": b"*2147483648\r\n",
        "argument count of 20 digits": b"*99999999999999999999\r\n",
        "argument count endless": b"*" + b"1" * 100_000,
        "argument count negative": b"*-5\r\n*1\r\n$4\r\nPING\r\n",
        "array in an array": b"*1\r\n*1\r\n$4\r\nPING\r\n",
        "an integer for an argument": b"*1\r\n:1\r\n",
        "a reply as a request": b"+OK\r\n",
        "an error as a request": b"-ERR x\r\n",
        "RESP3 map as a request": b"%1\r\n$1\r\na\r\n$1\r\nb\r\n",
        "only CR": b"\r" * 100,
        "only LF": b"\n" * 10_000 + b"PING\r\n",
        "LF after CR missing": b"*1\r$4\rPING\r",
        "inline too long": b"x" * 100_000,
        "inline too long with an end": b"PING " + b"x" * 100_000 + b"\r\n",
        "inline, many words": b"MGET " + b"a " * 30_000 + b"\r\n",
        "inline, unbalanced double quote": b'SET k "abc\r\n',
        "inline, unbalanced single quote": b"SET k 'abc\r\n",
        "inline, quote in a word": b'SET k "abc"def\r\n',
        "inline, only quotes": b'""\r\n',
        "inline, bad hex": b'SET k "\\xzz"\r\nGET k\r\n',
        "inline, high bytes": b"SET \xff\xfe \x80\r\nGET \xff\xfe\r\n",
        "HTTP GET": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HTTP POST": b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET posted x\r\n",
        "TLS hello": bytes.fromhex("16030100c8010000c40303") + b"\x01" * 30 + b"\r\n",
        "command of no words": b"*0\r\n*-1\r\n\r\nPING\r\n",
        "command name empty": b"*1\r\n$0\r\n\r\n",
        "command name binary": b"*1\r\n$4\r\n\x01\x02\xff\xfe\r\n",
        "command name very long": encode([b"x" * 1_000_000]),
        "unknown command, very long arguments": encode([b"nosuch", b"a" * 1_000_000, b"b" * 1_000_000]),
        "bulk string without its end": b"*2\r\n$4\r\nECHO\r\n$3\r\nabcXY*1\r\n$4\r\nPING\r\n",
    }
    for name, data in broken.items():
        yield name, [data]
        if len(data) < 200:
            yield name + ", behind a good one", [b"*1\r\n$4\r\nPING\r\n" + data]
            yield name + ", byte by byte", [piece for byte in data for piece in (bytes([byte]), 0.0005)]


def web_attacks():
    """What a web page can make a browser send: the connection is closed, and nothing of it is run."""
    yield "what a browser posted was not run", [encode(["EXISTS", "posted"])]


def half_attacks():
    """Requests that never end; the connection is closed on them."""
    yield "half a header", [b"*3\r\n$3\r\nSE"]
    yield "half a bulk", [b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\nabc"]
    yield "a large bulk announced", [b"*2\r\n$4\r\nECHO\r\n$536870912\r\nabc"]
    yield "many arguments announced", [b"*1000000\r\n$4\r\nMGET\r\n"]
    yield "the most arguments announced", [b"*2147483647\r\n$4\r\nPING\r\n"]
    yield "a transaction left open", [encode(["MULTI"]) + encode(["SET", "k", "v"]) * 10_000]
    yield "a blocked client that goes", [encode(["BLPOP", "nothing-there", "0"])]
    yield "a subscriber that goes", [encode(["SUBSCRIBE"] + ["channel%d" % i for i in range(1000)])]
    yield "watching, then gone", [encode(["WATCH"] + ["key%d" % i for i in range(1000)])]


# The names of attacks that consist of whole requests.
WHOLE = ("key and value", "an MSET", "an MGET", "a DEL", "a glob")


def content_attacks():
    every_byte = bytes(range(256))
    keys = {"empty": b"", "binary": every_byte, "long": b"k" * 100_000, "with line ends": b"\r\n$5\r\n"}
    for name, key in keys.items():
        other = key + b"2"
        commands = [("SET", key, every_byte), ("GET", key), ("TYPE", key), ("RENAME", key, other), ("GET", other)]
        commands += [("APPEND", key, b""), ("EXISTS", key), ("KEYS", key[:50]), ("DEL", key, other)]
        commands += [("RPUSH", key, key), ("LRANGE", key, 0, -1), ("DEL", key)]
        commands += [("SADD", key, key), ("SMEMBERS", key), ("DEL", key)]
        commands += [("HSET", key, key, every_byte), ("HGETALL", key), ("DEL", key)]
        commands += [("ZADD", key, 1, key), ("ZRANGE", key, 0, -1), ("DEL", key)]
        yield "key and value " + name, [b"".join(map(encode, commands))]
    pairs = [word for i in range(100_000) for word in ("many%d" % i, i)]
    yield "an MSET of 100000 keys", [encode(["MSET", *pairs])]
    yield "an MGET of 100000 keys", [encode(["MGET", *pairs[::2]])]
    yield "a DEL of 100000 keys", [encode(["DEL", *pairs[::2]])]
    yield "a glob that backtracks", [encode(["SET", "a" * 60, 1]) + encode(["KEYS", "a*" * 25 + "b"])]
    yield "a glob of brackets", [encode(["KEYS", "[" * 10_000]) + encode(["KEYS", "[^" * 5_000])]
    yield "a glob of backslashes", [encode(["KEYS", "\\" * 10_001])]
    yield "10000 commands in one packet", [encode(["INCR", "counter"]) * 10_000]
    behind = encode(["SET", "after-quit", "x"]) + encode(["GET", "after-quit"])
    yield "quit with more behind", [encode(["QUIT"]) + behind]


def all_attacks():
    yield from edge_attacks()
    yield from protocol_attacks()
    yield from web_attacks()
    yield from half_attacks()
    yield from content_attacks()
