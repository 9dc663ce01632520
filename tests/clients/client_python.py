"""python3-redis: the tutorial's steps. Prints `ok NAME` or `FAILED NAME: why` a line."""

import sys
import threading
import time

import redis

PORT = int(sys.argv[1])


def connects(client):
    assert client.ping() is True
    assert client.info("server")["redis_version"].startswith("7.")
    assert client.client_id() > 0


def strings(client):
    assert client.set("key", "value") is True
    assert client.get("key") == b"value"
    assert client.set("key", "other", nx=True) is None
    assert client.set("timed", "v", ex=100) is True
    assert 90 < client.ttl("timed") <= 100
    assert client.get("missing") is None
    assert client.getrange("key", 1, 2) == b"al"
    assert client.append("key", "!") == 6
    assert client.delete("key", "timed", "missing") == 2


def numbers(client):
    assert client.incr("n") == 1
    assert client.incr("n", 41) == 42
    assert client.incrbyfloat("f", 1.5) == 1.5
    client.set("text", "x")
    try:
        client.incr("text")
    except redis.ResponseError as error:
        assert "not an integer" in str(error)
    else:
        raise AssertionError("INCR of a text succeeded")


def binary(client):
    every_byte = bytes(range(256))
    client.set(every_byte, every_byte)
    assert client.get(every_byte) == every_byte


def many_keys(client):
    assert client.mset({"a": 1, "b": 2}) is True
    assert client.mget("a", "missing", "b") == [b"1", None, b"2"]


def pipelines(client):
    with client.pipeline(transaction=False) as pipe:
        assert pipe.set("p", 1).incr("p").get("p").execute() == [True, 2, b"2"]


def transactions(client):
    with client.pipeline() as pipe:
        pipe.watch("p")
        value = int(pipe.get("p"))
        pipe.multi()
        assert pipe.set("p", value + 1).get("p").execute() == [True, b"3"]
        pipe.watch("p")
        client.set("p", 100)
        pipe.multi()
        pipe.set("p", 0)
        try:
            pipe.execute()
        except redis.WatchError:
            return
    raise AssertionError("EXEC ran although the key had changed")


def collections(client):
    client.rpush("list", "a", "b", "c")
    assert client.lrange("list", 0, -1) == [b"a", b"b", b"c"]
    client.hset("hash", mapping={"f": "v", "g": "w"})
    assert client.hgetall("hash") == {b"f": b"v", b"g": b"w"}
    client.sadd("set", "x", "y")
    assert client.smembers("set") == {b"x", b"y"}
    client.zadd("zset", {"one": 1.5, "two": 2})
    assert client.zrange("zset", 0, -1, withscores=True) == [(b"one", 1.5), (b"two", 2.0)]


def scanning(client):
    assert len(set(client.scan_iter(count=3))) == client.dbsize()


def subscriptions(client):
    pubsub = client.pubsub()
    pubsub.subscribe("channel")
    assert pubsub.get_message(timeout=5)["type"] == "subscribe"
    client.publish("channel", "hello")
    assert pubsub.get_message(timeout=5)["data"] == b"hello"
    pubsub.close()


def patterns_and_handlers(client):
    """The README's message handlers, in a thread of the client's own."""
    received = []
    arrived = threading.Event()

    def handler(message):
        received.append((message["type"], message["channel"], message["data"]))
        if len(received) == 2:
            arrived.set()

    pubsub = client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(**{"my-channel": handler})
    pubsub.psubscribe(**{"my-*": handler})
    # run_in_thread() wants to know of all subscriptions.
    thread = pubsub.run_in_thread(sleep_time=0.01)
    while client.pubsub_numsub("my-channel")[0][1] == 0 or client.pubsub_numpat() == 0:
        time.sleep(0.01)
    assert client.publish("my-channel", "awesome data") == 2
    assert arrived.wait(5)
    thread.stop()
    thread.join()
    pubsub.close()
    assert sorted(received) == [
        ("message", b"my-channel", b"awesome data"),
        ("pmessage", b"my-channel", b"awesome data"),
    ]


