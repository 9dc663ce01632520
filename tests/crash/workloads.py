"""What the crash test writes: kinds of writes, and a model of what each does.

A workload is a function (random, n, prefix) that gives the commands of the n-th write: one command, or
several, which then are one transaction. To try another kind of write, add a function to WORKLOADS and,
for a command the model does not know, its effect to the model.
"""


def value(random, n):
    """The number of the write and random bytes, sometimes many: what is read is compared to the last byte."""
    size = random.choice((0, 10, 100, 100, 1000, 5000)) if random.random() < 0.98 else 100_000
    return (b"%d:" % n) + random.randbytes(min(size, 64)) * (size // 64 + 1)


def strings(random, n, prefix):
    return [(b"SET", prefix + b"s%d" % random.randrange(200), value(random, n))]


def pieces(random, n, prefix):
    return [(b"APPEND", prefix + b"a%d" % random.randrange(5), b"[%d]" % n)]


def counters(random, n, prefix):
    return [(b"INCRBY", prefix + b"n%d" % random.randrange(5), b"%d" % random.randrange(-5, 100))]


def groups(random, n, prefix):
    """Keys that always have the same value: an MSET is all or nothing."""
    group = prefix + b"g%d:" % random.randrange(20)
    same = value(random, n)
    return [(b"MSET",) + tuple(word for member in b"abcdef" for word in (group + bytes([member]), same))]


def lists(random, n, prefix):
    key = prefix + b"l%d" % random.randrange(5)
    return [
        random.choice(
            (
                (b"RPUSH", key, b"%d" % n, b"%d+" % n),
                (b"LPUSH", key, b"%d" % n),
                (b"LPOP", key),
                (b"RPOP", key),
            )
        )
    ]


def hashes(random, n, prefix):
    key = prefix + b"h%d" % random.randrange(5)
    fields = [word for _ in range(3) for word in (b"f%d" % random.randrange(100), value(random, n)[:200])]
    return [(b"HSET", key, *fields) if random.random() < 0.8 else (b"HDEL", key, fields[0], fields[2])]


def sets(random, n, prefix):
    key = prefix + b"m%d" % random.randrange(5)
    members = [b"%d" % random.randrange(300) for _ in range(3)]
    return [(random.choice((b"SADD", b"SADD", b"SREM")), key, *members)]


def sorted_sets(random, n, prefix):
    key = prefix + b"z%d" % random.randrange(5)
    member = b"m%d" % random.randrange(300)
    return [(b"ZADD", key, b"%d" % n, member) if random.random() < 0.8 else (b"ZREM", key, member)]


def streams(random, n, prefix):
    key = prefix + b"x%d" % random.randrange(3)
    if random.random() < 0.8:
        return [(b"XADD", key, b"MAXLEN", b"30", b"%d-1" % n, b"value", value(random, n)[:200])]
    return [(b"XDEL", key, b"%d-1" % max(1, n - random.randrange(100)))]


def deletions(random, n, prefix):
    """Whole keys go, of any type, and change their names."""
    kind = random.choice((b"l", b"h", b"m", b"z"))
    key = prefix + kind + b"%d" % random.randrange(5)
    if random.random() < 0.5:
        return [(b"DEL", key)]
    return [(b"SET", key + b"-exists", b"1"), (b"DEL", key), (b"RPUSH", key + b"-next", b"%d" % n)]


def transfers(random, n, prefix):
    """A transaction over keys of several types: what leaves one arrives at the other."""
    amount = random.randrange(1, 50)
    return [
        (b"INCRBY", prefix + b"from", b"%d" % -amount),
        (b"INCRBY", prefix + b"to", b"%d" % amount),
        (b"RPUSH", prefix + b"log", b"%d" % amount),
        (b"HSET", prefix + b"last", b"n", b"%d" % n, b"amount", b"%d" % amount),
    ]


WORKLOADS = {
    "strings": [strings, strings, pieces, counters, groups],
    "lists": [lists],
    "hashes": [hashes],
    "sets": [sets],
    "sorted-sets": [sorted_sets],
    "streams": [streams],
    "deletions": [deletions],
    "transactions": [transfers],
}


# The model: a dictionary of keys; strings are bytes, lists list, hashes dict, sets set, sorted sets Scores, streams Entries.


class Scores(dict):
    """A sorted set: member to score, as text."""


class Entries(dict):
    """A stream: id to fields and values. One without entries reads as one that is not there."""


def stored(state, key, kind):
    return state.setdefault(key, kind())


def drop_empty(state, key):
    if not isinstance(state.get(key, b""), bytes) and not state[key]:
        del state[key]


def apply(state, words):
    """Does the command to the model; gives what the server must answer, or None where that is not compared."""
    name, key, rest = words[0], words[1], words[2:]
    reply = EFFECTS[name](state, key, rest)
    drop_empty(state, key)
    return reply


def set_(state, key, rest):
    state[key] = rest[0]
    return b"OK"


def mset(state, key, rest):
    words = (key, *rest)
    state.update(zip(words[::2], words[1::2]))
    return b"OK"


def append(state, key, rest):
    state[key] = state.get(key, b"") + rest[0]
    return len(state[key])


def incrby(state, key, rest):
    state[key] = b"%d" % (int(state.get(key, b"0")) + int(rest[0]))
    return int(state[key])


def push(left):
    def effect(state, key, rest):
        items = stored(state, key, list)
        for item in rest:
            items.insert(0, item) if left else items.append(item)
        return len(items)

    return effect


def pop(left):
    def effect(state, key, rest):
        items = stored(state, key, list)
        return (items.pop(0) if left else items.pop()) if items else None

    return effect


def hset(state, key, rest):
    fields = stored(state, key, dict)
    before = len(fields)
    fields.update(zip(rest[::2], rest[1::2]))
    return len(fields) - before


def remove_from(kind):
    def effect(state, key, rest):
        items = stored(state, key, kind)
        gone = [item for item in set(rest) if item in items]
        for item in gone:
            items.remove(item) if kind is set else items.pop(item)
        return len(gone)

    return effect


def sadd(state, key, rest):
    items = stored(state, key, set)
    before = len(items)
    items.update(rest)
    return len(items) - before


def zadd(state, key, rest):
    items = stored(state, key, Scores)
    added = rest[1] not in items
    items[rest[1]] = rest[0]
    return int(added)


def xadd(state, key, rest):
    entries = stored(state, key, Entries)
    limit, identity = int(rest[1]), rest[2]
    entries[identity] = tuple(rest[3:])
    for oldest in list(entries)[: max(0, len(entries) - limit)]:
        del entries[oldest]
    return identity


def xdel(state, key, rest):
    return sum(state.get(key, {}).pop(one, None) is not None for one in rest)


def delete(state, key, rest):
    return sum(state.pop(one, None) is not None for one in (key, *rest))


EFFECTS = {
    b"SET": set_,
    b"MSET": mset,
    b"APPEND": append,
    b"INCRBY": incrby,
    b"RPUSH": push(left=False),
    b"LPUSH": push(left=True),
    b"LPOP": pop(left=True),
    b"RPOP": pop(left=False),
    b"HSET": hset,
    b"HDEL": remove_from(dict),
    b"SADD": sadd,
    b"SREM": remove_from(set),
    b"ZADD": zadd,
    b"ZREM": remove_from(Scores),
    b"XADD": xadd,
    b"XDEL": xdel,
    b"DEL": delete,
}

READERS = {
    bytes: lambda key: (b"GET", key),
    list: lambda key: (b"LRANGE", key, b"0", b"-1"),
    dict: lambda key: (b"HGETALL", key),
    set: lambda key: (b"SMEMBERS", key),
    Scores: lambda key: (b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"),
    Entries: lambda key: (b"XRANGE", key, b"-", b"+"),
}


def from_reply(kind, reply):
    """A reader's reply as the model holds it; the reply itself if it is not one."""
    if reply.kind == "bulk" and kind is bytes:
        return reply.value
    if reply.kind != "array" or kind is bytes:
        return reply
    items = [one.value for one in reply.value]
    if kind is Entries:
        return Entries((name.value, tuple(one.value for one in pairs.value)) for name, pairs in items)
    return kind(items) if kind in (list, set) else kind(zip(items[::2], items[1::2]))
