"""Runs named checks one after the other and counts them: what the steps of the test run have in common."""

import argparse
import os
import random

from . import resp


class Checks:
    """A check is a function that gives None, or a sentence on what is wrong. `servers` are looked at after one failed."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.servers = []

    def check(self, name, function, *arguments):
        try:
            problem = function(*arguments)
        except (OSError, resp.Closed, resp.Timeout, resp.ProtocolError, AssertionError) as error:
            problem = "%s: %s" % (type(error).__name__, error)
        if problem is None:
            self.passed += 1
            return True
        self.failed += 1
        print("FAILED: %s\n  %s" % (name, problem), flush=True)
        for server in self.servers:
            if server.process and not server.alive():
                print("  %s ended, status %s:\n%s" % (server.kind, server.process.returncode, server.log_tail()))
        return False

    def check_all(self, functions):
        """Each is named by its docstring."""
        for function in functions:
            self.check(function.__doc__, function)

    def finish(self):
        """The counts as the test run wants them; gives the exit status."""
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        return 1 if self.failed or not self.passed else 0


def argument_parser(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    return parser


def kind_of(path):
    return "redis" if "redis" in os.path.basename(path) else "basalt"


def expect(got, wanted, what=""):
    """A sentence if the reply is not what is wanted."""
    if got == wanted:
        return None
    return "%s%s, not %s" % (what + " gives " if what else "", str(got)[:300], str(wanted)[:300])
