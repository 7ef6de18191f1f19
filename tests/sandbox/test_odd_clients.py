"""Clients that send garbage, vanish or hang do not disturb the practice pod."""

import http.client
import json
import socket

import pytest

from invocations.sandbox.server import PracticePod

from .calls import HEADERS, address, connect, payload, plug, post, raw_post

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\x00" * 70_000 + b"\n",
    ],
)
def test_garbage_does_not_disturb_the_pod(pod: PracticePod, noise: bytes, capfd: Capture) -> None:
    with plug(pod) as line:
        line.sendall(noise)
    assert post(pod, payload())[0] == 202
    assert capfd.readouterr() == ("", "")


def test_a_request_that_breaks_off_in_its_body_is_not_recorded(
    pod: PracticePod, capfd: Capture
) -> None:
    with plug(pod) as line:
        line.sendall(raw_post(b'{"requestId": "half', announced=200))
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
    assert pod.received == []
    assert capfd.readouterr() == ("", "")


def test_a_client_that_does_not_wait_for_its_answer_does_not_disturb_the_pod(
    pod: PracticePod, capfd: Capture
) -> None:
    for code in ("200", "408", "202"):
        with plug(pod) as line:
            line.sendall(raw_post(json.dumps(payload("9198765" + code)).encode()))
    pod.wait_for(3)
    assert post(pod, payload())[0] == 202
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Content-Length: 1048577", 413),
        ("Content-Length: " + "9" * 5_000, 413),
        ("Content-Length: -1", 400),
        ("Content-Length: many", 400),
        ("Transfer-Encoding: chunked", 411),
    ],
)
def test_a_body_of_refused_length_is_not_read(pod: PracticePod, head: str, status: int) -> None:
    with plug(pod) as line:
        line.sendall(f"POST {address()} HTTP/1.1\r\n{head}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(line)
        answer.begin()
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert [received.answered for received in pod.received] == [status]


def test_a_client_with_a_huge_body_can_read_the_refusal_and_is_not_reset(pod: PracticePod) -> None:
    with plug(pod) as line:
        line.sendall(raw_post(b"x" * 10, announced=3_000_000))
        assert line.makefile("rb").read().startswith(b"HTTP/1.1 413")
        for _ in range(100):
            line.sendall(b"x" * 10_000)


def test_one_connection_carries_many_requests(pod: PracticePod) -> None:
    connection = connect(pod)
    for content in (payload(), payload("9198765400"), payload()):
        connection.request("POST", address(), json.dumps(content), HEADERS)
        connection.getresponse().read()
    assert [received.answered for received in pod.received] == [202, 400, 202]
