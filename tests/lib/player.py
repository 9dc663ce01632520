"""Plays a transcript against a server, and compares (or records) the replies."""

import time

from . import resp
from .notation import compact, counted, mismatch, natural, render, short
from .resp import CLOSED, Reply, encode
from .template import Malformed, Template, Variables, fill_words

EVENTUALLY_SECONDS = 10.0
SILENCE_SECONDS = 0.05
SEVERAL_REPLIES = (
    *(b"subscribe", b"unsubscribe", b"psubscribe", b"punsubscribe", b"ssubscribe", b"sunsubscribe"),
    b"quit",
)
UNORDERED = (b"smembers", b"sunion", b"sinter", b"sdiff", b"keys", b"hkeys", b"hvals")
PAIRS = (b"hgetall", b"config")
COUNTDOWNS = {b"ttl": 1, b"pttl": 1000}  # one second, in their units


class Failure(Exception):
    """`step` was not answered as expected; a fatal one ends the transcript."""

    def __init__(self, step, text, fatal=False):
        super().__init__(text)
        self.step = step
        self.text = text
        self.fatal = fatal


def field_of(text, field):
    """The value of `field` in a line of field=value words."""
    return dict(word.partition(b"=")[::2] for word in text.split())[field.encode()]


class Player:
    """One run of one transcript. When recording, replies are kept in `recorded` by line: those that
    no expectation stands for ("missing"), or also those that differ from theirs ("update")."""

    def __init__(self, transcript, sandbox, variant, recording=""):
        self.transcript = transcript
        self.sandbox = sandbox
        self.variant = variant
        self.recording = recording
        self.recorded = {}
        self.failures = []
        self.compared = 0
        self.connections_ = {}
        self.variables_ = Variables()

    def run(self):
        try:
            self.sandbox.prepare(self.transcript, self.variant)
            for step in self.transcript.steps:
                if step.only in ("", self.sandbox.kind) and not self.play_(step):
                    break
            else:
                self.check_nothing_left_()
        except (RuntimeError, OSError, resp.Closed, resp.Timeout, resp.ProtocolError) as error:
            step = self.transcript.steps[0]
            self.failures.append(Failure(step, "%s: %s" % (type(error).__name__, error), fatal=True))
        finally:
            for connection in self.connections_.values():
                connection.close()
        return self.failures

    def play_(self, step):
        """Runs one step; False if the transcript cannot go on."""
        try:
            self.directive_(step) if step.directive else self.action_(step)
            return True
        except Failure as failure:
            problem = failure
        except Malformed as error:
            problem = Failure(step, str(error), fatal=True)
        except resp.Timeout as error:
            problem = Failure(step, "%s within the time limit" % error, fatal=True)
        except (resp.ProtocolError, OSError) as error:
            problem = Failure(step, str(error), fatal=True)
        if not self.sandbox.server.alive():
            problem.text += "\nthe server ended, status %s; the end of its log:\n%s" % (
                self.sandbox.server.process.returncode,
                self.sandbox.server.log_tail(),
            )
            problem.fatal = True
        self.failures.append(problem)
        return not problem.fatal

    # Directives -------------------------------------------------------------------------------------

    def directive_(self, step):
        getattr(self, step.directive + "_")(step)

    def sleep_(self, step):
        time.sleep(float(step.words[0]))

    def blocked_(self, step):
        wanted = int(step.words[0])
        deadline = time.monotonic() + EVENTUALLY_SECONDS
        while self.sandbox.blocked_clients() != wanted:
            if time.monotonic() > deadline:
                raise Failure(step, "%d clients are blocked" % self.sandbox.blocked_clients(), fatal=True)
            time.sleep(0.002)

    def restart_(self, step):
        for name in list(self.connections_):
            self.connections_.pop(name).close()
        if self.sandbox.kind == "basalt":
            self.sandbox.restart(self.transcript, self.variant, kill="kill" in step.words)

    def close_(self, step):
        self.connection_(step).close()
        del self.connections_[step.connection]

    def silent_(self, step):
        self.compared += 1
        if self.connection_(step).pending(SILENCE_SECONDS):
            raise Failure(step, "expected silence, got %s" % short(self.read_(step)))

    # Actions ----------------------------------------------------------------------------------------

    def connection_(self, step):
        if step.connection not in self.connections_:
            self.connections_[step.connection] = self.sandbox.server.connect()
        return self.connections_[step.connection]

    def action_(self, step):
        if "pending" in step.flags:
            self.send_(step)
            return
        expectation = step.expectation(self.sandbox.kind, self.variant)
        if self.recording:
            self.record_(step, expectation)
            return
        if expectation is None:
            raise Failure(step, "no reply is expected here for %s, %s; record it" % (self.sandbox.kind, self.variant))
        deadline = time.monotonic() + EVENTUALLY_SECONDS
        while True:
            failure = self.compare_(step, expectation.patterns, self.ask_(step, len(expectation.patterns)))
            if failure is None:
                return
            if "eventually" not in step.flags or time.monotonic() > deadline:
                raise failure
            time.sleep(0.01)

    def send_(self, step, variables=None):
        words = fill_words(step.words, self.variables_ if variables is None else variables)
        self.connection_(step).send(b"".join(words) if "raw" in step.flags else encode(words))

    def read_(self, step):
        """The next reply; CLOSED if the server has closed the connection, which the next use reopens."""
        try:
            return self.connection_(step).read()
        except resp.Closed:
            self.connections_.pop(step.connection).close()
            return CLOSED

    def ask_(self, step, count):
        """Sends the step's command and gives the replies: `count`, or one for each repetition."""
        if "scan" in step.flags:
            return [self.scan_(step)]
        if step.repeat:
            for i in range(1, step.repeat + 1):
                self.send_(step, Variables(self.variables_, i=i))
            return [self.read_(step) for _ in range(step.repeat)]
        if step.words:
            self.send_(step)
        replies = []
        while len(replies) < count and CLOSED not in replies:
            replies.append(self.read_(step))
        if step.save_as:
            name, _, field = step.save_as.partition("=")
            value = replies[0].value
            self.variables_[name] = field_of(value, field) if field else value
        return replies

    def scan_(self, step):
        """Iterates a SCAN command from cursor 0 to the end; gives all elements, sorted, each once."""
        words = fill_words(step.words, self.variables_)
        place = 1 if words[0].lower() == b"scan" else 2
        size = 2 if words[0].lower() in (b"hscan", b"zscan") else 1
        found = set()
        for _ in range(100000):
            reply = self.connection_(step).call(*words)
            if reply.kind != "array" or len(reply.value) != 2 or reply.value[1].kind != "array":
                return reply
            items = reply.value[1].value
            found.update(tuple(items[i : i + size]) for i in range(0, len(items), size))
            words[place] = reply.value[0].value
            if words[place] == b"0":
                return Reply("array", [one for group in sorted(found, key=natural_key) for one in group])
        raise Failure(step, "the iteration does not end", fatal=True)

    def compare_(self, step, patterns, replies):
        """None, or the Failure of the first reply that is not what its pattern says."""
        if step.repeat:
            patterns = patterns * step.repeat
        for number, (pattern, reply) in enumerate(zip(patterns, replies)):
            order = next((o for o in ("unordered", "pairs") if o in step.flags), pattern.order)
            variables = Variables(self.variables_, i=number + 1) if step.repeat else self.variables_
            problem = mismatch(pattern._replace(order=order), reply, variables)
            self.compared += 1
            if problem:
                where = "" if len(patterns) == 1 else "reply %d: " % (number + 1)
                return Failure(step, where + problem)
        if len(replies) < len(patterns):
            return Failure(step, "the connection was closed after %d replies" % len(replies))
        return None

    def check_nothing_left_(self):
        """Every connection must have been read to its end: nothing is sent that nobody asked for."""
        if self.recording:
            return
        unread = {step.connection for step in self.transcript.steps if "pending" in step.flags}
        for name, connection in self.connections_.items():
            if name not in unread and connection.pending():
                step = [one for one in self.transcript.steps if one.connection == name][-1]
                try:
                    left = short(connection.read())
                except (resp.Closed, resp.Timeout):
                    left = "closed"
                self.failures.append(Failure(step, "an unexpected reply is left over: %s" % left))

    # Recording --------------------------------------------------------------------------------------

    def record_(self, step, expectation):
        if expectation is not None:
            replies = self.ask_(step, len(expectation.patterns))
            failure = self.compare_(step, expectation.patterns, replies)
            deadline = time.monotonic() + 2
            while failure and "eventually" in step.flags and time.monotonic() < deadline:
                time.sleep(0.02)
                replies = self.ask_(step, len(expectation.patterns))
                failure = self.compare_(step, expectation.patterns, replies)
            if failure is None:
                return
            if self.recording == "missing":
                raise failure
        else:
            replies = self.ask_(step, 1)
        several = step.flags & {"raw", "expect"} or first_word(step) in SEVERAL_REPLIES
        while several and CLOSED not in replies and self.connection_(step).pending(SILENCE_SECONDS):
            replies.append(self.read_(step))
        self.recorded[step.line] = replies


