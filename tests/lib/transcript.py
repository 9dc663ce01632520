"""A transcript: commands, and the replies they must get. See tests/cases/README.md for the language.

This file reads the language into steps, and writes recorded replies back into the text. Running the
steps is player.py's part.
"""

import os
import re
from dataclasses import dataclass, field

from . import notation
from .template import Incomplete, Malformed, Reader

ACTION = re.compile(r"([\w= ]*)>(?: +(.*)|)$")
LABELS = re.compile(r"((?:basalt|redis|packed|spread)(?: (?:basalt|redis|packed|spread))*): ?(.*)$")
CONNECTION_DIRECTIVE = re.compile(r"(?:(\w+) )?(close|silent)$")
FILE_DIRECTIVES = ("option", "flag", "both-encodings")
SCOPE_DIRECTIVES = ("only", "difference")
STEP_DIRECTIVES = ("sleep", "blocked", "restart")
FLAGS = ("raw", "pending", "expect", "unordered", "pairs", "scan", "eventually")


class BadTranscript(Exception):
    pass


@dataclass
class Expectation:
    labels: set
    patterns: list


@dataclass
class Step:
    """An action (a command sent, replies expected) or, with `directive`, something else to do."""

    line: int
    text: str
    directive: str = ""
    connection: str = ""
    flags: set = field(default_factory=set)
    repeat: int = 0
    save_as: str = ""
    words: list = field(default_factory=list)
    expectations: list = field(default_factory=list)
    first_expected: int = 0  # lines [first_expected, end_expected) hold the expectations, from 0
    end_expected: int = 0
    only: str = ""  # "basalt" or "redis": sent to this server alone
    difference: str = ""

    def expectation(self, kind, variant):
        """What the server of this kind must answer in this variant."""
        fitting = [e for e in self.expectations if e.labels <= {kind, variant}]
        return max(fitting, key=lambda e: len(e.labels), default=None)

    def needs_expectation(self):
        return not self.directive and "pending" not in self.flags


@dataclass
class Transcript:
    path: str
    name: str
    lines: list
    steps: list = field(default_factory=list)
    options: list = field(default_factory=list)
    flags: list = field(default_factory=list)
    both_encodings: bool = False
    only: str = ""
    difference: str = ""

    def variants(self):
        return ["packed", "spread"] if self.both_encodings else ["packed"]

    def differences(self):
        """Names of meant differences used, each with a line."""
        named = {step.difference: step.line for step in self.steps if step.difference}
        return named

    def runs_on(self, kind):
        return self.only in ("", kind)


def load(path, root):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    if lines and not lines[-1]:
        lines.pop()
    transcript = Transcript(path, os.path.relpath(path, root)[: -len(".case")], lines)
    Parser(transcript).parse()
    return transcript


