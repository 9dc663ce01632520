#!/usr/bin/python3
"""Clients that people use: each connects and does the steps of a tutorial.

    tests/clients/run.py --server build/release/bin/basalt-server

A client that is not installed is counted as skipped, and said so: python3-redis is a Debian package,
`npm install` in this folder brings the Node clients (ioredis, redis).
"""

import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from lib import resp  # noqa: E402
from lib.servers import Server  # noqa: E402

# name, the command that tells whether it is there, the command that runs its tests
CLIENTS = [
    ("python3-redis", ["/usr/bin/python3", "-c", "import redis"], ["/usr/bin/python3", "client_python.py"]),
    ("ioredis", ["node", "-e", "require('ioredis')"], ["node", "client_ioredis.js"]),
    ("node-redis", ["node", "-e", "require('redis')"], ["node", "client_redis.js"]),
]


def there(command):
    try:
        return subprocess.run(command, cwd=HERE, capture_output=True, timeout=60).returncode == 0
    except OSError:
        return False


def run_client(name, command, port):
    """(passed, failed) of a client's own tests."""
    try:
        done = subprocess.run(command + [str(port)], cwd=HERE, capture_output=True, text=True, timeout=120)
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        output, status = (error.stdout or b"").decode(), "a time-out"
        done = None
    lines = output.splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failures = [line for line in lines if line.startswith("FAILED ")]
    if status != 0 or not passed:
        failures.append("FAILED ended with %s\n%s%s" % (status, output, done.stderr if done else ""))
    for failure in failures:
        print("%s: %s" % (name, failure))
    print("%s: %d passed, %d failed" % (name, passed, len(failures)), flush=True)
    return passed, len(failures)


def negotiation(port):
    """The two protocols, as a client that asks for them sees them."""
    connection = resp.Connection(port)
    checks = [
        ("RESP2 is what one gets", connection.call("HELLO").kind == "array"),
        ("RESP3 when asked for", connection.call("HELLO", 3).kind == "map"),
        ("a null of RESP3", connection.call("GET", "no-such-key").kind == "null"),
        ("back to RESP2", connection.call("HELLO", 2).kind == "array"),
        ("a null of RESP2", connection.call("GET", "no-such-key").kind == "nil"),
        ("no RESP4", connection.call("HELLO", 4).value == b"NOPROTO unsupported protocol version"),
    ]
    connection.close()
    failures = [name for name, good in checks if not good]
    for name in failures:
        print("negotiation: FAILED %s" % name)
    return len(checks) - len(failures), len(failures)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    options = parser.parse_args()
    kind = "redis" if "redis" in os.path.basename(options.server) else "basalt"
    server = Server(kind, options.server).start()
    counts = [negotiation(server.port)]
    skipped = 0
    for name, probe, command in CLIENTS:
        if there(probe):
            counts.append(run_client(name, command, server.port))
        else:
            skipped += 1
            print("%s: SKIPPED, it is not installed" % name)
    server.stop()
    passed, failed = (sum(numbers) for numbers in zip(*counts))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