def keyspace_notifications(client):
    client.config_set("notify-keyspace-events", "KEA")
    pubsub = client.pubsub(ignore_subscribe_messages=True)
    pubsub.psubscribe("__keyspace@0__:*")
    assert pubsub.get_message(timeout=5) is None
    client.set("noted", 1)
    assert pubsub.get_message(timeout=5)["data"] == b"set"
    client.config_set("notify-keyspace-events", "")
    pubsub.close()


def optimistic_locking(client):
    """The README's loop, with four threads that get into each other's way."""
    client.set("OUR-SEQUENCE-KEY", 0)

    def increment():
        for _ in range(25):
            with client.pipeline() as pipe:
                while True:
                    try:
                        pipe.watch("OUR-SEQUENCE-KEY")
                        current = int(pipe.get("OUR-SEQUENCE-KEY"))
                        pipe.multi()
                        pipe.set("OUR-SEQUENCE-KEY", current + 1)
                        pipe.execute()
                        break
                    except redis.WatchError:
                        continue

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert int(client.get("OUR-SEQUENCE-KEY")) == 100


def transaction_helper(client):
    client.set("balance", 10)

    def double(pipe):
        value = int(pipe.get("balance"))
        pipe.multi()
        pipe.set("balance", value * 2)

    assert client.transaction(double, "balance") == [True]
    assert client.get("balance") == b"20"


def errors_in_pipelines(client):
    with client.pipeline() as pipe:
        replies = pipe.set("text", "x").incr("text").get("text").execute(raise_on_error=False)
    assert replies[0] is True and isinstance(replies[1], redis.ResponseError) and replies[2] == b"x"


def tracking(client):
    """This version of the client has no cache of its own: its commands, and what the server tells by REDIRECT."""
    told = redis.Redis(port=PORT, single_connection_client=True)
    number = told.client_id()
    listener = told.pubsub()
    listener.connection = told.connection
    listener.subscribe("__redis__:invalidate")
    assert listener.get_message(timeout=5)["type"] == "subscribe"
    reader = redis.Redis(port=PORT, single_connection_client=True)
    assert reader.execute_command("CLIENT TRACKING", "ON", "REDIRECT", number) == b"OK"
    assert reader.client_getredir() == number
    reader.set("cached", 1)
    reader.get("cached")
    client.set("cached", 2)
    assert listener.get_message(timeout=5)["data"] == [b"cached"]
    assert reader.execute_command("CLIENT TRACKING", "OFF") == b"OK"
    assert reader.client_getredir() == -1
    reader.close()


def monitoring(client):
    with client.monitor() as monitor:
        client.set("seen", "by monitor")
        for command in monitor.listen():
            if command["command"] == "SET seen by monitor":
                break


def clients(client):
    other = redis.Redis(port=PORT, single_connection_client=True)
    other.client_setname("other")
    found = [one for one in client.client_list() if one["name"] == "other"]
    assert len(found) == 1 and found[0]["cmd"] == "client|setname" and found[0]["db"] == "0"
    assert client.client_kill_filter(_id=found[0]["id"]) == 1
    assert client.client_pause(1) is True and client.client_unpause() == b"OK"


def locks(client):
    """The client's lock needs scripts only to let go; taking it needs SET NX PX."""
    assert client.set("lock", "token", nx=True, px=10_000) is True
    assert client.set("lock", "token2", nx=True, px=10_000) is None


def other_databases(client):
    other = redis.Redis(port=PORT, db=3)
    other.set("there", 1)
    assert client.get("there") is None
    assert other.get("there") == b"1"
    other.close()


def main():
    client = redis.Redis(port=PORT, socket_timeout=10)
    client.flushall()
    tests = [connects, strings, numbers, binary, many_keys, pipelines, transactions, collections, scanning]
    tests += [subscriptions, patterns_and_handlers, keyspace_notifications, optimistic_locking, transaction_helper]
    tests += [errors_in_pipelines, tracking, monitoring, clients, locks, other_databases]
    for test in tests:
        name = test.__name__.replace("_", " ")
        try:
            test(client)
            print("ok %s" % name)
        except Exception as error:
            print("FAILED %s: %s: %s" % (name, type(error).__name__, error))


main()
