"""python3-redis: the tutorial's steps. Prints `ok NAME` or `FAILED NAME: why` a line."""

import sys

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
    for test in tests + [subscriptions, locks, other_databases]:
        name = test.__name__.replace("_", " ")
        try:
            test(client)
            print("ok %s" % name)
        except Exception as error:
            print("FAILED %s: %s: %s" % (name, type(error).__name__, error))


main()
