"""Reads through the interim responses (1xx) that may precede an answer."""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPResponse


class FinalResponse(HTTPResponse):
    """http.client's response, after any number of interim ones.

    http.client skips 100 only, and takes a 102 or 103 for the answer (RFC 9110, 15.2: "A client
    MUST be able to parse one or more 1xx responses"). 101 is final: what follows it is not HTTP.
    Interim responses without end stop at the deadline, when the watchdog shuts the socket down.
    """

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment]  # so that it reads again
            super().begin()
