#!/usr/bin/python3
"""Runs the transcripts of tests/cases against Basalt, against redis-server, or both.

    tests/run_cases.py                                      both servers
    tests/run_cases.py --server build/debug/bin/basalt-server --oracle ''       Basalt alone
    tests/run_cases.py --filter string/                     names that contain the text
    tests/run_cases.py --record tests/cases/hash/hset.case  fills in missing replies from redis-server
    tests/run_cases.py --update FILE…                       … and replaces wrong ones

A transcript counts once for each server and each encoding it ran with. tests/cases/README.md
describes the language.
"""

import argparse
import os
import queue
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lib import player as playing  # noqa: E402
from lib import servers, transcript as transcripts  # noqa: E402
from lib.not_yet import NotYet  # noqa: E402
from lib.player import Failure, Player  # noqa: E402
from lib.sandbox import Sandbox  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
DEFAULT_SERVER = os.path.join(os.path.dirname(HERE), "build", "release", "bin", "basalt-server")
FAILURES_SHOWN = 5


def find(root, text):
    paths = []
    for folder, _, names in os.walk(root):
        paths += [os.path.join(folder, name) for name in names if name.endswith(".case")]
    return [path for path in sorted(paths) if text in os.path.relpath(path, root)]


class Run:
    """All transcripts on all servers; counts, and prints failures as they come."""

    def __init__(self, options):
        self.options = options
        self.lock_ = threading.Lock()
        self.passed = 0
        self.failed = 0
        self.compared = 0
        self.failed_names = []
        self.not_yet = NotYet()

    def report(self, transcript, sandbox, player, variant):
        name = "%s on %s%s" % (transcript.name, sandbox.kind, ", spread" if variant == "spread" else "")
        with self.lock_:
            self.compared += player.compared
            if not player.failures:
                self.passed += 1
                if self.options.verbose:
                    print("ok      %s" % name)
                return
            self.failed += 1
            self.failed_names.append(name)
            print("FAILED  %s" % name)
            for failure in player.failures[:FAILURES_SHOWN]:
                print_failure(transcript, failure)
            if len(player.failures) > FAILURES_SHOWN:
                print("  … and %d more" % (len(player.failures) - FAILURES_SHOWN))
            sys.stdout.flush()

    def work(self, kind, path, jobs):
        """A thread's part: takes transcripts from the queue, on a server of its own."""
        sandbox = Sandbox(kind, path, self.options.flag)
        try:
            while True:
                transcript, variant = jobs.get_nowait()
                player = Player(transcript, sandbox, variant)
                player.run()
                self.report(transcript, sandbox, player, variant)
        except queue.Empty:
            pass
        except Exception as error:  # a broken harness must not pass for a clean run
            with self.lock_:
                self.failed += 1
                print("FAILED  %s: %s: %s" % (kind, type(error).__name__, error))
        finally:
            sandbox.stop()

    def all(self, loaded, targets):
        threads, queues = [], []
        for kind, path in targets:
            jobs = queue.Queue()
            for transcript in loaded:
                if transcript.runs_on(kind) and not (kind == "basalt" and self.not_yet.covers(transcript.name)):
                    for variant in transcript.variants():
                        jobs.put((transcript, variant))
            for _ in range(min(self.options.jobs, jobs.qsize())):
                threads.append(threading.Thread(target=self.work, args=(kind, path, jobs), daemon=True))
            queues.append((kind, jobs))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for kind, jobs in queues:
            if jobs.qsize():
                print("FAILED  %s: %d transcripts were not run" % (kind, jobs.qsize()))
                self.failed += jobs.qsize()


def print_failure(transcript, failure):
    print("  %s:%d: %s" % (os.path.relpath(transcript.path), failure.step.line, failure.step.text))
    for line in failure.text.split("\n"):
        print("      " + line)


def load_all(paths):
    """The transcripts, and how many could not be read."""
    loaded, bad = [], 0
    for path in paths:
        try:
            loaded.append(transcripts.load(path, CASES))
        except transcripts.BadTranscript as error:
            print("FAILED  %s" % error)
            bad += 1
    return loaded, bad


