"""The keyspace events of a server: which happened since the last look, in their order."""

from lib import resp

FENCE = b"model-fence"


class Events:
    """Listens on a connection of its own to all events; `commands` is the connection that causes them."""

    def __init__(self, commands, listener):
        self.commands_ = commands
        self.listener_ = listener
        commands.call("CONFIG", "SET", "notify-keyspace-events", "EA")
        listener.call("PSUBSCRIBE", "__keyevent@*")
        listener.call("SUBSCRIBE", FENCE)

    def close(self):
        self.listener_.close()

    def take(self):
        """[(channel, key)…] of what was answered on the other connection."""
        self.commands_.send(resp.encode(["PUBLISH", FENCE, ""]))
        found = []
        while True:
            words = [word.value for word in self.listener_.read().value]
            if words[0] == b"message":
                break
            found.append((words[2], words[3]))
        self.commands_.read()
        return found
