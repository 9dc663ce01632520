"""The random words that commands are made of: few keys, few elements, and numbers at every edge."""

# Keys by the type they usually have; now and then a command gets a key of another letter.
# x: sorted sets whose scores are all the same, as the commands by lexicographic order ask for.
# p: HyperLogLogs, whose bytes no other command changes: what becomes of damaged ones is not defined.
NAMES = {letter: [b"%s%d" % (letter.encode(), n) for n in range(6)] for letter in "shlmzgpx"}
NAMES["t"] = [b"t0", b"t1"]  # streams: few, so that an id is often one of an entry
TYPED = [name for letter in "shlmzgt" for name in NAMES[letter]]

EDGES = [
    b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"-9223372036854775809",
    b"18446744073709551615", b"2147483647", b"-2147483648", b"4294967296", b"32767", b"-32769", b"127", b"-128",
]  # fmt: skip
INTEGERS = [b"0", b"1", b"-1", b"2", b"10", b"100", b"4095", b"8191", b"1000000"]
FLOATS = [
    b"0.1", b"-0.5", b"3.0e3", b"1.5", b"2.25", b"3.14159265358979", b"1e17", b"-1e-7", b"123456789.125",
    b"17179869184.5", b"0.30000000000000004", b"1e-300", b"1.7e308",
]  # fmt: skip
# None is out of a double's range: after one of those, Redis's SORT takes the next numbers for wrong (a stale errno).
ODD_NUMBERS = [b"+1", b"01", b"-0", b" 1", b"1 ", b"0x10", b"nan", b"inf", b"-inf", b"", b"abc", b"."]
WORDS = [b"", b"a", b"b", b"B", b"foo", b"bar", b"hello world", b"0.5"]
WORDS += [b"\x00", b"\x00\xff", b"\xff\xfe", b"line\r\nend"]
FUTURE = 2_000_000_000  # a second long after now
SIZES = [3, 4, 5, 11, 12, 20, 21, 43, 44, 45, 63, 64, 65]
LONG_SIZES = [100, 127, 128, 250, 1000, 1023, 1024, 1025, 2048, 5000]


