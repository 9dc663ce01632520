"""How the replies to one command are compared: a function for each word that the rows of commands.py use.

Each takes the command, Basalt's reply and Redis's, and says whether they agree. Where the reply is random,
Redis is asked for everything instead (ASKED_INSTEAD), and Basalt's reply must be some of it.
"""

from lib.resp import Reply

TOLERANCE_SECONDS = 30
MANY = ("array", "set", "map")
ASKED_INSTEAD = {
    "random-key": lambda words: (b"KEYS", b"*"),
    "random-member": lambda words: (b"SMEMBERS", words[1]),
    "random-members": lambda words: (b"SMEMBERS", words[1]),
    "random-field": lambda words: (b"HKEYS", words[1]),
    "random-fields": lambda words: (b"HKEYS", words[1]),
    "random-pairs": lambda words: (b"HGETALL", words[1]),
    "random-member-of-scores": lambda words: (b"ZRANGE", words[1], b"0", b"-1"),
    "random-members-of-scores": lambda words: (b"ZRANGE", words[1], b"0", b"-1"),
    "random-scores": lambda words: (b"ZRANGE", words[1], b"0", b"-1", b"WITHSCORES"),
    # Counting one key writes the result into Redis's value; counting it twice does not.
    "counted": lambda words: (*words, *words[1:]),
}


def for_redis(mode, words):
    return ASKED_INSTEAD[mode](words) if mode in ASKED_INSTEAD else words


def exact(words, ours, theirs):
    return ours == theirs


counted = exact


def near(words, ours, theirs):
    """Times to live, counted from moments that are a little apart."""
    if ours.kind != "integer" or theirs.kind != "integer" or min(ours.value, theirs.value) < 0:
        return ours == theirs
    unit = 1000 if words[0].startswith(b"P") else 1
    return abs(ours.value - theirs.value) <= TOLERANCE_SECONDS * unit


def without(reply, *places):
    """A flat array, or a map, without the values at those places among names and values."""
    if reply.kind not in MANY:
        return reply
    parts = [part for pair in reply.value for part in pair] if reply.kind == "map" else reply.value
    return [part for place, part in enumerate(parts) if place not in places]


def pending(words, ours, theirs):
    """How long ago entries were delivered differs a little."""
    if ours.kind != "array" or theirs.kind != "array":
        return ours == theirs
    return [without(entry, 2) for entry in ours.value] == [without(entry, 2) for entry in theirs.value]


def stream_info(words, ours, theirs):
    """All but Redis's tree: it keeps a node without entries until the next trimming. What nodes have shows in XTRIM."""
    return without(ours, 3, 5) == without(theirs, 3, 5)


def consumers(words, ours, theirs):
    """All but when they were last seen."""
    if ours.kind != "array" or theirs.kind != "array":
        return ours == theirs
    return [without(one, 5) for one in ours.value] == [without(one, 5) for one in theirs.value]


def in_some_order(items):
    return sorted(items, key=repr)


def in_pairs(items):
    """Pairs as RESP3 has them already, and as RESP2 has them one after the other."""
    if all(isinstance(item, tuple) and not isinstance(item, Reply) for item in items):
        return items
    if all(item.kind == "array" for item in items):
        return [tuple(item.value) for item in items]
    return list(zip(items[::2], items[1::2]))


def unordered(words, ours, theirs):
    if ours.kind != theirs.kind or ours.kind not in MANY:
        return ours == theirs
    return in_some_order(ours.value) == in_some_order(theirs.value)


def pairs(words, ours, theirs):
    if ours.kind != theirs.kind or ours.kind not in MANY:
        return ours == theirs
    return in_some_order(in_pairs(ours.value)) == in_some_order(in_pairs(theirs.value))


def sorted_texts(words, ours, theirs):
    """Redis sorts by what stands before a zero byte, in any order where that is the same."""
    if theirs.kind == "array" and any(b"\0" in item.value for item in theirs.value):
        return unordered(words, ours, theirs)
    return ours == theirs


def nearest(words, ours, theirs):
    """Members by distance: equally far ones come in any order, and any of the farthest may be left out."""
    if ours.kind != "array" or theirs.kind != "array" or not theirs.value:
        return ours == theirs
    distances = [[item.value[1] for item in reply.value] for reply in (ours, theirs)]
    kept = [in_some_order(i.value for i in reply.value if i.value[1] != distances[1][-1]) for reply in (ours, theirs)]
    return distances[0] == distances[1] and kept[0] == kept[1]


def random_one(words, ours, everything):
    if everything.kind == "error" or not everything.value:
        return ours.kind in ("nil", "null") or ours == everything
    return ours in everything.value


random_key = random_member = random_field = random_member_of_scores = random_one


def random_some(words, ours, everything, grouped=list):
    """A positive count gives different ones, at most all; a negative one exactly so many."""
    if everything.kind == "error":
        return ours == everything
    if ours.kind not in MANY:
        return False
    found, possible, count = grouped(ours.value), grouped(everything.value), int(words[2])
    if count >= 0:
        right = len(found) == min(count, len(possible)) == len(set(found))
    else:
        right = len(found) == (-count if possible else 0)
    return right and set(found) <= set(possible)


random_members = random_fields = random_members_of_scores = random_some


def random_pairs(words, ours, everything):
    return random_some(words, ours, everything, in_pairs)


random_scores = random_pairs


def without_minus_zero(reply):
    """A score of -0 is 0 in one encoding and -0 in the other; which zsets are packed is another matter in Redis."""
    if reply.kind == "array":
        return reply._replace(value=[without_minus_zero(item) for item in reply.value])
    return reply._replace(value=b"0") if reply.value == b"-0" else reply


def agree(mode, words, ours, theirs):
    compare = globals()[mode.replace("-", "_")]
    if compare(words, ours, theirs):
        return True
    scored = b"Z" in words[0]
    return scored and compare(words, without_minus_zero(ours), without_minus_zero(theirs))
