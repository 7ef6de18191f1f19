"""The faults of the receiver."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import NamedTuple

from .connections import Connection
from .envelopes import accepted


class Fault(NamedTuple):
    """One kind of misbehaviour.

    `accepts`: the message counts before the fault.
    `whole`: the request is read to its end.
    """

    accepts: bool
    act: Callable[[Connection, str], None]
    whole: bool = True


def _answers(
    status: str, body: str = "", *headers: str, kind: str = "text/html"
) -> Callable[[Connection, str], None]:
    return lambda connection, request_id: connection.answer(
        status, body.encode(), *headers, kind=kind
    )


def _breaks_off(connection: Connection, request_id: str) -> None:
    connection.write(accepted(request_id)[:-30])
    connection.transport.close()


def _drips(connection: Connection, request_id: str) -> None:
    connection.write(accepted(request_id)[:40])
    for n, byte in enumerate(accepted(request_id)[40:60]):
        connection.later(0.15 * (n + 1), connection.write, bytes([byte]))
    connection.later(4.0, connection.reset)


def _redirects(connection: Connection, request_id: str) -> None:
    connection.answer(
        "307 Temporary Redirect",
        b"",
        f"Location: http://127.0.0.1:{connection.receiver.elsewhere}/v1/invoke",
    )


def _bombs(connection: Connection, request_id: str) -> None:
    connection.answer("202 Accepted", BOMB, "Content-Encoding: gzip", kind="application/json")


def _closes_after_the_answer(connection: Connection, request_id: str) -> None:
    connection.write(accepted(request_id))
    # Without "Connection: close": the next request finds the kept connection closed.
    connection.transport.close()


PAGE = "<html><h1>Bad gateway</h1></html>"
BOMB = gzip.compress(b" " * 30_000_000)
FAULTS: dict[str, Fault] = {
    "accepts, then resets": Fault(True, lambda connection, _: connection.reset()),
    "accepts, then hangs up": Fault(True, lambda connection, _: connection.transport.close()),
    "accepts, answers, hangs up": Fault(True, _closes_after_the_answer),
    "accepts, and says nothing": Fault(
        True, lambda connection, _: connection.later(4.0, connection.reset)
    ),
    "accepts, answers 500": Fault(True, _answers("500 Internal Server Error", PAGE)),
    "accepts, answers 502": Fault(True, _answers("502 Bad Gateway", PAGE)),
    "accepts, answers 408": Fault(True, _answers("408 Request Timeout")),
    "accepts, answers 409": Fault(
        True, _answers("409 Conflict", '{"success":false}', kind="application/json")
    ),
    "accepts, 202 is a page": Fault(True, _answers("202 Accepted", "<html>Welcome</html>")),
    "accepts, 202 is empty": Fault(True, _answers("202 Accepted")),
    "accepts, 202 breaks off": Fault(True, _breaks_off),
    "accepts, 202 drips": Fault(True, _drips),
    "accepts, 202 is a bomb": Fault(True, _bombs),
    "drops, then resets": Fault(False, lambda connection, _: connection.reset()),
    "drops, and says nothing": Fault(
        False, lambda connection, _: connection.later(4.0, connection.reset)
    ),
    "drops, 202 is a page": Fault(False, _answers("202 Accepted", "<html>Welcome</html>")),
    "drops, answers 502": Fault(False, _answers("502 Bad Gateway", PAGE)),
    "drops, answers 503": Fault(False, _answers("503 Service Unavailable", PAGE, "Retry-After: 1")),
    "asks to wait (429)": Fault(False, _answers("429 Too Many Requests", "", "Retry-After: 1")),
    "refuses the key (401)": Fault(False, _answers("401 Unauthorized")),
    "redirects (307)": Fault(False, _redirects),
    "resets after the head": Fault(False, lambda connection, _: connection.reset(), whole=False),
    "resets in mid-body": Fault(False, lambda connection, _: connection.reset(), whole=False),
}
AT_ONCE = "resets at once"
"""This fault is drawn for a connection, and not for a request."""
