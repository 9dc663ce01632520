#!/usr/bin/python3
"""Redis's own test suite, run against Basalt: how many of the tests that redis-server passes does it pass?

    tools/dev conformance --suite DIR [UNIT…]      DIR: a checkout of branch 7.0 of redis/redis
    tools/dev conformance --suite DIR --baseline   runs redis-server instead and writes baseline.txt
    tools/dev conformance --table                  writes the table of commands in docs/compatibility.md anew

What is known to fail stands in known-failures.txt, with the reason. The command fails on a failure that is not listed
there, on a listed test that passes, and on a test that redis-server passes but that never ran and is not listed.
"""

import argparse
import concurrent.futures
import datetime
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from conformance import records, suite, table  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASALT = os.path.join(ROOT, "build", "release", "bin", "basalt-server")
FIRST_PORT = 21111  # of the ports that the suite itself wants, for its processes to talk


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("units", nargs="*", metavar="UNIT", help="files such as unit/type/hash; none: all")
    parser.add_argument("--suite", metavar="DIR", help="a checkout of branch 7.0 of redis/redis")
    parser.add_argument("--server", default=BASALT, help="Basalt's program; %(default)s")
    parser.add_argument("--baseline", action="store_true", help="run redis-server and keep what it passes")
    parser.add_argument("--only", action="append", default=[], metavar="TEST", help="a test's name, or /pattern")
    parser.add_argument("--limit", type=int, default=600, metavar="S", help="seconds for each file; %(default)s")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="files to run at a time; %(default)s")
    parser.add_argument("--logs", metavar="DIR", help="keep what the suite printed, a file a unit")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument("--table", action="store_true", help="write the table of commands in docs/compatibility.md")
    parser.add_argument("--totals", action="store_true", help="write the totals there, too")
    options = parser.parse_args()
    if not options.suite and not options.table:
        parser.error("--suite is needed")
    return options


def keep_log(folder, result):
    if folder:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, result.unit.replace("/", "-")), "w", encoding="utf-8") as file:
            file.write(result.log)


def run_all(options, units, copy, known):
    kind, program = ("redis", "redis-server") if options.baseline else ("basalt", options.server)
    extra = [word for test in options.only for word in ("--only", test)]

    def run(numbered):
        number, unit = numbered
        if known.skips(unit):
            return suite.UnitResult(unit)
        port = FIRST_PORT + 64 * (number % 32)
        left_out = [word for test in known.left_out(unit) for word in ("--skiptest", test)]
        result = suite.run_unit(copy, unit, kind, program, options.limit, port, extra + left_out)
        keep_log(options.logs, result)
        print("%s: %d s" % (unit, result.seconds), file=sys.stderr, flush=True)
        return result

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        return list(pool.map(run, enumerate(units)))


def never_ran(result, baseline):
    """The tests that redis-server passes but that this run never came to."""
    return baseline.get(result.unit, {}) - result.passed - result.failed if baseline.get(result.unit) else {}


def shortened(reason):
    """The first lines of what the suite says; --logs keeps all of it."""
    lines = [line.strip()[:200] for line in reason.splitlines() if line.strip()]
    return "\n".join("    " + line for line in lines[:5])


class Report:
    def __init__(self, results, baseline, known, partial):
        self.rows = []
        self.problems = []
        for result in results:
            missing = {} if partial else never_ran(result, baseline)
            self.rows.append((result, sum(missing.values()) if missing else 0))
            self.judge_(result, known, missing)

    def judge_(self, result, known, missing):
        unlisted, passing = known.judge(result)
        for name in unlisted:
            self.problems.append("%s: failed: %s\n%s" % (result.unit, name, shortened(result.reasons[name])))
        for name in passing:
            self.problems.append("%s: listed as a known failure, but passes: %s" % (result.unit, name))
        for name in missing:
            if not known.covers(result.unit, name):
                self.problems.append("%s: never ran: %s" % (result.unit, name))
        if result.trouble and not known.covers(result.unit, "*"):
            self.problems.append("%s: ended early: %s" % (result.unit, result.trouble))

    def counts(self):
        """(file, passed, failed, never ran) each."""
        return [
            (result.unit, sum(result.passed.values()), sum(result.failed.values()), missing)
            for result, missing in self.rows
        ]

    def totals(self):
        return tuple(sum(row[column] for row in self.counts()) for column in (1, 2, 3))

    def print_text(self):
        print("%-40s %8s %8s %10s" % ("file", "passed", "failed", "never ran"))
        for row in self.counts():
            if any(row[1:]):
                print("%-40s %8d %8d %10d" % row)
        print("%-40s %8d %8d %10d" % ("total", *self.totals()))
        for problem in self.problems:
            print(problem)

    def print_json(self):
        files = [
            {
                "file": result.unit,
                "passed": sum(result.passed.values()),
                "failed": sorted(result.failed.elements()),
                "never_ran": missing,
                "trouble": result.trouble,
                "seconds": round(result.seconds, 1),
            }
            for result, missing in self.rows
        ]
        passed, failed, missing = self.totals()
        total = {"passed": passed, "failed": failed, "never_ran": missing, "problems": self.problems}
        print(json.dumps({"files": files, "total": total}, indent=2, ensure_ascii=False))


def version_of(program):
    words = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()
    return "redis-server " + next(word[2:] for word in words if word.startswith("v="))


def main():
    options = parse_options()
    if options.table:
        table.write_commands(options.server)
    if not options.suite:
        return 0
    known = records.KnownFailures(os.devnull if options.baseline else records.KNOWN_FAILURES)
    copy = suite.Copy(options.suite)
    if not options.baseline:
        copy.stand_in(options.server)
    try:
        units = options.units or copy.units()
        results = run_all(options, units, copy, known)
    finally:
        copy.clear()
    if options.baseline:
        records.save_baseline(results, version_of("redis-server"), datetime.date.today().isoformat())
    baseline = {} if options.baseline else records.load_baseline()
    report = Report(results, baseline, known, partial=bool(options.only))
    if options.totals:
        table.write_totals(report.counts(), datetime.date.today().isoformat(), version_of("redis-server"))
    report.print_json() if options.json else report.print_text()
    return 0 if options.baseline or not report.problems else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (suite.NoSuite, records.BadList, table.NoMarks) as error:
        sys.exit("conformance: %s" % error)
