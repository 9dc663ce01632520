"""Rows of text that stand for commands, and the random commands that they give.

    weight mode: WORDS

Words are literal, or:

    $name          a random value of that name (values.py)
    ( a | b )      one of the choices
    [ a | b ]      one of them, or nothing
    { a }          the words once or more often
    #{ a }         the same, behind how often
"""

import re

TOKEN = re.compile(r"#?\{|[\[\]()}|]|[^\s\[\](){}|]+")
ROW = re.compile(r"(?:(\d+) )?([\w-]+): (.*)$")
CLOSING = {"(": ")", "[": "]", "{": "}", "#{": "}"}


class Row:
    """One line of a table: how often it is taken, how replies are compared, and its words."""

    def __init__(self, text):
        weight, self.mode, body = ROW.match(text.strip()).groups()
        self.weight = int(weight or 1)
        self.tokens_ = TOKEN.findall(body)
        self.at_ = 0
        self.body_ = self.choices_(None)
        first = self.body_[0][0]
        self.commands_ = [first] if isinstance(first, str) else [choice[0] for choice in first[1]]

    def needed(self):
        """The commands that this row may give."""
        if self.mode.startswith("transfer"):
            return ["DUMP", "RESTORE"]
        return ["SCAN"] if self.mode == "scan-keys" else self.commands_

    def words(self, values):
        out = []
        give(self.body_, values, out)
        return out

    def choices_(self, closing):
        """Sequences separated by bars, up to the closing token."""
        choices = [[]]
        while self.at_ < len(self.tokens_):
            token = self.tokens_[self.at_]
            self.at_ += 1
            if token == closing:
                return choices
            if token == "|":
                choices.append([])
            elif token in CLOSING:
                choices[-1].append((token, self.choices_(CLOSING[token])))
            else:
                choices[-1].append(token)
        assert closing is None, self.tokens_
        return choices


def give(choices, values, out):
    """Appends one random sequence of the choices to `out`."""
    for part in values.random.choice(choices):
        if isinstance(part, tuple):
            give_group(part, values, out)
        elif part.startswith("$"):
            out.append(getattr(values, part[1:])())
        else:
            out.append(part.encode())


def give_group(group, values, out):
    kind, choices = group
    if kind == "(" or (kind == "[" and values.random.random() < 0.5):
        give(choices, values, out)
    elif kind in ("{", "#{"):
        times = values.random.choice((1, 1, 2, 3, 5)) if values.random.random() < 0.97 else 20
        if kind == "#{":
            out.append(b"%d" % times)
        for _ in range(times):
            give(choices, values, out)
