"""What Basalt does not have yet (tests/cases/not-yet.txt): left out on Basalt, run on redis-server."""

import os

from lib.transcript import load_differences

PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cases", "not-yet.txt")


class NotYet:
    def __init__(self):
        self.starts = tuple(load_differences(PATH))

    def covers(self, name):
        return name.startswith(self.starts)
