#!/usr/bin/python3
"""What idle connections cost: the server's resident memory without them, with them, and after a PING on each.

    tools/dev bench idle [--connections 10000] [--limit-mib 100]

The exit status is 1 if the server's memory, or its growth, is not below the limit.
"""

import argparse
import os
import resource
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import measure, resp  # noqa: E402

SPARE_FILES = 200
ACCEPT_LIMIT = 60.0  # seconds


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_server_options(parser)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--limit-mib", type=float, default=100.0)
    parser.add_argument("--settle", type=float, default=2.0, help="seconds to wait before each look at the memory")
    return parser.parse_args()


def allow_files(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(hard, count)))


def open_connections(port, count, control):
    sockets = []
    for _ in range(count):
        sockets.append(socket.create_connection(("127.0.0.1", port)))
    deadline = time.monotonic() + ACCEPT_LIMIT
    while int(measure.info(control, "clients")["connected_clients"]) < count + 1:
        if time.monotonic() > deadline:
            raise RuntimeError("the server did not accept all connections: %s" % measure.info(control, "clients"))
        time.sleep(0.05)
    return sockets


def ping_each(sockets):
    for one in sockets:
        one.sendall(resp.encode(["PING"]))
    for one in sockets:
        if one.recv(64) != b"+PONG\r\n":
            raise RuntimeError("a connection did not answer PING")


def main():
    options = parse_arguments()
    allow_files(options.connections + SPARE_FILES)
    # Room for the control connection, which counts too.
    server = measure.basalt(options, "--maxclients", str(options.connections + 100))
    control = server.connect(timeout=60.0)
    sizes = []

    def look(state):
        time.sleep(options.settle)
        sizes.append((state, measure.resident_bytes(server.process)))

    look("no connections")
    sockets = open_connections(server.port, options.connections, control)
    look("%d opened" % options.connections)
    ping_each(sockets)
    look("after a PING on each")
    for one in sockets:
        one.close()
    look("closed again")

    base = sizes[0][1]
    rows = [
        (state, measure.mib(size), measure.mib(size - base), "%.0f" % ((size - base) / options.connections))
        for state, size in sizes
    ]
    measure.table(("connections", "resident", "growth", "bytes per connection"), rows)
    limit = options.limit_mib * measure.MIB
    highest = max(size for _, size in sizes)
    print("growth below %g MiB: %s" % (options.limit_mib, measure.verdict(highest - base < limit)))
    print("resident memory below %g MiB: %s" % (options.limit_mib, measure.verdict(highest < limit)))
    return 0 if highest < limit else 1


if __name__ == "__main__":
    sys.exit(main())
