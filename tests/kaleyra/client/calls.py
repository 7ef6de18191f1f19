"""Clients for the fault server, with short timeouts, and the outcome of a call as a value."""

import traceback
from collections.abc import Callable
from typing import Any

from invocations.kaleyra.client import ClientConnection, KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.reply import Reply
from tests.faults.certificates import Authority

from ..samples import BODY, KEY, REQUEST_ID, SID, WORKFLOW

HOST = "api.in.kaleyra.io"
TOTAL = 1.5
LATE = 3.0
"""Seconds after a deadline that a busy machine may take to notice it; the other timeouts are 5."""
HURRY: dict[str, Any] = {"connect_seconds": 0.8, "read_seconds": 0.8, "total_seconds": 2}
PATIENT: dict[str, Any] = {"connect_seconds": 5, "read_seconds": 5, "total_seconds": TOTAL}
"""Only the total deadline can end a call with these."""
CALM: dict[str, Any] = {"connect_seconds": 10, "read_seconds": 10, "total_seconds": 10}
"""For many good answers in a row, none of which may time out."""


def client(api_domain: str, **changes: Any) -> KaleyraClient:
    usual = {"allow_loopback": True, "extra_api_domains": (api_domain,), **HURRY}
    return KaleyraClient(api_domain, SID, KEY, **{**usual, **changes})


def invoke(via: KaleyraClient | ClientConnection) -> Reply:
    return via.invoke(WORKFLOW, REQUEST_ID, BODY)


def outcome_of(via: KaleyraClient | ClientConnection) -> tuple[type, str]:
    """`Reply`, `NotSent` or `NoAnswer`, and the reason; with a reply, its verdict too."""
    try:
        reply = invoke(via)
    except (NotSent, NoAnswer) as error:
        return type(error), error.reason
    return Reply, f"{reply.verdict}: {reply.reason}"


ClientOverTLS = Callable[..., KaleyraClient]


def client_behind(proxy: str, authority: Authority, **changes: Any) -> KaleyraClient:
    """A client of the real host, through this proxy."""
    return client(
        HOST,
        **{
            "allow_loopback": False,
            "proxy_url": f"http://user:secret@{proxy}",
            "ca_bundle": str(authority.bundle),
            **changes,
        },
    )


ACCEPTED_REPLY = (Reply, "accepted: accepted")


def full_text_of(error: BaseException) -> str:
    """All text of an exception and of those that it was raised from."""
    text, chain = "".join(traceback.format_exception(error)), [error]
    for link in chain:
        text += f"{link!s} {link!r} {link.args!r}"
        chain += [
            other for other in (link.__cause__, link.__context__) if other and other not in chain
        ]
    return text
