"""Replies as text: what a transcript expects, and how a reply is written down.

    +OK  -ERR text…  :5  "bulk"  nil  nil-array  [a b]                     RESP2
    null  ,1.5  #t  #f  (123  =txt"…"  {k: v, k: v}  set[…]  push[…]  attribute{…}   RESP3
    closed                                  the server closes the connection

Inside an aggregate, simple strings and errors are quoted: +"OK", -"ERR …". Repetitions stand for many
elements, as in commands: [200*("f$i" "v$i")].

What cannot be exact:

    any                any reply
    int(1..9) int(1..) an integer in the range, also as a bulk string or a double
    /regex/            a bulk or simple string matching as a whole; -/regex/ an error; =txt/regex/ a verbatim
    one-of(a b c)      one of these
    unordered[…]       the elements in any order (also set[…] and {…}, which are never ordered)
    pairs[…]           element pairs in any order
    distinct[…]        as usual, and no two elements are equal
    [a b ...]          any elements may follow
"""

import re
from typing import NamedTuple

from .resp import Reply
from .template import Incomplete, Many, Malformed, Reader, quoted

WORDS = ("nil-array", "nil", "null", "closed", "any")
SEQUENCES = {"set[": "set", "push[": "push", "[": "array"}
ORDERS = ("unordered", "pairs", "distinct")
WIDTH = 100


class Pattern(NamedTuple):
    """A reply, or what it must look like. Leaf values are Templates; `order` is one of ORDERS or ""."""

    kind: str
    value: object = None
    order: str = ""


def parse(reader):
    """The Pattern at the reader's position."""
    reader.skip_space()
    if reader.at_end():
        raise Incomplete("a reply is missing")
    for order in ORDERS:
        if reader.text.startswith(order, reader.position) and reader.text[reader.position + len(order)] in "[{sp":
            reader.position += len(order)
            return parse(reader)._replace(order=order)
    for start, kind in SEQUENCES.items():
        if reader.take(start):
            return Pattern(kind, sequence(reader))
    for start, kind in (("attribute{", "attribute"), ("{", "map")):
        if reader.take(start):
            return Pattern(kind, mapping(reader))
    for word in WORDS:
        if reader.take(word):
            return Pattern(word)
    return leaf(reader)


def sequence(reader):
    items = []
    while True:
        reader.skip_space()
        if reader.take("]"):
            return items
        items.append(item(reader))


def item(reader):
    start = reader.position
    if reader.take("..."):
        return Pattern("...")
    repeated = reader.repetition()
    if not repeated:
        return parse(reader)
    if not reader.take("("):
        reader.position = start
        return parse(reader)
    items = []
    while True:
        reader.skip_space()
        if reader.take(")"):
            return Many(*repeated, items)
        items.append(parse(reader))


def mapping(reader):
    pairs = []
    while True:
        reader.skip_space()
        if reader.take("}"):
            return pairs
        if pairs:
            reader.need(",")
            reader.skip_space()
            if reader.take("}"):
                return pairs
        key = parse(reader)
        reader.skip_space()
        reader.need(":")
        if not reader.match(re.compile(r"(?=\s)")):
            raise Malformed("a space must follow the colon of a map")
        pairs.append((key, parse(reader)))


def leaf(reader):
    repeated = reader.repetition()
    if repeated or reader.peek() == '"':
        word = reader.template("")
        word.times = repeated[1] if repeated else 1
        return Pattern("bulk", word)
    if reader.take(":"):
        return Pattern("integer", reader.template(",]}):"))
    if reader.take(","):
        return Pattern("double", reader.template(",]}):"))
    if reader.take("int"):
        return int_range(reader)
    if reader.take("one-of("):
        options = []
        while not (reader.skip_space() or reader.take(")")):
            options.append(parse(reader))
        return Pattern("one-of", options)
    if reader.take("-/"):
        return Pattern("error-regex", regex(reader))
    if reader.take("/"):
        return Pattern("regex", regex(reader))
    if reader.take("="):
        form = reader.match(re.compile(r"\w{3}"))
        if reader.take("/"):
            return Pattern("verbatim-regex", (form[0], regex(reader)))
        return Pattern("verbatim", (form[0], reader.template("")))
    if reader.match(re.compile(r"#[tf]")):
        return Pattern("boolean", reader.text[reader.position - 1] == "t")
    if reader.peek() in "+-(":
        kind = {"+": "simple", "-": "error", "(": "bignum"}[reader.peek()]
        reader.position += 1
        return Pattern(kind, reader.template("" if reader.peek() == '"' else ",]})"))
    raise Malformed("not a reply: %r" % reader.text[reader.position : reader.position + 40])


def int_range(reader):
    if not reader.take("("):
        return Pattern("int", (None, None))
    found = reader.match(re.compile(r"([^.)]*)\.\.([^)]*)\)"))
    if not found:
        raise Malformed("int(low..high) expected")
    return Pattern("int", tuple(Reader(end).template("") if end else None for end in found.groups()))