# What a recording becomes in the file --------------------------------------------------------------


def blocks(step, by_variant):
    """(text before the '>', [(label, lines)]) for the replies of one step, recorded in each variant."""
    prefix = step.text.split(">", 1)[0]
    command = first_word(step)
    order = order_of(step, command, by_variant)
    if order and order not in step.flags:
        prefix = (prefix + " " + order).strip()
    written = {variant: written_replies(step, command, replies, order) for variant, replies in by_variant.items()}
    versions = list(written.values())
    if all(version == versions[0] for version in versions):
        return prefix, [("", versions[0])]
    if command != b"object":
        raise Failure(step, "the encodings answer differently: %s" % written)
    return prefix, [(variant, version) for variant, version in written.items()]


def first_word(step):
    """The name of the command a step sends, in lower case."""
    known = step.words and "raw" not in step.flags and isinstance(step.words[0], Template)
    return step.words[0].fill(Variables()).lower() if known else b""


def order_of(step, command, by_variant):
    """The order flag the step has, or should have."""
    for order in ("unordered", "pairs"):
        if order in step.flags:
            return order
    arrays = [replies[0] for replies in by_variant.values() if len(replies) == 1 and replies[0].kind == "array"]
    if arrays and len(arrays[0].value) > 1:
        if command in UNORDERED:
            return "unordered"
        if command in PAIRS and "get" in step.text.lower() and len(arrays[0].value) > 2:
            return "pairs"
    return ""


