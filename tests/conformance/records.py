"""The two lists beside the runner: what redis-server passes (baseline.txt), and what Basalt is known to fail.

Both name a test file on a line of its own and below it, indented, the tests. A known failure goes on, after
" :: ", with its reason.
"""

import collections
import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
BASELINE = os.path.join(FOLDER, "baseline.txt")
NOT_RUN = "not run: "
KNOWN_FAILURES = os.path.join(FOLDER, "known-failures.txt")


class BadList(Exception):
    pass


def entries_(path):
    """(unit, text) of every indented line."""
    unit = None
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            if not line.startswith(" "):
                unit = line
            elif unit is None:
                raise BadList("%s: a test before any file: %s" % (path, line))
            else:
                yield unit, line[2:]


def load_baseline(path=BASELINE):
    """What redis-server passes: {unit: Counter of names}."""
    tests = collections.defaultdict(collections.Counter)
    for unit, name in entries_(path):
        tests[unit][name] += 1
    return tests


def save_baseline(results, version, date, path=BASELINE):
    """Files that were not run keep what is known of them."""
    tests = load_baseline(path) if os.path.exists(path) else {}
    for result in results:
        tests[result.unit] = result.passed
    total = sum(sum(names.values()) for names in tests.values())
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Tests of Redis's own suite (branch 7.0) that %s passes as an external server.\n" % version)
        file.write("# %d tests; written on %s by: tools/dev conformance --suite DIR --baseline\n" % (total, date))
        for unit in tests:
            if not tests[unit]:
                continue
            file.write("\n%s\n" % unit)
            for name in sorted(tests[unit].elements()):
                file.write("  %s\n" % name)


class KnownFailures:
    def __init__(self, path=KNOWN_FAILURES):
        self.reasons = collections.defaultdict(dict)  # unit → name → reason
        for unit, text in entries_(path):
            name, mark, reason = text.rpartition(" :: ")
            if not mark or not reason.strip():
                raise BadList("%s: no reason is given for: %s" % (path, text))
            self.reasons[unit][name] = reason

    def covers(self, unit, name):
        listed = self.reasons.get(unit, {})
        return name in listed or "*" in listed

    def left_out(self, unit):
        """The tests that are not even begun, because the rest of the file would suffer."""
        listed = self.reasons.get(unit, {})
        return [name for name, reason in listed.items() if reason.startswith(NOT_RUN) and name != "*"]

    def skips(self, unit):
        """Whether the file is not run at all."""
        return self.reasons.get(unit, {}).get("*", "").startswith(NOT_RUN)

    def judge(self, result):
        """(failures that are not listed, listed tests that did not fail though they ran)."""
        listed = self.reasons.get(result.unit, {})
        unlisted = [name for name in result.failed if not self.covers(result.unit, name)]
        passing = [name for name in listed if name not in result.failed and result.passed[name]]
        return unlisted, passing
