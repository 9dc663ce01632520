#!/usr/bin/python3
"""basalt-admin from outside: its commands on directories and on a running server, and what damage looks like.

    tests/admin/run.py --server build/release/bin/basalt-server

Single records that are missing or wrong are the unit tests' (tools/admin/verify_test.cc). Here a file is
damaged, and a log that was damaged is recovered from by force, which loses some writes in the middle.
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib.servers import Server  # noqa: E402

BINARY_KEY = b"key \x00\xff \"'\\ \n"


class Run:
    def __init__(self, server):
        self.path = server
        self.tool = os.path.join(os.path.dirname(os.path.abspath(server)), "basalt-admin")
        self.passed = 0
        self.failed = 0

    def check(self, what, good, shown=""):
        if good:
            self.passed += 1
            return
        self.failed += 1
        print("FAILED: %s\n%s" % (what, shown), flush=True)

    def admin(self, *words):
        """(exit code, stdout, stderr)"""
        ended = subprocess.run([self.tool, *words], capture_output=True, timeout=300)
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode()

    def serve(self, *flags):
        return Server("basalt", self.path, flags).start()


def data_of(server):
    return os.path.join(server.folder, "data")


def fill(connection):
    """Every type in both encodings, names and values of any bytes, times of keys and fields."""
    call = connection.call
    call("SET", BINARY_KEY, b"value \x00\xfe \r\n\"")
    call("SET", "passing", "x", "PXAT", "4000000000000")
    call("SETRANGE", "sparse", "20000", "end")
    call("APPEND", "chunked", b"\x01z" * 4000)
    call("PFADD", "hll", "a", "b", "c")
    for size in (3, 600):
        members = [b"m%d" % i for i in range(size)]
        call("RPUSH", "list:%d" % size, *members)
        call("SADD", "set:%d" % size, *members)
        call("HSET", "hash:%d" % size, *(word for m in members for word in (m, b"v\x00" + m)))
        call("HPEXPIREAT", "hash:%d" % size, "4000000000000", "FIELDS", "2", "m0", "m2")
        call("ZADD", "zset:%d" % size, *(word for i, m in enumerate(members) for word in (b"%d.5" % (i % 7), m)))
    call("ZADD", "zset:600", "-0", "zero", "inf", "most")
    call("SADD", "numbers", "1", "2", "3")
    call("PEXPIREAT", "set:600", "4000000000000")
    for i in range(1, 400):
        call("XADD", "stream", "%d-1" % i, b"field \x00", b"%d" % i)
    call("XDEL", "stream", "7-1")
    call("XGROUP", "CREATE", "stream", b"group \xff", "0")
    call("XREADGROUP", "GROUP", b"group \xff", "alice", "COUNT", "20", "STREAMS", "stream", ">")
    call("XREADGROUP", "GROUP", b"group \xff", "bob", "COUNT", "5", "STREAMS", "stream", ">")
    call("XGROUP", "CREATE", "empty", "group", "$", "MKSTREAM")
    call("SADD", "gone", *range(500))
    call("DEL", "gone")
    call("SELECT", "5")
    call("SET", "flushed", "x")
    call("FLUSHDB")
    call("SET", "elsewhere", "x")
    call("SELECT", "0")


def test_sound(run):
    server = run.serve()
    connection = server.connect()
    fill(connection)
    data, address = data_of(server), "127.0.0.1:%d" % server.port

    code, out, err = run.admin("verify", "--dir", data)
    run.check("a directory in use is refused, with the next step", code == 1 and "(basalt-server); stop that first" in err, out + err)
    code, online, err = run.admin("stat", "--server", address)
    run.check("stat of a server", code == 0 and re.search(r"hash +spread +1 +0 +600 ", online), online + err)
    code, out, err = run.admin("compact", "--server", address, "--column", "heads", "--range", r"\x00\x00..\x00\x01")
    run.check("compact a range of a column of a server", code == 0 and "compacted heads" in err, out + err)
    code, out, err = run.admin("compact", "--server", address, "--column", "tails")
    run.check("compact names the columns there are", code == 1 and "strings, heads, items" in err, out + err)

    server.kill()
    code, out, err = run.admin("verify", "--dir", data)
    run.check("verify after kill -9", code == 0 and "no damage" in out and "17 keys" in out, out + err)
    code, offline, err = run.admin("stat", "--dir", data)
    run.check("stat of a directory", code == 0 and "600 hash     spread           0 \"hash:600\"" in offline, offline)
    of_keys = [sorted(text.split("\n\n")[0].splitlines()) for text in (online, offline)]
    types = [[re.sub(r" +[0-9.]+ (bytes|KiB)$", "", line) for line in lines] for lines in of_keys]
    run.check("both count the same keys", types[0] == types[1], online + offline)
    code, out, err = run.admin("compact", "--dir", data)
    run.check("compact a directory", code == 0 and err.count("compacted") == 7, out + err)
    test_inspect(run, data)
    test_dump(run, server)
    server.clear()


def test_inspect(run, data):
    code, out, err = run.admin("inspect", r"key \x00\xff \"'\\ \n", "--dir", data)
    run.check("inspect a key of any bytes", code == 0 and r'value     "value \x00\xfe \r\n\""' in out, out + err)
    code, out, err = run.admin("inspect", "hash:600", "--dir", data, "--items", "1000")
    run.check("inspect shows items and rows", out.count("\nitem ") == 600 and out.count("\nrow ") == 2, out + err)
    run.check("and the row in the expiry index", "in the expiry index" in out, out)
    code, out, err = run.admin("inspect", "elsewhere", "--db", "5", "--dir", data)
    run.check("inspect in another database", code == 0 and "type      string, plain" in out, out + err)
    code, out, err = run.admin("inspect", "elsewhere", "--dir", data)
    run.check("inspect says that there is no such key", code == 1 and 'no key "elsewhere" in database 0' in err, out + err)


def test_dump(run, server):
    """What dump prints makes the same keys again."""
    code, out, err = run.admin("dump", "--dir", data_of(server))
    run.check("dump", code == 0 and "17 keys" in err and "SELECT 5\n" in out, err)
    copy = run.serve()
    cli = ["redis-cli", "-p", str(copy.port)]
    replies = subprocess.run(cli, input=out, capture_output=True, text=True, timeout=120).stdout
    run.check("redis-cli reads what dump prints", "ERR" not in replies, replies[-1000:])
    copy.stop()
    code, again, err = run.admin("dump", "--dir", data_of(copy))
    run.check("the copy is the same", again == out, "%d and %d bytes" % (len(out), len(again)))
    code, out, err = run.admin("dump", "--dir", data_of(copy), "--match", "zset:*", "--db", "0")
    run.check("dump of what matches", code == 0 and "2 keys" in err, out[:200] + err)
    copy.clear()


def test_damaged_file(run):
    """verify names the file; the server answers what it can."""
    server = run.serve()
    connection = server.connect()
    for i in range(3000):
        connection.call("SET", "key:%d" % i, "%d" % i + "v" * 100)
    connection.call("SAVE")
    server.stop()
    data = data_of(server)
    path = max(glob.glob(os.path.join(data, "*.sst")), key=os.path.getsize)
    # Its own copy: the checkpoint has hard links to the same files.
    shutil.copyfile(path, path + ".copy")
    os.rename(path + ".copy", path)
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    code, out, err = run.admin("verify", "--dir", data)
    run.check("verify names the damaged file", code == 1 and os.path.basename(path) in out, out + err)
    code, out, err = run.admin("verify", "--dir", data, "--repair")
    run.check("repair refuses a damaged file", code == 1 and "restore the directory from a backup" in err, out + err)
    checkpoint = glob.glob(os.path.join(data, "checkpoints", "*"))[0]
    code, out, err = run.admin("verify", "--dir", checkpoint)
    run.check("the checkpoint is sound", code == 0, out + err)

    code, dumped, err = run.admin("dump", "--dir", data)
    run.check("dump tells of the damage", code == 1 and "damaged blocks left out: 1" in err and "# a damaged block" in dumped, err)

    server.start()
    connection = server.connect()
    replies = [connection.call("GET", "key:%d" % i) for i in range(3000)]
    good = [i for i, reply in enumerate(replies) if reply.kind == "bulk" and reply.value == b"%d" % i + b"v" * 100]
    bad = [reply for reply in replies if reply.kind == "error"]
    run.check("reading the damaged range answers an error", bad and b"orruption" in bad[0].value, str(bad[:1]))
    run.check("dump read as much", dumped.count("\nSET ") == len(good), "%d, not %d" % (dumped.count("\nSET "), len(good)))
    run.check("everything else is served", len(good) + len(bad) == 3000 and len(good) > 2000, "%d good" % len(good))
    for i in range(0, 3000, 10):
        connection.call("SET", "key:%d" % i, "again")
    compacted = connection.call("BASALT", "COMPACT", "strings")
    run.check("a compaction fails", compacted.kind == "error" and os.path.basename(path).encode() in compacted.value, str(compacted))
    run.check("writes go on", connection.call("SET", "new", "value").kind == "simple")
    info = connection.call("INFO").value
    run.check("INFO tells", b"\r\ncount_error:damaged data" in info and b"storage_error:\r\n" in info, info)
    counted = re.search(rb"storage_failures:io=0,no_space=0,corruption=([1-9])", info)
    run.check("and counts the failures", counted is not None, info)
    run.check("checkpoints are made", connection.call("SAVE").kind == "simple")
    server.clear()


def test_repair(run):
    """A log with a damaged record, recovered by force: writes are missing in the middle of a set."""
    server = run.serve()
    connection = server.connect()
    connection.call("SADD", "set", *("first:%d" % i for i in range(500)))
    for i in range(3000):
        connection.call("SADD", "set", "member:%d" % i)
    server.kill()
    data = data_of(server)
    log = max(glob.glob(os.path.join(data, "*.log")), key=os.path.getsize)
    with open(log, "r+b") as file:
        file.seek(os.path.getsize(log) // 2)
        file.write(b"damaged!")
    code, out, err = run.admin("verify", "--dir", data)
    run.check("a damaged log is refused, and named", code == 1 and os.path.basename(log) in err, out + err)

    server.flags = ["--rocksdb.wal_recovery_mode", "kSkipAnyCorruptedRecords"]
    server.start()
    server.connect().call("SET", "another", "key")
    server.stop()
    code, out, err = run.admin("verify", "--dir", data)
    run.check("verify finds what the lost writes left", code == 1 and 'set "set" (db 0): its head says' in out, out + err)
    code, out, err = run.admin("verify", "--dir", data, "--repair")
    run.check("it is repaired", code == 0 and "no damage any more" in out, out + err)
    backup = re.search("backup of the directory as it was: (.*)", out)
    code, out, err = run.admin("verify", "--dir", backup.group(1) if backup else "")
    run.check("the backup is as it was before", code == 1 and 'set "set" (db 0): its head says' in out, out + err)
    code, out, err = run.admin("verify", "--dir", data)
    run.check("verify is content", code == 0, out + err)
    server.flags = []
    server.start()
    connection = server.connect()
    size, members = connection.call("SCARD", "set").value, connection.call("SMEMBERS", "set").value
    run.check("the set is whole again", 500 < size < 3500 and size == len(members), "%s, %d" % (size, len(members)))
    server.clear()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    run = Run(parser.parse_args().server)
    for test in (test_sound, test_damaged_file, test_repair):
        try:
            test(run)
        except Exception as error:
            run.check(test.__name__, False, "%s: %s" % (type(error).__name__, error))
    print("%d passed, %d failed" % (run.passed, run.failed))
    return 1 if run.failed or not run.passed else 0


if __name__ == "__main__":
    sys.exit(main())
