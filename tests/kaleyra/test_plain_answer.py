"""The short way to read an answer says what http.client says, or leaves the answer to it."""

import io
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from invocations.kaleyra.interim_responses import FinalResponse
from invocations.kaleyra.plain_answer import PlainAnswer, plain_answer

PLAIN = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

LINES = [
    b"HTTP/1.1 202 Accepted",
    b"HTTP/1.1 503 Service Unavailable",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 100 Continue",
    b"HTTP/1.1 103 Early Hints",
    b"HTTP/1.0 202 Accepted",
    b"HTTP/1.1 202",
]
HEADERS = [
    b"Content-Length: 2",
    b"content-length:2 ",
    b"Content-Length: 3",
    b"Content-Length: +2",
    b"Content-Length: 2, 2",
    b"Content-Length : 2",
    b"Transfer-Encoding: chunked",
    b"Connection: close",
    b"Connection: keep-alive",
    b"Retry-After: 30",
    b"Retry-After: 7",
    b"X-Folded: a",
    b" Content-Length: 9",
    b"X-Bytes: \xe9",
    b"Server: nginx",
]


class StaysOpen(io.BytesIO):
    """http.client closes the file once it has read the answer: what is left is looked at later."""

    def close(self) -> None:
        pass


class Opened:
    def __init__(self, received: bytes) -> None:
        self._file = StaysOpen(received)

    def makefile(self, _mode: str) -> io.BytesIO:
        return self._file


def read_by_http_client(received: bytes) -> PlainAnswer:
    """Raises `HTTPException`, and AssertionError if something is left or the connection ends."""
    opened: Any = Opened(received)
    response = FinalResponse(opened, method="POST")
    response.begin()
    body, retry_after = response.read(), response.headers.get_all("Retry-After", [])
    assert not response.will_close and opened.makefile("rb").read() == b""
    return PlainAnswer(response.status, body, ", ".join(retry_after))


@example(line=LINES[0], headers=[HEADERS[0]], body=b"{}")
@given(
    line=st.sampled_from(LINES),
    headers=st.lists(st.sampled_from(HEADERS), max_size=4),
    body=st.sampled_from([b"", b"{}", b"{}\n", b"2\r\n{}\r\n0\r\n\r\n", b"{}" + PLAIN]),
)
def test_what_is_read_is_what_http_client_reads(
    line: bytes, headers: list[bytes], body: bytes
) -> None:
    received = b"\r\n".join([line, *headers, b"", b""]) + body
    answer = plain_answer(received)
    assert answer is None or answer == read_by_http_client(received)


def test_a_plain_answer_is_read() -> None:
    assert plain_answer(PLAIN) == PlainAnswer(202, b"{}", "")
    waits = PLAIN.replace(b"202 Accepted", b"429 Busy").replace(
        b"\r\n\r\n", b"\r\nretry-after: 5\r\n\r\n"
    )
    assert plain_answer(waits) == PlainAnswer(429, b"{}", "5")


@pytest.mark.parametrize("length", range(len(PLAIN)))
def test_what_has_not_arrived_whole_is_left_to_http_client(length: int) -> None:
    assert plain_answer(PLAIN[:length]) is None


def test_more_than_one_answer_is_left_to_http_client() -> None:
    assert plain_answer(PLAIN * 2) is None and plain_answer(PLAIN + b"\n") is None


@pytest.mark.parametrize(
    "header",
    [
        b"Connection: close",
        b"Transfer-Encoding: chunked",
        b"Content-Length: 2",
        b"Content-Length: 9",
    ],
)
def test_an_answer_that_may_end_otherwise_is_left_to_http_client(header: bytes) -> None:
    assert plain_answer(PLAIN.replace(b"\r\n", b"\r\n" + header + b"\r\n", 1)) is None


@pytest.mark.parametrize("status", [b"101", b"204", b"304"])
def test_a_status_without_a_body_is_left_to_http_client(status: bytes) -> None:
    assert plain_answer(PLAIN.replace(b"202", status)) is None


def test_a_head_of_many_lines_without_an_end_is_left_to_http_client() -> None:
    """With two ways to read each line, the search would take 2 to the power of 500 steps."""
    assert plain_answer(b"HTTP/1.1 202 Accepted\r\n" + b"X-Many: a\r\n" * 500) is None
