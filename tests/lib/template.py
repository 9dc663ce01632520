"""Words of a transcript: quoting as in redis-cli, ${variables}, and N*(...) for many.

    foo  "a b\\r\\n\\x00"  'single'      a word; escapes only in double quotes
    ${id}  ${now+10}  $i                filled in when the line runs ($i only inside a repetition)
    100*"x"                             one word of 100 x
    200*(f$i v$i)                       400 words: f1 v1 f2 v2 … f200 v200
    11..20*(m$i)                        m11 … m20

A literal "${" is written "\\x24{".
"""

import ast
import operator
import re
import time

ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "b": b"\b", "a": b"\a"}
NAMES = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", 8: "\\b", 7: "\\a", ord('"'): '\\"', ord("\\"): "\\\\"}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
REPEAT = re.compile(r"(\d+)(?:\.\.(\d+))?\*(?=[(\"])")
EXPRESSION = re.compile(r"\$\{([^}]*)\}|\$i(?![A-Za-z0-9_])")


class Malformed(Exception):
    """The text is not in the notation."""


class Incomplete(Malformed):
    """The text ends too early; more lines may complete it."""


class Variables(dict):
    """What ${name} stands for: saved replies, the loop number i, and the clock."""

    def __missing__(self, name):
        if name == "now":
            return int(time.time())
        if name == "now_ms":
            return int(time.time() * 1000)
        raise Malformed("unknown variable ${%s}" % name)


class Template:
    """Bytes with places to fill in. `parts` alternates bytes and expression texts (str)."""

    def __init__(self, parts, times=1):
        self.parts = parts
        self.times = times

    def fill(self, variables):
        return b"".join(self.part_(part, variables) for part in self.parts) * self.times

    def part_(self, part, variables):
        if isinstance(part, bytes):
            return part
        if part == "$i":
            return b"%d" % variables["i"] if "i" in variables else b"$i"
        value = evaluate(part, variables)
        return value if isinstance(value, bytes) else b"%d" % value


def evaluate(text, variables):
    """The value of ${text}: bytes or an integer. Sums and products of names and integers."""

    def value(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        if isinstance(node, ast.Name):
            return variables[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            left, right = value(node.left), value(node.right)
            return OPERATORS[type(node.op)](int(left), int(right))
        raise Malformed("cannot evaluate ${%s}" % text)

    try:
        return value(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError:
        raise Malformed("cannot evaluate ${%s}" % text) from None


class Many:
    """Words repeated with i = first … last."""

    def __init__(self, first, last, items):
        self.first = first
        self.last = last
        self.items = items

    def expand(self, variables):
        for i in range(self.first, self.last + 1):
            yield from ((item, Variables(variables, i=i)) for item in self.items)


def fill_words(words, variables):
    """The bytes of each word; Many become many."""
    filled = []
    for word in words:
        if isinstance(word, Many):
            filled += [item.fill(inner) for item, inner in word.expand(variables)]
        else:
            filled.append(word.fill(variables))
    return filled


class Reader:
    """A position in a text."""

    def __init__(self, text):
        self.text = text
        self.position = 0

    def skip_space(self):
        while self.position < len(self.text) and self.text[self.position] in " \t\n":
            self.position += 1

    def at_end(self):
        return self.position >= len(self.text)

    def peek(self):
        return self.text[self.position : self.position + 1]

    def take(self, expected):
        """True, and moves on, if `expected` stands here."""
        if self.text.startswith(expected, self.position):
            self.position += len(expected)
            return True
        return False

    def need(self, expected):
        if not self.take(expected):
            if self.at_end():
                raise Incomplete("%r missing at the end" % expected)
            raise Malformed("%r expected at %r" % (expected, self.text[self.position : self.position + 30]))

    def match(self, regex):
        found = regex.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def repetition(self):
        """(first, last) of an `N*` or `A..B*` standing here, or None."""
        found = self.match(REPEAT)
        if not found:
            return None
        first = int(found[1])
        return (1, first) if found[2] is None else (first, int(found[2]))

    def template(self, stop):
        """A quoted or bare word as a Template; a bare one ends at white space or a character of `stop`."""
        parts = [b""]
        quote = self.peek() if self.peek() in ('"', "'") and not self.at_end() else ""
        if quote:
            self.position += 1
        while True:
            if self.at_end():
                if quote:
                    raise Incomplete("unbalanced quotes")
                break
            c = self.peek()
            if c == quote if quote else c in " \t\n" or c in stop:
                self.position += len(quote)
                break
            expression = self.match(EXPRESSION)
            if expression:
                parts += [expression[1] if expression[1] is not None else "$i", b""]
            elif c == "\\" and quote:
                parts[-1] += self.escape_(quote)
            else:
                parts[-1] += c.encode()
                self.position += 1
        return Template(parts)

    def escape_(self, quote):
        follows = self.text[self.position + 1 : self.position + 2]
        if quote == "'":
            self.position += 2 if follows == "'" else 1
            return b"'" if follows == "'" else b"\\"
        hexadecimal = re.compile(r"\\x([0-9a-fA-F]{2})").match(self.text, self.position)
        if hexadecimal:
            self.position += 4
            return bytes([int(hexadecimal[1], 16)])
        self.position += 2
        return ESCAPES.get(follows, follows.encode())

    def words(self, stop=""):
        """All words up to the end, or up to a character of `stop`, which is left standing."""
        found = []
        while True:
            self.skip_space()
            if self.at_end() or self.peek() in stop:
                return found
            repeated = self.repetition()
            if not repeated:
                found.append(self.template(stop))
            elif self.take("("):
                items = self.words(stop=")")
                self.need(")")
                found.append(Many(*repeated, items))
            else:
                word = self.template(stop)
                word.times = repeated[1]
                found.append(word)


def quoted(data):
    """Bytes as a double-quoted word that reads back as the same bytes."""
    if len(data) > 64 and data == data[:1] * len(data):
        return "%d*%s" % (len(data), quoted(data[:1]))
    text = "".join(NAMES.get(c) or (chr(c) if 32 <= c < 127 else "\\x%02x" % c) for c in data)
    return '"%s"' % text.replace("${", "\\x24{")
