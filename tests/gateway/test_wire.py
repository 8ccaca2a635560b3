"""Connections that are half open, stuck or endless, on a real server."""

import asyncio
import socket
import struct
from pathlib import Path

import orjson
import pytest

from gateway.transport.wire import LONGEST_HEAD
from kit.settings import Settings
from tests.gateway.sockets import DEADLINE, eventually

QUERY = orjson.dumps({"query": "{ __schema { types { name description fields { name description } } } }"})
HEAD = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
TEXT, CONTINUATION, PING = 0x1, 0x0, 0x9
LAST = 0x80


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"receive_seconds": 0.5, "stall_seconds": 1.0})


class Line:
    """A connection, byte by byte; its windows are small, so that who does not read is noticed soon."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, address):
        host, port = address.split(":")
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, (host, int(port)))
        return cls(*await asyncio.open_connection(sock=plain, limit=4096))

    async def say(self, data: bytes):
        self.writer.write(data)
        async with asyncio.timeout(DEADLINE):
            await self.writer.drain()

    async def rest(self) -> bytes:
        """All that comes until the other side closes."""
        found = b""
        async with asyncio.timeout(DEADLINE):
            try:
                while part := await self.reader.read(65536):
                    found += part
            except ConnectionResetError:
                pass
        return found

    async def answer(self) -> tuple[int, bytes]:
        """One answer; the connection stays."""
        async with asyncio.timeout(DEADLINE):
            head = await self.reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            return int(head.split()[1]), await self.reader.readexactly(size)

    async def say_for_ever(self, data: bytes):
        """Until the connection is cut."""
        async with asyncio.timeout(DEADLINE):
            while True:
                self.writer.write(data)
                await self.writer.drain()
                await asyncio.sleep(0.005)

    def close(self):
        self.writer.transport.abort()


@pytest.fixture
async def line(address):
    made = await Line.to(address)
    yield made
    made.close()


@pytest.fixture
async def upgraded(line):
    """A socket, accepted and begun."""
    await line.say(UPGRADE)
    async with asyncio.timeout(DEADLINE):
        await line.reader.readuntil(b"\r\n\r\n")
    await line.say(frame(b'{"type":"connection_init"}'))
    assert (await message(line))[1] == b'{"type":"connection_ack","payload":{}}'
    return line


def frame(data: bytes, opcode: int = TEXT, *, is_last: bool = True) -> bytes:
    """Of a client, masked by nothing but zeros."""
    first = opcode | (LAST if is_last else 0)
    size = len(data)
    if size < 126:
        return bytes((first, 0x80 | size)) + bytes(4) + data
    if size < 65536:
        return bytes((first, 0xFE)) + struct.pack("!H", size) + bytes(4) + data
    return bytes((first, 0xFF)) + struct.pack("!Q", size) + bytes(4) + data


async def message(line) -> tuple[int, bytes]:
    """Opcode and content of the next frame."""
    async with asyncio.timeout(DEADLINE):
        first, size = await line.reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await line.reader.readexactly(2))
        return first & 0xF, await line.reader.readexactly(size)


async def close_code(line) -> int:
    """That of the close frame that comes next."""
    while True:
        opcode, data = await message(line)
        if opcode == 8:
            return struct.unpack("!H", data[:2])[0]


def codes(body: bytes) -> list[str]:
    return [error["extensions"]["code"] for error in orjson.loads(body)["errors"]]


def resident_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


# HTTP


@pytest.mark.parametrize(
    "half",
    [
        HEAD[:20],
        HEAD,
        HEAD + b"content-length: 100\r\n\r\n",
        HEAD + b'content-length: 100\r\n\r\n{"query"',
        HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\n{",
    ],
)
async def test_a_request_that_does_not_come_is_not_waited_for(line, half):
    await line.say(half)
    answer = await line.rest()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert codes(answer.partition(b"\r\n\r\n")[2]) == ["TIMEOUT"]


async def test_a_connection_that_says_nothing_is_not_kept(line):
    assert b" 408 " in await line.rest()


async def test_a_request_that_comes_after_another_and_stays_half_is_not_waited_for(line):
    await line.say(HEAD + b"content-length: %d\r\n\r\n" % len(QUERY) + QUERY)
    assert (await line.answer())[0] == 200
    await line.say(HEAD[:30])
    assert b" 408 " in await line.rest()


async def test_a_slow_request_that_comes_in_time_is_answered(line):
    whole = HEAD + b"content-length: %d\r\n\r\n" % len(QUERY) + QUERY
    for start in range(0, len(whole), 100):
        await line.say(whole[start : start + 100])
        await asyncio.sleep(0.02)
    assert (await line.answer())[0] == 200


@pytest.mark.parametrize("field", [b"x-long: %s" % (b"x" * (2 * LONGEST_HEAD)), b"x: y\r\n" * LONGEST_HEAD])
async def test_a_head_without_end_is_refused(line, field):
    await line.say(HEAD)
    try:
        for start in range(0, len(field), 8192):
            await line.say(field[start : start + 8192])
    except ConnectionError:
        pass
    answer = await line.rest()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


async def test_a_body_of_50_mb_is_refused_before_it_is_read_and_takes_no_room(line):
    before = resident_kib()
    await line.say(HEAD + b"content-length: 50000000\r\n\r\n")
    status, body = await line.answer()
    assert (status, codes(body)) == (413, ["BAD_USER_INPUT"])
    for _ in range(50):
        await line.say(b" " * 1_000_000)
    assert resident_kib() - before < 20_000
    await line.say(HEAD + b"content-length: %d\r\n\r\n" % len(QUERY) + QUERY)
    assert (await line.answer())[0] == 200


async def test_a_body_without_end_is_refused_and_then_cut(line):
    await line.say(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    chunk = b"%x\r\n%s\r\n" % (100_000, b" " * 100_000)
    for _ in range(11):
        await line.say(chunk)
    status, body = await line.answer()
    assert (status, codes(body)) == (413, ["BAD_USER_INPUT"])
    with pytest.raises(ConnectionError):
        await line.say_for_ever(chunk)


@pytest.mark.parametrize(
    "garbage", [b"\0\0\0\0", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9\r\n\r\n"]
)
async def test_what_is_no_http_is_a_bad_request(line, garbage):
    await line.say(garbage)
    assert (await line.rest()).startswith(b"HTTP/1.1 4")


async def test_who_asks_and_does_not_read_is_cut(line, app):
    asked = HEAD + b"content-length: %d\r\n\r\n" % len(QUERY) + QUERY
    with pytest.raises(ConnectionError):
        await line.say_for_ever(asked)


# Sockets


@pytest.mark.parametrize(
    "broken",
    [
        b"\x81\x05hello",  # not masked
        b"\xf1\x80\0\0\0\0",  # reserved bits
        b"\x83\x80\0\0\0\0",  # an opcode that there is not
        frame(b"{}", CONTINUATION),
        frame(b"x", PING, is_last=False),
        frame(b"x" * 126, PING),
    ],
)
async def test_what_is_no_frame_ends_the_socket_with_1002(upgraded, broken):
    await upgraded.say(broken)
    assert await close_code(upgraded) == 1002


async def test_text_that_is_not_utf_8_ends_the_socket(upgraded):
    await upgraded.say(frame(b'{"type":"ping","payload":{"a":"\xff"}}'))
    assert await close_code(upgraded) == 4400


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_message_of_50_mb_ends_the_socket_with_1009_and_takes_no_room(upgraded, is_whole):
    before = resident_kib()
    if is_whole:
        await upgraded.say(bytes((0x81, 0xFF)) + struct.pack("!Q", 50_000_000) + bytes(4))
        parts = [b" " * 1_000_000] * 50
    else:
        first = frame(b" " * 100_000, is_last=False)
        parts = [first, *[frame(b" " * 100_000, CONTINUATION, is_last=False)] * 499]
    for part in parts:
        await upgraded.say(part)
    assert await close_code(upgraded) == 1009
    assert resident_kib() - before < 20_000


async def test_a_message_in_a_million_empty_pieces_takes_no_room(upgraded):
    before = resident_kib()
    await upgraded.say(frame(b'{"type":', is_last=False))
    for _ in range(100):
        await upgraded.say(frame(b"", CONTINUATION, is_last=False) * 2000)
    await upgraded.say(frame(b'"ping"}', CONTINUATION))
    assert (await message(upgraded))[1] == b'{"type":"pong"}'
    assert resident_kib() - before < 20_000


@pytest.mark.parametrize(
    "flood",
    [
        frame(b"x" * 100, PING),
        frame(b'{"type":"ping","payload":{"a":"%s"}}' % (b"x" * 1000)),
        frame(b'{"type":"subscribe","id":"1","payload":{"query":"{ nothing }"}}'),
    ],
)
async def test_who_floods_and_does_not_read_is_cut_and_takes_no_room(upgraded, flood, app):
    before = resident_kib()
    with pytest.raises(ConnectionError):
        await upgraded.say_for_ever(flood * 50)
    assert resident_kib() - before < 30_000
    await eventually(lambda: app.state.metrics.sockets == 0)


async def test_who_floods_and_reads_is_answered(upgraded):
    await upgraded.say(frame(b'{"type":"ping"}') * 3000)
    for _ in range(3000):
        assert (await message(upgraded))[1] == b'{"type":"pong"}'


async def test_a_hundred_questions_at_once_are_all_answered(upgraded):
    ask = '{"type":"subscribe","id":"%d","payload":{"query":"{ __typename }"}}'
    await upgraded.say(b"".join(frame((ask % number).encode()) for number in range(100)))
    told = [orjson.loads((await message(upgraded))[1]) for _ in range(200)]
    assert sorted(int(each["id"]) for each in told if each["type"] == "complete") == list(range(100))


async def test_a_socket_elsewhere_is_not_there(line):
    await line.say(UPGRADE.replace(b"/graphql", b"/elsewhere"))
    assert b" 404 " in await line.rest()