def regex(reader):
    found = reader.match(re.compile(r"((?:[^/\\\n]|\\.)*)/"))
    if not found:
        raise Malformed("a regular expression must end with / on its line")
    return re.compile(found[1].replace("\\/", "/").encode(), re.DOTALL)


# Matching -------------------------------------------------------------------------------------------


def mismatch(pattern, reply, variables):
    """None if the reply is what the pattern says, else a sentence on the first difference."""
    test = MATCHERS.get(pattern.kind)
    if test:
        return None if test(pattern, reply, variables) else wrong(pattern, reply, variables)
    if pattern.kind != reply.kind:
        return wrong(pattern, reply, variables)
    if pattern.kind in ("array", "set", "push"):
        return sequence_mismatch(pattern, reply.value, variables)
    if pattern.kind in ("map", "attribute"):
        return map_mismatch(pattern, reply.value, variables)
    if literal(pattern, variables) != reply:
        return wrong(pattern, reply, variables)
    return None


def wrong(pattern, reply, variables):
    return "expected %s, got %s" % (describe(pattern, variables), short(reply))


def literal(pattern, variables):
    """A leaf as the Reply it stands for."""
    value = pattern.value
    if pattern.kind == "verbatim":
        value = (value[0], value[1].fill(variables))
    elif pattern.kind == "integer":
        value = int(value.fill(variables))
    elif hasattr(value, "fill"):
        value = value.fill(variables)
    return Reply(pattern.kind, value)


def flat(items, variables):
    """The elements of a sequence, each with its variables."""
    for element in items:
        if isinstance(element, Many):
            yield from element.expand(variables)
        else:
            yield element, variables


def sequence_mismatch(pattern, replies, variables):
    expected = list(flat(pattern.value, variables))
    if expected and expected[-1][0].kind == "...":
        expected.pop()
        replies = replies[: len(expected)]
    if len(expected) != len(replies):
        return "expected %d elements, got %d: %s" % (len(expected), len(replies), short(Reply(pattern.kind, replies)))
    if pattern.order == "distinct" and len(set(map(compact, replies))) != len(replies):
        return "expected distinct elements, got %s" % short(Reply(pattern.kind, replies))
    if pattern.order == "pairs":
        groups = [expected[i : i + 2] for i in range(0, len(expected), 2)]
        return unordered_mismatch(groups, [replies[i : i + 2] for i in range(0, len(replies), 2)])
    if pattern.order == "unordered" or pattern.kind == "set":
        return unordered_mismatch([[one] for one in expected], [[one] for one in replies])
    for number, ((element, inner), reply) in enumerate(zip(expected, replies)):
        problem = mismatch(element, reply, inner)
        if problem:
            return "element %d: %s" % (number, problem)
    return None


def map_mismatch(pattern, pairs, variables):
    if len(pattern.value) != len(pairs):
        return "expected %d pairs, got %d: %s" % (len(pattern.value), len(pairs), short(Reply(pattern.kind, pairs)))
    groups = [[(key, variables), (value, variables)] for key, value in pattern.value]
    return unordered_mismatch(groups, [list(pair) for pair in pairs])


def unordered_mismatch(groups, replies):
    """Each group of (pattern, variables) must fit one of `replies`, a list of equally long groups."""
    left = {}
    for number, reply in enumerate(replies):
        left.setdefault(tuple(map(compact, reply)), []).append(number)
    unmet = []
    for group in groups:
        places = left.get(tuple(describe(element, inner) for element, inner in group))
        places.pop() if places else unmet.append(group)
    rest = [replies[number] for places in left.values() for number in places]
    for group in unmet:
        fits = (r for r in rest if not any(mismatch(p, one, inner) for (p, inner), one in zip(group, r)))
        found = next(fits, None)
        if found is None:
            wanted = " ".join(describe(element, inner) for element, inner in group)
            others = ", ".join(" ".join(map(short, r)) for r in rest[:5])
            return "expected (in any order) %s, which is missing; left over: %s" % (wanted, others)
        rest.remove(found)
    return None


def in_range(pattern, reply, variables):
    if reply.kind not in ("integer", "bulk", "double"):
        return False
    try:
        value = float(reply.value) if reply.kind == "double" else int(reply.value)
    except ValueError:
        return False
    low, high = (None if end is None else int(end.fill(variables)) for end in pattern.value)
    return (low is None or value >= low) and (high is None or value <= high)


def text_matches(pattern, reply, variables):
    return reply.kind in ("bulk", "simple") and bool(pattern.value.fullmatch(reply.value))


MATCHERS = {
    "any": lambda pattern, reply, variables: reply.kind != "closed",
    "int": in_range,
    "regex": text_matches,
    "error-regex": lambda pattern, reply, variables: reply.kind == "error" and pattern.value.fullmatch(reply.value),
    "verbatim-regex": lambda pattern, reply, variables: (
        reply.kind == "verbatim"
        and pattern.value[0] == reply.value[0]
        and pattern.value[1].fullmatch(reply.value[1])
    ),
    "one-of": lambda pattern, reply, variables: any(not mismatch(p, reply, variables) for p in pattern.value),
}


