#!/usr/bin/python3
"""The HTTP server for monitoring: what /metrics and /health say, and what else one may ask of it.

    tests/metrics/run.py --server build/release/bin/basalt-server

The text is read by a strict parser (exposition.py), and by promtool too where that is installed. The names in
docker/'s dashboard and alert rules are looked up in what the server shows.
"""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)

from lib.checks import Checks, argument_parser  # noqa: E402
from lib.resp import encode  # noqa: E402
from lib.servers import Server, free_port  # noqa: E402
from metrics import exposition  # noqa: E402

DOCKER = os.path.join(os.path.dirname(TESTS), "docker")


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def expect_equal(got, expected, what):
    expect(got == expected, "%s: %r, expected %r" % (what, got, expected))


class MetricsTest:
    def __init__(self, path):
        self.path = path
        self.port = free_port()
        self.server = Server("basalt", path, ["--metrics-port", str(self.port)]).start()
        self.client = self.server.connect()

    # ---- asking ----

    def get(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response, body

    def families(self):
        response, body = self.get("/metrics")
        expect_equal(response.status, 200, "status")
        return exposition.parse(body)

    def value(self, name, suffix="", **labels):
        family = self.families().get(name)
        expect(family is not None, "there is no %s" % name)
        found = [v for s, l, v in family.samples if s == suffix and labels.items() <= l.items()]
        expect_equal(len(found), 1, "samples of %s%s %s" % (name, suffix, labels))
        return found[0]

    def info(self):
        text = self.client.call("INFO", "everything").value
        lines = text.decode().split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def raw(self, data, timeout=20):
        """What the server answers to these bytes, until it closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(data)
            return self.read_all(connection)

    def read_all(self, connection):
        answer = b""
        while True:
            part = connection.recv(65536)
            if not part:
                return answer
            answer += part

    # ---- tests, in this order ----

    def test_off_by_default(self):
        other = Server("basalt", self.path).start()
        connection = other.connect()
        reply = connection.call("CONFIG", "GET", "metrics-*")
        other.stop()
        expect_equal([r.value for r in reply.value[1::2] if r.value.isdigit()], [b"0"], "metrics-port")
        expect("Metrics at" not in other.log_tail(), "it says that it shows metrics")

    def test_port_can_be_changed(self):
        old = self.port
        self.port = free_port()
        expect_equal(self.client.call("CONFIG", "SET", "metrics-port", str(self.port)).value, b"OK", "CONFIG SET")
        expect_equal(self.get("/health")[0].status, 200, "status at the new port")
        try:
            socket.create_connection(("127.0.0.1", old), timeout=20).close()
        except ConnectionRefusedError:
            pass
        else:
            raise AssertionError("the old port still listens")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            reply = self.client.call("CONFIG", "SET", "metrics-port", str(taken.getsockname()[1]))
            expect_equal(reply.kind, "error", "a port that is taken")
        expect_equal(self.get("/health")[0].status, 200, "status at the port that stays")
        expect_equal(self.client.call("CONFIG", "GET", "metrics-port").value[1].value, str(self.port).encode(), "GET")

    def test_text_is_well_formed(self):
        self.client.call("SET", "k", "v")
        response, body = self.get("/metrics")
        expect_equal(response.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8", "content type")
        expect_equal(response.getheader("Connection"), "close", "connection")
        exposition.parse(body)
        promtool = shutil.which("promtool")
        if not promtool:
            print("promtool is not installed: the text was read by our own parser only", flush=True)
            return
        check = subprocess.run([promtool, "check", "metrics"], input=body, text=True, capture_output=True)
        expect(check.returncode == 0 and not check.stderr, "promtool: " + check.stdout + check.stderr)

    def test_parser_is_strict(self):
        good = '# HELP a_total x\n# TYPE a_total counter\na_total{b="c"} 1\n'
        exposition.parse(good)
        for bad in (good[:-1], good + 'a_total{b="c"} 2\n', good.replace(" 1", " one"), good.replace("_total", "_sum"),
                    good.replace(" x", ""), good + "other 1\n", good.replace('"c"', "c"), good.replace("1\n", "-1\n")):
            try:
                exposition.parse(bad)
            except exposition.Malformed:
                continue
            raise AssertionError("taken for good: %r" % bad)

    def test_commands_are_counted(self):
        before = self.value("basalt_command_duration_seconds", "_count", command="set")
        self.client.send(b"".join(encode(["SET", "key:%d" % i, "x" * 100]) for i in range(500)))
        for _ in range(500):
            self.client.read()
        expect_equal(self.value("basalt_command_duration_seconds", "_count", command="set"), before + 500, "SETs")
        expect(self.value("basalt_command_duration_seconds", "_sum", command="set") > 0, "SETs took no time at all")
        self.client.call("CONFIG", "GET", "port")
        expect(self.value("basalt_command_duration_seconds", "_count", command="config|get") >= 1, "a subcommand")

    def test_errors_are_counted(self):
        self.client.call("LPUSH", "k", "v")
        self.client.call("GET")
        self.client.call("NOSUCH")
        expect_equal(self.value("basalt_error_replies_total", prefix="WRONGTYPE"), 1, "WRONGTYPE")
        expect(self.value("basalt_error_replies_total", prefix="ERR") >= 2, "ERR")
        expect_equal(self.value("basalt_command_failures_total", command="lpush"), 1, "failed LPUSHes")
        expect_equal(self.value("basalt_command_rejections_total", command="get"), 1, "rejected GETs")

    def test_figures_are_those_of_info(self):
        self.client.call("SELECT", "3")
        self.client.call("SET", "with expiry", "v", "EX", "1000")
        self.client.call("SELECT", "0")
        info = self.info()
        expect_equal(self.value("basalt_keys", db="3"), 1, "keys of db3")
        expect_equal(self.value("basalt_keys_with_expiry", db="3"), 1, "keys with expiry of db3")
        keys = int(re.match(r"keys=(\d+)", info["db0"]).group(1))
        expect_equal(self.value("basalt_keys", db="0"), keys, "keys of db0")
        for name, field, factor in (
            ("basalt_connections_received_total", "total_connections_received", 1),
            ("basalt_connected_clients", "connected_clients", 1),
            ("basalt_max_clients", "maxclients", 1),
            ("basalt_maxmemory_bytes", "maxmemory", 1),
            ("basalt_block_cache_capacity_bytes", "block_cache_capacity", 1),
            ("basalt_storage_threads", "storage_threads", 1),
            ("basalt_expired_keys_total", "expired_keys", 1),
            ("basalt_keyspace_misses_total", "keyspace_misses", 1),
            ("basalt_commands_processed_total", "total_commands_processed", 1),
            ("basalt_offloaded_commands_total", "offloaded_commands", None),
            ("basalt_uptime_seconds", "uptime_in_seconds", None),
        ):
            got, told = self.value(name), float(info[field])
            # What goes on meanwhile (INFO itself, a second) may be counted in one and not in the other.
            near = got == told * factor if factor and "processed" not in name else abs(got - told) <= 3
            expect(near, "%s is %s, INFO's %s %s" % (name, got, field, told))

    def test_clients_are_counted(self):
        subscriber, tracker, waiter = (self.server.connect() for _ in range(3))
        subscriber.call("SUBSCRIBE", "channel")
        tracker.call("HELLO", "3")
        tracker.call("CLIENT", "TRACKING", "on")
        waiter.send(encode(["BLPOP", "nothing", "0"]))
        wanted = {"basalt_pubsub_clients": 1, "basalt_tracking_clients": 1, "basalt_blocked_clients": 1,
                  "basalt_connected_clients": 4}
        deadline = time.monotonic() + 5
        while (got := {name: self.value(name) for name in wanted}) != wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        for connection in (subscriber, tracker, waiter):
            connection.close()
        expect_equal(got, wanted, "clients")

    def test_every_number_of_storage(self):
        families = self.families()
        for name in ("basalt_column_live_table_bytes", "basalt_column_table_bytes", "basalt_column_memtable_bytes",
                     "basalt_column_records", "basalt_column_level0_files"):
            columns = {labels["column"] for _, labels, _ in families[name].samples}
            expect_equal(columns, {"strings", "heads", "items", "scores", "expiry", "streams", "system"}, name)
        for name in ("basalt_disk_wal_bytes", "basalt_volume_bytes", "basalt_volume_free_bytes",
                     "basalt_wal_written_bytes_total", "basalt_memtables_bytes", "basalt_memory_resident_bytes"):
            expect(families[name].samples[0][2] > 0, "%s is 0" % name)
        labels = families["basalt_build_info"].samples[0][1]
        expect_equal(labels["redis_version"], self.info()["redis_version"], "version")

    def test_health(self):
        response, body = self.get("/health")
        expect_equal((response.status, body), (200, "ok\n"), "/health")

    def test_what_else_is_asked(self):
        for path, method, status in (
            ("/", "GET", 404), ("/metrics/", "GET", 404), ("/nothing", "POST", 404), ("/metrics", "POST", 405),
            ("/metrics", "HEAD", 405), ("/health", "DELETE", 405), ("/metrics?x=1", "GET", 200), ("/health?", "GET", 200),
        ):
            response, _ = self.get(path, method)
            expect_equal(response.status, status, "%s %s" % (method, path))
            expect_equal(response.getheader("Allow"), "GET" if status == 405 else None, "Allow of %s %s" % (method, path))

    def test_bad_requests(self):
        for data, status in (
            (b"nonsense\r\n\r\n", 400), (b"GET\r\n\r\n", 400), (b"GET  HTTP/1.1\r\n\r\n", 400), (b"\r\n\r\n", 400),
            (b"GET /metrics\r\n\r\n", 400), (b"GET /metrics HTTP/2.0\r\n\r\n", 400),
            (b"GET /a b HTTP/1.1\r\n\r\n", 400), (b"*1\r\n$4\r\nPING\r\n\r\n", 400), (b"\x00\xff\r\n\r\n", 400),
            (b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 4000, 431), (b"G" * 8192, 431),
        ):
            answer = self.raw(data)
            expect(answer.startswith(b"HTTP/1.1 %d " % status), "%r: %r" % (data[:40], answer[:40]))

    def test_pieces_make_a_request(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            for byte in b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n":
                connection.sendall(bytes([byte]))
            expect(self.read_all(connection).endswith(b"\r\n\r\nok\n"), "a request byte by byte")

    def test_too_many_and_too_slow(self):
        """Sixteen are served at a time; one that sends nothing is closed after a while, and makes room."""
        began = time.monotonic()
        silent = [socket.create_connection(("127.0.0.1", self.port), timeout=20) for _ in range(16)]
        try:
            expect(self.raw(b"").startswith(b"HTTP/1.1 503 "), "one more than there may be")
            for connection in silent:
                expect_equal(self.read_all(connection), b"", "who asked nothing")
            waited = time.monotonic() - began
            expect(3 < waited < 15, "closed after %.1f s" % waited)
            expect_equal(self.get("/health")[0].status, 200, "after them")
        finally:
            for connection in silent:
                connection.close()

    def test_size_limit(self):
        """max-db-size at run time: writes refused, reads, deletes and health served, and back again."""
        self.client.call("FLUSHALL")
        keys = self.fill(16 << 20)
        # Half of what is there: no flush and no compaction brings that below the limit.
        refusal = self.limit_and_wait_for_refusal("8mb")
        expect(b"max-db-size" in refusal and refusal.startswith(b"MISCONF "), "the refusal: %r" % refusal)
        expect_equal(self.value("basalt_writes_refused"), 1, "basalt_writes_refused")
        expect_equal(self.value("basalt_max_db_size_bytes"), 8 << 20, "basalt_max_db_size_bytes")
        expect(self.value("basalt_disk_bytes") >= 8 << 20, "basalt_disk_bytes is below the limit")
        expect(self.value("basalt_error_replies_total", prefix="MISCONF") >= 1, "MISCONF replies")
        response, body = self.get("/health")
        expect(response.status == 503 and "max-db-size" in body, "/health: %d %r" % (response.status, body))
        expect("max-db-size" in self.info()["storage_error"], "INFO does not say why")
        expect_equal(len(self.client.call("GET", keys[0]).value), 10000, "a read")
        for key in keys:
            expect_equal(self.client.call("DEL", key).value, 1, "a delete")
        self.wait_for_writes()
        expect_equal(self.get("/health")[0].status, 200, "/health afterwards")
        self.client.call("CONFIG", "SET", "max-db-size", "0")
        self.fill(4 << 20)
        self.limit_and_wait_for_refusal("1mb")
        self.client.call("CONFIG", "SET", "max-db-size", "0")
        self.wait_for_writes()
        expect_equal(self.client.call("FLUSHALL").kind, "simple", "FLUSHALL")

    def fill(self, size):
        keys = ["big:%d" % i for i in range(size // 10000 + 1)]
        for key in keys:
            expect_equal(self.client.call("SET", key, os.urandom(10000)).kind, "simple", "SET without a limit")
        return keys

    def limit_and_wait_for_refusal(self, limit):
        expect_equal(self.client.call("CONFIG", "SET", "max-db-size", limit).kind, "simple", "CONFIG SET")
        deadline = time.monotonic() + 30
        while (reply := self.client.call("SET", "probe", "x")).kind != "error":
            expect(time.monotonic() < deadline, "writes are never refused")
            time.sleep(0.02)
        return reply.value

    def wait_for_writes(self):
        deadline = time.monotonic() + 60
        while (reply := self.client.call("SET", "probe", "x")).kind == "error":
            expect(time.monotonic() < deadline, "writes do not come back: %r" % reply.value)
            time.sleep(0.1)

    def test_dashboard_and_alerts_name_what_there_is(self):
        families = self.families()
        expressions = list(dashboard_expressions()) + list(alert_expressions())
        expect(len(expressions) > 20, "only %d expressions were found" % len(expressions))
        for where, expression in expressions:
            names = re.findall(r"\b(basalt_[a-z0-9_]+)", expression)
            expect(names or "up{" in expression, "%s names no metric: %s" % (where, expression))
            for name in names:
                expect(name in series_names(families), "%s names %s, which is not there" % (where, name))
            for name, selector in re.findall(r"\b(basalt_[a-z0-9_]+)\{([^}]*)\}", expression):
                for label in re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", selector):
                    known = label_names(families, name) | {"job", "instance"}
                    expect(label in known, "%s asks %s for the label %s" % (where, name, label))

    def test_shutdown_does_not_wait_for_monitors(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(b"GET /metrics HT")
            began = time.monotonic()
            expect_equal(self.server.stop(), 0, "exit status")
            expect(time.monotonic() - began < 4, "the end took %.1f s" % (time.monotonic() - began))


def series_names(families):
    for name, family in families.items():
        yield from (name + suffix for suffix in ("_bucket", "_sum", "_count")) if family.kind == "histogram" else (name,)


def label_names(families, series):
    name = series if series in families else re.sub(r"_(bucket|sum|count)$", "", series)
    return {label for _, labels, _ in families[name].samples for label in labels}


def dashboard_expressions():
    """What the panels and variables of the Grafana dashboards ask."""
    folder = os.path.join(DOCKER, "grafana", "dashboards")
    for file in sorted(os.listdir(folder)):
        with open(os.path.join(folder, file), encoding="utf-8") as text:
            dashboard = json.load(text)
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield "%s, %s" % (file, panel["title"]), target["expr"]
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                yield "%s, $%s" % (file, variable["name"]), variable["query"]["query"]


def alert_expressions():
    with open(os.path.join(DOCKER, "alerts.yml"), encoding="utf-8") as text:
        lines = text.read().split("\n")
    for number, line in enumerate(lines, 1):
        if re.match(r"\s+(- )?(expr|record):", line):
            expression = line.split(":", 1)[1].strip()
            # A block goes on as long as lines are indented deeper.
            indent = len(line) - len(line.lstrip())
            for more in lines[number:]:
                if expression not in ("|", ">-", ">") and not more.startswith(" " * (indent + 1)):
                    break
                if len(more) - len(more.lstrip()) <= indent:
                    break
                expression += " " + more.strip()
            yield "alerts.yml:%d" % number, expression


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--filter", default="", help="only tests whose name contains this")
    options = parser.parse_args()
    test = MetricsTest(options.server)
    checks = Checks()
    checks.servers = [test.server]
    for name in [name for name in vars(MetricsTest) if name.startswith("test_") and options.filter in name]:
        checks.check(name, getattr(test, name))
    test.server.stop()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