class Parser:
    def __init__(self, transcript):
        self.transcript = transcript
        self.lines = transcript.lines
        self.at = 0

    def parse(self):
        while self.at < len(self.lines):
            self.paragraph_()
        if not any(not step.directive for step in self.transcript.steps):
            self.fail_("nothing is sent")

    def fail_(self, text):
        raise BadTranscript("%s:%d: %s" % (self.transcript.path, self.at + 1, text))

    def paragraph_(self):
        """Steps up to a blank line. `only` and `difference` hold for their paragraph; alone in one, for the file."""
        scope = {"only": "", "difference": ""}
        steps = []
        while self.at < len(self.lines) and self.lines[self.at].strip():
            line = self.lines[self.at].rstrip()
            try:
                self.line_(line, scope, steps)
            except Malformed as error:
                self.fail_(str(error))
        for step in steps:
            step.only = scope["only"] or self.transcript.only
            step.difference = scope["difference"] or self.transcript.difference
            self.check_(step)
        if not steps:
            self.transcript.only = scope["only"] or self.transcript.only
            self.transcript.difference = scope["difference"] or self.transcript.difference
        self.transcript.steps += steps
        self.at += 1

    def line_(self, line, scope, steps):
        if line.startswith("#") and line not in ("#t", "#f"):
            self.at += 1
            return
        word, _, rest = line.partition(" ")
        action = ACTION.match(line)
        if action:
            steps.append(self.action_(line, action[1].split(), action[2] or ""))
        elif word in SCOPE_DIRECTIVES:
            self.scope_(word, rest, scope)
        elif word in FILE_DIRECTIVES:
            self.file_directive_(word, rest)
        elif word in STEP_DIRECTIVES:
            steps.append(Step(self.at + 1, line, directive=word, words=rest.split()))
            self.at += 1
        elif CONNECTION_DIRECTIVE.match(line):
            connection, directive = CONNECTION_DIRECTIVE.match(line).groups()
            steps.append(Step(self.at + 1, line, directive=directive, connection=connection or ""))
            self.at += 1
        else:
            self.fail_("neither a command, a directive nor an expected reply: %s" % line)

    def scope_(self, word, rest, scope):
        if word == "only":
            found = re.match(r"(basalt|redis): \S", rest)
            if not found:
                self.fail_("write: only basalt: REASON")
            scope["only"] = found[1]
        else:
            scope["difference"] = rest.strip()
        self.at += 1

    def file_directive_(self, word, rest):
        if self.transcript.steps:
            self.fail_("%s belongs at the start of the file" % word)
        if word == "both-encodings":
            self.transcript.both_encodings = True
        else:
            name, _, value = rest.partition(" ")
            target = self.transcript.options if word == "option" else self.transcript.flags
            target.append((name, value.strip('"')))
        self.at += 1

    def action_(self, line, prefix, command):
        step = Step(self.at + 1, line)
        prefix = list(prefix)
        while prefix:
            word = prefix.pop(0)
            if word in FLAGS:
                step.flags.add(word)
            elif word == "repeat" and prefix:
                step.repeat = int(prefix.pop(0))
            elif word == "as" and prefix:
                step.save_as = prefix.pop(0)
            elif not step.connection and not step.flags:
                step.connection = word
            else:
                self.fail_("unknown word before '>': %s" % word)
        step.words = Reader(command).words()
        if bool(step.words) == ("expect" in step.flags):
            self.fail_("a command is missing" if not step.words else "expect> sends nothing")
        self.at += 1
        step.first_expected = self.at
        self.expectations_(step)
        step.end_expected = self.at
        return step

    def expectations_(self, step):
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if not line or (line.startswith("#") and line not in ("#t", "#f")) or ACTION.match(self.lines[self.at]):
                return
            labelled = LABELS.match(line)
            directive = line.split()[0] in STEP_DIRECTIVES + SCOPE_DIRECTIVES or CONNECTION_DIRECTIVE.match(line)
            if directive and not labelled:
                return
            labels = set(labelled[1].split()) if labelled else set()
            pattern = self.value_(labelled[2] if labelled else line)
            # Several values with the same labels are several replies, one after the other.
            same = [e for e in step.expectations if e.labels == labels]
            if same:
                same[0].patterns.append(pattern)
            else:
                step.expectations.append(Expectation(labels, [pattern]))

    def value_(self, text):
        """Parses one reply that starts with `text` on the current line and may go on below."""
        if text[:1] in ("+", "-") and text[1:2] not in ('"', "/", ""):
            self.at += 1
            return notation.Pattern({"+": "simple", "-": "error"}[text[0]], plain_template(text[1:]))
        while True:
            reader = Reader(text)
            try:
                pattern = notation.parse(reader)
            except Incomplete:
                self.at += 1
                if self.at >= len(self.lines):
                    raise
                text += "\n" + self.lines[self.at]
                continue
            reader.skip_space()
            if not reader.at_end():
                self.fail_("left over behind a reply: %s" % reader.text[reader.position :])
            self.at += 1
            return pattern

    def check_(self, step):
        for expectation in step.expectations:
            if expectation.labels & {"basalt", "redis"} and not step.difference:
                raise BadTranscript(
                    "%s:%d: replies may differ only under a `difference NAME`" % (self.transcript.path, step.line)
                )


def plain_template(text):
    """Text to the end of a line: no escapes, but variables."""
    reader = Reader(text + '"')
    reader.text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return reader.template("")


def record(transcript, recorded):
    """Writes the file again with the expectations of steps replaced: {step line: [(label, [lines])]}."""
    out = []
    at = 0
    for step in transcript.steps:
        if step.line not in recorded or step.directive:
            continue
        prefix, blocks = recorded[step.line]
        out += transcript.lines[at : step.line - 1]
        out.append(prefix + ">" + transcript.lines[step.line - 1].split(">", 1)[1])
        for label, lines in blocks:
            out += ["%s: %s" % (label, lines[0]) if label else lines[0]] + lines[1:]
        at = step.end_expected
    out += transcript.lines[at:]
    with open(transcript.path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


def load_differences(path):
    """{name: reason} of a file of `name: reason` lines, each reason going on in indented lines."""
    found = {}
    name = None
    if not os.path.exists(path):
        return found
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            if line[0].isspace() and name:
                found[name] += " " + line.strip()
                continue
            name, colon, reason = line.partition(":")
            if not colon or not reason.strip() or name in found:
                raise BadTranscript("%s:%d: write `name: reason`, each name once" % (path, number))
            found[name] = reason.strip()
    return found
