"""The load clients read what servers send, however it is cut."""

import pytest

from bench.http_client import Answer, Requests, percentile
from bench.operations import KEY
from bench.socket_client import CLOSE, TEXT, Subscriber, frame

WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nx: y\r\n\r\n{"data":{}}'
CHUNKED = b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n{"data":{}}\r\n0\r\n\r\n'


@pytest.mark.parametrize("response", [WHOLE, CHUNKED])
@pytest.mark.parametrize("size", [1, 7, 40, 1000])
def test_a_response_is_whole_when_its_last_byte_has_come(response, size):
    answer = Answer()
    parts = [response[at : at + size] for at in range(0, len(response), size)]
    assert [answer.is_whole(part) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert answer.is_good()


@pytest.mark.parametrize(
    "response",
    [
        WHOLE.replace(b"200 OK", b"500 No"),
        WHOLE.replace(b'{"data":{}}', b'{"errors":1}').replace(b"11", b"12"),
    ],
)
def test_a_failure_is_no_good_answer(response):
    answer = Answer()
    assert answer.is_whole(response)
    assert not answer.is_good()


def test_requests_come_in_turns_with_fresh_keys():
    requests = Requests([f"a {KEY}", "b"])
    said = [requests.next() for _ in range(4)]
    assert said[1] == said[3] == b"b"
    assert said[0] != said[2]
    assert len(said[0]) == len(said[2]) == len(f"a {KEY}")


@pytest.mark.parametrize(("at", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_the_nearest_rank(at, expected):
    assert percentile([float(number) for number in range(1, 101)], at) == expected
    assert percentile([7.0], at) == 7.0


def server_frame(kind, data):
    head = bytes([0x80 | kind])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65536:
        return head + bytes([126]) + len(data).to_bytes(2, "big") + data
    return head + bytes([127]) + len(data).to_bytes(8, "big") + data


@pytest.mark.parametrize("size", [1, 3, 100, 65536, 1 << 20])
def test_frames_are_read_however_they_are_cut(size):
    sent = [(TEXT, b"short"), (TEXT, b"x" * 500), (TEXT, b"y" * 70_000), (CLOSE, b"\x03\xe8bye")]
    stream = b"".join(server_frame(kind, data) for kind, data in sent)
    subscriber = Subscriber.__new__(Subscriber)
    subscriber.rest = b""
    heard = []
    for at in range(0, len(stream), size):
        heard += subscriber.frames(stream[at : at + size])
    assert heard == sent
    assert subscriber.rest == b""


@pytest.mark.parametrize("length", [0, 125, 126, 1000])
def test_what_a_client_says_is_masked_with_zeros(length):
    said = frame(TEXT, b"z" * length)
    assert said[0] == 0x81
    assert said[1] & 0x80
    assert said[-length - 4 :] == bytes(4) + b"z" * length