def written_replies(step, command, replies, order):
    replies = [sort(reply, order) for reply in replies]
    if step.repeat:
        return written_repetition(step, replies)
    if command in COUNTDOWNS and replies[0].kind == "integer" and replies[0].value > 0:
        # A second has passed at the least when a slow machine asks.
        second = COUNTDOWNS[command]
        highest = -(-replies[0].value // second) * second
        return ["int(%d..%d)" % (highest - max(second, highest // 10), highest)]
    return [line for reply in replies for line in render(reply)]


def natural_key(reply):
    """By the text of a reply, or of the first of a group."""
    return natural(compact(reply if isinstance(reply, Reply) else reply[0]))


def sort(reply, order):
    if reply.kind == "set" or (order == "unordered" and reply.kind == "array"):
        return Reply(reply.kind, sorted(reply.value, key=natural_key))
    if order == "pairs" and reply.kind == "array":
        pairs = [reply.value[i : i + 2] for i in range(0, len(reply.value), 2)]
        return Reply(reply.kind, [one for pair in sorted(pairs, key=natural_key) for one in pair])
    if reply.kind == "map":
        return Reply(reply.kind, sorted(reply.value, key=natural_key))
    return reply


def written_repetition(step, replies):
    texts = [render(reply) for reply in replies]
    if all(text == texts[0] for text in texts):
        return texts[0]
    found = counted(texts)
    if len(found) == 1 and found[0][0].startswith("%d*(" % step.repeat):
        return [found[0][0].split("(", 1)[1][:-1]]
    raise Failure(step, "the replies of a repetition vary: %s" % [short(reply) for reply in replies[:5]])
