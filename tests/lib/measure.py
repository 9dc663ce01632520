"""What benchmarks share: light pipelining, memory, disk and CPU of a process, percentiles, tables.

Nothing here decides what is measured; each benchmark in tests/bench does that.
"""

import os
import statistics
import subprocess
import sys
import time

from . import resp
from .servers import Server

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASALT = os.path.join(ROOT, "build", "release", "bin", "basalt-server")
MIB = 1024 * 1024


# Servers --------------------------------------------------------------------------------------------


def add_server_options(parser):
    parser.add_argument("--server", default=BASALT, help="the server's program; %(default)s")
    parser.add_argument("--flag", action="append", default=[], help="a word for the server's command line")


def basalt(options, *flags):
    """A started Basalt, with the benchmark's own flags and then the caller's."""
    return Server("basalt", options.server, list(flags) + options.flag).start()


def info(connection, section="everything"):
    """INFO's fields, as text."""
    reply = connection.call("INFO", section, timeout=60.0)
    lines = reply.value.decode(errors="replace").split("\r\n")
    return dict(line.split(":", 1) for line in lines if ":" in line)


def status_bytes(process, field):
    """VmRSS, VmHWM (the highest VmRSS so far) and the like, in bytes."""
    with open("/proc/%d/status" % process.pid) as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not tell %s" % field)


def resident_bytes(process):
    return status_bytes(process, "VmRSS")


def cpu_seconds(process):
    with open("/proc/%d/stat" % process.pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
            return [int(child) for child in children.read().split()]
    except OSError:
        return []  # it ended


def work_seconds(process):
    """Processor time of a server and of the processes that it has forked, as far as they still run."""
    total = cpu_seconds(process)
    for child in children_of(process.pid):
        try:
            with open("/proc/%d/schedstat" % child) as stat:
                total += int(stat.read().split()[0]) / 1e9
        except OSError:
            pass
    return total


def wait_quiet(*processes, limit=120.0, window=1.0, share=0.05):
    """Waits until each process has (nearly) no work left, such as compactions; False if one never does."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        before = [work_seconds(process) for process in processes]
        time.sleep(window)
        after = [work_seconds(process) for process in processes]
        # A child that ended takes its time with it.
        if all(abs(now - then) <= share * window for then, now in zip(before, after)):
            return True
    return False


# Disk -----------------------------------------------------------------------------------------------


def files_of(folder):
    for place, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(place, name)


def disk_bytes(folder, ending=""):
    """What `du` says of the files with this ending; one that goes away meanwhile counts nothing."""
    total = 0
    for path in files_of(folder):
        if not path.endswith(ending):
            continue
        try:
            total += os.stat(path).st_blocks * 512
        except FileNotFoundError:
            pass
    return total


def forget_cached_pages(folder):
    """Asks the kernel to drop the folder's files from its page cache (this takes no privilege)."""
    for path in files_of(folder):
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)


# Load -----------------------------------------------------------------------------------------------


class ErrorReply(Exception):
    """A benchmark's command was answered with an error."""


class Pipe:
    """A connection that only counts the lines of its replies: Python stays out of the measurement.

    Replies must hold no line break, and no line of a value may begin with a minus sign.
    """

    def __init__(self, port, timeout=60.0):
        self.socket_ = resp.Connection(port, timeout=timeout).socket_
        self.socket_.settimeout(timeout)

    def exchange(self, commands, lines):
        """Sends the bytes of some commands, reads that many lines of replies."""
        self.socket_.sendall(commands)
        left, last = lines, b"\r\n"
        while left > 0:
            data = self.socket_.recv(1 << 18)
            if not data:
                raise resp.Closed()
            seen = last + data  # a line break may come in two parts
            if b"\r\n-" in seen:
                raise ErrorReply(seen[seen.index(b"\r\n-") :][:200].decode(errors="replace").strip())
            left -= seen.count(b"\r\n") - last.count(b"\r\n")
            last = seen[-2:]
        if left:
            raise resp.ProtocolError("%d lines of replies more than expected" % -left)

    def close(self):
        self.socket_.close()


def batches(numbers, size):
    """The ranges of at most `size` that make up the range `numbers`."""
    for start in range(numbers.start, numbers.stop, size):
        yield range(start, min(start + size, numbers.stop))


def redis_cli_pipe(port, chunks):
    """Feeds `redis-cli --pipe`; gives what it printed last, such as "errors: 0, replies: 1000"."""
    command = ["redis-cli", "-p", str(port), "--pipe"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for chunk in chunks:
            child.stdin.write(chunk)
        child.stdin.close()
    except BrokenPipeError:
        pass  # what it printed says why
    printed = child.stdout.read().decode(errors="replace")
    child.wait()
    return printed.strip().splitlines()[-1] if printed.strip() else "nothing was printed"


# Figures --------------------------------------------------------------------------------------------


def percentile(values, percent):
    """The value that `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def median(values):
    return statistics.median(values)


def mib(size):
    return "%.1f MiB" % (size / MIB)


def verdict(good):
    return "yes" if good else "NO"


def table(headers, rows, out=sys.stdout):
    """A Markdown table, aligned; the first column to the left, the others to the right."""
    lines = [[str(cell) for cell in row] for row in [headers] + list(rows)]
    widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(headers))]

    def row(cells):
        padded = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    print("\n".join([row(lines[0]), row(rule)] + [row(line) for line in lines[1:]]), file=out, flush=True)
