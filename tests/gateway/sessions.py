"""One socket's session without a socket: a wire that keeps what is said, and words to say to it."""

import asyncio

import orjson

QUERY, STREAM = "query { hello }", "subscription { ticks }"


class Wire:
    """Keeps what is said; takes no more while it is paused."""

    def __init__(self):
        self.said = []
        self.closed = None
        self.is_paused = False
        self.is_held = False
        self.session = None
        self.frames = []

    def take_over(self, session):
        self.session = session

    def write(self, data):
        assert self.closed is None
        self.frames.append(data)
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4]), 4
            elif size == 127:
                size, start = int.from_bytes(data[2:10]), 10
            self.said.append(orjson.loads(data[start : start + size]))
            data = data[start + size :]

    def hold(self):
        self.is_held = True

    def go_on(self):
        self.is_held = False

    def close(self, code, reason):
        assert self.closed is None
        self.closed = code, reason

    def resume(self):
        self.is_paused = False
        self.session.resumed()

    def heard(self):
        """What was said since the last time."""
        said, self.said = self.said, []
        return said


def say(session, **message):
    session.hear(orjson.dumps(message), is_text=True)


def ask(session, key, query, **payload):
    say(session, type="subscribe", id=key, payload={"query": query, **payload})


async def turn(number=3):
    for _ in range(number):
        await asyncio.sleep(0)


async def begin(session, bearer=None, **payload):
    say(session, type="connection_init", payload={"authorization": bearer, **payload} if bearer else payload)
    await turn()
    assert session.wire.heard() == [{"type": "connection_ack", "payload": {}}]


async def listen(session, *keys):
    for key in keys:
        ask(session, key, STREAM)
        await turn()
    return session.desk.answering.streams[-len(keys) :]


def told(key, payload="x"):
    return {"id": key, "type": "next", "payload": payload}
