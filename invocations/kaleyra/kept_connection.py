"""One more request over a connection that is open, without requests and urllib3.

They open the connection: they know proxies, tunnels and certificates. Around each further request
they only add work, three times the CPU of the request itself. The bytes on the wire are the same.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from http.client import HTTPException
from io import BufferedReader
from typing import Any
from urllib.parse import urlsplit

from invocations.kaleyra.interim_responses import FinalResponse
from invocations.kaleyra.plain_answer import PlainAnswer, plain_answer


class TwoLengths(HTTPException):
    """The answer names two lengths. To believe one of them could cut it short."""


def answer_over(
    connected: socket.socket, request: Any, seconds: float
) -> PlainAnswer | FinalResponse:
    """Writes the `requests.PreparedRequest` at once, and reads the answer, or its head.

    `seconds`: the longest time to write, and to wait for each part of the answer.
    Raises `OSError` or `HTTPException`: whatever happened, something may have left.
    """
    if connected.gettimeout() != seconds:  # it is, after an answer: to set it is a system call
        connected.settimeout(seconds)
    try:
        connected.sendall(_head(request) + (request.body or b""))
    except (BrokenPipeError, ConnectionResetError):
        pass  # a server may answer before it has read everything
    file = connected.makefile("rb")
    try:
        # What has arrived; http.client reads it again if it is not plain.
        answer = plain_answer(file.peek())
    except BaseException:
        file.close()
        raise
    if answer is None:
        return _begun(file, request.method)
    file.close()
    return answer


class _Opened:
    """What http.client reads an answer from, instead of a socket."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file

    def makefile(self, _mode: str) -> BufferedReader:
        return self._file


def _begun(file: BufferedReader, method: str) -> FinalResponse:
    """The answer in `file`, of which http.client has read the head."""
    opened: Any = _Opened(file)
    response = FinalResponse(opened, method=method)
    try:
        response.begin()
        if len(_values(response, "Content-Length")) > 1:
            raise TwoLengths
    except BaseException:
        response.close()
        raise
    return response


def _head(request: Any) -> bytes:
    """The request line and the headers as http.client writes them, and the blank line."""
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([_first_lines(request.method, request.url), *lines, "", ""]).encode("ascii")


@lru_cache(maxsize=1024)
def _first_lines(method: str, url: str) -> str:
    parts = urlsplit(url)
    default_port = 443 if parts.scheme == "https" else 80
    host = parts.hostname if parts.port == default_port else parts.netloc
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return f"{method} {target} HTTP/1.1\r\nHost: {host}"


def retry_after(response: FinalResponse) -> dict[str, str]:
    """The one header that counts, as urllib3 joins several."""
    values: list[Any] = response.headers.get_all("Retry-After", [])
    return {"Retry-After": ", ".join(values)} if values else {}


def _values(response: FinalResponse, name: str) -> set[str]:
    lines = response.headers.get_all(name, [])
    return {text.strip() for line in lines for text in line.split(",")}
