"""The request for the callback profiles: a GET with the same guards."""

from typing import Any

import pytest

from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.profiles import KeyCheck, KeyVerdict
from tests.faults.behaviours import (
    Behaviour,
    accepts_and_says_nothing,
    answers,
    drips,
    reads_and_resets,
)
from tests.faults.server import FaultServer

from ..samples import ACCEPTED, KEY, SID, http
from .calls import PATIENT, client


def profiles(api_domain: str, **changes: Any) -> KeyCheck:
    return client(api_domain, **changes).callback_profiles()


def test_the_profiles_request_is_a_get_with_the_key_in_its_header_only() -> None:
    with FaultServer(
        answers(http("200 OK", {"code": "RBC024", "data": [], "error": {}, "status": 200}))
    ) as server:
        assert profiles(server.api_domain) == KeyCheck(200, KeyVerdict.WORKS)
        (received,) = server.settled()
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(
        f"GET /v1/{SID}/callback/profiles?limit=25&offset=0 HTTP/1.1\r\n".encode()
    )
    assert f"\r\napi-key: {KEY}".encode() in head and received.count(KEY.encode()) == 1
    assert body == b""


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (accepts_and_says_nothing(), (NoAnswer, "timeout")),
        (drips(ACCEPTED, every=0.3), (NoAnswer, "too_slow")),
        (reads_and_resets(), (NoAnswer, "broken_off")),
    ],
    ids=["silence", "a byte now and then", "a reset"],
)
def test_the_profiles_request_ends_with_no_answer_after_a_fault(
    fault: Behaviour, outcome: tuple[type[NoAnswer], str]
) -> None:
    with FaultServer(fault) as server, pytest.raises(NoAnswer) as caught:
        profiles(server.api_domain, **(PATIENT if outcome[1] == "too_slow" else {}))
    assert (type(caught.value), caught.value.reason) == outcome


@pytest.mark.parametrize(
    ("domain", "reason"),
    [("10.0.0.1", "address"), ("api.in.kaleyra.io/x", "address"), ("127.0.0.1:1", "refused")],
)
def test_the_profiles_request_to_a_forbidden_or_closed_address_is_not_sent(
    domain: str, reason: str
) -> None:
    with pytest.raises(NotSent) as caught:
        profiles(domain)
    assert caught.value.reason == reason