def check_differences(loaded, complete):
    """Every difference used must be listed with its reason, and (in a complete run) the other way round."""
    listed = transcripts.load_differences(os.path.join(CASES, "differences.txt"))
    used = {}
    bad = 0
    for transcript in loaded:
        for name, line in transcript.differences().items():
            used[name] = True
            if name not in listed:
                print("FAILED  %s:%d: difference %s is not in differences.txt" % (transcript.path, line, name))
                bad += 1
    for name in listed if complete else ():
        if name not in used:
            print("FAILED  differences.txt: no transcript shows the difference %s" % name)
            bad += 1
    return bad


def record(loaded, options):
    """Fills in the replies of redis-server; returns the number of transcripts that could not be recorded."""
    bad = 0
    sandbox = Sandbox("redis", options.oracle)
    for transcript in loaded:
        if not transcript.runs_on("redis"):
            continue
        if not options.update and all(s.expectations or not s.needs_expectation() for s in transcript.steps):
            continue
        try:
            done = record_one(transcript, sandbox, "update" if options.update else "missing")
            print("%s: %d replies recorded" % (transcript.name, done))
        except Failure as failure:
            bad += 1
            print("FAILED  %s" % transcript.name)
            print_failure(transcript, failure)
    sandbox.stop()
    return bad


def record_one(transcript, sandbox, mode):
    """Writes the replies of both encodings into the file; those of a failed step are left out."""
    by_step = {}
    failures = []
    for variant in transcript.variants():
        player = Player(transcript, sandbox, variant, recording=mode)
        player.run()
        failures += player.failures
        for line, replies in player.recorded.items():
            by_step.setdefault(line, {})[variant] = replies
    steps = {step.line: step for step in transcript.steps}
    recorded = {}
    for line, by_variant in by_step.items():
        try:
            recorded[line] = playing.blocks(steps[line], by_variant)
        except Failure as failure:
            failures.append(failure)
    transcripts.record(transcript, recorded)
    if failures:
        raise failures[0]
    return len(recorded)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="transcripts; all of tests/cases if none is given")
    parser.add_argument("--server", default=DEFAULT_SERVER, help="basalt-server; '' leaves it out")
    parser.add_argument("--oracle", default="redis-server", help="redis-server 7.0; '' leaves it out")
    parser.add_argument("--filter", default="", help="only transcripts whose name contains this")
    parser.add_argument("--jobs", type=int, default=2, help="servers of each kind that run at the same time")
    parser.add_argument("--flag", action="append", default=[], help="a word put on the servers' command lines")
    parser.add_argument("--record", action="store_true", help="fill in missing replies from the oracle")
    parser.add_argument("--update", action="store_true", help="also replace replies that the oracle does not give")
    parser.add_argument("--verbose", action="store_true", help="name the transcripts that pass, too")
    return parser.parse_args()


def main():
    options = parse_arguments()
    started = time.monotonic()
    complete = not options.files and not options.filter
    paths = [os.path.abspath(path) for path in options.files] or find(CASES, options.filter)
    loaded, bad = load_all(paths)
    if options.record or options.update:
        return 1 if record(loaded, options) + bad else 0
    bad += check_differences(loaded, complete)
    targets = [(kind, path) for kind, path in (("basalt", options.server), ("redis", options.oracle)) if path]
    run = Run(options)
    run.failed += bad
    try:
        run.all(loaded, targets)
    finally:
        servers.clear_all()
    if run.failed_names:
        print("\nfailed:\n  " + "\n  ".join(sorted(run.failed_names)))
    print(
        "transcripts: %d replies compared in %.1f seconds on %s"
        % (run.compared, time.monotonic() - started, " and ".join(kind for kind, _ in targets))
    )
    if options.server:
        waiting = [transcript.name for transcript in loaded if run.not_yet.covers(transcript.name)]
        print("transcripts: %d of what Basalt does not have yet (tests/cases/not-yet.txt)" % len(waiting))
    print("%d passed, %d failed" % (run.passed, run.failed))
    return 1 if run.failed or not run.passed else 0


if __name__ == "__main__":
    sys.exit(main())