# Writing --------------------------------------------------------------------------------------------


def describe(pattern, variables):
    """A pattern on one line; an exact one reads as `compact` of the reply it stands for."""
    kind, value = pattern.kind, pattern.value
    if kind in ("any", "..."):
        return kind
    if kind == "int":
        ends = ["" if end is None else end.fill(variables).decode() for end in value]
        return "int(%s..%s)" % tuple(ends)
    if kind in ("regex", "error-regex"):
        return "%s/%s/" % ("-" if kind == "error-regex" else "", value.pattern.decode())
    if kind == "verbatim-regex":
        return "=%s/%s/" % (value[0], value[1].pattern.decode())
    if kind == "one-of":
        return "one-of(%s)" % " ".join(describe(p, variables) for p in value)
    if kind in ("array", "set", "push"):
        return frame(kind, [describe(element, inner) for element, inner in flat(value, variables)], pattern.order)
    if kind in ("map", "attribute"):
        return frame(kind, ["%s: %s" % (describe(k, variables), describe(v, variables)) for k, v in value])
    return compact(literal(pattern, variables))


def natural(text):
    """A sort key by which m2 comes before m10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", text)]


def compact(reply):
    """A reply on one line."""
    kind, value = reply
    if kind in ("array", "set", "push"):
        return frame(kind, [compact(one) for one in value])
    if kind in ("map", "attribute"):
        return frame(kind, ["%s: %s" % (compact(k), compact(v)) for k, v in value])
    if kind == "verbatim":
        return "=" + value[0] + quoted(value[1])
    if kind == "boolean":
        return "#t" if value else "#f"
    if kind in ("simple", "error", "bignum"):
        return {"simple": "+", "error": "-", "bignum": "("}[kind] + quoted(value)
    if kind == "integer":
        return ":%d" % value
    if kind == "double":
        return "," + value.decode()
    return quoted(value) if kind == "bulk" else kind


def frame(kind, items, order=""):
    if kind in ("map", "attribute"):
        return "%s{%s}" % ("" if kind == "map" else kind, ", ".join(items))
    return "%s%s[%s]" % (order, "" if kind == "array" else kind, " ".join(items))


def short(reply, limit=300):
    text = compact(reply)
    return text if len(text) <= limit else text[:limit] + "… (%d characters)" % len(text)


def render(reply, order=""):
    """A reply as the lines of a transcript that expect it."""
    if reply.kind in ("simple", "error") and plain(reply.value):
        return [{"simple": "+", "error": "-"}[reply.kind] + reply.value.decode()]
    return lines(reply, order)


def plain(text):
    """Whether a simple string or an error reads back when written to the end of the line as it is."""
    return re.fullmatch(rb"[!-~](?:[ -~]*[!-~])?", text) and text[:1] not in b'"/' and b"${" not in text


def lines(reply, order=""):
    one_line = order + compact(reply)
    if reply.kind in ("array", "set", "push"):
        items = counted([lines(one) for one in reply.value])
        short_line = frame(reply.kind, [" ".join(part.strip() for part in one) for one in items], order)
        if len(short_line) <= WIDTH:
            return [short_line]
        start = frame(reply.kind, [], order)[:-1]
        return [start] + indented(items) + ["]"]
    if reply.kind in ("map", "attribute") and len(one_line) > WIDTH:
        items = []
        for key, value in reply.value:
            below = lines(value)
            items.append(["%s: %s" % (compact(key), below[0])] + below[1:])
            items[-1][-1] += ","
        return [frame(reply.kind, [])[:-1]] + indented(items) + ["}"]
    return [one_line]


def indented(items):
    """Elements with two spaces in front; short ones share lines."""
    out = []
    share = all(len(line) < WIDTH // 3 for one in items for line in one)
    for one in items:
        if share and len(one) == 1 and out and out[-1][0] and len(out[-1][1]) + len(one[0]) < WIDTH:
            out[-1] = (True, out[-1][1] + " " + one[0])
        else:
            out += [(len(one) == 1, "  " + line) for line in one]
    return [line for _, line in out]


def counted(items):
    """Runs of elements that only count up are written N*("m$i"), one or two elements a round."""
    for size in (1, 2):
        found = run(items, size)
        if found:
            return found
    return items


def run(items, size):
    rounds = len(items) // size
    if rounds < 8 or len(items) % size or any(len(one) != 1 for one in items):
        return None
    number = re.search(r"(\d+)\D*$", items[0][0])
    if not number:
        return None
    first = int(number[1])

    def numbered(text, i):
        return re.sub(r"(?<!\d)%d(?!\d)" % i, "$i", text)

    shape = [numbered(items[k][0], first) for k in range(size)]
    for r in range(rounds):
        if [numbered(items[r * size + k][0], first + r) for k in range(size)] != shape:
            return None
    if not any("$i" in one for one in shape):
        return None
    last = first + rounds - 1
    count = str(rounds) if first == 1 else "%d..%d" % (first, last)
    return [["%s*(%s)" % (count, " ".join(shape))]]
