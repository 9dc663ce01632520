"""Reads Prometheus's text format 0.0.4, strictly: what is not exactly as the format says, or as its conventions ask,
is an error. https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import re
from typing import NamedTuple

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
SAMPLE = re.compile(r"^(%s)(?:\{(%s(?:,%s)*)\})? (\S+)$" % (NAME, LABEL, LABEL))
NUMBER = re.compile(r"^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$")
KINDS = ("counter", "gauge", "histogram")


class Malformed(AssertionError):
    pass


class Family(NamedTuple):
    kind: str
    help: str
    samples: list  # of (suffix, labels as a dict, value)


def parse(text):
    """Families by name."""
    if not text.endswith("\n"):
        raise Malformed("the last line does not end")
    families, series, current, pending_help = {}, set(), None, None
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            if line.startswith("# HELP "):
                pending_help = line[len("# HELP ") :].split(" ", 1)
                need(len(pending_help) == 2 and pending_help[1], "help without a text")
            elif line.startswith("# TYPE "):
                current, kind = line[len("# TYPE ") :].split(" ")
                need(pending_help and pending_help[0] == current, "a type comes right after its help")
                need(kind in KINDS, "no such type")
                need(current not in families, "the family is there twice")
                need((kind == "counter") == current.endswith("_total"), "counters, and only they, end in _total")
                families[current] = Family(kind, pending_help[1], [])
                pending_help = None
            else:
                need(pending_help is None, "help without a type")
                take_sample(line, current, families, series)
        except (Malformed, ValueError) as error:
            raise Malformed("line %d: %s: %r" % (number, error, line)) from None
    for name, family in families.items():
        if family.kind == "histogram":
            check_histogram(name, family)
    return families


def take_sample(line, current, families, series):
    match = SAMPLE.match(line)
    need(match, "not a sample")
    name, labels, value = match.group(1), match.group(2) or "", match.group(match.lastindex)
    value = line.rsplit(" ", 1)[1]
    need(NUMBER.match(value), "not a number")
    need(current and name.startswith(current), "a sample stands below its family's type")
    family, suffix = families[current], name[len(current) :]
    need(suffix in (("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)), "not of this family")
    pairs = re.findall(LABEL, labels)
    need(len({pair[0] for pair in pairs}) == len(pairs), "a label twice")
    identity = (name, tuple(sorted(pairs)))
    need(identity not in series, "the series is there twice")
    series.add(identity)
    number = float(value)
    need(family.kind == "gauge" or number >= 0, "less than nothing was counted")
    family.samples.append((suffix, dict(pairs), number))


def check_histogram(name, family):
    groups = {}
    for suffix, labels, value in family.samples:
        key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        group = groups.setdefault(key, {"buckets": []})
        if suffix == "_bucket":
            group["buckets"].append((float(labels["le"]), value))
        else:
            group[suffix] = value
    for key, group in groups.items():
        buckets = group["buckets"]
        where = "%s %s" % (name, dict(key))
        if sorted(buckets) != buckets or len({bound for bound, _ in buckets}) != len(buckets):
            raise Malformed("%s: bounds do not ascend" % where)
        if any(a[1] > b[1] for a, b in zip(buckets, buckets[1:])):
            raise Malformed("%s: counts are not cumulative" % where)
        if not buckets or buckets[-1][0] != float("inf") or buckets[-1][1] != group.get("_count"):
            raise Malformed("%s: the last bucket is not +Inf, or not the count" % where)
        if "_sum" not in group:
            raise Malformed("%s: no sum" % where)


def need(condition, problem):
    if not condition:
        raise Malformed(problem)