class Values:
    def __init__(self, random):
        self.random = random
        self.elements_ = INTEGERS + EDGES + WORDS + [b"%d" % n for n in range(3, 20)]
        self.elements_ += [random.randbytes(1) * size for size in SIZES] + [b"m%d" % n for n in range(20)]
        self.newest_ = 0  # milliseconds of the newest stream id
        for letter in NAMES:
            setattr(self, letter, self.key_of_(letter))

    def key_of_(self, letter):
        names, random = NAMES[letter], self.random

        def key():
            if letter not in "xp" and random.random() < 0.03:
                return random.choice(TYPED)
            # The first names are taken most often, so that some keys are large and some come and go.
            return names[min(random.randrange(6), random.randrange(8), len(names) - 1)]

        return key

    def any(self):
        return self.random.choice(TYPED)

    def element(self):
        if self.random.random() < 0.03:
            return b"r%d" % self.random.randrange(1000)
        return self.random.choice(self.elements_)

    field = element

    def value(self):
        kind = self.random.random()
        if kind < 0.25:
            return self.random.choice(INTEGERS + EDGES)
        if kind < 0.35:
            return self.random.choice(FLOATS)
        if kind < 0.6:
            return self.random.choice(WORDS)
        if kind < 0.9:
            return self.random.randbytes(self.random.randrange(40))
        return self.random.randbytes(4) * (self.random.choice(LONG_SIZES) // 4) + b"end"

    def line(self):
        """A field's or list element's value: mostly short."""
        return self.value() if self.random.random() < 0.1 else self.element()

    def integer(self):
        kind = self.random.random()
        if kind < 0.8:
            return b"%d" % self.random.randrange(-20, 100)
        return self.random.choice(EDGES + INTEGERS if kind < 0.97 else ODD_NUMBERS)

    def float(self):
        kind = self.random.random()
        if kind < 0.5:
            return b"%d" % self.random.randrange(-20, 100)
        return self.random.choice(FLOATS if kind < 0.95 else ODD_NUMBERS)

    def score(self):
        kind = self.random.random()
        if kind < 0.6:
            return b"%d" % self.random.randrange(-5, 20)
        if kind < 0.8:
            return b"%.2f" % (self.random.randrange(-500, 2000) / 100)
        return self.random.choice((b"inf", b"-inf") if kind < 0.85 else FLOATS if kind < 0.97 else ODD_NUMBERS)

    def bound(self):
        return self.random.choice((b"", b"", b"(")) + (
            self.random.choice((b"-inf", b"+inf", b"inf")) if self.random.random() < 0.4 else self.score()
        )

    def lexical(self):
        if self.random.random() < 0.3:
            return self.random.choice((b"-", b"+"))
        return self.random.choice((b"[", b"(")) + self.element()

    def weight(self):
        return self.random.choice((b"1", b"2", b"0", b"-1", b"0.5", b"1", b"1", b"1000", b"inf", b"-inf"))

    def index(self):
        kind = self.random.random()
        if kind < 0.9:
            return b"%d" % self.random.randrange(-12, 13)
        return self.random.choice((b"100", b"-100", b"0", b"-1") if kind < 0.98 else EDGES)

    def count(self):
        return b"%d" % self.random.choice((0, 1, 1, 2, 3, 5, 10, 100))

    def positive(self):
        return b"%d" % self.random.choice((1, 1, 2, 3, 5, 10, 100))

    def signed(self):
        return b"%d" % self.random.choice((-100, -10, -3, -1, 0, 1, 2, 5, 10, 100))

    def offset(self):
        """Where in a string; seldom far away."""
        return b"%d" % self.random.choice((0, 1, 3, 7, 10, 60, 63, 64, 100, 1023, 1024, 1500, 2048, 4000))

    def bit(self):
        return b"%d" % self.random.choice((0, 1))

    def bit_offset(self):
        return b"%d" % (self.random.randrange(200) if self.random.random() < 0.8 else self.random.randrange(30000))

    def bit_type(self):
        return b"%s%d" % (self.random.choice((b"u", b"i")), self.random.choice((1, 2, 5, 8, 16, 17, 32, 63, 63, 64)))

    def field_offset(self):
        return self.random.choice((b"", b"#")) + b"%d" % self.random.randrange(60)

    def observed(self):
        """What a HyperLogLog counts."""
        return b"o%d" % self.random.randrange(self.random.choice((10, 1000, 1000000)))

    def new_id(self):
        """Of a stream's entry: mostly above all before."""
        self.newest_ += self.random.choice((0, 1, 1, 1, 2))
        return self.random.choice((b"%d", b"%d", b"%d", b"%d-*", b"%d-1")) % self.newest_

    def old_id(self):
        kind = self.random.random()
        if kind < 0.02:
            return self.random.choice((b"0-0", b"18446744073709551615-18446744073709551615", b"1-x", b"", b"-", b"0"))
        near = max(0, self.newest_ - self.random.randrange(self.random.choice((5, 40, 200))))
        return self.random.choice((b"%d", b"%d", b"%d", b"%d-1", b"%d-0")) % near

    def stream_length(self):
        return self.random.choice((b"0", b"3", b"10", b"20", b"20", b"50", b"50", b"100"))

    def id_bound(self):
        kind = self.random.random()
        if kind < 0.4:
            return self.random.choice((b"-", b"+"))
        return self.random.choice((b"", b"", b"(")) + self.old_id()

    def group_start(self):
        return self.random.choice((b"0", b"$", self.old_id()))

    def group(self):
        return self.random.choice((b"g0", b"g0", b"g0", b"g0", b"g0", b"g1", b"g2"))

    def consumer(self):
        return self.random.choice((b"alice", b"bob", b"carol"))

    def idle(self):
        return self.random.choice((b"0", b"0", b"0", b"1000000", b"100000000"))

    # Expiry is far away or past: no test depends on how fast it runs. The times are so many that two
    # relative ones do not meet within the milliseconds that the servers are apart.
    def seconds(self):
        return b"%d" % self.random.randrange(10_000, 100_000_000)

    def milliseconds(self):
        return b"%d" % self.random.randrange(10_000_000, 100_000_000_000)

    def at_seconds(self):
        return b"%d" % (FUTURE + self.random.randrange(10_000, 100_000_000))

    def at_milliseconds(self):
        return b"%d" % (FUTURE * 1000 + self.random.randrange(10_000_000, 100_000_000_000))

    def past(self):
        return b"%d" % self.random.randrange(-1000, 1)

    def longitude(self):
        return b"%.6f" % (self.random.uniform(-5, 5) if self.random.random() < 0.9 else self.random.uniform(-185, 185))

    def latitude(self):
        return b"%.6f" % (self.random.uniform(40, 50) if self.random.random() < 0.9 else self.random.uniform(-87, 87))

    def distance(self):
        return b"%d" % self.random.choice((0, 1, 10, 100, 300, 500, 1000, 5000, 30000))

    def pattern(self):
        return self.random.choice((b"*", b"s*", b"?1", b"[hl][0-3]", b"z[^1]", b"x*", b"nothing", b"*0", b"\\s1"))

    def match(self):
        return self.random.choice((b"*", b"m*", b"?", b"[0-9]*", b"*\xff*", b"m1?", b"-*"))
