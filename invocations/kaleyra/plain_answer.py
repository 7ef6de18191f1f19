"""Reads an answer that is whole in one piece, as nearly all are, without http.client.

http.client takes several times as long, most of it for headers that nobody asks. Whatever is not
plain here is left to it, from the first byte on.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Each line can be read in one way only, so that a head without an end takes no longer than others.
_HEAD = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2}) [ -~]*\r\n((?:[A-Za-z0-9-]+:[ -~]*\r\n)+)\r\n")
_HAVE_NO_BODY = (204, 304)


class PlainAnswer(NamedTuple):
    """`retry_after` is the header's text; empty without it."""

    http_status: int
    body: bytes
    retry_after: str


def plain_answer(received: bytes) -> PlainAnswer | None:
    """The answer that `received` is from its first byte to its last; None if it is not plain."""
    head = _HEAD.match(received)
    if head is None or int(head[1]) in _HAVE_NO_BODY:
        return None
    lines = [line.partition(b":") for line in head[2].splitlines()]
    headers = {name.lower(): value.strip() for name, _colon, value in lines}
    length, body = headers.get(b"content-length", b""), received[head.end() :]
    if len(headers) < len(lines) or not length.isdigit() or int(length) != len(body):
        return None
    stays_open = headers.get(b"connection", b"keep-alive").lower() == b"keep-alive"
    if not stays_open or b"transfer-encoding" in headers:
        return None
    return PlainAnswer(int(head[1]), body, headers.get(b"retry-after", b"").decode("ascii"))
